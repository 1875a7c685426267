/* SPDX-License-Identifier: MIT */
/* The replay of recorded jobs with another number of workers, by cases worked out by hand. */
#include <criterion/criterion.h>
#include <errno.h>

#include "analyzers/model/replay.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct replay_result run(const struct replay_job *jobs, size_t count, unsigned workers)
{
    struct replay_result result;
    cr_assert_eq(replay_run(jobs, count, workers, &result), 0);
    return result;
}

/* Five jobs of 10 at once: one worker makes them wait 0, 10, 20, 30, 40. */
static const struct replay_job burst[] = {
    {0, 10, false}, {0, 10, false}, {0, 10, false}, {0, 10, false}, {0, 10, false}};

Test(replay, one_worker_serves_a_burst_one_by_one)
{
    struct replay_result result = run(burst, COUNT(burst), 1);
    cr_assert_eq(result.total_ns, 100);
    cr_assert_eq(result.max_ns, 40);
    cr_assert_eq(result.p50_ns, 20);
    cr_assert_eq(result.jobs, 5);
}

Test(replay, two_workers_share_it)
{
    struct replay_result result = run(burst, COUNT(burst), 2);
    cr_assert_eq(result.total_ns, 0 + 0 + 10 + 10 + 20);
    cr_assert_eq(result.max_ns, 20);
}

Test(replay, as_many_workers_as_jobs_leave_no_wait)
{
    cr_assert_eq(run(burst, COUNT(burst), 5).max_ns, 0);
    cr_assert_eq(run(burst, COUNT(burst), REPLAY_WORKERS_MAX).max_ns, 0);
}

Test(replay, a_job_takes_the_worker_that_is_free_first)
{
    const struct replay_job jobs[] = {
        {0, 100, false}, {0, 30, false}, {5, 10, false}, {6, 10, false}, {50, 1, false}};
    /* The third waits until 30, the fourth until 40, the fifth finds the second worker idle. */
    struct replay_result result = run(jobs, COUNT(jobs), 2);
    cr_assert_eq(result.total_ns, 25 + 34);
    cr_assert_eq(result.max_ns, 34);
}

Test(replay, slow_jobs_get_half_of_the_workers_and_leave_the_rest_to_others)
{
    const struct replay_job jobs[] = {{0, 100, true}, {0, 100, true}, {0, 100, true},
                                      {0, 100, true}, {1, 10, false}, {2, 10, false}};
    /* Of 4 workers 2 look names up, from 0 and from 100; files find a worker at once. */
    struct replay_result result = run(jobs, COUNT(jobs), 4);
    cr_assert_eq(result.total_ns, 200);
    cr_assert_eq(result.max_ns, 100);
}

Test(replay, of_three_workers_two_may_be_slow)
{
    const struct replay_job jobs[] = {{0, 100, true}, {0, 100, true}, {0, 100, true}};
    cr_assert_eq(run(jobs, COUNT(jobs), 3).total_ns, 100);
}

Test(replay, one_worker_takes_slow_jobs_too)
{
    const struct replay_job jobs[] = {{0, 100, true}, {0, 100, true}};
    cr_assert_eq(run(jobs, COUNT(jobs), 1).total_ns, 100);
}

Test(replay, the_turn_of_slow_jobs_comes_round_with_the_others)
{
    /* One worker: first the file job that found it idle; then the turn of the slow ones, who queue
     * up again behind the file job that came meanwhile. */
    const struct replay_job jobs[] = {
        {0, 10, false}, {1, 100, true}, {2, 100, true}, {3, 10, false}};
    /* begins: 0, 10, 120 (the last), 110 */
    struct replay_result result = run(jobs, COUNT(jobs), 1);
    cr_assert_eq(result.total_ns, 0 + 9 + 118 + 107);
    cr_assert_eq(result.max_ns, 118);
}

Test(replay, nothing_to_replay_waits_for_nothing)
{
    struct replay_result result = run(burst, 0, 4);
    cr_assert_eq(result.max_ns, 0);
    cr_assert_eq(result.p99_ns, 0);
}

Test(replay, a_pool_without_workers_is_refused)
{
    struct replay_result result;
    cr_assert_eq(replay_run(burst, COUNT(burst), 0, &result), -EINVAL);
    cr_assert_eq(replay_run(burst, COUNT(burst), REPLAY_WORKERS_MAX + 1, &result), -EINVAL);
}

Test(replay, endless_service_times_do_no_harm)
{
    const struct replay_job jobs[] = {{UINT64_MAX - 1, UINT64_MAX, false},
                                      {UINT64_MAX - 1, UINT64_MAX, true},
                                      {UINT64_MAX, UINT64_MAX, false}};
    cr_assert_eq(run(jobs, COUNT(jobs), 1).max_ns, 1);
}
