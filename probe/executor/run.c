/* SPDX-License-Identifier: MIT */
/* Running a task to its end from outside, and shutting the executor down. */
#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "executor.h"
#include "loopscope/time.h"

static bool is_joined_done(void *data)
{
    return lsc_join_is_finished(data);
}

static bool enter(struct lsc_executor *executor)
{
    bool expected = false;
    return atomic_compare_exchange_strong_explicit(&executor->has_runner, &expected, true,
                                                   memory_order_acquire, memory_order_relaxed);
}

static void leave(struct lsc_executor *executor)
{
    atomic_store_explicit(&executor->has_runner, false, memory_order_release);
}

static lsc_result run_here(struct lsc_executor *executor, struct lsc_join *join)
{
    if (!enter(executor)) {
        lsc_join_cancel(join);
        lsc_join_detach(join);
        return -EBUSY;
    }
    worker_run(&executor->workers[0], is_joined_done, join);
    leave(executor);
    return lsc_join_block(join);
}

lsc_result lsc_executor_run_bytes(struct lsc_executor *executor, lsc_poll_fn fn, const void *state,
                                  size_t state_bytes, struct lsc_code_site *site)
{
    struct lsc_join join;
    if (worker_self)
        return -EDEADLK;
    lsc_result error = lsc_executor_spawn_bytes(
        executor, fn, state, state_bytes, &(const struct lsc_spawn_options){.join = &join}, site);
    if (error < 0)
        return error;
    return executor->worker_count == 1 ? run_here(executor, &join) : lsc_join_block(&join);
}

/* ---- shutdown ---- */

bool executor_is_empty(struct lsc_executor *executor)
{
    for (uint32_t i = 0; i < executor->worker_count; i++)
        if (!scope_is_empty(&executor->workers[i].detached))
            return false;
    return scope_is_empty(&executor->outside);
}

void executor_cancel_all(struct lsc_executor *executor)
{
    scope_cancel(&executor->outside, true);
    for (uint32_t i = 0; i < executor->worker_count; i++)
        scope_cancel(&executor->workers[i].detached, true);
}

void executor_task_ended(struct lsc_executor *executor)
{
    if (!atomic_load_explicit(&executor->is_closing, memory_order_acquire))
        return;
    atomic_fetch_add_explicit(&executor->ended, 1, memory_order_release);
    syscall(SYS_futex, &executor->ended, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
    if (executor->worker_count == 1)
        worker_unpark(&executor->workers[0]);
}

static bool wait_until_empty(struct lsc_executor *executor, uint64_t until_ms)
{
    for (;;) {
        uint32_t ended = atomic_load_explicit(&executor->ended, memory_order_acquire);
        if (executor_is_empty(executor))
            return true;
        uint64_t now = lsc_time_ms();
        if (now >= until_ms)
            return false;
        uint64_t left = until_ms - now > 1000 ? 1000 : until_ms - now;
        struct timespec time = {(time_t)(left / 1000), (long)(left % 1000) * 1000000};
        syscall(SYS_futex, &executor->ended, FUTEX_WAIT_PRIVATE, ended, &time, NULL, 0);
    }
}

static bool is_empty_or_late(void *data)
{
    struct lsc_executor *executor = data;
    return executor_is_empty(executor) || lsc_time_ms() >= executor->workers[0].wake_by_ms;
}

static int empty_here(struct lsc_executor *executor, uint64_t until_ms)
{
    struct worker *worker = &executor->workers[0];
    if (!enter(executor))
        return -EBUSY;
    worker->wake_by_ms = until_ms;
    worker_run(worker, is_empty_or_late, executor);
    worker->wake_by_ms = UINT64_MAX;
    leave(executor);
    return executor_is_empty(executor) ? 0 : -ETIMEDOUT;
}

int lsc_executor_shutdown(struct lsc_executor *executor, uint64_t deadline_ms)
{
    if (worker_self)
        return -EDEADLK;
    uint64_t until_ms = time_after(deadline_ms);
    atomic_store_explicit(&executor->is_closing, true, memory_order_seq_cst);
    executor_cancel_all(executor);
    if (executor->worker_count == 1)
        return empty_here(executor, until_ms);
    return wait_until_empty(executor, until_ms) ? 0 : -ETIMEDOUT;
}
