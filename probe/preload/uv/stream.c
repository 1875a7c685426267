/* SPDX-License-Identifier: MIT */
/* Streams: their beginning, incoming connections, reading. */
#include "name.h"
#include "note.h"

LSC_UV_EXPORT int uv_tcp_init(uv_loop_t *loop, uv_tcp_t *h)
{
    if (uv_passes(UV_CALLER))
        return real_uv.uv_tcp_init(loop, h);
    int error = UV_REAL(uv_tcp_init(loop, h));
    if (error == 0)
        note_handle(loop, h, UV_KIND_TCP, UV_PLACE);
    return error;
}

LSC_UV_EXPORT int uv_tcp_init_ex(uv_loop_t *loop, uv_tcp_t *h, unsigned flags)
{
    if (uv_passes(UV_CALLER))
        return real_uv.uv_tcp_init_ex(loop, h, flags);
    int error = UV_REAL(uv_tcp_init_ex(loop, h, flags));
    if (error == 0)
        note_handle(loop, h, UV_KIND_TCP, UV_PLACE);
    return error;
}

LSC_UV_EXPORT int uv_pipe_init(uv_loop_t *loop, uv_pipe_t *h, int ipc)
{
    if (uv_passes(UV_CALLER))
        return real_uv.uv_pipe_init(loop, h, ipc);
    int error = UV_REAL(uv_pipe_init(loop, h, ipc));
    if (error == 0)
        note_handle(loop, h, UV_KIND_PIPE, UV_PLACE);
    return error;
}

LSC_UV_EXPORT int uv_tty_init(uv_loop_t *loop, uv_tty_t *h, uv_file fd, int readable)
{
    if (uv_passes(UV_CALLER))
        return real_uv.uv_tty_init(loop, h, fd, readable);
    int error = UV_REAL(uv_tty_init(loop, h, fd, readable));
    if (error == 0)
        name_descriptor(loop, note_handle(loop, h, UV_KIND_TTY, UV_PLACE), fd);
    return error;
}

LSC_UV_EXPORT int uv_tcp_bind(uv_tcp_t *h, const struct sockaddr *a, unsigned flags)
{
    if (uv_passes(UV_CALLER))
        return real_uv.uv_tcp_bind(h, a, flags);
    int error = UV_REAL(uv_tcp_bind(h, a, flags));
    struct side *side;
    struct entry *entry = error == 0 ? note_find(h->loop, h, &side) : NULL;
    if (entry)
        name_address(side, entry, a, NAME_MAY_CHANGE);
    return error;
}

LSC_UV_EXPORT int uv_pipe_bind(uv_pipe_t *h, const char *name)
{
    if (uv_passes(UV_CALLER))
        return real_uv.uv_pipe_bind(h, name);
    int error = UV_REAL(uv_pipe_bind(h, name));
    struct side *side;
    struct entry *entry = error == 0 ? note_find(h->loop, h, &side) : NULL;
    if (entry)
        name_path(side, entry, name);
    return error;
}

/* ---- connections ---- */

static void on_connection(uv_stream_t *h, int status)
{
    struct side *side;
    struct entry *entry = note_find(h->loop, h, &side);
    if (!entry || !entry->connection)
        return;
    uv_connection_cb callback = (uv_connection_cb)entry->connection;
    struct note note;
    note_begin(&note, side, entry);
    callback(h, status);
    note_end(&note, &(struct note_poll){
                        .function = (uintptr_t)callback,
                        .role = LSC_CALLBACK_CONNECTION,
                    });
}

LSC_UV_EXPORT int uv_listen(uv_stream_t *h, int backlog, uv_connection_cb cb)
{
    if (uv_passes(UV_CALLER))
        return real_uv.uv_listen(h, backlog, cb);
    struct side *side;
    struct entry *entry = note_find(h->loop, h, &side);
    bool is_ours = entry && UV_IS_USERS(cb);
    int error = UV_REAL(uv_listen(h, backlog, is_ours ? on_connection : cb));
    if (error != 0 || !is_ours)
        return error;
    if (cb != on_connection)
        entry->connection = (callback_function *)cb;
    name_own_end(side, entry, h);
    return 0;
}

LSC_UV_EXPORT int uv_accept(uv_stream_t *server, uv_stream_t *client)
{
    if (uv_passes(UV_CALLER))
        return real_uv.uv_accept(server, client);
    int error = UV_REAL(uv_accept(server, client));
    struct side *side;
    struct entry *entry = error == 0 ? note_find(client->loop, client, &side) : NULL;
    if (entry)
        name_other_end(side, entry, client);
    return error;
}

/* ---- reading ---- */

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

static void on_read(uv_stream_t *h, ssize_t n, const uv_buf_t *buf)
{
    struct side *side;
    struct entry *entry = note_find(h->loop, h, &side);
    if (!entry || !entry->callback)
        return;
    uv_read_cb callback = (uv_read_cb)entry->callback;
    struct note note;
    note_begin_reading(&note, side, entry, h);
    callback(h, n, buf);
    note_end(&note, &(struct note_poll){
                        .function = (uintptr_t)callback,
                        .role = LSC_CALLBACK_READ,
                    });
}

/* Refused while it reads already: then the callbacks stay as they are. */
LSC_UV_EXPORT int uv_read_start(uv_stream_t *h, uv_alloc_cb alloc, uv_read_cb cb)
{
    if (uv_passes(UV_CALLER) || !h)
        return real_uv.uv_read_start(h, alloc, cb);
    struct side *side;
    struct entry *entry = note_find(h->loop, h, &side);
    bool is_ours = entry && UV_IS_USERS(cb) && UV_IS_USERS(alloc);
    int error = UV_REAL(uv_read_start(h, is_ours ? on_allocate : alloc, is_ours ? on_read : cb));
    if (error != 0 || !is_ours)
        return error;
    if (alloc != on_allocate)
        entry->allocate = (callback_function *)alloc;
    if (cb != on_read)
        entry->callback = (callback_function *)cb;
    return 0;
}
