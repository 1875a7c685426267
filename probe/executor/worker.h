/* SPDX-License-Identifier: MIT */
/* A worker: one thread, its queue of ready tasks, its timers and its libuv loop.
 *
 * For I/O: handles belong to the loop of one worker, and everything done to them must happen on its
 * thread, while the task that uses them may move. A leaf that finds itself on another worker than
 * its handle's sends a worker_note there; the note's function runs on that worker between two
 * polls, with its loop, starts the request, and grants the task's wait when it is done (wait.h;
 * grants may be made from loop callbacks on any worker). */
#ifndef LSC_EXECUTOR_WORKER_H
#define LSC_EXECUTOR_WORKER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "queue.h"
#include "scope.h"
#include "task.h"
#include "timer.h"

/* Totals; writer: the worker. `made` and `freed` are task headers, for the executor's delete. */
struct worker_counts {
    _Atomic uint64_t spawned, finished, cancelled, polls, wakes, self_wakes, forced_yields, parks,
        steals, stolen, made, freed;
};

/* A function to run on a worker, between two polls. The storage is the sender's until it runs. */
struct worker_note {
    struct worker_note *next;
    void (*run)(struct worker *worker, struct worker_note *note);
};

typedef bool (*worker_done_fn)(void *data);

struct worker {
    struct lsc_context context; /* first: a context is its worker */
    struct task *running;       /* NULL between polls */
    struct task *next;          /* runs before those in the ring; nobody steals it */
    struct lsc_executor *executor;
    uint32_t index;
    _Atomic uint32_t tid; /* of the thread that runs it, or ran it last */
    uint64_t tick;        /* counts polls */
    uint32_t budget;      /* left in this poll */
    uint64_t next_round;  /* tick of the next look at timers, I/O and the global queue */
    uint32_t streak;      /* tasks taken from `next` in a row */
    uint64_t seed;        /* where stealing begins */
    uint64_t wake_by_ms;  /* parks no longer than to then */
    worker_done_fn is_done;
    void *done_data;
    uintptr_t stack_from;     /* the frames of what it polls lie below, on its thread's stack */
    _Atomic bool woke_itself; /* the running task; this thread and its signal handlers */
    bool was_forced;          /* the running task: its budget was used up */
    bool is_searching;
    bool is_in_loop; /* inside uv_run */
    bool has_thread;
    bool has_loop;
    pthread_t thread;
    uv_loop_t loop;
    uv_async_t unparker;
    uv_timer_t alarm;
    struct timer_wheel wheel;
    struct worker_note *_Atomic notes;
    struct worker_counts counts __attribute__((aligned(64)));
    struct task_ring ring __attribute__((aligned(64)));
    struct scope detached __attribute__((aligned(64))); /* tasks of no scope spawned here */
};

/* The worker this thread is, or NULL. */
extern _Thread_local struct worker *worker_self __attribute__((tls_model("initial-exec")));

static inline struct worker *worker_of(const struct lsc_context *cx)
{
    return (struct worker *)(uintptr_t)cx;
}

/* The loop of the worker that a task runs on now. For use on this thread, in this poll. */
uv_loop_t *worker_loop(struct lsc_context *cx);

/* Has the note's function run on `worker`, soon, also when that is the calling one. Any thread; not
 * after the executor's delete began. Notes of one sender run in order. */
void worker_post(struct worker *worker, struct worker_note *note);

/* For the executor. */
int worker_init(struct worker *worker, struct lsc_executor *executor, uint32_t index);
void worker_free(struct worker *worker);
/* Runs tasks until `is_done` says so; asked between polls. */
void worker_run(struct worker *worker, worker_done_fn is_done, void *data);
/* Timers, notes and I/O that are ready. */
void worker_look_around(struct worker *worker);
/* Sleeps until there is something to do. */
void worker_park(struct worker *worker);
void worker_unpark(struct worker *worker); /* any thread, signal handlers too */

/* Puts a SCHEDULED task into a queue: this worker's when called on one, else the global one. */
void worker_push(struct task *task);
/* Puts it into the global queue. Signal handlers too. */
void worker_inject(struct task *task);
/* As woken by the running task: next on this worker, if it is on one. */
void worker_push_next(struct task *task);

static inline void count_up(_Atomic uint64_t *counter)
{
    atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + 1,
                          memory_order_relaxed);
}

#endif
