/* SPDX-License-Identifier: MIT */
/* Async handles: who sends, and how long it takes until the loop hears of it. */
#include "note.h"

static void on_async(uv_async_t *h)
{
    struct side *side;
    struct entry *entry = note_find(h->loop, h, &side);
    if (!entry || !entry->callback)
        return;
    uv_async_cb callback = (uv_async_cb)entry->callback;
    uint64_t sent = atomic_exchange_explicit(&entry->first_send, 0, memory_order_acq_rel);
    struct note note;
    note_begin(&note, side, entry);
    uint64_t delay = note.w ? note_delay(&note, sent) : 0;
    callback(h);
    note_end(&note, &(struct note_poll){.function = (uintptr_t)callback, .delay = delay});
}

LSC_UV_EXPORT int uv_async_init(uv_loop_t *loop, uv_async_t *h, uv_async_cb cb)
{
    bool passes = uv_passes(UV_CALLER) || (cb != NULL && !UV_IS_USERS(cb)) || cb == on_async;
    if (passes || !side_of(loop))
        return real_uv.uv_async_init(loop, h, cb);
    int error = UV_REAL(uv_async_init(loop, h, cb));
    struct entry *entry = error == 0 ? note_handle(loop, h, UV_KIND_ASYNC, UV_PLACE) : NULL;
    if (!entry || !cb)
        return error;
    /* Nobody can have sent to it yet, and its loop's thread is here. */
    entry->callback = (callback_function *)cb;
    h->async_cb = on_async;
    return error;
}

/* Async-signal-safe, from any thread, as the function itself. */
static void note_send(const uv_async_t *h, uintptr_t caller)
{
    struct lsc_writer *w = note_writer();
    struct side *side = w ? note_side(h->loop) : NULL;
    struct entry *entry = side ? side_get(side, h) : NULL;
    if (!entry || !note_is_current(entry))
        return;
    uint64_t now = lsc__now(), pc = caller, none = 0;
    if (atomic_compare_exchange_strong(&entry->first_send, &none, now))
        lsc__task_wake(w, entry->task, lsc__stack_intern(&pc, 1, true), now);
    else
        lsc__task_count_wake(entry->task);
}

LSC_UV_EXPORT int uv_async_send(uv_async_t *h)
{
    if (!uv_passes(UV_CALLER))
        note_send(h, UV_CALLER);
    return real_uv.uv_async_send(h);
}
