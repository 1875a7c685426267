/* SPDX-License-Identifier: MIT */
/* The pool behind lsc_spawn_blocking: threads made on demand, up to a limit, that end when they
 * had nothing to do for a while, and a bounded queue in front of them. */
#ifndef LSC_EXECUTOR_BLOCKING_H
#define LSC_EXECUTOR_BLOCKING_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "queue.h"
#include "wait.h"

struct blocking_pool {
    struct lsc_executor *executor;
    pthread_mutex_t mutex; /* guards the rest */
    pthread_cond_t work;
    pthread_cond_t gone; /* a thread has ended */
    struct task_chain queue;
    struct wait_list waiters; /* spawners that wait for room */
    uint32_t threads, idle;
    uint64_t reserved; /* room that was given, and is not used yet */
    bool is_stopping;
    lsc_resource resource; /* the queue, in the probe's records */
    _Atomic uint64_t refused;
};

int blocking_init(struct blocking_pool *pool, struct lsc_executor *executor);
/* Ends the threads after their current jobs; jobs that are queued end as cancelled. */
void blocking_stop(struct blocking_pool *pool);
void blocking_free(struct blocking_pool *pool);

#endif
