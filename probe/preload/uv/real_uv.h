/* SPDX-License-Identifier: MIT */
/* The real functions of the program's libuv, which is found where the program has it: loaded at
 * start, later, or out of sight of others (RTLD_LOCAL). Every pointer is usable at any moment: what
 * is not found fails with UV_ENOSYS. */
#ifndef LSC_REAL_UV_H
#define LSC_REAL_UV_H

#include <uv.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "uv_table.h"

#define LSC_UV_EXPORT __attribute__((visibility("default")))
#define UV_CALLER ((uintptr_t)__builtin_return_address(0))
#define UV_FRAME ((uintptr_t)__builtin_frame_address(0))

struct real_uv {
#define POINTER(ret, name, params, args) ret(*name) params;
#define POINTER_FS(operation, path, params, args) int(*uv_fs_##operation) params;
    LSC_UV_HOOKS(POINTER)
    LSC_UV_FS_HOOKS(POINTER_FS)
    LSC_UV_REAL_ONLY(POINTER)
#undef POINTER
#undef POINTER_FS
};
extern struct real_uv real_uv __attribute__((visibility("hidden")));

/* One declaration per interposed symbol: repeats the header's, or is the only one. */
#define DECLARE(ret, name, params, args) LSC_UV_EXPORT ret name params;
#define DECLARE_FS(operation, path, params, args) LSC_UV_EXPORT int uv_fs_##operation params;
LSC_UV_HOOKS(DECLARE)
LSC_UV_FS_HOOKS(DECLARE_FS)
#undef DECLARE
#undef DECLARE_FS

/* Where libuv lies in memory: [start, end); empty until it is found. */
struct uv_range {
    uintptr_t start, end;
};
extern struct uv_range uv_range __attribute__((visibility("hidden")));

/* Looks for libuv: after this program and its start-up libraries, by its file name, and among what
 * the library of `caller` was linked with. False: not there. Keeps errno. */
bool real_uv_find(uintptr_t caller);

/* To be asked first by every interposer. */
static inline bool real_uv_ready(uintptr_t caller)
{
    return __builtin_expect(__atomic_load_n(&uv_range.end, __ATOMIC_ACQUIRE) != 0, 1) ||
           real_uv_find(caller);
}

static inline bool is_inside_libuv(uintptr_t address)
{
    return address - uv_range.start < uv_range.end - uv_range.start;
}

#endif
