/* SPDX-License-Identifier: MIT */
/* The executor from the inside: what its workers share. */
#ifndef LSC_EXECUTOR_EXECUTOR_H
#define LSC_EXECUTOR_EXECUTOR_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "blocking.h"
#include "idle.h"
#include "queue.h"
#include "scope.h"
#include "worker.h"

struct handle;

#define EXECUTOR_ITSELF (UINT64_C(1) << 62)

struct lsc_executor {
    struct lsc_executor_options options; /* with defaults filled in; `name` is the array below */
    char name[16];
    struct lsc_allocator allocator;
    /* Tasks whose memory is still there, as far as not counted by workers, plus EXECUTOR_ITSELF
     * until its delete: who brings it to 0 frees the executor. */
    _Atomic uint64_t balance;
    struct worker_counts outside_counts; /* by threads that are no workers: added to atomically */
    _Atomic bool is_closing;             /* spawns are refused */
    _Atomic bool is_dead;                /* no task will run again: nothing is queued */
    _Atomic bool is_stopping;            /* workers end */
    _Atomic uint32_t ended;              /* futex: tasks that ended while it was closing */
    _Atomic bool has_runner;             /* one worker: a thread is inside it */
    struct global_queue global;
    struct idle_workers idle;
    struct blocking_pool pool;
    struct lock handle_lock; /* guards `handles` */
    struct handle *handles;  /* of I/O, that the program has not closed */
    struct scope outside;    /* tasks of no scope spawned by threads that are no workers */
    uint32_t worker_count;
    struct worker *workers;
    void *worker_memory; /* where they lie, aligned */
};

/* `ms` from now, as a time of lsc_time_ms that cannot come early. */
uint64_t time_after(uint64_t ms);

/* A task with its handle, in no scope yet. NULL: no memory. */
struct task *spawn_prepare(const struct task_plan *plan, struct lsc_join *join);

/* A task has memory; the memory is gone. */
void executor_remember(struct lsc_executor *executor);
void executor_forget(struct lsc_executor *executor);
/* Adds to the balance; 0 frees the executor. */
void executor_settle(struct lsc_executor *executor, uint64_t change);
/* How many tasks still have memory, by the workers' counts. */
uint64_t executor_tasks_left(struct lsc_executor *executor);
/* Cancels all tasks, and those to come. */
void executor_cancel_all(struct lsc_executor *executor);
/* A task has ended: tells a shutdown that waits for it. */
void executor_task_ended(struct lsc_executor *executor);
/* Whether all tasks have ended. */
bool executor_is_empty(struct lsc_executor *executor);

/* The counters of the calling thread for this executor, and how to add to them. */
void executor_count(struct lsc_executor *executor, size_t counter, uint64_t amount);
#define EXECUTOR_COUNT(executor, counter)                                                          \
    executor_count((executor), offsetof(struct worker_counts, counter), 1)

#endif
