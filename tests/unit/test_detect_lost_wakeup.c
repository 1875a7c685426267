/* SPDX-License-Identifier: MIT */
/* The detector lost-wakeup: its finding, its edges and its healthy twins. */
#include <criterion/criterion.h>

#include "bank.h"

/* Waits for a waker that `by` gives up. */
static void strand(uint32_t task, uint32_t by, uint32_t site, double at_ms)
{
    wait_for(task, 0, 10);
    event(LSC_RECORD_STRANDED, task, by, site, at_ms);
}

Test(lost_wakeup, names_the_task_where_it_waits_and_who_gave_the_last_waker_up, .init = bank_begin,
     .fini = judged_end)
{
    strand(TASK_ANN, TASK_BOB, SITE_DROP, 100);
    judge_at(1100);
    const struct finding *finding = found("lost-wakeup");
    cr_assert(finding);
    cr_assert_str_eq(
        finding->title,
        "The task 'ann' waits in transfer (bank.c:41) and nobody can wake it any more: "
        "its last waker was given up unused by task 'bob' in transfer "
        "(bank.c:42), 1.0 s ago.");
    cr_assert_eq(finding->severity, SEVERITY_CRITICAL);
    cr_assert_eq(finding->worst_ns, UINT64_C(1000000000));
    cr_assert(finding->in_progress);
    cr_assert_eq(finding->count, 1);
}

Test(lost_wakeup, of_a_poll_that_left_no_waker_says_so, .init = bank_begin, .fini = judged_end)
{
    strand(TASK_ANN, TASK_ANN, 0, 10.2);
    judge_at(1000);
    cr_assert(found("lost-wakeup"));
    cr_assert(has(found("lost-wakeup")->title,
                  "when its poll ended nobody had a waker of it, 990 ms ago."));
}

Test(lost_wakeup, of_many_tasks_in_one_way_is_one_finding, .init = bank_begin, .fini = judged_end)
{
    strand(TASK_ANN, TASK_EVE, SITE_DROP, 100);
    strand(TASK_BOB, TASK_EVE, SITE_DROP, 90);
    strand(TASK_CAT, TASK_EVE, SITE_SEND, 110);
    judge_at(1100);
    cr_assert(found_nth("lost-wakeup", 1));
    cr_assert_null(found_nth("lost-wakeup", 2));
    const struct finding *both = found("lost-wakeup");
    cr_assert_eq(both->count, 2);
    cr_assert(has(both->title, "The task 'bob' waits"));
    cr_assert(has(both->title, "(bank.c:42), 1.0 s ago; 1 other of its kind, too."));
}

Test(lost_wakeup, is_told_from_ten_times_the_threshold_on, .init = bank_begin, .fini = judged_end)
{
    strand(TASK_ANN, TASK_BOB, SITE_DROP, 100);
    judge_at(300);
    cr_assert(found("lost-wakeup"));
}

Test(lost_wakeup, is_not_told_before_ten_times_the_threshold, .init = bank_begin,
     .fini = judged_end)
{
    strand(TASK_ANN, TASK_BOB, SITE_DROP, 100);
    judge_at(299.9);
    cr_assert_eq(verdict("lost-wakeup"), VERDICT_OK);
}

Test(lost_wakeup, is_none_when_the_task_was_woken_after_all, .init = bank_begin, .fini = judged_end)
{
    strand(TASK_ANN, TASK_BOB, SITE_DROP, 100);
    stream_wake(stream, 0, TASK_ANN, 0, 120); /* it was cancelled */
    judge_at(1100);
    cr_assert_eq(verdict("lost-wakeup"), VERDICT_OK);
}

Test(lost_wakeup, is_none_when_the_task_ran_or_ended_soon, .init = bank_begin, .fini = judged_end)
{
    strand(TASK_ANN, TASK_BOB, SITE_DROP, 100);
    strand(TASK_CAT, TASK_BOB, SITE_DROP, 100);
    ran(TASK_ANN, 200, 201);
    stream_task_end(stream, TASK_CAT, 250);
    judge_at(1100);
    cr_assert_eq(verdict("lost-wakeup"), VERDICT_OK);
}

Test(lost_wakeup, is_still_told_when_a_shutdown_has_ended_the_task, .init = bank_begin,
     .fini = judged_end)
{
    strand(TASK_ANN, TASK_BOB, SITE_DROP, 100);
    event(LSC_RECORD_CANCEL, TASK_ANN, 0, 0, 900);
    stream_wake(stream, 0, TASK_ANN, 0, 900);
    ran(TASK_ANN, 901, 902);
    stream_task_end(stream, TASK_ANN, 902);
    judge_at(5000);
    const struct finding *finding = found("lost-wakeup");
    cr_assert(finding && !finding->in_progress);
    cr_assert(has(finding->title, "waited in transfer (bank.c:41) and nobody could wake it any "
                                  "more: its last waker was given up unused by task 'bob' in "
                                  "transfer (bank.c:42); it stood there for 800 ms, until it was "
                                  "cancelled or ended."),
              "%s", finding->title);
}

Test(lost_wakeup, is_none_when_a_later_wake_was_told_first, .init = bank_begin, .fini = judged_end)
{
    wait_for(TASK_ANN, 0, 10);
    stream_wake(stream, 0, TASK_ANN, 0, 120);
    event(LSC_RECORD_STRANDED, TASK_ANN, TASK_BOB, 0, 100); /* from another thread's ring */
    judge_at(1100);
    cr_assert_eq(verdict("lost-wakeup"), VERDICT_OK);
}

Test(lost_wakeup, is_none_while_a_task_only_waits, .init = bank_begin, .fini = judged_end)
{
    wait_for(TASK_ANN, 0, 10);
    judge_at(100000);
    cr_assert_eq(verdict("lost-wakeup"), VERDICT_OK);
}

Test(lost_wakeup, needs_awaits_to_judge, .init = bank_begin, .fini = judged_end)
{
    ran(TASK_ANN, 10, 11);
    judge_at(1000);
    cr_assert_eq(verdict("lost-wakeup"), VERDICT_NOT_YET);
}

Test(lost_wakeup, is_known_from_the_table_when_its_record_is_long_gone, .init = bank_begin,
     .fini = judged_end)
{
    stream_item(stream, &(struct item){.kind = ITEM_TASK,
                                       .task = {.handle = TASK_ANN,
                                                .id = TASK_ANN,
                                                .kind = KIND_TASK,
                                                .await_site = SITE_WAIT,
                                                .state = LSC_TASK_STRANDED,
                                                .spawned_ns = 1000000,
                                                .await_ns = 100000000}});
    judge_at(3600000);
    cr_assert(found("lost-wakeup"));
    cr_assert(has(found("lost-wakeup")->title, "59 min 59 s ago"));
}

Test(lost_wakeup, knows_who_it_was_when_the_record_comes_after_the_table, .init = bank_begin,
     .fini = judged_end)
{
    stream_item(stream, &(struct item){.kind = ITEM_TASK,
                                       .task = {.handle = TASK_ANN,
                                                .id = TASK_ANN,
                                                .kind = KIND_TASK,
                                                .await_site = SITE_WAIT,
                                                .state = LSC_TASK_STRANDED,
                                                .spawned_ns = 1000000,
                                                .await_ns = 100000000}});
    event(LSC_RECORD_STRANDED, TASK_ANN, TASK_BOB, SITE_DROP, 100);
    judge_at(1000);
    cr_assert(has(found("lost-wakeup")->title, "by task 'bob' in transfer (bank.c:42)"));
}
