/* SPDX-License-Identifier: MIT */
/* What the tasks of the lock storm do: one use of one primitive, and the balance of all uses. */
#ifndef LSC_STRESS_EXECUTOR_LOCK_USES_H
#define LSC_STRESS_EXECUTOR_LOCK_USES_H

#include <stdbool.h>
#include <stdint.h>

#include "loopscope/sync.h"

/* Says what is wrong, and ends the program. */
void fail(const char *what, uint64_t a, uint64_t b);
void expect(const char *what, uint64_t a, uint64_t b);

/* What a task does now. `which` and `mode` are drawn before each. */
struct use {
    struct lsc_frame frame;
    struct lsc_frame making;
    uint64_t which, mode, seen;
};

/* Awaitable: uses something; with `forgets` it waits for something and then does not look at what
 * it got, and must be the task's last. */
lsc_result use_one(struct lsc_context *cx, struct use *use, bool forgets);

void uses_begin(void);
/* Nothing is held, nothing is lost, every count balances; or the program ends. */
void uses_end(void);

#endif
