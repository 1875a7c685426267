/* SPDX-License-Identifier: MIT */
/* Runs one root task on a fresh executor, with one worker and with three. */
#ifndef LSC_TEST_EXECUTOR_RUN_H
#define LSC_TEST_EXECUTOR_RUN_H

#include <criterion/criterion.h>

#include "loopscope/executor.h"

/* The root's result. All tasks must have ended when the executor is gone. */
static inline lsc_result run_with(unsigned workers, lsc_poll_fn fn, const void *state, size_t bytes)
{
    static struct lsc_code_site site = {__FILE__, "run_with", "root", __LINE__, 0, 0};
    const struct lsc_executor_options options = {
        .workers = workers, .blocking_threads = 2, .blocking_queue = 2};
    struct lsc_executor *executor;
    struct lsc_executor_counts counts;
    cr_assert_eq(lsc_executor_new(&executor, &options), 0);
    lsc_result result = lsc_executor_run_bytes(executor, fn, state, bytes, &site);
    cr_expect_eq(lsc_executor_shutdown(executor, 5000), 0);
    lsc_executor_counts(executor, &counts);
    cr_expect_eq(counts.spawned, counts.finished);
    lsc_executor_delete(executor);
    return result;
}

/* `fn`_poll with a struct `fn`; it says 0 when all was as it should be. */
#define RUN(fn, ...)                                                                               \
    do {                                                                                           \
        struct fn state_one = {__VA_ARGS__}, state_three = {__VA_ARGS__};                          \
        cr_expect_eq(run_with(1, fn##_poll, &state_one, sizeof state_one), 0, "one worker");       \
        cr_expect_eq(run_with(3, fn##_poll, &state_three, sizeof state_three), 0, "three");        \
    } while (0)

#endif
