/* SPDX-License-Identifier: MIT */
/* Adds POLL and WAKE records to the totals of their tasks, a batch at a time: a poll or a wake then
 * costs its record and nothing else, and the totals survive the ring. A batch is folded before the
 * ring overwrites it. */
#include "task.h"

#define SHARED_OWNER UINT32_MAX

/* As add_relaxed, in one instruction. */
static inline void add(_Atomic uint64_t *counter, uint64_t n)
{
#if defined(__x86_64__) && !defined(__SANITIZE_THREAD__)
    __asm__("addq %1, %0" : "+m"(*counter) : "er"(n) : "cc");
#else
    add_relaxed(counter, n);
#endif
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
static __attribute__((noinline)) bool make_mine(struct lsc_task *task, uint32_t me)
{
    uint32_t owner = atomic_load_explicit(&task->owner, memory_order_relaxed);
    if (owner == 0 && atomic_compare_exchange_strong_explicit(
                          &task->owner, &owner, me, memory_order_relaxed, memory_order_relaxed))
        return true;
    if (owner != SHARED_OWNER)
        atomic_store_explicit(&task->owner, SHARED_OWNER, memory_order_relaxed);
    return false;
}

static __attribute__((noinline)) void fold_shared(struct lsc_task *task,
                                                  const struct lsc_record *record)
{
    atomic_fetch_add_explicit(&task->polls, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&task->busy_ticks, record->arg, memory_order_relaxed);
    raise_shared(&task->worst_ticks, record->arg);
    raise_shared(&task->last_poll, record->time);
    raise_shared(&task->last_begin, record->time - record->arg);
}

static inline void raise(_Atomic uint64_t *field, uint64_t value)
{
    if (atomic_load_explicit(field, memory_order_relaxed) < value)
        atomic_store_explicit(field, value, memory_order_relaxed);
}

/* By plain additions: of two threads that fold wakes of one task at the same instant one may be
 * lost. */
static inline void fold_wake(struct lsc_task *task, uint64_t time, bool by_itself)
{
    add(&task->wakes, 1);
    if (by_itself)
        add(&task->self_wakes, 1);
    raise(&task->last_wake, time);
}

/* A stranded task that was polled again is no longer that; one that was stranded after this poll
 * keeps the time of it. */
static __attribute__((noinline, cold)) void fold_stranded(struct lsc_task *task,
                                                          const struct lsc_record *record)
{
    uint64_t since = atomic_load_explicit(&task->await_since, memory_order_relaxed);
    if (since < record->time - record->arg)
        task_unstrand(task);
    else
        task_stands_at(task, record->arg2);
}

/* Where it stands since the end of this poll; a later await may have been told already. */
static inline void fold_await(struct lsc_task *task, const struct lsc_record *record)
{
    if (atomic_load_explicit(&task->state, memory_order_relaxed) == LSC_TASK_STRANDED)
        fold_stranded(task, record);
    if (atomic_load_explicit(&task->await_since, memory_order_relaxed) >= record->time)
        return;
    task_stands_at(task, record->arg2);
    atomic_store_explicit(&task->await_since, record->time, memory_order_relaxed);
}

/* The records of one thread are in the order of time, so the latest poll is the last one folded. */
static inline void fold_mine(struct lsc_task *task, uint64_t time, uint64_t duration)
{
    add(&task->polls, 1);
    add(&task->busy_ticks, duration);
    if (__builtin_expect(atomic_load_explicit(&task->worst_ticks, memory_order_relaxed) < duration,
                         0))
        atomic_store_explicit(&task->worst_ticks, duration, memory_order_relaxed);
    atomic_store_explicit(&task->last_poll, time, memory_order_relaxed);
    atomic_store_explicit(&task->last_begin, time - duration, memory_order_relaxed);
}

static inline void fold_poll(struct lsc_task *task, const struct lsc_record *record, uint32_t me)
{
    if (__builtin_expect(atomic_load_explicit(&task->owner, memory_order_relaxed) == me, 1) ||
        make_mine(task, me))
        fold_mine(task, record->time, record->arg);
    else
        fold_shared(task, record);
    if (!(record->flags & (LSC_POLL_SELF_WAKE | LSC_POLL_AWAITS)))
        return;
    if (record->flags & LSC_POLL_SELF_WAKE)
        fold_wake(task, record->time, true);
    if (record->flags & LSC_POLL_AWAITS)
        fold_await(task, record);
}

/* Folds `count` records that lie side by side. */
static __attribute__((noinline)) void fold_run(const struct lsc_record *record, uint64_t count,
                                               uint32_t me)
{
    struct lsc_task *tasks = part_at(LSC_PART_TASKS, 0);
    uint32_t limit = (uint32_t)part_reserved(LSC_PART_TASKS);
    for (const struct lsc_record *end = record + count; record < end; record++) {
        uint32_t handle = record->task;
        uint32_t slot = LSC_HANDLE_SLOT(handle);
        bool is_poll = record->type == LSC_RECORD_POLL;
        if ((!is_poll && record->type != LSC_RECORD_WAKE) || slot >= limit)
            continue;
        struct lsc_task *task = &tasks[slot];
        if (atomic_load_explicit(&task->handle, memory_order_relaxed) != handle)
            continue;
        if (is_poll)
            fold_poll(task, record, me);
        else
            fold_wake(task, record->time, record->arg == handle);
    }
}

void fold_polls_of(struct lsc_thread *thread, struct lsc_writer *w)
{
    uint64_t head = atomic_load_explicit(&thread->head, memory_order_relaxed);
    uint64_t from = atomic_load_explicit(&thread->folded, memory_order_relaxed);
    uint64_t reserved = __atomic_load_n(&w->reserved_records, __ATOMIC_ACQUIRE);
    /* Both stand in shared memory: never walk more than the ring, nor where it has no memory. */
    if (head - from > w->mask + 1)
        from = head - (w->mask + 1);
    while (from != head) {
        uint64_t index = from & w->mask;
        uint64_t count = head - from;
        count = count < w->mask + 1 - index ? count : w->mask + 1 - index;
        if (index + count <= reserved)
            fold_run(&w->ring[index], count, w->slot + 1);
        from += count;
    }
    atomic_store_explicit(&thread->folded, head, memory_order_release);
}

void fold_polls(struct lsc_writer *w)
{
    fold_polls_of(w->shared, w);
}
