/* SPDX-License-Identifier: MIT */
/* Name look-ups and random bytes, as far as the pool serves them: without a callback they block. */
#include "name.h"
#include "pool_side.h"

static void on_getaddrinfo(uv_getaddrinfo_t *req, int status, struct addrinfo *found)
{
    struct pool_end end;
    if (!pool_end_begin(&end, req->loop, req, status == UV_EAI_CANCELED))
        return;
    ((uv_getaddrinfo_cb)end.callback)(req, status, found);
    pool_end_done(&end);
}

LSC_UV_EXPORT int uv_getaddrinfo(uv_loop_t *loop, uv_getaddrinfo_t *req, uv_getaddrinfo_cb cb,
                                 const char *node, const char *service,
                                 const struct addrinfo *hints)
{
    if (uv_passes(UV_CALLER) || !req || !UV_IS_USERS(cb) || cb == on_getaddrinfo)
        return real_uv.uv_getaddrinfo(loop, req, cb, node, service, hints);
    struct request r;
    if (!request_begin(&r, loop, req, UV_KIND_GETADDRINFO, (callback_function *)cb))
        return real_uv.uv_getaddrinfo(loop, req, cb, node, service, hints);
    note_request(r.side, r.entry, name_of_text(node ? node : service), UV_PLACE);
    return pool_submitted(&r,
                          UV_REAL(uv_getaddrinfo(loop, req, on_getaddrinfo, node, service, hints)),
                          &req->work_req);
}

static void on_getnameinfo(uv_getnameinfo_t *req, int status, const char *host, const char *service)
{
    struct pool_end end;
    if (!pool_end_begin(&end, req->loop, req, status == UV_EAI_CANCELED))
        return;
    ((uv_getnameinfo_cb)end.callback)(req, status, host, service);
    pool_end_done(&end);
}

LSC_UV_EXPORT int uv_getnameinfo(uv_loop_t *loop, uv_getnameinfo_t *req, uv_getnameinfo_cb cb,
                                 const struct sockaddr *a, int flags)
{
    if (uv_passes(UV_CALLER) || !req || !UV_IS_USERS(cb) || cb == on_getnameinfo)
        return real_uv.uv_getnameinfo(loop, req, cb, a, flags);
    struct request r;
    if (!request_begin(&r, loop, req, UV_KIND_GETNAMEINFO, (callback_function *)cb))
        return real_uv.uv_getnameinfo(loop, req, cb, a, flags);
    note_request(r.side, r.entry, name_of_address(a), UV_PLACE);
    return pool_submitted(&r, UV_REAL(uv_getnameinfo(loop, req, on_getnameinfo, a, flags)),
                          &req->work_req);
}

static void on_random(uv_random_t *req, int status, void *buf, size_t n)
{
    struct pool_end end;
    if (!pool_end_begin(&end, req->loop, req, status == UV_ECANCELED))
        return;
    ((uv_random_cb)end.callback)(req, status, buf, n);
    pool_end_done(&end);
}

LSC_UV_EXPORT int uv_random(uv_loop_t *loop, uv_random_t *req, void *buf, size_t n, unsigned flags,
                            uv_random_cb cb)
{
    if (uv_passes(UV_CALLER) || !req || !UV_IS_USERS(cb) || cb == on_random)
        return real_uv.uv_random(loop, req, buf, n, flags, cb);
    struct request r;
    if (!request_begin(&r, loop, req, UV_KIND_RANDOM, (callback_function *)cb))
        return real_uv.uv_random(loop, req, buf, n, flags, cb);
    note_request(r.side, r.entry, 0, UV_PLACE);
    return pool_submitted(&r, UV_REAL(uv_random(loop, req, buf, n, flags, on_random)),
                          &req->work_req);
}
