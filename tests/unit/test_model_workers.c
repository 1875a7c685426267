/* SPDX-License-Identifier: MIT */
/* Workers in the model: how busy they are, how long ready tasks waited, and what ran meanwhile. */
#include <criterion/criterion.h>

#include "analyzers/model/workers.h"
#include "crew.h"

TestSuite(model_workers, .init = crew_begin, .fini = judged_end);

static const struct model *model(void)
{
    return session_model(session, 0);
}

static const struct worker *worker(uint32_t thread)
{
    return thread_worker(model_thread(model(), thread));
}

Test(model_workers, a_worker_counts_its_polls_parks_and_steals)
{
    crew_park(WORKER_0, 0, 10);
    crew_event(LSC_RECORD_STEAL, WORKER_0, 3, 71, 0, 10);
    crew_poll(WORKER_0, ANN, 10, 15, 0);
    crew_poll(WORKER_0, BOB, 15, 20, 0);
    crew_judge(100);
    const struct worker *w = worker(WORKER_0);
    cr_assert_eq(w->polls, 2);
    cr_assert_eq(w->parks, 1);
    cr_assert_eq(w->parked_ns, 10000000);
    cr_assert_eq(w->steals, 1);
    cr_assert_eq(w->stolen, 3);
    cr_assert_eq(worker_utilization(model(), model_thread(model(), WORKER_0)), 1000,
                 "10 ms of the 100 in which something was seen");
    cr_assert_null(worker(OUTSIDE));
}

Test(model_workers, callbacks_of_libuv_are_no_polls_of_tasks)
{
    stream_poll(
        stream,
        &(struct polled){
            .thread = WORKER_0, .task = ANN, .phase = LSC_PHASE_TIMERS, .from_ms = 1, .to_ms = 2});
    crew_judge(100);
    cr_assert_null(worker(WORKER_0));
}

Test(model_workers, a_poll_in_progress_counts_as_busy)
{
    crew_park(WORKER_0, 0, 10);
    crew_poll(WORKER_0, ANN, 10, 10.5, 0);
    stream_item(stream, &(struct item){.kind = ITEM_NOW,
                                       .now = {.thread = WORKER_0,
                                               .time_ns = 40000000,
                                               .turn_since_ns = UINT64_MAX,
                                               .busy_since_ns = UINT64_MAX,
                                               .poll_since_ns = 20000000,
                                               .call_since_ns = UINT64_MAX,
                                               .current_task = ANN}});
    crew_judge(100);
    const struct thread *thread = model_thread(model(), WORKER_0);
    cr_assert_eq(worker_poll_since(model(), thread), 20000000);
    cr_assert_eq(worker_span_ns(thread), 40000000);
    cr_assert_eq(worker_utilization(model(), thread), 5125);
}

Test(model_workers, a_park_that_goes_on_counts_as_idle)
{
    crew_poll(WORKER_0, ANN, 0, 10, 0);
    stream_now(stream, WORKER_0, 40, 40);
    crew_judge(100);
    cr_assert_eq(worker_span_ns(model_thread(model(), WORKER_0)), 40000000);
    cr_assert_eq(worker_utilization(model(), model_thread(model(), WORKER_0)), 1000,
                 "nothing more is said of a thread that parks on");
}

Test(model_workers, time_in_which_somebody_waited_is_counted_once)
{
    crew_wake(WORKER_0, ANN, 0, 1);
    crew_wake(WORKER_0, BOB, 0, 2);
    crew_poll(WORKER_0, ANN, 5, 6, 0);
    crew_poll(WORKER_0, BOB, 6, 7, 0);
    crew_judge(100);
    cr_assert_eq(worker(WORKER_0)->waited_ns, 5000000);
    cr_assert_eq(worker_delays(worker(WORKER_0)), 2);
    cr_assert_eq(worker(WORKER_0)->delay_max_ns, 4000000);
}

Test(model_workers, a_task_waits_for_its_first_poll_from_its_spawn_on)
{
    crew_event(LSC_RECORD_SPAWN, WORKER_0, CAT, 0, CREW_SITE_SPAWN, 10);
    crew_poll(WORKER_0, CAT, 13, 14, 0);
    crew_poll(WORKER_0, CAT, 20, 21, 0);
    crew_judge(100);
    cr_assert_eq(worker_delays(worker(WORKER_0)), 1);
    cr_assert_eq(worker(WORKER_0)->delay_max_ns, 3000000);
}

Test(model_workers, quantiles_of_delays_are_right_to_a_quarter)
{
    for (unsigned i = 1; i <= 1000; i++) {
        double at = i * 10;
        crew_wake(WORKER_0, ANN, 0, at);
        crew_poll(WORKER_0, ANN, at + i * 1e-3, at + i * 1e-3 + 0.001, 0);
    }
    crew_judge(20000);
    const struct worker *w = worker(WORKER_0);
    uint64_t p50 = worker_delay_quantile(w, 5000), p99 = worker_delay_quantile(w, 9900);
    cr_assert(p50 >= 500000 && p50 <= 625000, "%lu", p50);
    cr_assert(p99 >= 990000 && p99 <= 1000000, "%lu", p99);
    cr_assert_eq(worker_delay_quantile(w, 10000), 1000000);
}

Test(model_workers, quantiles_of_delays_reach_from_nothing_to_the_longest)
{
    for (unsigned i = 0; i < 4; i++) {
        crew_wake(WORKER_0, ANN, 0, 10 * (i + 1));
        crew_poll(WORKER_0, ANN, 10 * (i + 1), 10 * (i + 1) + 1, 0);
    }
    crew_judge(100);
    cr_assert_eq(worker_delay_quantile(worker(WORKER_0), 5000), 0);
    cr_assert_eq(worker_delay_quantile(worker(WORKER_0), 10000), 0);
}

Test(model_workers, a_late_poll_is_put_down_to_the_poll_before_it)
{
    crew_poll(WORKER_0, BOB, 9, 10, 0);
    crew_wake(WORKER_0, ANN, BOB, 12);
    crew_poll(WORKER_0, BOB, 11, 60, 0);
    crew_poll(WORKER_0, ANN, 60, 61, 0);
    crew_judge(100);
    cr_assert_eq(model_slow_count(model()), 1);
    const struct slow_row *row = model_slow_at(model(), 0);
    cr_assert_eq(row->key.reason, SLOW_ONE_POLL);
    cr_assert_eq(row->task, ANN);
    cr_assert_eq(row->blocker, BOB);
    cr_assert_eq(row->worst_ns, 48000000);
    cr_assert_eq(row->blocker_ns, 48000000);
}

Test(model_workers, a_late_poll_after_a_steal_is_put_down_to_where_it_was_woken)
{
    crew_park(WORKER_1, 0, 1);
    crew_wake(WORKER_0, ANN, BOB, 12);
    crew_poll(WORKER_0, BOB, 11, 60, 0);
    crew_poll(WORKER_1, ANN, 60, 61, 0);
    crew_judge(100);
    const struct slow_row *row = model_slow_at(model(), 0);
    cr_assert(row && row->thread == WORKER_0 && row->blocker == BOB);
}

Test(model_workers, a_late_poll_of_a_worker_that_slept_is_nobodys_fault)
{
    crew_wake(OUTSIDE, ANN, 0, 12);
    crew_park(WORKER_0, 1, 60);
    crew_poll(WORKER_0, ANN, 60, 61, 0);
    crew_judge(100);
    cr_assert_eq(model_slow_count(model()), 0);
}

Test(model_workers, what_ran_is_known_for_as_far_back_as_two_seconds)
{
    crew_poll(WORKER_0, BOB, 1, 2, 0);
    crew_wake(WORKER_0, ANN, 0, 10);
    for (unsigned i = 0; i < 500; i++)
        crew_poll(WORKER_0, BOB, 10 + i * 10, 20 + i * 10, 0);
    crew_poll(WORKER_0, ANN, 5010, 5011, 0);
    crew_judge(6000);
    const struct slow_row *row = model_slow_at(model(), 0);
    cr_assert_null(row, "two of five seconds are less than a half");
}

Test(model_workers, bounds_hold_however_many_threads_poll)
{
    for (uint32_t i = 0; i < 1000; i++)
        crew_poll(3 + i, ANN, i + 1, i + 2, 0);
    crew_judge(2000);
    unsigned count = 0;
    for (unsigned i = 0; i < model_thread_count(model()); i++)
        count += thread_worker(model_thread_at(model(), i)) != NULL;
    cr_assert_eq(count, 256);
    cr_assert_gt(model_unheld(model())->rows, 0);
}
