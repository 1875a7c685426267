/* SPDX-License-Identifier: MIT */
/* The detectors of workers: slow-wakeup, never-yields and worker-imbalance, each with its finding,
 * its edges and its healthy twin. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "analyzers/report/report.h"
#include "crew.h"

TestSuite(detect_workers, .init = crew_begin, .fini = judged_end);

/* Bob wakes Ann and goes on for `ms`. */
static void bob_goes_on(double at, double ms)
{
    crew_wake(WORKER_0, ANN, BOB, at + 1);
    crew_poll(WORKER_0, BOB, at, at + ms, 0);
    crew_poll(WORKER_0, ANN, at + ms, at + ms + 0.1, 0);
    crew_park(WORKER_0, at + ms + 0.1, at + ms + 1);
}

Test(detect_workers, programs_without_tasks_are_not_judged)
{
    stream_turns(stream, 0, 1, 100, 1, 10);
    judge();
    cr_assert_eq(verdict("slow-wakeup"), VERDICT_NOT_YET);
    cr_assert_eq(verdict("never-yields"), VERDICT_NOT_YET);
    cr_assert_eq(verdict("worker-imbalance"), VERDICT_NOT_YET);
}

Test(detect_workers, a_slow_wakeup_names_who_waited_where_and_what_ran)
{
    for (unsigned i = 0; i < 4; i++)
        bob_goes_on(10 + i * 100, 61);
    crew_judge(500);
    const struct finding *finding = found("slow-wakeup");
    cr_assert_not_null(finding);
    cr_assert_str_eq(
        finding->title,
        "Tasks that were ready came to run late 4 times, in 240 ms altogether, at worst 60 ms "
        "late: task 'ann' spawned by main (crew.c:10) waited for worker 'executor-0' (tid 70), "
        "which was in one poll of task 'bob' spawned by main (crew.c:10) for 60 ms.");
    cr_assert_eq(finding->severity, SEVERITY_WARNING);
    cr_assert_eq(fact_of(finding, "late_percent"), 10000);
}

Test(detect_workers, late_once_or_twice_is_no_habit)
{
    bob_goes_on(10, 61);
    bob_goes_on(110, 61);
    crew_judge(500);
    cr_assert_eq(verdict("slow-wakeup"), VERDICT_OK);
}

Test(detect_workers, late_once_by_five_thresholds_is_told)
{
    bob_goes_on(10, 101);
    crew_judge(500);
    cr_assert_not_null(found("slow-wakeup"));
}

Test(detect_workers, a_wake_that_is_answered_in_time_is_healthy)
{
    for (unsigned i = 0; i < 10; i++)
        bob_goes_on(10 + i * 100, 19.9);
    crew_judge(2000);
    cr_assert_eq(verdict("slow-wakeup"), VERDICT_OK);
}

/* Ann waits for `polls` runs of Bob, a millisecond each. */
static void many_before_ann(unsigned polls)
{
    crew_poll(WORKER_0, BOB, 5, 6, 0);
    crew_wake(WORKER_0, ANN, BOB, 10);
    for (unsigned i = 0; i < polls; i++)
        crew_poll(WORKER_0, BOB, 10 + i, 11 + i, LSC_POLL_SELF_WAKE);
    crew_poll(WORKER_0, ANN, 10 + polls, 10.1 + polls, 0);
    crew_judge(1000);
}

Test(detect_workers, a_queue_too_long_is_told_by_what_ran_before)
{
    many_before_ann(150);
    const struct finding *finding = found("slow-wakeup");
    cr_assert_not_null(finding);
    cr_assert(has(finding->title, "which first ran 15"), "%s", finding->title);
    cr_assert(has(finding->title, "polls of others, 148 ms in all"), "%s", finding->title);
}

Test(detect_workers, a_queue_on_a_thread_that_got_no_cpu_is_not_blamed)
{
    stream_usage(stream, WORKER_0, 9, 1, 1);
    stream_usage(stream, WORKER_0, 155, 30, 110);
    stream_turn(stream, WORKER_0, 9, 160, 0);
    stream_usage(stream, WORKER_0, 161, 30, 110);
    many_before_ann(150);
    cr_assert_not_null(found("starved"));
    cr_assert_eq(verdict("slow-wakeup"), VERDICT_OK);
}

Test(detect_workers, a_queue_of_less_than_five_thresholds_is_a_busy_server)
{
    many_before_ann(90);
    cr_assert_eq(verdict("slow-wakeup"), VERDICT_OK);
}

Test(detect_workers, polls_that_were_long_for_want_of_a_cpu_are_not_blamed)
{
    for (unsigned i = 0; i < 4; i++) {
        double at = 100 + i * 200;
        stream_usage(stream, WORKER_0, at, i * 20 + 1, i * 60 + 1);
        stream_usage(stream, WORKER_0, at + 80, i * 20 + 10, i * 60 + 61);
        bob_goes_on(at, 62);
        stream_usage(stream, WORKER_0, at + 90, i * 20 + 10, i * 60 + 61);
    }
    crew_judge(1000);
    cr_assert_eq(verdict("slow-wakeup"), VERDICT_OK);
    cr_assert_eq(verdict("never-yields"), VERDICT_OK);
}

Test(detect_workers, with_a_gap_in_the_records_a_slow_wakeup_is_a_note)
{
    for (unsigned i = 0; i < 4; i++)
        bob_goes_on(10 + i * 100, 61);
    stream_item(stream, &(struct item){.kind = ITEM_LOST, .lost = {.thread = 0, .count = 5}});
    crew_judge(500);
    cr_assert_eq(found("slow-wakeup")->severity, SEVERITY_NOTE);
}

/* ---- never-yields ---- */

static void long_polls(unsigned count, double ms, unsigned flags)
{
    for (unsigned i = 0; i < count; i++) {
        double at = 10 + i * (ms + 10);
        crew_event(LSC_RECORD_AWAIT, WORKER_0, BOB, 0, CREW_SITE_AWAIT, at + ms);
        crew_poll(WORKER_0, BOB, at, at + ms, flags);
    }
}

Test(detect_workers, long_polls_name_the_task_where_it_was_spawned_and_where_it_waits)
{
    long_polls(5, 30, 0);
    crew_judge(1000);
    const struct finding *finding = found("never-yields");
    cr_assert_not_null(finding);
    cr_assert_str_eq(finding->title,
                     "Task 'bob' spawned by main (crew.c:10) ran 5 times for 20 ms or longer "
                     "without yielding, 150 ms in total, at worst 30 ms, on worker 'executor-0' "
                     "(tid 70); it waited last in work (crew.c:20).");
}

Test(detect_workers, a_long_poll_or_two_are_no_habit)
{
    long_polls(2, 30, 0);
    crew_judge(1000);
    cr_assert_eq(verdict("never-yields"), VERDICT_OK);
}

Test(detect_workers, one_poll_of_five_thresholds_is_told)
{
    long_polls(1, 100, 0);
    crew_judge(1000);
    cr_assert_not_null(found("never-yields"));
}

static void running_since(double since, double now)
{
    stream_item(stream, &(struct item){.kind = ITEM_NOW,
                                       .now = {.thread = WORKER_0,
                                               .time_ns = (uint64_t)(now * 1e6),
                                               .turn_since_ns = UINT64_MAX,
                                               .busy_since_ns = UINT64_MAX,
                                               .poll_since_ns = (uint64_t)(since * 1e6),
                                               .call_since_ns = UINT64_MAX,
                                               .current_task = CAT}});
    crew_judge(now);
}

Test(detect_workers, a_first_poll_that_does_not_return_is_seen_while_it_runs)
{
    running_since(10, 1010);
    const struct finding *finding = found("never-yields");
    cr_assert_not_null(finding);
    cr_assert(has(finding->title, "Task 'cat' spawned by main (crew.c:10) has not returned from a "
                                  "poll for 1.0 s, on worker 'executor-0'"),
              "%s", finding->title);
    cr_assert(finding->in_progress);
    cr_assert_eq(finding->severity, SEVERITY_CRITICAL);
}

Test(detect_workers, a_poll_that_has_run_for_less_than_a_second_may_return_yet)
{
    running_since(10, 1009);
    cr_assert_null(found("never-yields"));
}

Test(detect_workers, a_budget_used_up_over_and_over_by_slow_steps_is_told)
{
    long_polls(200, 6, LSC_POLL_SELF_WAKE | LSC_POLL_FORCED);
    crew_judge(4000);
    const struct finding *finding = found("never-yields");
    cr_assert_not_null(finding);
    cr_assert(has(finding->title, "ran 200 times for 5.0 ms or longer until its budget made it "
                                  "yield, 1.2 s in total"),
              "%s", finding->title);
    cr_assert_str_eq(finding->cause, "budget");
}

Test(detect_workers, a_budget_used_up_by_quick_steps_is_a_task_at_work)
{
    long_polls(2000, 0.5, LSC_POLL_SELF_WAKE | LSC_POLL_FORCED);
    crew_judge(30000);
    cr_assert_eq(verdict("never-yields"), VERDICT_OK);
}

/* ---- worker-imbalance ---- */

/* Ann and Bob take turns of a millisecond on worker 0; worker 1 runs Cat for `share` of the time.
 */
static void work(double until_ms, double share)
{
    for (double at = 0; at < until_ms; at += 10) {
        for (unsigned i = 0; i < 10; i++)
            crew_poll(WORKER_0, i % 2 ? ANN : BOB, at + i, at + i + 1, LSC_POLL_SELF_WAKE);
        crew_poll(WORKER_1, CAT, at + 9 - 8 * share, at + 9, 0);
        crew_park(WORKER_1, at + 9, at + 10);
    }
    crew_judge(until_ms);
}

Test(detect_workers, an_idle_worker_beside_one_with_too_much_is_told)
{
    work(3000, 0.1);
    const struct finding *finding = found("worker-imbalance");
    cr_assert_not_null(finding);
    cr_assert_str_eq(finding->title,
                     "Worker 'executor-0' (tid 70) was busy for 100 % of 2.7 s, with ready tasks "
                     "waiting for it for 99 % (one in ten for 1.0 ms or longer), while worker "
                     "'executor-1' (tid 71) had next to nothing to do: busy for 8 %.");
    cr_assert_eq(finding->severity, SEVERITY_CRITICAL);
}

Test(detect_workers, workers_that_share_the_work_are_balanced)
{
    work(3000, 0.9);
    cr_assert_eq(verdict("worker-imbalance"), VERDICT_OK);
}

Test(detect_workers, a_second_of_imbalance_is_the_least_that_is_told)
{
    work(1000, 0.1);
    cr_assert_null(found("worker-imbalance"));
}

Test(detect_workers, a_worker_with_one_task_at_a_time_has_nothing_to_share)
{
    for (double at = 0; at < 3000; at += 10) {
        crew_poll(WORKER_0, ANN, at, at + 10, 0);
        crew_poll(WORKER_1, CAT, at + 8, at + 9, 0);
    }
    crew_judge(3000);
    cr_assert_eq(verdict("worker-imbalance"), VERDICT_OK);
}

Test(detect_workers, workers_of_other_names_are_no_group)
{
    stream_thread(stream, WORKER_1, 71, "logger", 0);
    work(3000, 0.1);
    cr_assert_eq(verdict("worker-imbalance"), VERDICT_OK);
}

Test(detect_workers, an_executor_without_a_loop_is_a_program_that_was_watched)
{
    crew_poll(WORKER_0, ANN, 1, 2, 0);
    stream_end(stream, END_EXITED, 0, 10);
    char *text = stream_report(stream, 100, "text", &(struct report_options){.columns = 100});
    cr_assert(has(text, "nothing wrong with prog"), "%s", text);
    cr_assert(has(text, "workers 'executor-0' (tid 70): busy 11.1 %, 1 poll, 0 parks, 0 steals"),
              "%s", text);
    free(text);
}

Test(detect_workers, a_worker_at_which_tasks_seldom_wait_has_little_to_share)
{
    for (double at = 0; at < 3000; at += 10) {
        crew_wake(OUTSIDE, BOB, 0, at + 3);
        crew_poll(WORKER_0, ANN, at, at + 6, 0);
        crew_poll(WORKER_0, BOB, at + 6, at + 10, 0);
        crew_poll(WORKER_1, CAT, at + 8, at + 9, 0);
    }
    crew_judge(3000);
    cr_assert_eq(verdict("worker-imbalance"), VERDICT_OK);
}
