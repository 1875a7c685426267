/* SPDX-License-Identifier: MIT */
/* Connecting: requests with a task of their own. */
#include "name.h"
#include "request.h"

static void on_connect(uv_connect_t *req, int status)
{
    struct side *side;
    uv_stream_t *h = req->handle;
    struct entry *entry = note_find(h->loop, req, &side);
    if (!entry || !entry->callback)
        return;
    uv_connect_cb callback = (uv_connect_cb)entry->callback;
    uint64_t since = entry->since;
    struct note note;
    note_begin(&note, side, entry);
    if (note.w && status == UV_ECANCELED && real_uv.uv_is_closing((uv_handle_t *)h))
        note_set_phase(&note, LSC_PHASE_CLOSING);
    side_remove(side, entry);
    callback(req, status);
    note_end(&note, &(struct note_poll){
                        .function = (uintptr_t)callback,
                        .delay = note.w ? note_delay(&note, since) : 0,
                        .flags = LSC_POLL_READY,
                    });
}

/* The connection and its request go by the address of the other end. */
static void begun(struct request *r, const uv_handle_t *h, uint32_t name, struct uv_place place)
{
    if (!r->entry)
        return;
    struct entry *stream = side_get(r->side, h);
    note_request(r->side, r->entry, name, place);
    if (stream && name)
        name_stream(r->side, stream, name);
}

LSC_UV_EXPORT int uv_tcp_connect(uv_connect_t *req, uv_tcp_t *h, const struct sockaddr *a,
                                 uv_connect_cb cb)
{
    if (uv_passes(UV_CALLER) || !UV_IS_USERS(cb) || cb == on_connect)
        return real_uv.uv_tcp_connect(req, h, a, cb);
    struct request r;
    request_begin(&r, h->loop, req, UV_KIND_CONNECT, (callback_function *)cb);
    int error = UV_REAL(uv_tcp_connect(req, h, a, r.entry ? on_connect : cb));
    if (error != 0)
        request_fail(&r);
    else
        begun(&r, (uv_handle_t *)h, name_of_address(a), UV_PLACE);
    return error;
}

LSC_UV_EXPORT void uv_pipe_connect(uv_connect_t *req, uv_pipe_t *h, const char *name,
                                   uv_connect_cb cb)
{
    if (uv_passes(UV_CALLER) || !UV_IS_USERS(cb) || cb == on_connect) {
        real_uv.uv_pipe_connect(req, h, name, cb);
        return;
    }
    struct request r;
    request_begin(&r, h->loop, req, UV_KIND_CONNECT, (callback_function *)cb);
    UV_REAL_VOID(uv_pipe_connect(req, h, name, r.entry ? on_connect : cb));
    begun(&r, (uv_handle_t *)h, name_of_text(name), UV_PLACE);
}

LSC_UV_EXPORT int uv_pipe_connect2(uv_connect_t *req, uv_pipe_t *h, const char *name, size_t length,
                                   unsigned flags, uv_connect_cb cb)
{
    if (uv_passes(UV_CALLER) || !UV_IS_USERS(cb) || cb == on_connect)
        return real_uv.uv_pipe_connect2(req, h, name, length, flags, cb);
    struct request r;
    request_begin(&r, h->loop, req, UV_KIND_CONNECT, (callback_function *)cb);
    int error = UV_REAL(uv_pipe_connect2(req, h, name, length, flags, r.entry ? on_connect : cb));
    if (error != 0)
        request_fail(&r);
    else
        begun(&r, (uv_handle_t *)h, name_of_bytes(name, length), UV_PLACE);
    return error;
}
