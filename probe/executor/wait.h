/* SPDX-License-Identifier: MIT */
/* What channels, locks and everything else that tasks wait on are built from.
 *
 * A task waits on one thing at a time, so that its wait lives in the task's header: awaitable
 * functions need no storage of the caller. A resource (channel, semaphore…) keeps those who wait in
 * a wait_list, guarded by the resource's own lock, and grants in order of arrival: a grant hands
 * over what was asked for, so nobody can barge in between.
 *
 *     lsc_result lsc_gate_pass(struct lsc_context *cx, struct lsc_gate *gate)
 *     {
 *         lsc_result result;
 *         if (!wait_is_new(cx, &gate_waits, gate, &result))
 *             return result;                      // LSC_PENDING, granted, cancelled or timed out
 *         lock_take(&gate->lock);
 *         if (gate->is_open)
 *             result = 0;
 *         else
 *             result = wait_begin(cx, &(struct wait_plan){&gate_waits, gate, &gate->waiters,
 *                                                         .resource = gate->id});
 *         lock_drop(&gate->lock);
 *         return result;
 *     }
 *
 *     void lsc_gate_open(struct lsc_gate *gate)
 *     {
 *         struct wake_list wakes = WAKE_LIST_EMPTY;
 *         lock_take(&gate->lock);
 *         wait_grant_all(&gate->waiters, 0, &wakes);
 *         lock_drop(&gate->lock);
 *         wake_list_run(&wakes);
 *     }
 *
 *     static bool gate_withdraw(struct wait *wait)   // the kind's withdraw function
 *     {
 *         struct lsc_gate *gate = wait->object;
 *         lock_take(&gate->lock);
 *         bool was_waiting = wait_remove(&gate->waiters, wait);
 *         // …who comes behind may be served now: wait_grant them (e.g. a smaller request)
 *         lock_drop(&gate->lock);
 *         return was_waiting;
 *     }
 *
 * Cancellation and deadlines come through `withdraw`: true when the wait was still unserved, and is
 * now off the list; false when a grant came first, which then wins: the awaiting call returns it.
 * A task that ends, or awaits something else, while a wait of it is in progress withdraws it; if it
 * had been granted already, `discard` must give back what was handed over (NULL: nothing to give
 * back).
 *
 * A resource must not be deleted while somebody waits on it; grant everybody an error first. */
#ifndef LSC_EXECUTOR_WAIT_H
#define LSC_EXECUTOR_WAIT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "loopscope/executor.h"

#include "lock.h"

struct task;
struct wait;

/* One static const of these per awaitable function (or per group that shares its rules). */
struct wait_kind {
    const char *name; /* "lock", "send", "receive": for traces and sentences */
    bool (*withdraw)(struct wait *wait);
    void (*discard)(struct wait *wait); /* see above; runs with the wait granted */
};

enum wait_state {
    WAIT_NONE,
    WAIT_WAITING, /* on the list */
    WAIT_GRANTED, /* off the list; result and *item are valid */
};

/* In the task's header. Writers: list links, and `state` to GRANTED, whoever holds the resource's
 * lock; the rest the task, while no wait is in progress. */
struct wait {
    struct wait *next, *previous;
    const struct wait_kind *kind; /* NULL: no wait in progress */
    void *object;                 /* the resource */
    void *item;                   /* the kind's: e.g. where to put what is received */
    lsc_result result;
    _Atomic uint32_t state; /* enum wait_state */
    uint32_t need;          /* the kind's: e.g. how many permits */
    lsc_resource resource;  /* its id in the probe's records, 0 none */
    uint32_t flags;         /* the kind's */
};

/* First come, first served. Guarded by the resource's lock. All zero is empty. */
struct wait_list {
    struct wait *first, *last;
    uint32_t count;
};

struct wait_plan {
    const struct wait_kind *kind;
    void *object;
    struct wait_list *list; /* NULL: on no list; somebody grants with wait_grant(NULL, …) */
    void *item;
    uint32_t need;
    uint32_t flags;
    lsc_resource resource;
};

/* First call of every awaitable function. True: no such wait is in progress, the task may go on:
 * try, or begin to wait. False: *result is what to return now: LSC_PENDING (still waiting, or out
 * of budget), the grant's result, -ECANCELED or -ETIMEDOUT. The same kind and object must be given
 * at each evaluation. Spends one unit of the poll's budget. Called without the resource's lock. */
bool wait_is_new(struct lsc_context *cx, const struct wait_kind *kind, const void *object,
                 lsc_result *result);

/* The running task begins to wait, at the list's end; LSC_PENDING. With the resource's lock. */
lsc_result wait_begin(struct lsc_context *cx, const struct wait_plan *plan);

/* Tasks made ready under a lock, to be put into queues after it. */
struct wake_list {
    struct task *first;
    struct task **last;
};
#define WAKE_LIST_EMPTY ((struct wake_list){0, 0})

/* Takes the wait off the list and serves it: its call returns `result`. Fill *item before. With the
 * resource's lock; the wait (and the task) may be gone once wake_list_run ran. Any thread. */
void wait_grant(struct wait_list *list, struct wait *wait, lsc_result result,
                struct wake_list *wakes);
/* The same for all on the list. */
void wait_grant_all(struct wait_list *list, lsc_result result, struct wake_list *wakes);
/* After the lock was dropped. */
void wake_list_run(struct wake_list *wakes);

/* Takes the wait off the list if it is still on it; whether it was. With the resource's lock. */
bool wait_remove(struct wait_list *list, struct wait *wait);

/* The running task's wait, which is on no list and which nobody will grant, is over. */
void wait_forget(struct wait *wait);
/* The wait in progress, if there is one, is over without its call having returned. */
void wait_abandon(struct task *task);
/* Whether the running task must not wait now, and why: *result -ECANCELED or -ETIMEDOUT. */
bool wait_is_interrupted(struct task *task, lsc_result *result);

/* The id of the task that waits, in the probe's records. */
lsc_task wait_task(const struct wait *wait);
/* The id of the task that runs. */
lsc_task context_task(const struct lsc_context *cx);

/* What an object needs from the executor: its allocator. `cx` or the executor is at hand where an
 * object is made; what was allocated with one is released with the same. */
void *executor_allocate(struct lsc_executor *executor, size_t bytes);
void executor_release(struct lsc_executor *executor, void *memory);

/* The site of the innermost await or spawn of the running task as an id for the probe; the whole
 * chain of callers is behind it. 0 when the probe is off. */
lsc_site context_site(struct lsc_context *cx);

/* Debug builds: one sentence that names the task and where it was spawned, then abort. Release:
 * nothing; the caller returns its error. `task` NULL: not inside a task. */
void misuse(const struct task *task, const char *what);
/* …whose sentence ends with another task, by where it was spawned (NULL: not known). */
void misuse_of(const struct task *task, const char *what, const struct lsc_code_site *other);
struct task *context_running(const struct lsc_context *cx);

#endif
