/* SPDX-License-Identifier: MIT */
/* Writes, sends and shutdowns: requests without a task of their own, whose callbacks are polls of
 * their stream. */
#include "queue.h"
#include "request.h"

/* What the end of such a request needs, taken out of its entry, which is gone by then: the
 * request's memory is the callback's to free. */
struct completion {
    callback_function *callback;
    struct side *side;
    struct entry *stream; /* NULL: not observed */
    uint64_t since;
    bool is_fed;
};

static bool complete(struct completion *c, const uv_loop_t *loop, const void *key,
                     const void *stream)
{
    struct entry *entry = note_find(loop, key, &c->side);
    if (!entry)
        return false;
    c->callback = entry->callback;
    c->since = entry->since;
    c->is_fed = entry->is_fed;
    side_remove(c->side, entry);
    c->stream = side_get(c->side, stream);
    return c->callback != NULL;
}

static void begin(struct note *note, const struct completion *c, const void *stream, int status)
{
    note_begin(note, c->side, c->stream);
    if (!note->w)
        return;
    if (c->is_fed)
        note_set_phase(note, LSC_PHASE_PENDING);
    if (status == UV_ECANCELED && real_uv.uv_is_closing(stream))
        note_set_phase(note, LSC_PHASE_CLOSING);
}

static void end(const struct note *note, const struct completion *c, enum lsc_callback_role role)
{
    note_end(note, &(struct note_poll){
                       .function = (uintptr_t)c->callback,
                       .delay = note->w ? note_delay(note, c->since) : 0,
                       .role = role,
                   });
}

static void on_write(uv_write_t *req, int status)
{
    struct completion c;
    uv_stream_t *h = req->handle;
    if (!complete(&c, h->loop, req, h))
        return;
    if (c.stream && (c.stream->queue_level != 0 || h->write_queue_size != 0))
        queue_note_stream(c.side, c.stream, h, (struct uv_place){0});
    struct note note;
    begin(&note, &c, h, status);
    ((uv_write_cb)c.callback)(req, status);
    end(&note, &c, LSC_CALLBACK_WRITE);
}

/* Behind the real call. A write that is done at once waits in the pending queue for its callback.
 */
static int submitted(struct request *r, uv_stream_t *h, struct uv_place place, int error)
{
    if (error != 0)
        request_fail(r);
    else if (r->entry)
        r->entry->is_fed = h->write_queue_size == 0;
    if (error == 0 && h->write_queue_size != 0) {
        struct side *side;
        struct entry *stream = note_find(h->loop, h, &side);
        if (stream)
            queue_note_stream(side, stream, h, place);
    }
    return error;
}

LSC_UV_EXPORT int uv_write(uv_write_t *req, uv_stream_t *h, const uv_buf_t bufs[], unsigned n,
                           uv_write_cb cb)
{
    if (uv_passes(UV_CALLER) || cb == on_write)
        return real_uv.uv_write(req, h, bufs, n, cb);
    struct request r;
    r.entry = NULL;
    if (UV_IS_USERS(cb))
        request_begin(&r, h->loop, req, UV_KIND_WRITE, (callback_function *)cb);
    return submitted(&r, h, UV_PLACE, UV_REAL(uv_write(req, h, bufs, n, r.entry ? on_write : cb)));
}

LSC_UV_EXPORT int uv_write2(uv_write_t *req, uv_stream_t *h, const uv_buf_t bufs[], unsigned n,
                            uv_stream_t *send, uv_write_cb cb)
{
    if (uv_passes(UV_CALLER) || cb == on_write)
        return real_uv.uv_write2(req, h, bufs, n, send, cb);
    struct request r;
    r.entry = NULL;
    if (UV_IS_USERS(cb))
        request_begin(&r, h->loop, req, UV_KIND_WRITE, (callback_function *)cb);
    return submitted(&r, h, UV_PLACE,
                     UV_REAL(uv_write2(req, h, bufs, n, send, r.entry ? on_write : cb)));
}

static void on_shutdown(uv_shutdown_t *req, int status)
{
    struct completion c;
    uv_stream_t *h = req->handle;
    if (!complete(&c, h->loop, req, h))
        return;
    struct note note;
    begin(&note, &c, h, status);
    ((uv_shutdown_cb)c.callback)(req, status);
    end(&note, &c, LSC_CALLBACK_SHUTDOWN);
}

LSC_UV_EXPORT int uv_shutdown(uv_shutdown_t *req, uv_stream_t *h, uv_shutdown_cb cb)
{
    if (uv_passes(UV_CALLER) || !UV_IS_USERS(cb) || cb == on_shutdown)
        return real_uv.uv_shutdown(req, h, cb);
    struct request r;
    request_begin(&r, h->loop, req, UV_KIND_SHUTDOWN, (callback_function *)cb);
    int error = UV_REAL(uv_shutdown(req, h, r.entry ? on_shutdown : cb));
    if (error != 0)
        request_fail(&r);
    return error;
}

static void on_send(uv_udp_send_t *req, int status)
{
    struct completion c;
    uv_udp_t *h = req->handle;
    if (!complete(&c, h->loop, req, h))
        return;
    if (c.stream && (c.stream->queue_level != 0 || h->send_queue_size != 0))
        queue_note_udp(c.side, c.stream, h, (struct uv_place){0});
    struct note note;
    begin(&note, &c, h, status);
    ((uv_udp_send_cb)c.callback)(req, status);
    end(&note, &c, LSC_CALLBACK_SEND);
}

LSC_UV_EXPORT int uv_udp_send(uv_udp_send_t *req, uv_udp_t *h, const uv_buf_t bufs[], unsigned n,
                              const struct sockaddr *a, uv_udp_send_cb cb)
{
    if (uv_passes(UV_CALLER) || cb == on_send)
        return real_uv.uv_udp_send(req, h, bufs, n, a, cb);
    struct request r;
    r.entry = NULL;
    if (UV_IS_USERS(cb))
        request_begin(&r, h->loop, req, UV_KIND_SEND, (callback_function *)cb);
    int error = UV_REAL(uv_udp_send(req, h, bufs, n, a, r.entry ? on_send : cb));
    struct side *side;
    struct entry *handle;
    if (error != 0)
        request_fail(&r);
    else if (h->send_queue_size != 0 && (handle = note_find(h->loop, h, &side)) != NULL)
        queue_note_udp(side, handle, h, UV_PLACE);
    return error;
}
