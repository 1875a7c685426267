/* SPDX-License-Identifier: MIT */
/* Adds POLL records to the totals of their tasks, a batch at a time: a poll then costs its record
 * and nothing else, and the totals survive the ring. A batch is folded before the ring overwrites
 * it. */
#include "state.h"

#define SHARED_OWNER UINT32_MAX

static void raise_to(_Atomic uint64_t *field, uint64_t value)
{
    if (atomic_load_explicit(field, memory_order_relaxed) < value)
        atomic_store_explicit(field, value, memory_order_relaxed);
}

static void raise_shared(_Atomic uint64_t *field, uint64_t value)
{
    uint64_t now = atomic_load_explicit(field, memory_order_relaxed);
    while (now < value && !atomic_compare_exchange_weak_explicit(
                              field, &now, value, memory_order_relaxed, memory_order_relaxed))
        ;
}

/* A task polled by one thread needs no locked addition; once a second thread shows up, all use
 * them. */
static bool is_mine(struct lsc_task *task, uint32_t me)
{
    uint32_t owner = atomic_load_explicit(&task->owner, memory_order_relaxed);
    if (owner == me)
        return true;
    if (owner == 0 && atomic_compare_exchange_strong_explicit(
                          &task->owner, &owner, me, memory_order_relaxed, memory_order_relaxed))
        return true;
    if (owner != SHARED_OWNER)
        atomic_store_explicit(&task->owner, SHARED_OWNER, memory_order_relaxed);
    return false;
}

static void fold_one(struct lsc_task *task, const struct lsc_record *record, uint32_t me)
{
    if (is_mine(task, me)) {
        add_relaxed(&task->polls, 1);
        add_relaxed(&task->busy_ticks, record->arg);
        raise_to(&task->worst_ticks, record->arg);
        raise_to(&task->last_poll, record->time);
        raise_to(&task->last_begin, record->time - record->arg);
        return;
    }
    atomic_fetch_add_explicit(&task->polls, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&task->busy_ticks, record->arg, memory_order_relaxed);
    raise_shared(&task->worst_ticks, record->arg);
    raise_shared(&task->last_poll, record->time);
    raise_shared(&task->last_begin, record->time - record->arg);
}

void fold_polls_of(struct lsc_thread *thread, struct lsc_writer *w)
{
    uint64_t head = atomic_load_explicit(&thread->head, memory_order_relaxed);
    uint64_t from = atomic_load_explicit(&thread->folded, memory_order_relaxed);
    /* Both stand in shared memory: never walk more than the ring. */
    if (head - from > w->mask + 1)
        from = head - (w->mask + 1);
    for (; from != head; from++) {
        uint64_t index = from & w->mask;
        if (index >= w->reserved_records || w->ring[index].type != LSC_RECORD_POLL)
            continue;
        struct lsc_task *task = task_find(w->ring[index].task);
        if (task != NULL)
            fold_one(task, &w->ring[index], w->slot + 1);
    }
    atomic_store_explicit(&thread->folded, head, memory_order_release);
}

void fold_polls(struct lsc_writer *w)
{
    fold_polls_of(w->shared, w);
}
