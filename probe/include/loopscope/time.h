/* SPDX-License-Identifier: MIT */
/* loopscope/time.h: waiting for time to pass.
 *
 * Time is CLOCK_MONOTONIC, in milliseconds. Timers fire in the first millisecond that begins after
 * their time has come: never early, and late by what the worker needs to get to them. */
#ifndef LOOPSCOPE_TIME_H
#define LOOPSCOPE_TIME_H

#include "executor.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Now, in milliseconds of CLOCK_MONOTONIC. Any thread, signal handlers too. */
LSC_API uint64_t lsc_time_ms(void);

/* Awaitable: 0 after `ms` milliseconds; 0 milliseconds yield. */
LSC_API lsc_result lsc_sleep(struct lsc_context *cx, uint64_t ms);
/* Awaitable: 0 at `at_ms` of lsc_time_ms, at once when that is past. */
LSC_API lsc_result lsc_sleep_until(struct lsc_context *cx, uint64_t at_ms);

/* What an interval does about ticks that nobody awaited in time. */
enum lsc_missed_ticks {
    LSC_MISSED_BURST, /* they come at once, one by one */
    LSC_MISSED_SKIP,  /* they are left out; the next comes at a multiple of the period */
    LSC_MISSED_DELAY, /* the next comes one period after this one */
};

/* In the caller's state; no clean-up. */
struct lsc_interval {
    uint64_t next_ms;
    uint64_t period_ms;
    enum lsc_missed_ticks missed;
};
/* The first tick comes one period from now. period_ms 0 is taken as 1. */
LSC_API void lsc_interval_begin(struct lsc_interval *interval, uint64_t period_ms,
                                enum lsc_missed_ticks missed);
/* Awaitable: waits for the next tick; how many ticks were left out before it. */
LSC_API lsc_result lsc_interval_tick(struct lsc_context *cx, struct lsc_interval *interval);

#ifdef __cplusplus
}
#endif

#endif
