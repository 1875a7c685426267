/* SPDX-License-Identifier: MIT */
/* A task: one allocation that holds this header, the user's state behind it, and its name.
 *
 * Life: one word, changed by compare-and-swap only. A task is in a queue exactly while it is
 * SCHEDULED; who moves it from IDLE to SCHEDULED must put it there, and nobody else may. A wake
 * during a poll makes it NOTIFIED, and the worker puts it back after the poll. Every wake is a
 * read-modify-write with release, also one that changes nothing, so that the poll that follows
 * sees what the waker wrote. References: one for the life, one for the join handle; wakers are
 * counted apart, so that it shows when an idle task that waits for nothing else has none left:
 * nobody can wake it then. */
#ifndef LSC_EXECUTOR_TASK_H
#define LSC_EXECUTOR_TASK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "loopscope/executor.h"

#include "timer.h"
#include "wait.h"

struct executor;
struct held;
struct scope;
struct worker;

#define TASK_IDLE UINT64_C(0)
#define TASK_SCHEDULED UINT64_C(1)
#define TASK_RUNNING UINT64_C(2)
#define TASK_NOTIFIED UINT64_C(3) /* running, and woken meanwhile */
#define TASK_FINISHED UINT64_C(4)
#define TASK_PHASE UINT64_C(7)
#define TASK_CANCELLED UINT64_C(8)
#define TASK_NEEDS_WAKER UINT64_C(16) /* idle, and only a waker will wake it */
#define TASK_REFERENCE UINT64_C(256)
#define TASK_WAKER (UINT64_C(1) << 32) /* the references are those below, the wakers above */

enum task_flag {
    TASK_HAS_NAME = 0x1,    /* behind the state */
    TASK_IS_BLOCKING = 0x2, /* runs on the blocking pool */
    TASK_SCOPES_TOLD = 0x4, /* its cancellation has been passed on to its scopes */
    TASK_HAS_JOIN = 0x10,   /* was made with a handle */
    TASK_IS_ENDING = 0x8,   /* returned its result; waits for scopes that were left open */
};

struct task {
    _Atomic uint64_t word; /* phase, flags, references, wakers */
    struct task *next;     /* in the queue it is in; owner: who made it SCHEDULED */
    union {
        lsc_poll_fn poll;
        lsc_blocking_fn work;
    };
    struct lsc_executor *executor;
    struct lsc_frame *root; /* outermost frame; the polling thread's */

    struct scope *scope; /* it belongs to: the user's, or a worker's list of detached tasks */
    struct task *sibling, **sibling_link; /* in that scope's list, under its lock */
    struct scope *scopes;                 /* its own open scopes, innermost first; the task's */
    struct lsc_cleanup *cleanups;         /* the task's */
    union {
        uint64_t deadline_ms; /* 0: none; the task's */
        uint64_t submitted;   /* of a blocking job: when, by the probe's clock; 0 unknown */
    };

    struct wait wait;
    struct timer timer;

    struct held *held; /* what it must give back before it ends; the task's */
    lsc_result result;
    struct wait *_Atomic joiner; /* who awaits the end; TASK_JOINER_DONE: it has ended */
    struct lsc_code_site *site;
    lsc_task id; /* in the probe's records */
    uint32_t state_bytes;
    uint16_t flags; /* enum task_flag; the task's */
    uint16_t masks; /* depth of lsc_cancel_mask; the task's */
    uint16_t reads; /* read locks it holds; the task's */
} __attribute__((aligned(16)));
_Static_assert(sizeof(struct task) <= 240, "with malloc's header at most 256 bytes a task");

#define TASK_JOINER_DONE ((struct wait *)1)

static inline void *task_state(struct task *task)
{
    return task + 1;
}

static inline bool task_is_cancelled(struct task *task)
{
    return (atomic_load_explicit(&task->word, memory_order_acquire) & TASK_CANCELLED) != 0;
}

static inline struct task *task_of_wait(const struct wait *wait)
{
    return (struct task *)((uintptr_t)wait - offsetof(struct task, wait));
}

static inline bool task_is_notified(const struct task *task)
{
    uint64_t word = atomic_load_explicit(&task->word, memory_order_relaxed);
    return (word & TASK_PHASE) == TASK_NOTIFIED;
}

const char *task_name(const struct task *task);

/* What it takes to make one. */
struct task_plan {
    struct lsc_executor *executor;
    const void *state;
    size_t state_bytes;
    const struct lsc_spawn_options *options; /* never NULL */
    struct lsc_code_site *site;
    struct task *parent;  /* NULL: none */
    lsc_site parent_site; /* id of the line it is spawned at */
    uint16_t flags;
};
/* A task in no scope, SCHEDULED: put into one, it must then be put into a queue. A reference for
 * its life and one for the handle, if there is to be one. NULL: no memory. */
struct task *task_new(const struct task_plan *plan);
void task_reference(struct task *task);
void task_release(struct task *task); /* the last one frees it */
void task_add_waker(struct task *task);
void task_drop_waker(struct task *task); /* likewise */

/* Makes the task ready and puts it into a queue. Any thread. */
void task_wake(struct task *task);
/* The same, through the global queue only: signal handlers too. */
void task_wake_injected(struct task *task);
/* Makes the task ready; if that is the caller's to do, adds it to the list, which must be run. */
void task_wake_later(struct task *task, struct wake_list *wakes);
/* Makes the task ready if it was idle: the caller must put it into a queue. Otherwise nothing. */
bool task_claim(struct task *task);
void wake_list_add(struct wake_list *wakes, struct task *task);
/* Asks it to end: marks it and wakes it. Any thread. */
void task_cancel(struct task *task);
void task_cancel_later(struct task *task, struct wake_list *wakes);

/* SCHEDULED to RUNNING. The worker that took it out of a queue. */
void task_start(struct task *task);
/* After a poll that returned LSC_PENDING: true when it was woken meanwhile, is SCHEDULED, and the
 * caller must put it into a queue. If nobody can wake it now the probe is told, unless it has been
 * already. */
bool task_stop(struct task *task, bool is_told);
/* Idle, and nobody can wake it. */
bool task_is_stranded(struct task *task);
/* After its last poll: runs the cleanup handlers, withdraws its wait and its timer, leaves its
 * scope, tells who joins. On the polling thread, which still holds the task's life and releases it
 * afterwards. */
void task_finish(struct task *task, lsc_result result);
/* The id of the innermost await it stands at, with those of its callers behind it; 0: none, or the
 * probe is off. While it cannot run. */
lsc_site task_await_site(const struct task *task);
/* The id of a line that spawns; cx NULL: outside a task. */
lsc_site site_of_spawn(struct lsc_context *cx, struct lsc_code_site *site);
/* Gives its result to whom joins it. The end of task_finish. */
void join_tell(struct task *task);

#endif
