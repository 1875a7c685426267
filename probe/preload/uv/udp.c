/* SPDX-License-Identifier: MIT */
/* UDP handles: receiving. Sending is in write.c. */
#include "name.h"
#include "note.h"

LSC_UV_EXPORT int uv_udp_init(uv_loop_t *loop, uv_udp_t *h)
{
    if (uv_passes(UV_CALLER))
        return real_uv.uv_udp_init(loop, h);
    int error = UV_REAL(uv_udp_init(loop, h));
    if (error == 0)
        note_handle(loop, h, UV_KIND_UDP, UV_PLACE);
    return error;
}

LSC_UV_EXPORT int uv_udp_init_ex(uv_loop_t *loop, uv_udp_t *h, unsigned flags)
{
    if (uv_passes(UV_CALLER))
        return real_uv.uv_udp_init_ex(loop, h, flags);
    int error = UV_REAL(uv_udp_init_ex(loop, h, flags));
    if (error == 0)
        note_handle(loop, h, UV_KIND_UDP, UV_PLACE);
    return error;
}

LSC_UV_EXPORT int uv_udp_bind(uv_udp_t *h, const struct sockaddr *a, unsigned flags)
{
    if (uv_passes(UV_CALLER))
        return real_uv.uv_udp_bind(h, a, flags);
    int error = UV_REAL(uv_udp_bind(h, a, flags));
    struct side *side;
    struct entry *entry = error == 0 ? note_find(h->loop, h, &side) : NULL;
    if (entry)
        name_bound(side, entry, h);
    return error;
}

static void on_allocate(uv_handle_t *h, size_t suggested, uv_buf_t *buf)
{
    struct side *side;
    struct entry *entry = note_find(h->loop, h, &side);
    if (!entry || !entry->allocate)
        return;
    struct note note;
    note_begin(&note, side, entry);
    ((uv_alloc_cb)entry->allocate)(h, suggested, buf);
    note_allocated(&note, h);
}

/* May come several times for one allocation: the first ends the poll that began there. */
static void on_receive(uv_udp_t *h, ssize_t n, const uv_buf_t *buf, const struct sockaddr *a,
                       unsigned flags)
{
    struct side *side;
    struct entry *entry = note_find(h->loop, h, &side);
    if (!entry || !entry->callback)
        return;
    uv_udp_recv_cb callback = (uv_udp_recv_cb)entry->callback;
    struct note note;
    note_begin_reading(&note, side, entry, h);
    callback(h, n, buf, a, flags);
    note_end(&note, &(struct note_poll){
                        .function = (uintptr_t)callback,
                        .role = LSC_CALLBACK_RECEIVE,
                    });
}

/* Refused while it receives already: then the callbacks stay as they are. */
LSC_UV_EXPORT int uv_udp_recv_start(uv_udp_t *h, uv_alloc_cb alloc, uv_udp_recv_cb cb)
{
    if (uv_passes(UV_CALLER))
        return real_uv.uv_udp_recv_start(h, alloc, cb);
    struct side *side;
    struct entry *entry = note_find(h->loop, h, &side);
    bool is_ours = entry && UV_IS_USERS(cb) && UV_IS_USERS(alloc);
    int error =
        UV_REAL(uv_udp_recv_start(h, is_ours ? on_allocate : alloc, is_ours ? on_receive : cb));
    if (error != 0 || !is_ours)
        return error;
    if (alloc != on_allocate)
        entry->allocate = (callback_function *)alloc;
    if (cb != on_receive)
        entry->callback = (callback_function *)cb;
    return 0;
}
