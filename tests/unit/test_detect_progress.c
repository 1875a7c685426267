/* SPDX-License-Identifier: MIT */
/* The detectors of tasks that run without progress: busy-poll and livelock, each with its finding,
 * what takes it back, and its healthy twin. */
#include <criterion/criterion.h>

#include "crew.h"

TestSuite(detect_progress, .init = crew_begin, .fini = judged_end);

static void nothing(double at_ms)
{
    (void)at_ms;
}

/* Ann wakes herself for `ms`, once every `every_ms`; `deed` happens in each of her polls. */
static void spin(double ms, double every_ms, double poll_ms, void (*deed)(double))
{
    for (unsigned i = 0; i < (unsigned)(ms / every_ms + 0.5); i++) {
        double at = 10 + i * every_ms;
        deed(at);
        crew_poll(WORKER_0, ANN, at, at + poll_ms, LSC_POLL_SELF_WAKE);
    }
}

Test(detect_progress, programs_without_tasks_are_not_judged)
{
    stream_turns(stream, 0, 1, 200, 1, 10);
    judge();
    cr_assert_eq(verdict("busy-poll"), VERDICT_NOT_YET);
    cr_assert_eq(verdict("livelock"), VERDICT_NOT_YET);
}

Test(detect_progress, a_busy_poll_names_the_task_its_rate_and_its_cost)
{
    crew_event(LSC_RECORD_AWAIT, WORKER_0, ANN, 0, CREW_SITE_AWAIT, 9);
    crew_poll(WORKER_0, ANN, 8, 9.5, 0);
    spin(600, 0.05, 0.002, nothing);
    crew_judge(1200);
    const struct finding *finding = found("busy-poll");
    cr_assert_not_null(finding);
    cr_assert_str_eq(finding->title,
                     "A task woke itself to look again, with nothing to show for it, 12000 times, "
                     "20001 a second and 2.0 µs each, for 600 ms: task 'ann' spawned by main "
                     "(crew.c:10), last waiting in work (crew.c:20).");
    cr_assert_eq(finding->severity, SEVERITY_WARNING);
}

Test(detect_progress, what_was_lost_is_made_up_for_by_what_the_probe_counted)
{
    spin(600, 0.05, 0.002, nothing);
    stream_item(stream, &(struct item){.kind = ITEM_TASK,
                                       .task = {.handle = ANN,
                                                .kind = 1,
                                                .site = CREW_SITE_SPAWN,
                                                .state = LSC_TASK_IDLE,
                                                .polls = 24000,
                                                .self_wakes = 24000}});
    crew_judge(1500);
    cr_assert(has(found("busy-poll")->title, "24000 times"), "%s", found("busy-poll")->title);
    cr_assert_eq(fact_of(found("busy-poll"), "spinning_ns") / 1000000, 1199);
}

Test(detect_progress, a_yield_now_and_then_is_right)
{
    spin(2000, 1, 0.002, nothing);
    crew_judge(3000);
    cr_assert_eq(verdict("busy-poll"), VERDICT_OK);
}

Test(detect_progress, a_computation_that_yields_between_its_pieces_is_healthy)
{
    spin(2000, 0.05, 0.04, nothing);
    crew_judge(3000);
    cr_assert_eq(verdict("busy-poll"), VERDICT_OK);
}

static void put_item(double at_ms)
{
    crew_event(LSC_RECORD_DEPTH, WORKER_0, CREW_QUEUE, (uint64_t)(at_ms * 100) % 2, 8, at_ms);
}

Test(detect_progress, a_task_that_moves_items_between_yields_is_healthy)
{
    spin(600, 0.05, 0.002, put_item);
    crew_judge(1200);
    cr_assert_eq(verdict("busy-poll"), VERDICT_OK);
}

static void wake_bob(double at_ms)
{
    crew_wake(WORKER_0, BOB, ANN, at_ms);
}

Test(detect_progress, a_task_that_wakes_others_between_yields_is_healthy)
{
    spin(600, 0.05, 0.002, wake_bob);
    crew_judge(1200);
    cr_assert_eq(verdict("busy-poll"), VERDICT_OK);
}

static void try_lock(double at_ms)
{
    crew_event(LSC_RECORD_HOLD, WORKER_0, CREW_LOCK, ANN, CREW_SITE_AWAIT, at_ms);
    crew_event(LSC_RECORD_RELEASE, WORKER_0, CREW_LOCK, ANN, 0, at_ms);
}

Test(detect_progress, a_lock_taken_at_once_and_given_back_is_nothing_to_show)
{
    spin(600, 0.05, 0.002, try_lock);
    crew_judge(1200);
    cr_assert_not_null(found("busy-poll"));
}

Test(detect_progress, a_budget_used_up_is_progress)
{
    for (double at = 10; at < 700; at += 0.05)
        crew_poll(WORKER_0, ANN, at, at + 0.002, LSC_POLL_SELF_WAKE | LSC_POLL_FORCED);
    crew_judge(1200);
    cr_assert_eq(verdict("busy-poll"), VERDICT_OK);
}

/* ---- livelock ---- */

/* From `from` on for `ms`: Ann wakes Bob and Bob wakes Ann, and `deed` happens in Bob's polls. */
static void rally(double from, double ms, double every_ms, void (*deed)(double))
{
    for (double at = from; at < from + ms; at += every_ms) {
        crew_wake(WORKER_0, BOB, ANN, at);
        crew_poll(WORKER_0, ANN, at, at + every_ms / 2, 0);
        deed(at + every_ms / 2);
        crew_wake(WORKER_0, ANN, BOB, at + every_ms / 2);
        crew_poll(WORKER_0, BOB, at + every_ms / 2, at + every_ms, 0);
    }
}

Test(detect_progress, a_livelock_is_told_with_its_tasks_and_how_often_they_woke_each_other)
{
    rally(10, 600, 0.2, nothing);
    crew_judge(620);
    const struct finding *finding = found("livelock");
    cr_assert_not_null(finding);
    cr_assert_str_eq(finding->title,
                     "2 tasks woke one another 6000 times in 600 ms, and nothing came of it that "
                     "shows: task 'ann' spawned by main (crew.c:10); task 'bob' spawned by main "
                     "(crew.c:10); still going on when last seen.");
    cr_assert_eq(finding->severity, SEVERITY_WARNING);
}

Test(detect_progress, a_livelock_that_is_over_is_still_told)
{
    rally(10, 600, 0.2, nothing);
    crew_poll(WORKER_0, ANN, 620, 621, LSC_POLL_READY);
    crew_poll(WORKER_0, BOB, 621, 622, LSC_POLL_READY);
    crew_judge(5000);
    const struct finding *finding = found("livelock");
    cr_assert_not_null(finding);
    cr_assert_not(finding->in_progress);
}

Test(detect_progress, half_a_second_is_the_least_that_is_a_livelock)
{
    rally(10, 490, 0.2, nothing);
    crew_judge(5000);
    cr_assert_eq(verdict("livelock"), VERDICT_OK);
}

Test(detect_progress, tasks_that_wake_each_other_seldom_are_no_livelock)
{
    rally(10, 2000, 4, nothing);
    crew_judge(3000);
    cr_assert_eq(verdict("livelock"), VERDICT_OK);
}

Test(detect_progress, ping_pong_through_a_channel_is_progress)
{
    rally(10, 600, 0.2, put_item);
    crew_judge(1000);
    cr_assert_eq(verdict("livelock"), VERDICT_OK);
}

static void mark(double at_ms)
{
    crew_event(LSC_RECORD_MARK, WORKER_0, 0, 1, 0, at_ms);
}

Test(detect_progress, a_mark_at_what_is_done_is_progress)
{
    rally(10, 600, 0.2, mark);
    crew_judge(1000);
    cr_assert_eq(verdict("livelock"), VERDICT_OK);
}

static void hand_over(double at_ms)
{
    crew_event(LSC_RECORD_AWAIT, WORKER_0, ANN, CREW_LOCK, CREW_SITE_AWAIT, at_ms);
    crew_event(LSC_RECORD_RELEASE, WORKER_0, CREW_LOCK, BOB, 0, at_ms);
    crew_event(LSC_RECORD_HOLD, WORKER_0, CREW_LOCK, ANN, CREW_SITE_AWAIT, at_ms);
}

Test(detect_progress, a_lock_that_is_handed_over_to_who_waits_is_progress)
{
    rally(10, 600, 0.2, hand_over);
    crew_judge(1000);
    cr_assert_eq(verdict("livelock"), VERDICT_OK);
}

Test(detect_progress, two_that_take_and_give_back_locks_get_nowhere)
{
    rally(10, 600, 0.2, try_lock);
    crew_judge(1000);
    cr_assert_not_null(found("livelock"));
}

static void from_outside(double at_ms)
{
    crew_wake(OUTSIDE, BOB, 0, at_ms);
}

Test(detect_progress, what_comes_in_from_outside_is_something_new)
{
    rally(10, 600, 0.2, from_outside);
    crew_judge(1000);
    cr_assert_eq(verdict("livelock"), VERDICT_OK);
}

Test(detect_progress, a_task_woken_by_another_that_it_does_not_wake_is_in_no_circle)
{
    for (double at = 10; at < 700; at += 0.2) {
        crew_wake(WORKER_0, BOB, ANN, at);
        crew_poll(WORKER_0, BOB, at, at + 0.1, 0);
    }
    crew_judge(1000);
    cr_assert_eq(verdict("livelock"), VERDICT_OK);
}

Test(detect_progress, three_in_a_circle_are_one_livelock)
{
    static const uint32_t next[] = {[ANN] = BOB, [BOB] = CAT, [CAT] = ANN};
    uint32_t who = ANN;
    for (double at = 10; at < 900; at += 0.1, who = next[who]) {
        crew_wake(WORKER_0, next[who], who, at);
        crew_poll(WORKER_0, who, at, at + 0.05, 0);
    }
    crew_judge(900);
    cr_assert(has(found("livelock")->title, "3 tasks woke one another 8"), "%s",
              found("livelock")->title);
    cr_assert_null(found_nth("livelock", 1));
}
