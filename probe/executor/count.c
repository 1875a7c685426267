/* SPDX-License-Identifier: MIT */
/* What the executor counts, and its memory, which may have to outlive it. */
#include "executor.h"

void *executor_allocate(struct lsc_executor *executor, size_t bytes)
{
    return executor->allocator.allocate(executor->allocator.data, bytes);
}

void executor_release(struct lsc_executor *executor, void *memory)
{
    executor->allocator.release(executor->allocator.data, memory);
}

void executor_count(struct lsc_executor *executor, size_t counter, uint64_t amount)
{
    struct worker *worker = worker_self;
    if (worker && worker->executor == executor) {
        _Atomic uint64_t *own = (_Atomic uint64_t *)((char *)&worker->counts + counter);
        atomic_store_explicit(own, atomic_load_explicit(own, memory_order_relaxed) + amount,
                              memory_order_relaxed);
    } else {
        _Atomic uint64_t *shared =
            (_Atomic uint64_t *)((char *)&executor->outside_counts + counter);
        atomic_fetch_add_explicit(shared, amount, memory_order_relaxed);
    }
}

#define READ(counter) atomic_load_explicit(&(counter), memory_order_relaxed)

static void add_counts(struct lsc_executor_counts *sum, const struct worker_counts *counts)
{
    sum->spawned += READ(counts->spawned);
    sum->finished += READ(counts->finished);
    sum->cancelled += READ(counts->cancelled);
    sum->polls += READ(counts->polls);
    sum->wakes += READ(counts->wakes);
    sum->self_wakes += READ(counts->self_wakes);
    sum->forced_yields += READ(counts->forced_yields);
    sum->parks += READ(counts->parks);
    sum->steals += READ(counts->steals);
    sum->stolen += READ(counts->stolen);
}

void lsc_executor_counts(struct lsc_executor *executor, struct lsc_executor_counts *counts)
{
    *counts = (struct lsc_executor_counts){0};
    add_counts(counts, &executor->outside_counts);
    for (uint32_t i = 0; i < executor->worker_count; i++)
        add_counts(counts, &executor->workers[i].counts);
    counts->injected = READ(executor->global.pushed);
    counts->blocking_refused = READ(executor->pool.refused);
}

/* ---- memory that outlives it ---- */

void executor_settle(struct lsc_executor *executor, uint64_t change)
{
    /* Release and acquire: all use of the executor comes before it is freed. */
    if (atomic_fetch_add_explicit(&executor->balance, change, memory_order_acq_rel) + change == 0) {
        struct lsc_allocator allocator = executor->allocator;
        allocator.release(allocator.data, executor);
    }
}

/* On a worker the balance is kept by counting; elsewhere one by one. */
void executor_remember(struct lsc_executor *executor)
{
    if (worker_self && worker_self->executor == executor)
        count_up(&worker_self->counts.made);
    else
        executor_settle(executor, 1);
}

void executor_forget(struct lsc_executor *executor)
{
    if (worker_self && worker_self->executor == executor)
        count_up(&worker_self->counts.freed);
    else
        executor_settle(executor, (uint64_t)-1);
}

uint64_t executor_tasks_left(struct lsc_executor *executor)
{
    uint64_t left = 0;
    for (uint32_t i = 0; i < executor->worker_count; i++)
        left += READ(executor->workers[i].counts.made) - READ(executor->workers[i].counts.freed);
    return left;
}
