/* SPDX-License-Identifier: MIT */
/* A task's memory and the changes of its life word. */
#include "task.h"

#include <errno.h>
#include <string.h>

#include "executor.h"
#include "held.h"

const char *task_name(const struct task *task)
{
    if (task->flags & TASK_HAS_NAME)
        return (const char *)(task + 1) + task->state_bytes;
    return task->site->what;
}

/* What is always called the same is interned once. */
static lsc_name name_once(lsc_name *kept, const char *text)
{
    lsc_name name = __atomic_load_n(kept, __ATOMIC_RELAXED);
    if (name == 0) {
        name = lsc_name_intern(text);
        __atomic_store_n(kept, name, __ATOMIC_RELAXED);
    }
    return name;
}

static lsc_task announce(const struct task_plan *plan)
{
    static lsc_name kinds[2];
    const char *const name = plan->options->name;
    bool is_blocking = (plan->flags & TASK_IS_BLOCKING) != 0;
    if (!lsc_probe_is_on())
        return 0;
    return lsc_task_spawn(&(struct lsc_task_info){
        .kind_name = name_once(&kinds[is_blocking], is_blocking ? "blocking job" : "task"),
        .name = name,
        .name_name = name ? 0 : name_once(&plan->site->name, plan->site->what),
        .site = plan->parent_site,
        .parent = plan->parent ? plan->parent->id : 0,
    });
}

struct task *task_new(const struct task_plan *plan)
{
    const char *name = plan->options->name;
    size_t name_bytes = name ? strlen(name) + 1 : 0;
    if (plan->state_bytes > UINT32_MAX || name_bytes > UINT32_MAX)
        return NULL;
    struct task *task =
        executor_allocate(plan->executor, sizeof(*task) + plan->state_bytes + name_bytes);
    if (!task)
        return NULL;
    memset(task, 0, sizeof(*task));
    memcpy(task_state(task), plan->state, plan->state_bytes);
    if (name)
        memcpy((char *)task_state(task) + plan->state_bytes, name, name_bytes);
    task->executor = plan->executor;
    task->site = plan->site;
    task->state_bytes = (uint32_t)plan->state_bytes;
    task->flags = plan->flags | (name ? TASK_HAS_NAME : 0);
    task->flags |= plan->options->join ? TASK_HAS_JOIN : 0;
    task->id = announce(plan);
    uint64_t references = plan->options->join ? 2 : 1;
    atomic_init(&task->word, TASK_SCHEDULED | references * TASK_REFERENCE);
    executor_remember(task->executor);
    EXECUTOR_COUNT(task->executor, spawned);
    return task;
}

void task_reference(struct task *task)
{
    atomic_fetch_add_explicit(&task->word, TASK_REFERENCE, memory_order_relaxed);
}

/* What is left in the word. Whoever holds the last share is alone: no other can come from nowhere.
 */
static uint64_t give_up(struct task *task, uint64_t unit)
{
    /* Release and acquire: everybody's last use comes before the memory is given back. */
    uint64_t left = atomic_load_explicit(&task->word, memory_order_acquire) - unit;
    if (left / TASK_REFERENCE != 0)
        left = atomic_fetch_sub_explicit(&task->word, unit, memory_order_acq_rel) - unit;
    if (left / TASK_REFERENCE == 0) {
        struct lsc_executor *executor = task->executor;
        executor_release(executor, task);
        executor_forget(executor);
    }
    return left;
}

void task_release(struct task *task)
{
    give_up(task, TASK_REFERENCE);
}

void task_add_waker(struct task *task)
{
    atomic_fetch_add_explicit(&task->word, TASK_WAKER, memory_order_relaxed);
}

static bool is_stranded(uint64_t word)
{
    return (word & TASK_PHASE) == TASK_IDLE && (word & TASK_NEEDS_WAKER) && word < TASK_WAKER;
}

void task_drop_waker(struct task *task)
{
    lsc_task id = task->id; /* the task may be gone afterwards */
    struct worker *worker = worker_self;
    if (!is_stranded(give_up(task, TASK_WAKER)))
        return;
    if (worker && worker->running)
        lsc_stranded(id, worker->running->id, context_site(&worker->context));
    else
        lsc_stranded(id, 0, 0);
}

static uint64_t woken(uint64_t word)
{
    switch (word & TASK_PHASE) {
    case TASK_IDLE:
        return (word & ~TASK_NEEDS_WAKER) | TASK_SCHEDULED;
    case TASK_RUNNING:
        return word | TASK_NOTIFIED;
    default:
        return word;
    }
}

static void count_wake(struct task *task, lsc_task id)
{
    EXECUTOR_COUNT(task->executor, wakes);
    struct worker *worker = worker_self;
    if (worker && worker->running == task) {
        count_up(&worker->counts.self_wakes);
        atomic_store_explicit(&worker->woke_itself, true, memory_order_relaxed);
        return; /* the record of the poll says it */
    }
    lsc_wake(id, worker && worker->running ? context_site(&worker->context) : 0);
}

/* True: the task was idle, and the caller must put it into a queue. The caller makes sure that the
 * task lives: by a reference, or a lock that its end needs. */
static bool wake_word(struct task *task, uint64_t mark)
{
    uint64_t word = atomic_load_explicit(&task->word, memory_order_relaxed);
    uint64_t next;
    do
        next = woken(word) | mark;
    while (!atomic_compare_exchange_weak_explicit(&task->word, &word, next, memory_order_acq_rel,
                                                  memory_order_relaxed));
    if ((next & TASK_PHASE) != (word & TASK_PHASE))
        count_wake(task, task->id);
    return (word & TASK_PHASE) == TASK_IDLE;
}

bool task_claim(struct task *task)
{
    uint64_t word = atomic_load_explicit(&task->word, memory_order_relaxed);
    while ((word & TASK_PHASE) == TASK_IDLE) {
        if (atomic_compare_exchange_weak_explicit(&task->word, &word, woken(word),
                                                  memory_order_acq_rel, memory_order_relaxed)) {
            count_wake(task, task->id);
            return true;
        }
    }
    return false;
}

void task_wake(struct task *task)
{
    if (wake_word(task, 0))
        worker_push_next(task);
}

void task_wake_injected(struct task *task)
{
    if (wake_word(task, 0))
        worker_inject(task);
}

void wake_list_add(struct wake_list *wakes, struct task *task)
{
    task->next = NULL;
    if (wakes->first)
        *wakes->last = task;
    else
        wakes->first = task;
    wakes->last = &task->next;
}

void task_wake_later(struct task *task, struct wake_list *wakes)
{
    if (wake_word(task, 0))
        wake_list_add(wakes, task);
}

void wake_list_run(struct wake_list *wakes)
{
    struct task *task = wakes->first;
    wakes->first = NULL;
    while (task) {
        struct task *next = task->next;
        worker_push_next(task);
        task = next;
    }
}

/* Told once, or a few times when several ask at the same instant. */
static void note_cancel(struct task *task)
{
    uint64_t word = atomic_load_explicit(&task->word, memory_order_relaxed);
    if (!(word & TASK_CANCELLED) && (word & TASK_PHASE) != TASK_FINISHED)
        lsc_cancel(task->id);
}

void task_cancel(struct task *task)
{
    note_cancel(task);
    if (wake_word(task, TASK_CANCELLED))
        worker_push_next(task);
}

void task_cancel_later(struct task *task, struct wake_list *wakes)
{
    note_cancel(task);
    if (wake_word(task, TASK_CANCELLED))
        wake_list_add(wakes, task);
}

void task_start(struct task *task)
{
    /* Acquire: sees what every waker wrote before its wake. SCHEDULED + 1 is RUNNING. */
    atomic_fetch_add_explicit(&task->word, TASK_RUNNING - TASK_SCHEDULED, memory_order_acq_rel);
}

bool task_is_stranded(struct task *task)
{
    return is_stranded(atomic_load_explicit(&task->word, memory_order_relaxed));
}

bool task_stop(struct task *task, bool is_told)
{
    lsc_task id = task->id; /* once idle it may be gone */
    uint64_t need = task->wait.kind ? 0 : TASK_NEEDS_WAKER;
    uint64_t word = atomic_load_explicit(&task->word, memory_order_relaxed);
    uint64_t next;
    do
        next = (word & ~(TASK_PHASE | TASK_NEEDS_WAKER)) |
               ((word & TASK_PHASE) == TASK_NOTIFIED ? TASK_SCHEDULED : TASK_IDLE | need);
    while (!atomic_compare_exchange_weak_explicit(&task->word, &word, next, memory_order_acq_rel,
                                                  memory_order_relaxed));
    if (is_stranded(next) && !is_told)
        lsc_stranded(id, id, 0);
    return (next & TASK_PHASE) == TASK_SCHEDULED;
}

static void run_cleanups(struct task *task)
{
    while (task->cleanups) {
        struct lsc_cleanup *cleanup = task->cleanups;
        task->cleanups = cleanup->outer_;
        cleanup->handler(cleanup->data);
    }
}

static void mark_finished(struct task *task)
{
    uint64_t word = atomic_load_explicit(&task->word, memory_order_relaxed);
    while (!atomic_compare_exchange_weak_explicit(&task->word, &word,
                                                  (word & ~TASK_PHASE) | TASK_FINISHED,
                                                  memory_order_acq_rel, memory_order_relaxed))
        ;
    EXECUTOR_COUNT(task->executor, finished);
    if (word & TASK_CANCELLED)
        EXECUTOR_COUNT(task->executor, cancelled);
}

void task_finish(struct task *task, lsc_result result)
{
    run_cleanups(task);
    wait_abandon(task);
    if (__builtin_expect(task->held || task->reads, 0))
        held_give_on(task);
    timer_disarm(&task->timer);
    task->result = result;
    mark_finished(task);
    scope_remove(task->scope, task, result);
    executor_task_ended(task->executor);
    if (task->flags & TASK_HAS_JOIN)
        join_tell(task);
}
