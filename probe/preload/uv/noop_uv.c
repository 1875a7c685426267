/* SPDX-License-Identifier: MIT */
/* The part of libloopscope-noop.so that stands before libuv: only forwards. */
#include "real_uv.h"

#define FORWARD(ret, name, params, args)                                                           \
    LSC_UV_EXPORT ret name params                                                                  \
    {                                                                                              \
        real_uv_ready(UV_CALLER);                                                                  \
        return real_uv.name args;                                                                  \
    }
#define FORWARD_FS(operation, path, params, args) FORWARD(int, uv_fs_##operation, params, args)

LSC_UV_HOOKS(FORWARD)
LSC_UV_FS_HOOKS(FORWARD_FS)
