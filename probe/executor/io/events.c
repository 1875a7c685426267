/* SPDX-License-Identifier: MIT */
/* Awaiting the events of a libuv handle. */
#include "events.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "executor/executor.h"

static void reference(struct events *events)
{
    atomic_fetch_add_explicit(&events->references, 1, memory_order_relaxed);
}

static void release(struct events *events)
{
    /* Release and acquire: all use comes before the memory is given back. */
    if (atomic_fetch_sub_explicit(&events->references, 1, memory_order_acq_rel) != 1)
        return;
    lsc_resource_delete(events->resource);
    executor_release(events->executor, events);
}

static void run_note(struct worker *worker, struct worker_note *note)
{
    struct events *events = (struct events *)(void *)((char *)note - offsetof(struct events, note));
    (void)worker;
    if (!events->has_left)
        events->leave(events);
    events->has_left = true;
    release(events);
}

static void close_handle(struct handle *handle)
{
    events_close((struct events *)(void *)handle);
}

struct events *events_new(struct lsc_context *cx, const char *kind,
                          void (*leave)(struct events *events))
{
    struct worker *worker = worker_of(cx);
    struct events *events = executor_allocate(worker->executor, sizeof(*events));
    if (!events)
        return NULL;
    memset(events, 0, sizeof(*events));
    events->note.run = run_note;
    atomic_init(&events->references, 2);
    events->executor = worker->executor;
    events->owner = worker;
    events->leave = leave;
    events->uv.handle.data = events;
    handle_add(events->executor, &events->handle, kind, close_handle);
    return events;
}

void events_drop_new(struct events *events)
{
    handle_remove(events->executor, &events->handle);
    release(events);
    release(events);
}

static void on_closed(uv_handle_t *handle)
{
    release(handle->data);
}

void events_close_handle(struct events *events)
{
    if (!uv_is_closing(&events->uv.handle))
        uv_close(&events->uv.handle, on_closed);
}

void events_close(struct events *events)
{
    struct wake_list wakes = WAKE_LIST_EMPTY;
    if (!events)
        return;
    handle_remove(events->executor, &events->handle);
    lock_take(&events->lock);
    events->is_closed = true;
    wait_grant_all(&events->waiters, -EBADF, &wakes);
    lock_drop(&events->lock);
    /* The holder's reference passes to the note. After the executor's end no other thread is left,
     * and the note runs here. */
    if (worker_self == events->owner ||
        atomic_load_explicit(&events->executor->is_dead, memory_order_acquire))
        run_note(events->owner, &events->note);
    else
        worker_post(events->owner, &events->note);
    wake_list_run(&wakes);
}

/* ---- events ---- */

void events_tell(struct events *events)
{
    struct wake_list wakes = WAKE_LIST_EMPTY;
    lock_take(&events->lock);
    if (events->waiters.first)
        wait_grant(&events->waiters, events->waiters.first, 1, &wakes);
    else
        events->count++;
    lock_drop(&events->lock);
    wake_list_run(&wakes);
}

void events_end(struct events *events, lsc_result value)
{
    struct wake_list wakes = WAKE_LIST_EMPTY;
    lock_take(&events->lock);
    events->has_ended = true;
    events->value = value;
    wait_grant_all(&events->waiters, value, &wakes);
    lock_drop(&events->lock);
    wake_list_run(&wakes);
}

/* ---- waiting ---- */

bool events_withdraw(struct wait *wait)
{
    struct events *events = wait->object;
    lock_take(&events->lock);
    bool was_waiting = wait_remove(&events->waiters, wait);
    lock_drop(&events->lock);
    if (was_waiting)
        release(events);
    return was_waiting;
}

/* The event that the wait was told of goes to the next. */
void events_discard(struct wait *wait)
{
    struct events *events = wait->object;
    if (wait->result > 0 && !events->has_ended)
        events_tell(events);
    release(events);
}

static lsc_result take(struct lsc_context *cx, const struct wait_kind *kind, struct events *events)
{
    lsc_result result;
    lock_take(&events->lock);
    if (events->is_closed) {
        result = -EBADF;
    } else if (events->has_ended) {
        result = events->value;
    } else if (events->count > 0) {
        result = events->count;
        events->count = 0;
    } else {
        reference(events);
        result = wait_begin(cx, &(struct wait_plan){.kind = kind,
                                                    .object = events,
                                                    .list = &events->waiters,
                                                    .resource = events->resource});
    }
    lock_drop(&events->lock);
    return result;
}

lsc_result events_await(struct lsc_context *cx, const struct wait_kind *kind, struct events *events)
{
    const struct wait *wait = &context_running(cx)->wait;
    bool was_waiting = wait->kind == kind && wait->object == events;
    lsc_result result;
    if (wait_is_new(cx, kind, events, &result))
        return events ? take(cx, kind, events) : -EBADF;
    /* Withdrawing has released it. */
    if (was_waiting && (result >= 0 || result == -EBADF))
        release(events);
    return result;
}
