/* SPDX-License-Identifier: MIT */
/* uv_fs_*: all made from the rows of the table. Without a callback they are blocking calls, which
 * the interposers of libc time where they block. */
#include <string.h>

#include "name.h"
#include "pool_side.h"

static void on_fs(uv_fs_t *req)
{
    struct pool_end end;
    if (!pool_end_begin(&end, req->loop, req, req->result == UV_ECANCELED))
        return;
    ((uv_fs_cb)end.callback)(req);
    pool_end_done(&end);
}

static bool begin(struct request *r, const uv_loop_t *loop, const uv_fs_t *req, uv_fs_cb cb,
                  uintptr_t caller)
{
    r->entry = NULL;
    if (!cb || !req || uv_passes(caller) || !UV_IS_USERS(cb) || cb == on_fs)
        return false;
    return request_begin(r, loop, req, UV_KIND_FS, (callback_function *)cb) != NULL;
}

static int submitted(struct request *r, int error, uv_fs_t *req, const char *kind, const char *path,
                     struct uv_place place)
{
    if (error == 0 && r->entry->since != 0)
        r->entry->kind_string = lsc__string_intern(kind, strlen(kind));
    return pool_submitted(r, error, &req->work_req, error == 0 ? name_of_text(path) : 0, place);
}

#define FS(operation, path, params, args)                                                          \
    LSC_UV_EXPORT int uv_fs_##operation params                                                     \
    {                                                                                              \
        struct request r;                                                                          \
        if (!begin(&r, loop, req, cb, UV_CALLER)) {                                                \
            real_uv_ready(UV_CALLER);                                                              \
            return real_uv.uv_fs_##operation args;                                                 \
        }                                                                                          \
        cb = on_fs;                                                                                \
        int error = UV_REAL(uv_fs_##operation args);                                               \
        return submitted(&r, error, req, "fs " #operation, path, UV_PLACE);                        \
    }
LSC_UV_FS_HOOKS(FS)
