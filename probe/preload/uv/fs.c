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
    if (!cb || !req || uv_passes(caller) || !UV_IS_USERS(cb) || cb == on_fs)
        return false;
    return request_begin(r, loop, req, UV_KIND_FS, (callback_function *)cb) != NULL;
}

static void describe(struct request *r, const char *kind, const char *path, struct uv_place place)
{
    if (r->entry->since != 0)
        r->entry->kind_string = lsc__string_intern(kind, strlen(kind));
    note_request(r->side, r->entry, name_of_text(path), place);
}

#define FS(operation, path, params, args)                                                          \
    LSC_UV_EXPORT int uv_fs_##operation params                                                     \
    {                                                                                              \
        struct request r;                                                                          \
        if (!begin(&r, loop, req, cb, UV_CALLER)) {                                                \
            real_uv_ready(UV_CALLER);                                                              \
            return real_uv.uv_fs_##operation args;                                                 \
        }                                                                                          \
        describe(&r, "fs " #operation, path, UV_PLACE);                                            \
        cb = on_fs;                                                                                \
        return pool_submitted(&r, UV_REAL(uv_fs_##operation args), &req->work_req);                \
    }
LSC_UV_FS_HOOKS(FS)
