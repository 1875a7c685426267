/* SPDX-License-Identifier: MIT */
/* The end of handles and loops, and walks over the handles of a loop. */
#include "note.h"
#include "queue.h"

/* The handle's memory is the callback's to free: its entry goes first. */
static void on_close(uv_handle_t *h)
{
    struct side *side;
    struct entry *entry = note_find(h->loop, h, &side);
    if (!entry)
        return;
    uv_close_cb callback = (uv_close_cb)entry->closing;
    struct note note;
    note_begin(&note, side, entry);
    if (note.w) {
        note_set_phase(&note, LSC_PHASE_CLOSING);
        queue_delete(entry);
    }
    side_remove(side, entry);
    if (callback)
        callback(h);
    note_end(&note, &(struct note_poll){
                        .function = (uintptr_t)callback,
                        .role = LSC_CALLBACK_CLOSE,
                    });
    if (note.w && note.w == lsc__self && note.w->shared)
        lsc__task_end(note.w, note.task, lsc__now());
}

LSC_UV_EXPORT void uv_close(uv_handle_t *h, uv_close_cb cb)
{
    struct side *side;
    struct entry *entry = uv_passes(UV_CALLER) ? NULL : note_find(h->loop, h, &side);
    if (!entry || cb == on_close) {
        real_uv.uv_close(h, cb);
        return;
    }
    entry->closing = (callback_function *)cb;
    UV_REAL_VOID(uv_close(h, on_close));
}

LSC_UV_EXPORT int uv_tcp_close_reset(uv_tcp_t *h, uv_close_cb cb)
{
    struct side *side;
    struct entry *entry = uv_passes(UV_CALLER) ? NULL : note_find(h->loop, h, &side);
    if (!entry || cb == on_close)
        return real_uv.uv_tcp_close_reset(h, cb);
    int error = UV_REAL(uv_tcp_close_reset(h, on_close));
    if (error == 0)
        entry->closing = (callback_function *)cb;
    return error;
}

struct walk {
    uv_walk_cb callback;
    void *arg;
};

/* Calls from the program's function come from here and not from inside libuv. */
static void visit(uv_handle_t *h, void *given)
{
    struct walk *walk = given;
    walk->callback(h, walk->arg);
}

LSC_UV_EXPORT void uv_walk(uv_loop_t *loop, uv_walk_cb cb, void *arg)
{
    struct walk walk = {.callback = cb, .arg = arg};
    if (uv_passes(UV_CALLER) || !UV_IS_USERS(cb))
        real_uv.uv_walk(loop, cb, arg);
    else
        real_uv.uv_walk(loop, visit, &walk);
}

LSC_UV_EXPORT int uv_loop_close(uv_loop_t *loop)
{
    if (!real_uv_ready(UV_CALLER))
        return UV_ENOSYS;
    int error = real_uv.uv_loop_close(loop);
    if (error == 0 && !self_is_vforked())
        side_drop(loop);
    return error;
}
