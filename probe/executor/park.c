/* SPDX-License-Identifier: MIT */
/* What a worker does between tasks: timers, notes, I/O, and sleeping in its loop until there is
 * something to do. */
#include <errno.h>

#include "executor.h"
#include "io/events.h"
#include "loopscope/time.h"

static void fire(struct timer *timer, void *data)
{
    struct task *task = (struct task *)((char *)timer - offsetof(struct task, timer));
    task_wake_later(task, data);
}

static void fire_timers(struct worker *worker)
{
    struct wake_list wakes = WAKE_LIST_EMPTY;
    if (atomic_load_explicit(&worker->wheel.count, memory_order_relaxed) == 0)
        return;
    timer_wheel_fire(&worker->wheel, lsc_time_ms(), fire, &wakes);
    wake_list_run(&wakes);
}

/* Oldest first. */
static void run_notes(struct worker *worker)
{
    if (!atomic_load_explicit(&worker->notes, memory_order_relaxed))
        return;
    struct worker_note *newest =
        atomic_exchange_explicit(&worker->notes, NULL, memory_order_acq_rel);
    struct worker_note *first = NULL;
    while (newest) {
        struct worker_note *older = newest->next;
        newest->next = first;
        first = newest;
        newest = older;
    }
    while (first) {
        struct worker_note *note = first;
        first = note->next;
        note->run(worker, note);
    }
}

/* uv_run may run timers before it polls, and would then sleep for ever. Stopped, it polls without
 * waiting; the stop is over with this uv_run. */
static void end_sleep(uv_timer_t *alarm)
{
    uv_stop(alarm->loop);
}

static void run_loop(struct worker *worker, uv_run_mode mode)
{
    worker->is_in_loop = true;
    uv_run(&worker->loop, mode);
    worker->is_in_loop = false;
}

void worker_look_around(struct worker *worker)
{
    fire_timers(worker);
    run_notes(worker);
    run_loop(worker, UV_RUN_NOWAIT);
}

static void set_alarm(struct worker *worker)
{
    uint64_t at_ms = timer_wheel_next_ms(&worker->wheel);
    if (worker->wake_by_ms < at_ms)
        at_ms = worker->wake_by_ms;
    if (at_ms == UINT64_MAX)
        return;
    uint64_t now = lsc_time_ms();
    uv_update_time(&worker->loop);
    uv_timer_start(&worker->alarm, end_sleep, at_ms > now ? at_ms - now : 0, 0);
}

static bool is_work_anywhere(struct worker *worker)
{
    struct lsc_executor *executor = worker->executor;
    /* The unpark that came with the end may have been used up by a look at the loop before. */
    if (worker->is_done(worker->done_data))
        return true;
    if (!global_is_empty(&executor->global) ||
        atomic_load_explicit(&worker->notes, memory_order_seq_cst))
        return true;
    for (uint32_t i = 0; i < executor->worker_count; i++)
        if (!ring_is_empty(&executor->workers[i].ring))
            return true;
    return false;
}

static void sleep_in_loop(struct worker *worker)
{
    count_up(&worker->counts.parks);
    set_alarm(worker);
    uint64_t begun = lsc_park_begin();
    run_loop(worker, UV_RUN_ONCE);
    lsc_park_end(begun);
    uv_timer_stop(&worker->alarm);
}

void worker_park(struct worker *worker)
{
    struct idle_workers *idle = &worker->executor->idle;
    fire_timers(worker);
    run_notes(worker);
    if (worker->next || !ring_is_empty(&worker->ring))
        return;
    if (worker->is_searching) {
        worker->is_searching = false;
        idle_end_search(idle);
    }
    idle_park(idle, worker->index);
    if (!is_work_anywhere(worker))
        sleep_in_loop(worker);
    if (!idle_unpark(idle, worker->index))
        worker->is_searching = true;
    fire_timers(worker);
    run_notes(worker);
}

void worker_unpark(struct worker *worker)
{
    int saved = errno;
    uv_async_send(&worker->unparker);
    errno = saved;
}

void worker_post(struct worker *worker, struct worker_note *note)
{
    struct worker_note *newest = atomic_load_explicit(&worker->notes, memory_order_relaxed);
    do
        note->next = newest;
    while (!atomic_compare_exchange_weak_explicit(&worker->notes, &newest, note,
                                                  memory_order_seq_cst, memory_order_relaxed));
    if (idle_choose_worker(&worker->executor->idle, worker->index))
        worker_unpark(worker);
}

uv_loop_t *worker_loop(struct lsc_context *cx)
{
    return &worker_of(cx)->loop;
}

static void ignore_unpark(uv_async_t *unparker)
{
    (void)unparker;
}

int worker_init(struct worker *worker, struct lsc_executor *executor, uint32_t index)
{
    worker->executor = executor;
    worker->index = index;
    worker->ring.is_private = executor->worker_count == 1;
    worker->seed = UINT64_C(0x9e3779b97f4a7c15) * (index + 1);
    worker->wake_by_ms = UINT64_MAX;
    timer_wheel_init(&worker->wheel, lsc_time_ms());
    int error = uv_loop_init(&worker->loop);
    if (error < 0)
        return error;
    worker->has_loop = true;
    worker->loop.data = worker;
    uv_timer_init(&worker->loop, &worker->alarm);
    return uv_async_init(&worker->loop, &worker->unparker, ignore_unpark);
}

static void close_handle(uv_handle_t *handle, void *data)
{
    (void)data;
    if (uv_is_closing(handle))
        return;
    if (handle->type == UV_PROCESS)
        child_reap_left(handle);
    else
        uv_close(handle, NULL);
}

void worker_free(struct worker *worker)
{
    if (!worker->has_loop)
        return;
    run_notes(worker); /* of I/O that was closed at the end, on other threads */
    uv_walk(&worker->loop, close_handle, NULL);
    uv_run(&worker->loop, UV_RUN_DEFAULT);
    uv_loop_close(&worker->loop);
    worker->has_loop = false;
}
