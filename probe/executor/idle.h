/* SPDX-License-Identifier: MIT */
/* Which workers are parked, and how many look for work to steal: so that no wake-up is lost, and
 * not all of them search.
 *
 * No lost wake-up (Dekker's handshake): who adds a task to a queue first adds it, then looks
 * whether somebody is parked and nobody searches; who parks first marks itself parked, then looks
 * into every queue again. Both steps are sequentially consistent. A searcher that finds something
 * wakes the next one, if it was the last. All of it is signal-safe. */
#ifndef LSC_EXECUTOR_IDLE_H
#define LSC_EXECUTOR_IDLE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define WORKERS_MAX 256u
#define IDLE_WORDS (WORKERS_MAX / 64)

struct idle_workers {
    _Atomic uint32_t searching;
    _Atomic uint32_t parked_count;
    _Atomic uint64_t parked[IDLE_WORDS]; /* a bit per worker */
};

/* After a task was added: the worker to unpark, already counted as searching; -1: none. */
int idle_choose(struct idle_workers *idle);

/* Whether one more may search: at most half of those awake. Counted if so. */
bool idle_begin_search(struct idle_workers *idle, uint32_t workers);
/* Whether it was the last one. */
bool idle_end_search(struct idle_workers *idle);

void idle_park(struct idle_workers *idle, uint32_t worker);
/* False: somebody chose this worker meanwhile: it counts as searching. */
bool idle_unpark(struct idle_workers *idle, uint32_t worker);
/* Chooses this one, if it is parked (it then counts as searching, and must be unparked). */
bool idle_choose_worker(struct idle_workers *idle, uint32_t worker);

#endif
