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

/* The root says 0 when all was as it should be. */
static inline void expect_fine(lsc_poll_fn fn, const void *state, size_t bytes)
{
    for (unsigned workers = 1; workers <= 3; workers += 2) {
        lsc_result result = run_with(workers, fn, state, bytes);
        cr_expect_eq(result, 0, "%lld with %u workers", (long long)result, workers);
    }
}

/* `fn`_poll with a struct `fn`. */
#define RUN(fn, ...) RUN_STATE(fn##_poll, (struct fn){__VA_ARGS__})
#define RUN_STATE(poll, ...) expect_fine((poll), &__VA_ARGS__, sizeof(__VA_ARGS__))

/* Ends the poll function with the number of the line, negative, unless the claim holds. */
#define CHECK(claim)                                                                               \
    do {                                                                                           \
        if (!(claim))                                                                              \
            LSC_RETURN(-(lsc_result)__LINE__);                                                     \
    } while (0)

static inline void ignore_site(void *data, const struct lsc_code_site *site)
{
    (void)data, (void)site;
}

/* The task stands at an await now. */
static inline bool stands(const struct lsc_join *join)
{
    return lsc_join_trace(join, ignore_site, NULL) > 0;
}

/* Lets the others run until the task stands at an await. */
#define UNTIL_STANDS(join)                                                                         \
    while (!stands(join)) {                                                                        \
        lsc_result yielded;                                                                        \
        LSC_AWAIT(yielded, lsc_yield(cx));                                                         \
        (void)yielded;                                                                             \
    }

#endif
