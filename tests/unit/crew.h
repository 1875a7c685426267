/* SPDX-License-Identifier: MIT */
/* A process with two workers of one executor and some tasks, for tests of what they do. */
#ifndef LSC_TEST_CREW_H
#define LSC_TEST_CREW_H

#include "judged.h"

enum { WORKER_0, WORKER_1, OUTSIDE };            /* threads */
enum { ANN = 1, BOB, CAT };                      /* tasks, by the same name as strings + 9 */
enum { CREW_QUEUE = 1, CREW_LOCK, CREW_NOTIFY }; /* resources */
enum { CREW_SITE_SPAWN = 1, CREW_SITE_AWAIT };   /* main (crew.c:10), work (crew.c:20) */

void crew_begin(void);
/* A run of a task that was no libuv callback; flags: LSC_POLL_*. */
void crew_poll(uint32_t thread, uint32_t task, double from_ms, double to_ms, unsigned flags);
/* `by`: the task that wakes, 0 none. */
void crew_wake(uint32_t thread, uint32_t task, uint32_t by, double at_ms);
void crew_park(uint32_t thread, double from_ms, double to_ms);
void crew_event(uint16_t type, uint32_t thread, uint32_t task, uint64_t arg, uint64_t arg2,
                double at_ms);
void crew_judge(double at_ms);

#endif
