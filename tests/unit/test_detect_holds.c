/* SPDX-License-Identifier: MIT */
/* The detectors of who holds what: deadlock and cancelled-holding, each with its finding, its edges
 * and its healthy twin. */
#include <criterion/criterion.h>
#include <string.h>

#include "bank.h"

static void two_in_a_circle(void)
{
    hold(TASK_ANN, LOCK_A, 10);
    hold(TASK_BOB, LOCK_B, 11);
    wait_for(TASK_ANN, LOCK_B, 12);
    wait_for(TASK_BOB, LOCK_A, 13);
}

Test(deadlock, is_told_as_the_circle_with_its_tasks_locks_and_lines, .init = bank_begin,
     .fini = judged_end)
{
    two_in_a_circle();
    judge_at(1013);
    const struct finding *finding = found("deadlock");
    cr_assert(finding);
    cr_assert_str_eq(finding->title,
                     "2 tasks wait for each other in a circle and can never go on: task 'ann' has "
                     "waited 1.0 s in transfer (bank.c:41) for mutex 'b' held by task 'bob'; task "
                     "'bob' has waited 1.0 s in transfer (bank.c:41) for mutex 'a' held by task "
                     "'ann'.");
    cr_assert_eq(finding->severity, SEVERITY_CRITICAL);
    cr_assert_eq(finding->total_ns, UINT64_C(1000000000));
}

Test(deadlock, counts_who_waits_behind_it, .init = bank_begin, .fini = judged_end)
{
    two_in_a_circle();
    wait_for(TASK_CAT, LOCK_A, 14);
    judge_at(1013);
    const struct finding *finding = found("deadlock");
    cr_assert(finding && strstr(finding->title, "; 1 other task waits behind them."), "%s",
              finding ? finding->title : "none");
}

Test(deadlock, of_one_task_with_itself_is_told, .init = bank_begin, .fini = judged_end)
{
    hold(TASK_ANN, LOCK_A, 10);
    wait_for(TASK_ANN, LOCK_A, 12);
    judge_at(1000);
    cr_assert(found("deadlock"));
    cr_assert(strstr(found("deadlock")->title, "for mutex 'a' held by itself"));
}

Test(deadlock, is_not_told_before_ten_times_the_threshold, .init = bank_begin, .fini = judged_end)
{
    two_in_a_circle();
    judge_at(212.9);
    cr_assert_not(found("deadlock"));
    cr_assert_eq(verdict("deadlock"), VERDICT_OK);
}

Test(deadlock, is_told_from_ten_times_the_threshold_on, .init = bank_begin, .fini = judged_end)
{
    two_in_a_circle();
    judge_at(213);
    cr_assert(found("deadlock"));
}

Test(deadlock, is_none_when_the_last_of_the_chain_can_go_on, .init = bank_begin, .fini = judged_end)
{
    hold(TASK_ANN, LOCK_A, 10);
    hold(TASK_BOB, LOCK_B, 11);
    wait_for(TASK_CAT, LOCK_A, 12);
    wait_for(TASK_ANN, LOCK_B, 13); /* bob sleeps with the lock in hand, and will go on */
    wait_for(TASK_BOB, 0, 14);
    judge_at(5000);
    cr_assert_not(found("deadlock"));
}

Test(deadlock, is_none_when_a_task_of_the_circle_was_woken, .init = bank_begin, .fini = judged_end)
{
    two_in_a_circle();
    stream_wake(stream, 0, TASK_ANN, 0, 20);
    judge_at(1000);
    cr_assert_not(found("deadlock"));
}

Test(deadlock, is_none_when_a_lock_was_released, .init = bank_begin, .fini = judged_end)
{
    two_in_a_circle();
    release(TASK_BOB, LOCK_B, 20);
    judge_at(1000);
    cr_assert_not(found("deadlock"));
}

Test(deadlock, is_not_claimed_when_records_were_lost, .init = bank_begin, .fini = judged_end)
{
    two_in_a_circle();
    stream_item(stream, &(struct item){.kind = ITEM_LOST, .lost = {.thread = 0, .count = 1}});
    judge_at(1000);
    cr_assert_not(found("deadlock"));
}

Test(deadlock, is_none_while_a_permit_is_left, .init = bank_begin, .fini = judged_end)
{
    two_in_a_circle();
    stream_depth(stream, LOCK_A, 20, 1, 2);
    judge_at(1000);
    cr_assert_not(found("deadlock"));
}

Test(deadlock, needs_holders_to_judge, .init = bank_begin, .fini = judged_end)
{
    wait_for(TASK_ANN, LOCK_A, 12);
    judge_at(1000);
    cr_assert_eq(verdict("deadlock"), VERDICT_NOT_YET);
}

Test(holds, a_release_that_comes_before_its_hold_leaves_nothing_held, .init = bank_begin,
     .fini = judged_end)
{
    release(TASK_ANN, LOCK_A, 10);
    hold(TASK_ANN, LOCK_A, 9);
    stream_task_end(stream, TASK_ANN, 11);
    judge_at(1000);
    cr_assert_eq(verdict("cancelled-holding"), VERDICT_OK);
}

Test(cancelled_holding, tells_the_task_the_lock_and_who_waits, .init = bank_begin,
     .fini = judged_end)
{
    hold(TASK_ANN, LOCK_A, 10);
    wait_for(TASK_BOB, LOCK_A, 12);
    event(LSC_RECORD_CANCEL, TASK_ANN, 0, 0, 50);
    stream_task_end(stream, TASK_ANN, 100);
    judge_at(1100);
    const struct finding *finding = found("cancelled-holding");
    cr_assert(finding);
    cr_assert_str_eq(finding->title,
                     "The task 'ann' was cancelled and ended 1.0 s ago but still holds mutex 'a' "
                     "taken in transfer (bank.c:40), for which 1 task waits since then, 1.0 s by "
                     "now.");
    cr_assert_eq(finding->severity, SEVERITY_CRITICAL);
}

Test(cancelled_holding, is_a_note_when_nobody_waits, .init = bank_begin, .fini = judged_end)
{
    hold(TASK_ANN, LOCK_A, 10);
    stream_task_end(stream, TASK_ANN, 100);
    judge_at(1100);
    cr_assert(found("cancelled-holding"));
    cr_assert_eq(found("cancelled-holding")->severity, SEVERITY_NOTE);
}

Test(cancelled_holding, gives_the_release_a_threshold_of_time, .init = bank_begin,
     .fini = judged_end)
{
    hold(TASK_ANN, LOCK_A, 10);
    stream_task_end(stream, TASK_ANN, 100);
    judge_at(119.9);
    cr_assert_eq(verdict("cancelled-holding"), VERDICT_OK);
}

Test(cancelled_holding, is_none_when_the_lock_is_released_at_the_end, .init = bank_begin,
     .fini = judged_end)
{
    hold(TASK_ANN, LOCK_A, 10);
    event(LSC_RECORD_CANCEL, TASK_ANN, 0, 0, 50);
    release(TASK_ANN, LOCK_A, 99);
    stream_task_end(stream, TASK_ANN, 100);
    judge_at(1100);
    cr_assert_eq(verdict("cancelled-holding"), VERDICT_OK);
}

static void abandon(uint32_t task, uint32_t lock, double at_ms)
{
    stream_event(stream, &(struct event){.type = LSC_RECORD_RELEASE,
                                         .flags = LSC_RELEASE_ABANDONED,
                                         .task = lock,
                                         .arg = task,
                                         .time_ns = (uint64_t)(at_ms * 1e6)});
}

Test(cancelled_holding, tells_of_a_lock_that_was_given_on, .init = bank_begin, .fini = judged_end)
{
    hold(TASK_ANN, LOCK_A, 10);
    event(LSC_RECORD_CANCEL, TASK_ANN, 0, 0, 50);
    abandon(TASK_ANN, LOCK_A, 99);
    hold(TASK_BOB, LOCK_A, 99);
    stream_task_end(stream, TASK_ANN, 100);
    release(TASK_BOB, LOCK_A, 120);
    judge_at(130);
    const struct finding *finding = found("cancelled-holding");
    cr_assert(finding);
    cr_assert_str_eq(finding->title,
                     "The task 'ann' was cancelled and ended with mutex 'a' in its hands, taken in "
                     "transfer (bank.c:40); it was given on to others.");
    cr_assert_eq(finding->severity, SEVERITY_WARNING);
}

Test(cancelled_holding, counts_the_locks_that_were_given_on, .init = bank_begin, .fini = judged_end)
{
    hold(TASK_ANN, LOCK_A, 10);
    abandon(TASK_ANN, LOCK_A, 20);
    stream_task_end(stream, TASK_ANN, 20);
    hold(TASK_BOB, LOCK_A, 30);
    abandon(TASK_BOB, LOCK_A, 40);
    stream_task_end(stream, TASK_BOB, 40);
    judge_at(50);
    cr_assert(found("cancelled-holding"));
    cr_assert_eq(found("cancelled-holding")->count, 2);
    cr_assert(strstr(found("cancelled-holding")->title, "The task 'bob' ended with mutex 'a'"));
    cr_assert(strstr(found("cancelled-holding")->title, "the last of 2 times"));
}

Test(cancelled_holding, is_none_when_another_task_gave_the_permit_back, .init = bank_begin,
     .fini = judged_end)
{
    hold(TASK_ANN, LOCK_A, 10);
    stream_task_end(stream, TASK_ANN, 100);
    release(TASK_BOB, LOCK_A, 150);
    judge_at(1100);
    cr_assert_eq(verdict("cancelled-holding"), VERDICT_OK);
}
