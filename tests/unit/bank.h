/* SPDX-License-Identifier: MIT */
/* Where the tests of locks and waits play: tasks that transfer money between accounts with a lock
 * each, told record by record. On top of judged.h, whose stream it begins. */
#ifndef LSC_TEST_BANK_H
#define LSC_TEST_BANK_H

#include "judged.h"

enum { TASK_ANN = 1, TASK_BOB, TASK_CAT, TASK_DAN, TASK_EVE };
enum { LOCK_A = 1, LOCK_B, LOCK_C };
enum { SITE_TAKE = 1, SITE_WAIT, SITE_DROP, SITE_SEND, SITE_MAIN };
enum { KIND_TASK = 1, KIND_MUTEX, KIND_CHANNEL }; /* strings */

/* Five tasks; mutexes "a", "b", "c"; transfer (bank.c:40) takes, :41 waits, :42 drops, :43 sends;
 * main is line 90. */
void bank_begin(void);

void event(uint16_t type, uint32_t task, uint64_t arg, uint64_t arg2, double at_ms);
void hold(uint32_t task, uint32_t lock, double at_ms);
void release(uint32_t task, uint32_t lock, double at_ms);
/* A run of the task, of 0.2 ms, that ends in a wait for the lock or whatever else (0: a sleep),
 * told before the run is over. */
void wait_for(uint32_t task, uint32_t lock, double at_ms);
void ran(uint32_t task, double from_ms, double to_ms);
void waiters(uint32_t lock, uint64_t count, double at_ms);

/* Judged when observation ends then. */
void judge_at(double at_ms);

#endif
