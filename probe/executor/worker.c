/* SPDX-License-Identifier: MIT */
/* A worker's loop: taking tasks from queues, polling them, stealing. */
#include "worker.h"

#include <unistd.h>

#include "executor.h"

/* Every so many polls a worker looks at timers, I/O and the global queue, however full its own is.
 * (The number is Tokio's and Go's: prime, so that it does not fall into step with the program.) */
#define ROUND 61u
/* As many tasks in a row may come from the slot `next` while others are in the ring, so that two
 * that wake each other do not keep the rest from running. */
#define STREAK_MAX 3u
#define GLOBAL_BATCH 64u

_Thread_local struct worker *worker_self __attribute__((tls_model("initial-exec")));

static bool is_mine(const struct task *task)
{
    return worker_self && worker_self->executor == task->executor;
}

static void tell_one_idle(struct lsc_executor *executor)
{
    int chosen = idle_choose(&executor->idle);
    if (chosen >= 0)
        worker_unpark(&executor->workers[chosen]);
}

static bool will_never_run(const struct task *task)
{
    return atomic_load_explicit(&task->executor->is_dead, memory_order_acquire);
}

void worker_inject(struct task *task)
{
    struct lsc_executor *executor = task->executor;
    if (will_never_run(task))
        return;
    global_push(&executor->global, task);
    tell_one_idle(executor);
}

static void push_local(struct worker *worker, struct task *task)
{
    struct task_chain overflow = {NULL, NULL, 0};
    ring_push(&worker->ring, task, &overflow);
    if (worker->is_in_loop)
        uv_stop(&worker->loop); /* a callback before the loop's wait made it ready: do not wait */
    if (overflow.count > 0)
        global_push_chain(&worker->executor->global, &overflow);
    if (worker->executor->worker_count > 1)
        tell_one_idle(worker->executor);
}

void worker_push(struct task *task)
{
    if (!is_mine(task))
        worker_inject(task);
    else if (!will_never_run(task))
        push_local(worker_self, task);
}

void worker_push_next(struct task *task)
{
    if (!is_mine(task) || !worker_self->running || worker_self->running == task) {
        worker_push(task);
        return;
    }
    if (will_never_run(task))
        return;
    struct task *before = worker_self->next;
    worker_self->next = task;
    if (before)
        push_local(worker_self, before);
}

/* ---- where the next task comes from ---- */

static struct task *take_local(struct worker *worker)
{
    struct task *task = worker->next;
    worker->next = NULL;
    if (task && (worker->streak < STREAK_MAX || ring_is_empty(&worker->ring))) {
        worker->streak++;
        return task;
    }
    worker->streak = 0;
    if (task)
        push_local(worker, task);
    return ring_take(&worker->ring);
}

/* A fair share of the global queue: the first to run, the others into the ring. */
static struct task *take_global(struct worker *worker, uint64_t most)
{
    struct lsc_executor *executor = worker->executor;
    if (global_is_empty(&executor->global))
        return NULL;
    uint64_t share = atomic_load_explicit(&executor->global.count, memory_order_relaxed) /
                         executor->worker_count +
                     1;
    struct task_chain taken = global_take(&executor->global, share < most ? share : most);
    struct task *first = taken.first;
    for (struct task *task = first ? first->next : NULL; task;) {
        struct task *next = task->next;
        push_local(worker, task);
        task = next;
    }
    return first;
}

static uint32_t random_below(struct worker *worker, uint32_t limit)
{
    worker->seed ^= worker->seed << 13; /* xorshift64, Marsaglia 2003 */
    worker->seed ^= worker->seed >> 7;
    worker->seed ^= worker->seed << 17;
    return (uint32_t)((worker->seed >> 32) * limit >> 32);
}

static struct task *steal_from(struct worker *thief)
{
    struct lsc_executor *executor = thief->executor;
    uint32_t start = random_below(thief, executor->worker_count);
    for (uint32_t i = 0; i < executor->worker_count; i++) {
        struct worker *victim = &executor->workers[(start + i) % executor->worker_count];
        uint32_t moved = 1;
        if (victim == thief)
            continue;
        struct task *task = ring_steal(&victim->ring, &thief->ring, &moved);
        if (!task)
            continue;
        count_up(&thief->counts.steals);
        lsc_steal(moved, victim->tid);
        atomic_fetch_add_explicit(&thief->counts.stolen, moved, memory_order_relaxed);
        return task;
    }
    return NULL;
}

#define SEARCH_ROUNDS 4

static struct task *search(struct worker *worker)
{
    struct lsc_executor *executor = worker->executor;
    if (executor->worker_count == 1)
        return NULL;
    if (!worker->is_searching && !idle_begin_search(&executor->idle, executor->worker_count))
        return NULL;
    worker->is_searching = true;
    for (int round = 0; round < SEARCH_ROUNDS; round++) {
        struct task *task = steal_from(worker);
        if (!task)
            task = take_global(worker, GLOBAL_BATCH);
        if (task)
            return task;
    }
    return NULL;
}

/* The last searcher that found work gets another to look for more. */
static void stop_searching(struct worker *worker)
{
    if (!worker->is_searching)
        return;
    worker->is_searching = false;
    if (idle_end_search(&worker->executor->idle))
        tell_one_idle(worker->executor);
}

static struct task *find_task(struct worker *worker)
{
    struct task *task = NULL;
    if (worker->tick >= worker->next_round) {
        worker->next_round = worker->tick + ROUND;
        worker_look_around(worker);
        task = take_global(worker, 1);
    }
    if (!task)
        task = take_local(worker);
    if (!task)
        task = take_global(worker, GLOBAL_BATCH);
    if (!task)
        task = search(worker);
    if (task)
        stop_searching(worker);
    return task;
}

/* ---- running them ---- */

/* A task that returned with scopes open is kept until their tasks have ended. */
static lsc_result end_open_scopes(struct worker *worker, struct task *task)
{
    while (task->scopes) {
        if (scope_end(&worker->context, task->scopes) == LSC_PENDING)
            return LSC_PENDING;
    }
    return task->result;
}

static lsc_result close_open_scopes(struct worker *worker, struct task *task, lsc_result result)
{
    misuse(task, "has ended without ending a scope that it had begun");
    wait_abandon(task);
    task->flags |= TASK_IS_ENDING;
    task->result = result;
    for (struct scope *scope = task->scopes; scope; scope = scope->outer)
        scope_cancel(scope, true);
    return end_open_scopes(worker, task);
}

static lsc_result poll_task(struct worker *worker, struct task *task)
{
    worker->running = task;
    worker->budget = worker->executor->options.budget;
    worker->tick++;
    worker->context.frame = NULL;
    worker->context.root = &task->root;
    count_up(&worker->counts.polls);
    if (task->flags & TASK_IS_ENDING)
        return end_open_scopes(worker, task);
    lsc_result result = task->poll(&worker->context, task_state(task));
    if (result != LSC_PENDING && task->scopes)
        return close_open_scopes(worker, task, result);
    return result;
}

/* `next` is what runs then: perhaps itself, which needs no queue. */
static void let_go(struct task *task, lsc_result result, const struct task *next)
{
    if (result != LSC_PENDING) {
        lsc_task_end(task->id);
        task_release(task);
    } else if (task_stop(task, false) && next != task) {
        worker_push(task);
    }
}

/* After `task`: another that is ready here, or itself, if it has been woken and is alone. */
static struct task *next_in_batch(struct worker *worker, struct task *task, lsc_result result)
{
    if (worker->tick >= worker->next_round || worker->is_done(worker->done_data))
        return NULL;
    struct task *next = take_local(worker);
    if (!next && result == LSC_PENDING && task_is_notified(task))
        return task;
    return next;
}

/* Once nothing counts as running: a signal handler's wake is told by its own record from here on.
 */
static enum lsc_poll_result poll_result(struct worker *worker, lsc_result result)
{
    bool woke_itself = atomic_load_explicit(&worker->woke_itself, memory_order_relaxed);
    atomic_store_explicit(&worker->woke_itself, false, memory_order_relaxed);
    unsigned shown = result == LSC_PENDING ? LSC_POLL_RESULT_PENDING : LSC_POLL_RESULT_READY;
    if (woke_itself)
        shown |= LSC_POLL_RESULT_YIELD | (worker->was_forced ? LSC_POLL_RESULT_FORCED : 0);
    worker->was_forced = false;
    return shown;
}

/* Ends the poll in the probe's eyes, while the task still cannot run elsewhere. One that has been
 * woken already waits for nothing. */
static void tell_poll(struct worker *worker, const struct task *task, lsc_result result,
                      const struct task *next)
{
    enum lsc_poll_result shown = poll_result(worker, result);
    lsc_task next_id = next ? next->id : 0;
    if (!lsc_probe_is_on())
        return;
    if (result == LSC_PENDING && !task_is_notified(task))
        lsc_poll_switch_awaiting(task->id, shown, task->wait.kind ? task->wait.resource : 0,
                                 task_await_site(task), next_id);
    else if (next)
        lsc_poll_switch(task->id, shown, next_id);
    else
        lsc_poll_end(task->id, shown);
}

/* Polls a task, and those that are ready behind it, back to back: the end of one poll is the begin
 * of the next, by one reading of the clock. */
static void run_batch(struct worker *worker, struct task *task)
{
    lsc_poll_begin(task->id);
    while (task) {
        task_start(task);
        lsc_result result = poll_task(worker, task);
        if (result != LSC_PENDING)
            task_finish(task, result);
        worker->running = NULL;
        struct task *next = next_in_batch(worker, task, result);
        tell_poll(worker, task, result, next);
        let_go(task, result, next);
        task = next;
    }
}

void worker_run(struct worker *worker, worker_done_fn is_done, void *data)
{
    struct worker *before = worker_self;
    worker_self = worker;
    worker->tid = (uint32_t)gettid();
    worker->stack_from = (uintptr_t)__builtin_frame_address(0);
    worker->is_done = is_done;
    worker->done_data = data;
    while (!is_done(data)) {
        struct task *task = find_task(worker);
        if (task)
            run_batch(worker, task);
        else
            worker_park(worker);
    }
    stop_searching(worker);
    worker_self = before;
}
