/* SPDX-License-Identifier: MIT */
/* Timers: when they were due, and how much later they ran. */
#include "name.h"
#include "note.h"

#define NS_PER_MS UINT64_C(1000000)

LSC_UV_EXPORT int uv_timer_init(uv_loop_t *loop, uv_timer_t *h)
{
    if (uv_passes(UV_CALLER))
        return real_uv.uv_timer_init(loop, h);
    int error = UV_REAL(uv_timer_init(loop, h));
    if (error == 0)
        note_handle(loop, h, UV_KIND_TIMER, UV_PLACE);
    return error;
}

/* libuv counts due times in milliseconds of CLOCK_MONOTONIC. */
static uint64_t lateness(uint64_t due_ms)
{
    uint64_t now = lsc__clock_monotonic();
    uint64_t due = due_ms > UINT64_MAX / NS_PER_MS ? UINT64_MAX : due_ms * NS_PER_MS;
    return now > due ? lsc__ticks_from_ns(now - due) : 0;
}

/* When a timer set now is due: libuv counts from the loop's time, which stands still in a callback,
 * so that a timer set late in a long one fires early. It is not that callback which makes it late.
 */
static uint64_t due_from_now(const uv_timer_t *h, uint64_t wait_ms)
{
    uint64_t now = lsc__clock_monotonic() / NS_PER_MS;
    uint64_t due = wait_ms > UINT64_MAX - now ? UINT64_MAX : now + wait_ms;
    return due > h->timeout ? due : h->timeout;
}

static void on_timer(uv_timer_t *h)
{
    struct side *side;
    struct entry *entry = note_find(h->loop, h, &side);
    if (!entry || !entry->callback)
        return;
    uv_timer_cb callback = (uv_timer_cb)entry->callback;
    uint64_t due = entry->since;
    /* A repeating one is already set for its next time. */
    entry->since = h->repeat ? due_from_now(h, h->repeat) : h->timeout;
    struct note note;
    note_begin(&note, side, entry);
    uint64_t delay = note.w ? lateness(due) : 0;
    callback(h);
    note_end(&note, &(struct note_poll){.function = (uintptr_t)callback, .delay = delay});
}

LSC_UV_EXPORT int uv_timer_start(uv_timer_t *h, uv_timer_cb cb, uint64_t timeout, uint64_t repeat)
{
    if (uv_passes(UV_CALLER))
        return real_uv.uv_timer_start(h, cb, timeout, repeat);
    struct side *side;
    struct entry *entry = note_find(h->loop, h, &side);
    bool is_ours = entry && UV_IS_USERS(cb);
    int error = UV_REAL(uv_timer_start(h, is_ours ? on_timer : cb, timeout, repeat));
    if (error != 0 || !is_ours)
        return error;
    if (cb != on_timer)
        entry->callback = (callback_function *)cb;
    entry->since = due_from_now(h, timeout);
    name_timer(side, entry, timeout, repeat);
    return 0;
}

LSC_UV_EXPORT int uv_timer_again(uv_timer_t *h)
{
    if (uv_passes(UV_CALLER))
        return real_uv.uv_timer_again(h);
    int error = UV_REAL(uv_timer_again(h));
    struct side *side;
    struct entry *entry = error == 0 ? note_find(h->loop, h, &side) : NULL;
    if (entry && h->repeat)
        entry->since = due_from_now(h, h->repeat);
    return error;
}
