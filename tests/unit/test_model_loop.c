/* SPDX-License-Identifier: MIT */
/* The figures of a loop: turns, lag, utilization, and what losses do to them. */
#include <criterion/criterion.h>

#include "stream.h"

static struct stream *stream;
static struct session *session;

static void begin(void)
{
    stream = stream_new();
    stream_process(stream, 1, "prog", "prog");
    stream_thread(stream, 0, 1, "prog", LSC_ROLE_LOOP);
}

static const struct thread *apply(void)
{
    session = stream_apply(stream, 100);
    return model_thread(session_model(session, 0), 0);
}

static void end(void)
{
    session_delete(session);
    stream_delete(stream);
}

TestSuite(model_loop, .init = begin, .fini = end);

Test(model_loop, a_thread_without_turns_is_no_loop)
{
    const struct thread *thread = apply();
    cr_assert_null(thread->loop);
    cr_assert_eq(thread_span_ns(thread), 0);
}

Test(model_loop, adds_up_turns_and_the_idle_time_between_them)
{
    stream_turn(stream, 0, 10, 12, 0);
    stream_turn(stream, 0, 18, 21, 0);
    const struct thread *thread = apply();
    cr_assert_eq(thread->loop->turns, 2);
    cr_assert_eq(thread->loop->busy_ns, 5000000);
    cr_assert_eq(thread->loop->idle_ns, 6000000);
    cr_assert_eq(thread_span_ns(thread), 11000000);
    cr_assert_eq(thread_utilization(thread), 4545);
}

Test(model_loop, events_ready_at_once_may_have_waited_for_the_whole_turn_before)
{
    stream_turn(stream, 0, 10, 50, 0);
    stream_turn(stream, 0, 50, 51, LSC_TURN_READY_AT_ONCE);
    const struct thread *thread = apply();
    cr_assert_eq(thread->loop->lag_ns.max, 40000000);
    cr_assert_eq(thread->loop->lag_ns.min, 0, "the first turn was woken by the kernel");
}

Test(model_loop, a_timed_out_wait_tells_its_lateness)
{
    stream_turn(stream, 0, 10, 50, 0);
    stream_event(stream, &(struct event){.type = LSC_RECORD_TURN,
                                         .time_ns = 60000000,
                                         .arg = 1000000,
                                         .arg2 = 7000000,
                                         .flags = LSC_TURN_TIMED_OUT | LSC_TURN_READY_AT_ONCE});
    cr_assert_eq(apply()->loop->lag_ns.max, 7000000);
}

Test(model_loop, a_loss_makes_the_turn_before_it_no_measure_of_lag)
{
    stream_turn(stream, 0, 10, 50, 0);
    stream_item(stream, &(struct item){.kind = ITEM_LOST, .lost = {.thread = 0, .count = 3}});
    stream_turn(stream, 0, 50, 51, LSC_TURN_READY_AT_ONCE);
    const struct thread *thread = apply();
    cr_assert_eq(thread->loop->lag_ns.max, 0);
    cr_assert_eq(thread->lost, 3);
    cr_assert_eq(model_lost_records(session_model(session, 0)), 3);
}

Test(model_loop, after_a_loss_the_totals_of_the_probe_give_the_utilization)
{
    stream_turn(stream, 0, 10, 11, 0);
    stream_item(stream, &(struct item){.kind = ITEM_LOST, .lost = {.thread = 0, .count = 3}});
    stream_item(stream, &(struct item){.kind = ITEM_THREAD,
                                       .thread = {.thread = 0,
                                                  .tid = 1,
                                                  .name = "prog",
                                                  .roles = LSC_ROLE_LOOP,
                                                  .turns = 50,
                                                  .busy_ns = 30000000,
                                                  .idle_ns = 10000000}});
    stream_turn(stream, 0, 99, 100, 0);
    cr_assert_eq(thread_utilization(apply()), 7500);
}

Test(model_loop, a_turn_in_progress_counts_as_busy)
{
    stream_turn(stream, 0, 10, 11, 0);
    stream_turn(stream, 0, 19, 20, 0);
    stream_now(stream, 0, 30, 20);
    const struct thread *thread = apply();
    cr_assert_eq(thread_turn_since(thread), 20000000);
    cr_assert_eq(thread_utilization(thread), 6000);
    cr_assert_eq(thread_span_ns(thread), 20000000);
}

Test(model_loop, an_observation_is_stale_once_its_turn_has_been_read)
{
    stream_turn(stream, 0, 10, 11, 0);
    stream_now(stream, 0, 30, 20);
    stream_turn(stream, 0, 20, 31, 0);
    cr_assert_eq(thread_turn_since(apply()), MODEL_NEVER);
}

Test(model_loop, remembers_how_many_events_a_wait_returned)
{
    for (unsigned i = 0; i < 100; i++)
        stream_event(stream, &(struct event){.type = LSC_RECORD_TURN,
                                             .time_ns = 1000 + i * 10,
                                             .arg = 5,
                                             .task = i,
                                             .flags = i == 99 ? LSC_TURN_BATCH_FULL : 0});
    const struct thread *thread = apply();
    cr_assert_eq(thread->loop->ready.max, 99);
    cr_assert_eq(thread->loop->ready_events, 4950);
    cr_assert_eq(thread->loop->batch_full, 1);
}

Test(model_loop, a_duration_longer_than_the_process_is_cut_at_its_start)
{
    stream_event(stream,
                 &(struct event){.type = LSC_RECORD_TURN, .time_ns = 1000, .arg = UINT64_MAX});
    cr_assert_eq(apply()->loop->busy_ns, 1000);
}

Test(model_loop, names_calls_and_their_classes)
{
    apply();
    cr_assert_str_eq(call_name(LSC_CALL_getaddrinfo), "getaddrinfo");
    cr_assert_eq(call_class(LSC_CALL_fsync), LSC_CALL_CLASS_SYNC);
    cr_assert_str_eq(call_name(0), "?");
    cr_assert_str_eq(call_name(65535), "?");
}
