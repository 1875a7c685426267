/* SPDX-License-Identifier: MIT */
/* The detectors of who holds what: deadlock and cancelled-holding, each with its finding, its edges
 * and its healthy twin. */
#include <criterion/criterion.h>
#include <string.h>

#include "stream.h"

enum { KIND_TASK = 1, KIND_MUTEX, ANN, BOB, CAT, NAME_A, NAME_B, NAME_C, BANK, TRANSFER };
enum { TASK_ANN = 1, TASK_BOB, TASK_CAT };
enum { LOCK_A = 1, LOCK_B, LOCK_C };
enum { SITE_TAKE = 1, SITE_WAIT };

static struct stream *stream;
static struct session *session;
static struct findings *findings;

static void site(uint32_t id, uint32_t line)
{
    stream_item(stream, &(struct item){
                            .kind = ITEM_SITE,
                            .site = {.id = id, .file = BANK, .function = TRANSFER, .line = line}});
}

static void begin(void)
{
    stream = stream_new();
    stream_process(stream, 1, "prog", "prog");
    stream_thread(stream, 0, 77, "worker", LSC_ROLE_LOOP);
    stream_string(stream, KIND_TASK, "task");
    stream_string(stream, KIND_MUTEX, "mutex");
    stream_string(stream, ANN, "ann");
    stream_string(stream, BOB, "bob");
    stream_string(stream, CAT, "cat");
    stream_string(stream, NAME_A, "a");
    stream_string(stream, NAME_B, "b");
    stream_string(stream, NAME_C, "c");
    stream_string(stream, BANK, "/src/bank.c");
    stream_string(stream, TRANSFER, "transfer");
    site(SITE_TAKE, 40);
    site(SITE_WAIT, 41);
    stream_task(stream, TASK_ANN, KIND_TASK, ANN, 0, 1);
    stream_task(stream, TASK_BOB, KIND_TASK, BOB, 0, 1);
    stream_task(stream, TASK_CAT, KIND_TASK, CAT, 0, 1);
    stream_resource(stream, LOCK_A, KIND_MUTEX, NAME_A, 0);
    stream_resource(stream, LOCK_B, KIND_MUTEX, NAME_B, 0);
    stream_resource(stream, LOCK_C, KIND_MUTEX, NAME_C, 0);
}

static void end(void)
{
    findings_delete(findings);
    session_delete(session);
    stream_delete(stream);
}

static void event(uint16_t type, uint32_t task, uint64_t arg, uint64_t arg2, double at_ms)
{
    stream_event(stream, &(struct event){.type = type,
                                         .task = task,
                                         .arg = arg,
                                         .arg2 = arg2,
                                         .time_ns = (uint64_t)(at_ms * 1e6)});
}

static void hold(uint32_t task, uint32_t lock, double at_ms)
{
    event(LSC_RECORD_HOLD, lock, task, SITE_TAKE, at_ms);
}

static void release(uint32_t task, uint32_t lock, double at_ms)
{
    event(LSC_RECORD_RELEASE, lock, task, 0, at_ms);
}

/* A run of the task that ends in a wait for the lock, told before the run is over. */
static void wait_for(uint32_t task, uint32_t lock, double at_ms)
{
    event(LSC_RECORD_AWAIT, task, lock, SITE_WAIT, at_ms);
    stream_poll(stream,
                &(struct polled){.task = task, .from_ms = at_ms - 0.1, .to_ms = at_ms + 0.1});
}

static void judge_at(double at_ms)
{
    stream_end(stream, END_DETACHED, -1, at_ms);
    session = stream_apply(stream, 3);
    findings = findings_of(session_model(session, 0));
}

static const struct finding *found(const char *detector)
{
    for (size_t i = 0; i < findings->count; i++)
        if (strcmp(findings->items[i].detector->id, detector) == 0)
            return &findings->items[i];
    return NULL;
}

static enum verdict verdict(const char *detector)
{
    for (unsigned i = 0; i < DETECTOR_COUNT; i++)
        if (strcmp(detectors[i]->id, detector) == 0)
            return findings->verdicts[i];
    cr_assert_fail("no detector %s", detector);
    return VERDICT_OK;
}

static void two_in_a_circle(void)
{
    hold(TASK_ANN, LOCK_A, 10);
    hold(TASK_BOB, LOCK_B, 11);
    wait_for(TASK_ANN, LOCK_B, 12);
    wait_for(TASK_BOB, LOCK_A, 13);
}

Test(deadlock, is_told_as_the_circle_with_its_tasks_locks_and_lines, .init = begin, .fini = end)
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

Test(deadlock, counts_who_waits_behind_it, .init = begin, .fini = end)
{
    two_in_a_circle();
    wait_for(TASK_CAT, LOCK_A, 14);
    judge_at(1013);
    const struct finding *finding = found("deadlock");
    cr_assert(finding && strstr(finding->title, "; 1 other task waits behind them."), "%s",
              finding ? finding->title : "none");
}

Test(deadlock, of_one_task_with_itself_is_told, .init = begin, .fini = end)
{
    hold(TASK_ANN, LOCK_A, 10);
    wait_for(TASK_ANN, LOCK_A, 12);
    judge_at(1000);
    cr_assert(found("deadlock"));
    cr_assert(strstr(found("deadlock")->title, "for mutex 'a' held by itself"));
}

Test(deadlock, is_not_told_before_ten_times_the_threshold, .init = begin, .fini = end)
{
    two_in_a_circle();
    judge_at(212.9);
    cr_assert_not(found("deadlock"));
    cr_assert_eq(verdict("deadlock"), VERDICT_OK);
}

Test(deadlock, is_told_from_ten_times_the_threshold_on, .init = begin, .fini = end)
{
    two_in_a_circle();
    judge_at(213);
    cr_assert(found("deadlock"));
}

Test(deadlock, is_none_when_the_last_of_the_chain_can_go_on, .init = begin, .fini = end)
{
    hold(TASK_ANN, LOCK_A, 10);
    hold(TASK_BOB, LOCK_B, 11);
    wait_for(TASK_CAT, LOCK_A, 12);
    wait_for(TASK_ANN, LOCK_B, 13); /* bob sleeps with the lock in hand, and will go on */
    wait_for(TASK_BOB, 0, 14);
    judge_at(5000);
    cr_assert_not(found("deadlock"));
}

Test(deadlock, is_none_when_a_task_of_the_circle_was_woken, .init = begin, .fini = end)
{
    two_in_a_circle();
    stream_wake(stream, 0, TASK_ANN, 0, 20);
    judge_at(1000);
    cr_assert_not(found("deadlock"));
}

Test(deadlock, is_none_when_a_lock_was_released, .init = begin, .fini = end)
{
    two_in_a_circle();
    release(TASK_BOB, LOCK_B, 20);
    judge_at(1000);
    cr_assert_not(found("deadlock"));
}

Test(deadlock, is_not_claimed_when_records_were_lost, .init = begin, .fini = end)
{
    two_in_a_circle();
    stream_item(stream, &(struct item){.kind = ITEM_LOST, .lost = {.thread = 0, .count = 1}});
    judge_at(1000);
    cr_assert_not(found("deadlock"));
}

Test(deadlock, is_none_while_a_permit_is_left, .init = begin, .fini = end)
{
    two_in_a_circle();
    stream_depth(stream, LOCK_A, 20, 1, 2);
    judge_at(1000);
    cr_assert_not(found("deadlock"));
}

Test(deadlock, needs_holders_to_judge, .init = begin, .fini = end)
{
    wait_for(TASK_ANN, LOCK_A, 12);
    judge_at(1000);
    cr_assert_eq(verdict("deadlock"), VERDICT_NOT_YET);
}

Test(holds, a_release_that_comes_before_its_hold_leaves_nothing_held, .init = begin, .fini = end)
{
    release(TASK_ANN, LOCK_A, 10);
    hold(TASK_ANN, LOCK_A, 9);
    stream_task_end(stream, TASK_ANN, 11);
    judge_at(1000);
    cr_assert_eq(verdict("cancelled-holding"), VERDICT_OK);
}

Test(cancelled_holding, tells_the_task_the_lock_and_who_waits, .init = begin, .fini = end)
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

Test(cancelled_holding, is_a_note_when_nobody_waits, .init = begin, .fini = end)
{
    hold(TASK_ANN, LOCK_A, 10);
    stream_task_end(stream, TASK_ANN, 100);
    judge_at(1100);
    cr_assert(found("cancelled-holding"));
    cr_assert_eq(found("cancelled-holding")->severity, SEVERITY_NOTE);
}

Test(cancelled_holding, gives_the_release_a_threshold_of_time, .init = begin, .fini = end)
{
    hold(TASK_ANN, LOCK_A, 10);
    stream_task_end(stream, TASK_ANN, 100);
    judge_at(119.9);
    cr_assert_eq(verdict("cancelled-holding"), VERDICT_OK);
}

Test(cancelled_holding, is_none_when_the_lock_is_released_at_the_end, .init = begin, .fini = end)
{
    hold(TASK_ANN, LOCK_A, 10);
    event(LSC_RECORD_CANCEL, TASK_ANN, 0, 0, 50);
    release(TASK_ANN, LOCK_A, 99);
    stream_task_end(stream, TASK_ANN, 100);
    judge_at(1100);
    cr_assert_eq(verdict("cancelled-holding"), VERDICT_OK);
}

Test(cancelled_holding, is_none_when_another_task_gave_the_permit_back, .init = begin, .fini = end)
{
    hold(TASK_ANN, LOCK_A, 10);
    stream_task_end(stream, TASK_ANN, 100);
    release(TASK_BOB, LOCK_A, 150);
    judge_at(1100);
    cr_assert_eq(verdict("cancelled-holding"), VERDICT_OK);
}
