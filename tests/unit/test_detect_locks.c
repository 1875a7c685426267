/* SPDX-License-Identifier: MIT */
/* The detectors lock-convoy and lock-across-await, and what the model knows of contention: each
 * finding, its edges and its healthy twins. */
#include <criterion/criterion.h>

#include "analyzers/model/contention.h"
#include "bank.h"

/* ---- lock-across-await ---- */

/* Ann holds the lock from 10 on and sleeps until 110, when she lets go of it. */
static void ann_sleeps_with_the_lock(void)
{
    hold(TASK_ANN, LOCK_A, 10);
    event(LSC_RECORD_AWAIT, TASK_ANN, 0, SITE_SEND, 10.9);
    ran(TASK_ANN, 9.5, 11);
}

static void ann_lets_go(void)
{
    release(TASK_ANN, LOCK_A, 112);
    event(LSC_RECORD_HOLD, LOCK_A, TASK_BOB, SITE_WAIT, 112);
    ran(TASK_ANN, 110, 113);
    release(TASK_BOB, LOCK_A, 113.5);
    ran(TASK_BOB, 113.2, 114);
}

Test(lock_across_await, names_the_lock_its_holder_and_what_it_awaits, .init = bank_begin,
     .fini = judged_end)
{
    ann_sleeps_with_the_lock();
    wait_for(TASK_BOB, LOCK_A, 20);
    ann_lets_go();
    judge_at(1000);
    const struct finding *finding = found("lock-across-await");
    cr_assert(finding);
    cr_assert_str_eq(
        finding->title,
        "The task 'ann' held mutex 'a' taken in transfer (bank.c:40) while it awaited in "
        "transfer (bank.c:43), and others waited for the lock meanwhile: 90 ms; of the "
        "102 ms that it was held there, its holder ran for 3.0 ms.");
    cr_assert_eq(finding->severity, SEVERITY_WARNING);
    cr_assert_eq(fact_of(finding, "blocked_ns"), 90000000);
    cr_assert_eq(fact_of(finding, "awaited_ns"), 99100000);
    cr_assert_eq(fact_of(finding, "busy_ns"), 3000000);
    cr_assert_eq(fact_of(finding, "held_ns"), 102000000);
}

Test(lock_across_await, is_told_while_it_goes_on, .init = bank_begin, .fini = judged_end)
{
    ann_sleeps_with_the_lock();
    wait_for(TASK_BOB, LOCK_A, 20);
    wait_for(TASK_CAT, LOCK_A, 30);
    judge_at(1020);
    const struct finding *finding = found("lock-across-await");
    cr_assert(finding && finding->in_progress);
    cr_assert_eq(finding->severity, SEVERITY_CRITICAL);
    cr_assert_eq(finding->total_ns, UINT64_C(1000000000));
    cr_assert(has(finding->title, "meanwhile: 1.0 s, up to 2 tasks at a time, 2.0 s together"),
              "%s", finding->title);
}

Test(lock_across_await, names_the_channel_it_awaits, .init = bank_begin, .fini = judged_end)
{
    enum { JOBS = 9, NAME = 99 };
    stream_string(stream, NAME, "jobs");
    stream_resource(stream, JOBS, KIND_CHANNEL, NAME, 0);
    hold(TASK_ANN, LOCK_A, 10);
    wait_for(TASK_ANN, JOBS, 10.5);
    wait_for(TASK_BOB, LOCK_A, 20);
    judge_at(500);
    cr_assert(
        has(found("lock-across-await")->title, "while it awaited channel 'jobs' in transfer"));
}

Test(lock_across_await, counts_what_the_lock_says_of_its_waiters, .init = bank_begin,
     .fini = judged_end)
{
    ann_sleeps_with_the_lock();
    waiters(LOCK_A, 2, 60); /* tasks whose awaits were not recorded */
    waiters(LOCK_A, 0, 110);
    release(TASK_ANN, LOCK_A, 112);
    ran(TASK_ANN, 110, 113);
    judge_at(1000);
    cr_assert_eq(fact_of(found("lock-across-await"), "blocked_ns"), 50000000);
    cr_assert_eq(fact_of(found("lock-across-await"), "waited_together_ns"), 100000000);
}

Test(lock_across_await, is_none_when_nobody_wants_the_lock, .init = bank_begin, .fini = judged_end)
{
    ann_sleeps_with_the_lock();
    release(TASK_ANN, LOCK_A, 112);
    ran(TASK_ANN, 110, 113);
    judge_at(1000);
    cr_assert_eq(verdict("lock-across-await"), VERDICT_OK);
}

Test(lock_across_await, is_none_when_the_holder_computes, .init = bank_begin, .fini = judged_end)
{
    hold(TASK_ANN, LOCK_A, 10);
    wait_for(TASK_BOB, LOCK_A, 20);
    release(TASK_ANN, LOCK_A, 110);
    event(LSC_RECORD_AWAIT, TASK_ANN, 0, SITE_SEND, 110.5);
    ran(TASK_ANN, 9, 111);
    ran(TASK_BOB, 112, 113);
    judge_at(1000);
    cr_assert_eq(verdict("lock-across-await"), VERDICT_OK);
}

Test(lock_across_await, is_none_below_the_threshold, .init = bank_begin, .fini = judged_end)
{
    hold(TASK_ANN, LOCK_A, 10);
    wait_for(TASK_ANN, 0, 10.5);
    wait_for(TASK_BOB, LOCK_A, 20);
    release(TASK_ANN, LOCK_A, 39.8);
    ran(TASK_ANN, 39.7, 40);
    ran(TASK_BOB, 41, 42);
    judge_at(1000);
    cr_assert_eq(verdict("lock-across-await"), VERDICT_OK);
}

Test(lock_across_await, is_none_of_permits_of_which_there_are_several, .init = bank_begin,
     .fini = judged_end)
{
    stream_depth(stream, LOCK_A, 5, 0, 4);
    ann_sleeps_with_the_lock();
    wait_for(TASK_BOB, LOCK_A, 20);
    judge_at(1000);
    cr_assert_eq(verdict("lock-across-await"), VERDICT_NOT_YET);
}

Test(lock_across_await, is_not_claimed_when_records_were_lost, .init = bank_begin,
     .fini = judged_end)
{
    ann_sleeps_with_the_lock();
    wait_for(TASK_BOB, LOCK_A, 20);
    stream_item(stream, &(struct item){.kind = ITEM_LOST, .lost = {.thread = 0, .count = 1}});
    judge_at(1000);
    cr_assert_eq(verdict("lock-across-await"), VERDICT_OK);
}

Test(lock_across_await, is_not_claimed_of_an_await_during_which_records_were_lost,
     .init = bank_begin, .fini = judged_end)
{
    ann_sleeps_with_the_lock();
    wait_for(TASK_BOB, LOCK_A, 20);
    stream_item(stream, &(struct item){.kind = ITEM_LOST, .lost = {.thread = 0, .count = 1}});
    ann_lets_go();
    judge_at(1000);
    cr_assert_eq(verdict("lock-across-await"), VERDICT_OK);
}

Test(lock_across_await, does_not_take_a_wait_for_the_lock_itself_for_another, .init = bank_begin,
     .fini = judged_end)
{
    hold(TASK_ANN, LOCK_A, 10);
    hold(TASK_BOB, LOCK_A, 11); /* granted while bob's poll still says that he waits */
    wait_for(TASK_BOB, LOCK_A, 11.1);
    waiters(LOCK_A, 1, 12);
    judge_at(1000);
    cr_assert_eq(verdict("lock-across-await"), VERDICT_OK);
}

Test(lock_across_await, needs_locks_to_judge, .init = bank_begin, .fini = judged_end)
{
    wait_for(TASK_ANN, 0, 10);
    judge_at(1000);
    cr_assert_eq(verdict("lock-across-await"), VERDICT_NOT_YET);
    cr_assert_eq(verdict("lock-convoy"), VERDICT_NOT_YET);
}

/* ---- lock-convoy ---- */

/* From `from_ms` on five tasks take turns: each computes for `step_ms` with the lock, hands it to
 * the next and waits again. */
static void take_turns(double from_ms, double step_ms, unsigned turns)
{
    hold(TASK_ANN, LOCK_A, from_ms);
    for (uint32_t i = 0; i < 4; i++)
        wait_for(TASK_BOB + i, LOCK_A, from_ms + 0.2 + i * 0.2);
    for (unsigned i = 0; i < turns; i++) {
        uint32_t task = TASK_ANN + i % 5, next = TASK_ANN + (i + 1) % 5;
        double begun = from_ms + 1 + i * step_ms, over = begun + step_ms;
        release(task, LOCK_A, over - 0.02);
        hold(next, LOCK_A, over - 0.02);
        event(LSC_RECORD_AWAIT, task, LOCK_A, SITE_WAIT, over - 0.01);
        ran(task, begun, over);
    }
}

Test(lock_convoy, tells_how_many_queue_for_how_long_and_who_holds_it, .init = bank_begin,
     .fini = judged_end)
{
    take_turns(10, 10, 50);
    judge_at(512);
    const struct finding *finding = found("lock-convoy");
    cr_assert(finding);
    cr_assert(has(finding->title, "Up to 4 tasks queued at mutex 'a' for 501 ms"), "%s",
              finding->title);
    cr_assert(has(finding->title, "waits took 39 ms each, at worst 40 ms; it changed hands 50 "
                                  "times meanwhile, and was held by transfer (bank.c:40), 9.8 ms "
                                  "each time, of which its holder ran 9.8 ms."),
              "%s", finding->title);
    cr_assert_eq(finding->severity, SEVERITY_WARNING);
    cr_assert_eq(fact_of(finding, "waiting_max"), 4);
    cr_assert_eq(verdict("lock-across-await"), VERDICT_OK);
}

Test(lock_convoy, is_none_of_a_lock_that_one_task_keeps, .init = bank_begin, .fini = judged_end)
{
    hold(TASK_ANN, LOCK_A, 10);
    waiters(LOCK_A, 4, 11);
    judge_at(1000);
    cr_assert_eq(verdict("lock-convoy"), VERDICT_OK);
}

Test(lock_convoy, is_none_of_two_that_meet, .init = bank_begin, .fini = judged_end)
{
    hold(TASK_ANN, LOCK_A, 10);
    for (unsigned i = 0; i < 50; i++) {
        uint32_t task = TASK_ANN + i % 2, next = TASK_ANN + (i + 1) % 2;
        double begun = 10 + i * 10.0;
        wait_for(next, LOCK_A, begun + 1);
        release(task, LOCK_A, begun + 9);
        hold(next, LOCK_A, begun + 9);
        ran(task, begun, begun + 9.5);
    }
    judge_at(512);
    cr_assert_eq(verdict("lock-convoy"), VERDICT_OK);
}

Test(lock_convoy, is_none_of_a_queue_that_moves_fast, .init = bank_begin, .fini = judged_end)
{
    take_turns(10, 1, 500);
    judge_at(512);
    cr_assert_eq(verdict("lock-convoy"), VERDICT_OK);
}

Test(lock_convoy, is_none_of_a_short_rush, .init = bank_begin, .fini = judged_end)
{
    take_turns(10, 8, 10);
    waiters(LOCK_A, 0, 92);
    judge_at(10000);
    cr_assert_eq(verdict("lock-convoy"), VERDICT_OK);
}

/* ---- the model's bounds ---- */

Test(contention, counts_a_holder_as_busy_from_its_poll_on_not_from_the_grant, .init = bank_begin,
     .fini = judged_end)
{
    hold(TASK_ANN, LOCK_A, 10);
    wait_for(TASK_BOB, LOCK_A, 15);
    release(TASK_ANN, LOCK_A, 20);
    hold(TASK_BOB, LOCK_A, 20); /* while bob waits for a worker */
    ran(TASK_ANN, 9, 30);
    release(TASK_BOB, LOCK_A, 60.5);
    ran(TASK_BOB, 60, 61);
    judge_at(1000);
    const struct model *model = session_model(session, 0);
    struct contention c;
    cr_assert(contention_view(model, model_resource(model, LOCK_A), &c));
    cr_assert_eq(c.holders[0].held_ns, 50500000);
    cr_assert_eq(c.holders[0].across.busy_ns, 10500000);
    cr_assert_eq(c.waits, 1);
    cr_assert_eq(c.wait_ns, 5000000);
}

Test(contention, of_more_holds_than_one_poll_can_close_is_still_counted, .init = bank_begin,
     .fini = judged_end)
{
    enum { LOCKS = 200, FIRST = 100 };
    for (uint32_t i = 0; i < LOCKS; i++) {
        stream_resource(stream, FIRST + i, KIND_MUTEX, 0, 0);
        hold(TASK_ANN, FIRST + i, 10);
    }
    ran(TASK_ANN, 9, 11);
    for (uint32_t i = 0; i < LOCKS; i++)
        release(TASK_ANN, FIRST + i, 50);
    ran(TASK_ANN, 49, 51);
    judge_at(100);
    const struct model *model = session_model(session, 0);
    for (uint32_t i = 0; i < LOCKS; i++) {
        struct contention c;
        cr_assert(contention_view(model, model_resource(model, FIRST + i), &c));
        cr_assert_eq(c.holders[0].holds, 1);
        cr_assert_eq(c.holders[0].held_ns, 40000000);
    }
}

Test(contention, of_a_lock_taken_at_many_places_keeps_those_that_hold_it_longest,
     .init = bank_begin, .fini = judged_end)
{
    for (uint32_t i = 0; i < 40; i++) {
        double at = 10 + i * 10.0;
        event(LSC_RECORD_HOLD, LOCK_A, TASK_ANN, 100 + i, at);
        release(TASK_ANN, LOCK_A, at + (i == 3 ? 9 : 1));
        ran(TASK_ANN, at - 0.5, at + 9.5);
    }
    judge_at(1000);
    const struct model *model = session_model(session, 0);
    struct contention c;
    cr_assert(contention_view(model, model_resource(model, LOCK_A), &c));
    bool is_kept = false;
    for (unsigned i = 0; i < HOLDERS_MAX; i++)
        is_kept |= c.holders[i].site == 103 && c.holders[i].held_ns == 9000000;
    cr_assert(is_kept);
    cr_assert_eq(c.holds, 40);
}
