/* SPDX-License-Identifier: MIT */
/* Queues of ready tasks: a ring per worker that others steal from, and one global queue.
 *
 * The ring: its owner adds at the tail and takes at the head; a thief copies half and moves the
 * head over it with one compare-and-swap, so that what it read is its own. (The same idea as Go's
 * run queues.)
 *
 * The global queue: anybody pushes, also in signal handlers, onto a stack that workers turn into a
 * first-in-first-out list under a lock. */
#ifndef LSC_EXECUTOR_QUEUE_H
#define LSC_EXECUTOR_QUEUE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "lock.h"

struct task;

#define RING_TASKS 256u

struct task_ring {
    _Atomic uint32_t head; /* next to take; everybody, by compare-and-swap */
    _Atomic uint32_t tail; /* next to fill; the owner */
    struct task *_Atomic slots[RING_TASKS];
    bool is_private; /* nobody steals: the owner takes without a locked instruction */
};

struct task_chain {
    struct task *first, *last;
    uint64_t count;
};

struct global_queue {
    struct task *_Atomic incoming; /* newest first */
    struct lock lock;
    _Atomic uint64_t count;  /* of the chain; written under the lock */
    struct task_chain chain; /* oldest first; under the lock */
    _Atomic uint64_t pushed;
};

/* The owner. Full: half of it, and the task, go to the chain, for the global queue. */
void ring_push(struct task_ring *ring, struct task *task, struct task_chain *overflow);
/* The owner. NULL: empty. */
struct task *ring_take(struct task_ring *ring);
/* Moves half of `from` into `to`, the caller's own and empty, and returns one more; NULL: nothing.
 */
struct task *ring_steal(struct task_ring *from, struct task_ring *to, uint32_t *moved);
bool ring_is_empty(const struct task_ring *ring); /* any thread */

void global_push(struct global_queue *queue, struct task *task); /* signal-safe */
void global_push_chain(struct global_queue *queue, struct task_chain *chain);
/* Up to `most` of the oldest. */
struct task_chain global_take(struct global_queue *queue, uint64_t most);
bool global_is_empty(struct global_queue *queue);

void chain_add(struct task_chain *chain, struct task *task);

#endif
