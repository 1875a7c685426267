/* SPDX-License-Identifier: MIT */
/* How a stall is taken apart: each kind of evidence, and what is made of its absence. The stall is
 * a turn from 100 to 300 ms unless a test says otherwise; the threshold is 20 ms. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "stream.h"

static struct stream *stream;
static struct session *session;

static void begin(void)
{
    stream = stream_new();
    stream_process(stream, 1, "prog", "prog");
    stream_thread(stream, 0, 1, "prog", LSC_ROLE_LOOP);
    stream_turns(stream, 0, 10, 20, 1, 2);
}

static struct stall worst(void)
{
    size_t count;
    session = stream_apply(stream, 64);
    struct stall *stalls = model_stalls(session_model(session, 0), &count);
    struct stall first = count ? stalls[0] : (struct stall){0};
    free(stalls);
    return first;
}

static void end(void)
{
    session_delete(session);
    stream_delete(stream);
}

static bool is_about(uint64_t value_ns, double ms, double slack_ms)
{
    double value = (double)value_ns / 1e6;
    return value >= ms - slack_ms && value <= ms + slack_ms;
}

#define ABOUT(stall, which, ms)                                                                    \
    cr_assert(is_about((stall).part[which], ms, 2.0), #which " is %f ms, not " #ms,                \
              (double)(stall).part[which] / 1e6)

static uint64_t sum(const struct stall *stall)
{
    uint64_t total = 0;
    for (unsigned i = 0; i < PART_COUNT; i++)
        total += stall->part[i];
    return total;
}

TestSuite(model_stall, .init = begin, .fini = end);

Test(model_stall, a_turn_under_the_threshold_is_none)
{
    stream_turn(stream, 0, 100, 119, 0);
    cr_assert_eq(worst().wall_ns, 0);
}

Test(model_stall, calls_that_slept_are_blocked_time)
{
    stream_call(stream, 0, LSC_CALL_read, 0, 110, 290, LSC_FD_PIPE, 0);
    stream_turn(stream, 0, 100, 300, 0);
    stream_usage(stream, 0, 301, 40, 0);
    struct stall stall = worst();
    ABOUT(stall, PART_BLOCKED, 180);
    cr_assert_eq(sum(&stall), stall.wall_ns);
}

Test(model_stall, locks_are_told_apart_from_other_calls)
{
    stream_call(stream, 0, LSC_CALL_pthread_mutex_lock, 0, 110, 210, LSC_FD_NONE, 0);
    stream_call(stream, 0, LSC_CALL_fsync, 0, 220, 290, LSC_FD_FILE, 0);
    stream_turn(stream, 0, 100, 300, 0);
    struct stall stall = worst();
    ABOUT(stall, PART_LOCK, 100);
    ABOUT(stall, PART_BLOCKED, 70);
}

Test(model_stall, short_calls_together_are_blocked_time_and_no_cpu_time)
{
    stream_usage(stream, 0, 99, 20, 0);
    stream_calls(stream, 0, LSC_CALL_read, 0, 300, 150, 1000);
    stream_turn(stream, 0, 100, 300, 0);
    stream_usage(stream, 0, 301, 220, 0);
    struct stall stall = worst();
    ABOUT(stall, PART_BLOCKED, 150);
    ABOUT(stall, PART_CPU, 50);
}

Test(model_stall, a_call_of_an_earlier_turn_counts_for_nothing)
{
    stream_call(stream, 0, LSC_CALL_read, 0, 60, 95, LSC_FD_PIPE, 0);
    stream_turn(stream, 0, 100, 300, 0);
    cr_assert_eq(worst().part[PART_BLOCKED], 0);
}

Test(model_stall, a_delayed_call_on_a_nonblocking_descriptor_is_not_blocked_time)
{
    stream_call(stream, 0, LSC_CALL_write, 0, 110, 290, LSC_FD_SOCKET, LSC_CALL_NONBLOCKING);
    stream_usage(stream, 0, 99, 20, 0);
    stream_turn(stream, 0, 100, 300, 0);
    stream_usage(stream, 0, 301, 25, 195);
    struct stall stall = worst();
    cr_assert_eq(stall.part[PART_BLOCKED], 0);
    ABOUT(stall, PART_STARVED, 194);
}

static size_t blocked_rows(void)
{
    size_t count;
    free(model_blocked(session_model(session, 0), &count));
    return count;
}

Test(model_stall, a_call_away_from_the_loop_counts_when_the_loop_goes_on)
{
    stream_call(stream, 0, LSC_CALL_read, 0, 110, 290, LSC_FD_PIPE, LSC_CALL_AWAY);
    stream_turn(stream, 0, 100, 300, 0);
    struct stall stall = worst();
    ABOUT(stall, PART_BLOCKED, 180);
    cr_assert_eq(blocked_rows(), 1);
}

Test(model_stall, a_call_after_the_end_of_the_loop_kept_nobody_waiting)
{
    stream_call(stream, 0, LSC_CALL_pthread_join, 0, 110, 299, LSC_FD_NONE, LSC_CALL_AWAY);
    stream_turn(stream, 0, 100, 300, LSC_TURN_AT_EXIT);
    cr_assert_eq(worst().wall_ns, 0);
    cr_assert_eq(blocked_rows(), 0);
}

Test(model_stall, a_last_turn_is_judged_without_the_shutdown_behind_it)
{
    stream_call(stream, 0, LSC_CALL_read, 0, 110, 160, LSC_FD_PIPE, 0);
    stream_call(stream, 0, LSC_CALL_pthread_join, 0, 170, 299, LSC_FD_NONE, LSC_CALL_AWAY);
    stream_turn(stream, 0, 100, 300, LSC_TURN_AT_EXIT);
    struct stall stall = worst();
    cr_assert(is_about(stall.wall_ns, 71, 1));
    ABOUT(stall, PART_BLOCKED, 50);
    cr_assert_eq(blocked_rows(), 1);
}

Test(model_stall, a_killed_process_is_judged_by_all_that_it_did)
{
    stream_call(stream, 0, LSC_CALL_read, 0, 110, 290, LSC_FD_PIPE, LSC_CALL_AWAY);
    stream_end(stream, END_VANISHED, 0, 300);
    worst();
    cr_assert_eq(blocked_rows(), 1);
}

Test(model_stall, cpu_and_run_queue_wait_come_from_readings_around_it)
{
    stream_usage(stream, 0, 100, 20, 1);
    stream_turn(stream, 0, 100, 300, 0);
    stream_usage(stream, 0, 300, 80, 141);
    struct stall stall = worst();
    ABOUT(stall, PART_CPU, 60);
    ABOUT(stall, PART_STARVED, 140);
    cr_assert_not(stall.is_estimated);
}

Test(model_stall, what_lies_before_the_first_reading_inside_counts_at_the_rate_seen_inside)
{
    stream_usage(stream, 0, 120, 40, 0);
    stream_usage(stream, 0, 280, 200, 0);
    stream_turn(stream, 0, 100, 300, 0);
    struct stall stall = worst();
    ABOUT(stall, PART_CPU, 200);
}

Test(model_stall, a_wait_that_the_kernel_counts_at_its_end_still_belongs_to_the_stall)
{
    stream_usage(stream, 0, 100, 20, 0);
    stream_usage(stream, 0, 120, 21, 0);
    stream_usage(stream, 0, 290, 22, 0);
    stream_turn(stream, 0, 100, 300, 0);
    stream_usage(stream, 0, 300, 24, NEVER_MS); /* the thread's own reading knows no wait */
    stream_usage(stream, 0, 310, 25, 190);
    struct stall stall = worst();
    ABOUT(stall, PART_CPU, 4);
    ABOUT(stall, PART_STARVED, 189);
}

Test(model_stall, a_reading_long_before_it_does_not_thin_its_share)
{
    stream_turns(stream, 0, 200, 5, 1, 1000); /* idle for seconds */
    stream_usage(stream, 0, 60, 30, 0);
    stream_turn(stream, 0, 6000, 6200, 0);
    stream_usage(stream, 0, 6201, 235, 0);
    struct stall stall = worst();
    cr_assert(is_about(stall.part[PART_CPU], 198, 6), "%f", (double)stall.part[PART_CPU] / 1e6);
}

Test(model_stall, parts_never_exceed_the_wall_time)
{
    stream_usage(stream, 0, 100, 0, 0);
    stream_call(stream, 0, LSC_CALL_read, 0, 110, 290, LSC_FD_PIPE, 0);
    stream_turn(stream, 0, 100, 300, 0);
    stream_usage(stream, 0, 300, 5000, 5000);
    struct stall stall = worst();
    cr_assert_eq(sum(&stall), stall.wall_ns);
    ABOUT(stall, PART_CPU, 20);
}

Test(model_stall, without_schedstat_a_runnable_thread_without_cpu_time_was_starved)
{
    stream_usage(stream, 0, 100, 20, NEVER_MS);
    stream_state(stream, 0, 150, 'R', 0);
    stream_state(stream, 0, 200, 'R', 0);
    stream_turn(stream, 0, 100, 300, 0);
    stream_usage(stream, 0, 300, 30, NEVER_MS);
    struct stall stall = worst();
    ABOUT(stall, PART_CPU, 10);
    ABOUT(stall, PART_STARVED, 190);
}

Test(model_stall, sleep_outside_known_calls_is_named_by_its_wait_channel)
{
    stream_string(stream, 40, "hrtimer_nanosleep");
    stream_usage(stream, 0, 100, 20, 0);
    stream_state(stream, 0, 150, 'S', 40);
    stream_turn(stream, 0, 100, 300, 0);
    stream_usage(stream, 0, 300, 21, 0);
    struct stall stall = worst();
    ABOUT(stall, PART_ASLEEP, 199);
    cr_assert_eq(stall.wait_channel, 40);
}

Test(model_stall, block_io_delay_is_fault_time)
{
    stream_usage(stream, 0, 100, 20, 0);
    stream_faults(stream, 0, 100, 10, 5);
    stream_turn(stream, 0, 100, 300, 0);
    stream_usage(stream, 0, 300, 30, 0);
    stream_faults(stream, 0, 300, 60, 185);
    struct stall stall = worst();
    ABOUT(stall, PART_FAULT, 180);
    cr_assert_eq(stall.major_faults, 50);
}

Test(model_stall, where_block_io_delay_is_switched_off_major_faults_and_disk_sleep_tell)
{
    stream_usage(stream, 0, 100, 20, 0);
    stream_faults(stream, 0, 100, 10, 0);
    stream_state(stream, 0, 150, 'D', 0);
    stream_turn(stream, 0, 100, 300, 0);
    stream_usage(stream, 0, 300, 30, 0);
    stream_faults(stream, 0, 300, 60, 0);
    struct stall stall = worst();
    ABOUT(stall, PART_FAULT, 190);
    ABOUT(stall, PART_ASLEEP, 0);
}

Test(model_stall, major_faults_tell_also_when_the_thread_was_never_found_asleep)
{
    stream_usage(stream, 0, 100, 20, 0);
    stream_faults(stream, 0, 100, 10, 0);
    stream_state(stream, 0, 150, 'R', 0);
    stream_turn(stream, 0, 100, 300, 0);
    stream_usage(stream, 0, 300, 30, 60);
    stream_faults(stream, 0, 300, 60, 0);
    struct stall stall = worst();
    ABOUT(stall, PART_CPU, 10);
    ABOUT(stall, PART_STARVED, 60);
    ABOUT(stall, PART_FAULT, 130);
    ABOUT(stall, PART_UNKNOWN, 0);
}

Test(model_stall, without_accounting_samples_and_states_give_the_shares)
{
    for (unsigned i = 0; i < 3; i++)
        stream_sample(stream, 0, 5, 100, 120 + i * 10);
    stream_state(stream, 0, 160, 'S', 0);
    stream_turn(stream, 0, 100, 300, 0);
    struct stall stall = worst();
    ABOUT(stall, PART_CPU, 150);
    ABOUT(stall, PART_ASLEEP, 50);
    cr_assert(stall.is_estimated);
}

Test(model_stall, without_any_evidence_it_is_unknown)
{
    stream_turn(stream, 0, 100, 300, 0);
    struct stall stall = worst();
    ABOUT(stall, PART_UNKNOWN, 200);
}

Test(model_stall, every_part_of_the_threshold_or_half_of_it_is_a_cause)
{
    struct stall stall = {.wall_ns = 230, .part = {[PART_BLOCKED] = 180, [PART_CPU] = 30}};
    cr_assert(stall_is_caused_by(&stall, PART_BLOCKED, 20));
    cr_assert(stall_is_caused_by(&stall, PART_CPU, 20), "two causes side by side");
    cr_assert_not(stall_is_caused_by(&stall, PART_CPU, 31));
    cr_assert_not(stall_is_caused_by(&stall, PART_STARVED, 20));
    struct stall brief = {.wall_ns = 25, .part = {[PART_CPU] = 13, [PART_STARVED] = 12}};
    cr_assert(stall_is_caused_by(&brief, PART_CPU, 20), "half of it");
    cr_assert_not(stall_is_caused_by(&brief, PART_STARVED, 20));
}

Test(model_stall, a_sleep_and_a_computation_in_one_turn_are_two_causes)
{
    stream_usage(stream, 0, 100, 0, 0);
    stream_call(stream, 0, LSC_CALL_nanosleep, 0, 100, 300, LSC_FD_NONE, 0);
    stream_sample(stream, 0, 5, 100, 320);
    stream_turn(stream, 0, 100, 330, 0);
    stream_usage(stream, 0, 330, 30, 0);
    struct stall stall = worst();
    ABOUT(stall, PART_BLOCKED, 200);
    ABOUT(stall, PART_CPU, 30);
    size_t count;
    struct cause_row *rows = model_causes(session_model(session, 0), &count);
    cr_assert_eq(count, 1);
    cr_assert_eq(rows[0].key.part, PART_CPU);
    cr_assert_eq(rows[0].key.id, 5);
    free(rows);
}

Test(model_stall, cpu_time_is_shared_among_the_sampled_stacks)
{
    stream_usage(stream, 0, 100, 0, 0);
    for (unsigned i = 0; i < 16; i++)
        stream_sample(stream, 0, i % 4 ? 5 : 6, 100, 120 + i * 10);
    stream_turn(stream, 0, 100, 300, 0);
    stream_usage(stream, 0, 300, 200, 0);
    worst();
    size_t count;
    struct cause_row *rows = model_causes(session_model(session, 0), &count);
    cr_assert_eq(count, 2);
    cr_assert_eq(rows[0].key.id, 6);
    cr_assert(is_about(rows[0].total_ns, 50, 1));
    cr_assert(is_about(rows[1].total_ns, 150, 1));
    cr_assert_eq(rows[0].leads + rows[1].leads, 1, "one stall has one leading stack");
    free(rows);
}

Test(model_stall, a_turn_in_progress_is_a_stall_when_observed)
{
    stream_samples(stream, 0, 5, 100, 300);
    stream_now(stream, 0, 305, 100);
    struct stall stall = worst();
    cr_assert(stall.in_progress);
    cr_assert_eq(stall.wall_ns, 205000000);
    cr_assert_eq(stall.samples, 18);
}

Test(model_stall, samples_alone_tell_of_a_turn_that_never_ended)
{
    stream_samples(stream, 0, 5, 100, 300);
    struct stall stall = worst();
    cr_assert(stall.in_progress);
    cr_assert_eq(stall.wall_ns, 190000000, "the newest sample tells how far it had come");
}

Test(model_stall, a_call_in_progress_is_blocked_time_of_a_turn_in_progress)
{
    stream_item(stream, &(struct item){.kind = ITEM_NOW,
                                       .now = {.thread = 0,
                                               .time_ns = 300000000,
                                               .turn_since_ns = 100000000,
                                               .busy_since_ns = UINT64_MAX,
                                               .poll_since_ns = UINT64_MAX,
                                               .call_since_ns = 150000000,
                                               .call = LSC_CALL_connect}});
    struct stall stall = worst();
    ABOUT(stall, PART_BLOCKED, 150);
    size_t count;
    struct blocked_row *rows = model_blocked(session_model(session, 0), &count);
    cr_assert_eq(count, 1);
    cr_assert(rows[0].in_progress);
    cr_assert_eq(rows[0].key.call, LSC_CALL_connect);
    free(rows);
}

Test(model_stall, a_stalled_poll_answers_for_its_part_of_the_turn)
{
    stream_event(
        stream,
        &(struct event){.type = LSC_RECORD_POLL, .time_ns = 200000000, .arg = 90000000, .task = 3});
    stream_turn(stream, 0, 100, 300, 0);
    session = stream_apply(stream, 1);
    size_t count;
    struct stall *stalls = model_stalls(session_model(session, 0), &count);
    cr_assert_eq(count, 2);
    cr_assert_eq(stalls[0].wall_ns, 110000000);
    cr_assert_eq(stalls[1].task, 3);
    cr_assert_eq(stalls[1].wall_ns, 90000000);
    free(stalls);
}

Test(model_stall, a_stall_waits_for_the_reading_after_it)
{
    stream_usage(stream, 0, 100, 0, 0);
    stream_turn(stream, 0, 100, 300, 0);
    stream_turn(stream, 0, 301, 302, 0);
    stream_usage(stream, 0, 302, 201, 0);
    struct stall stall = worst();
    ABOUT(stall, PART_CPU, 200);
}

Test(model_stall, a_very_long_stall_keeps_its_shares_in_bounded_room)
{
    for (unsigned i = 0; i < 3000; i++)
        stream_sample(stream, 0, i < 1500 ? 5 : 6, 100, 120 + i);
    stream_turn(stream, 0, 100, 3200, 0);
    struct stall stall = worst();
    cr_assert_eq(stall.stack_count, 2);
    cr_assert(stall.stacks[0].count < 256 && stall.stacks[1].count < 256);
}

Test(model_stall, keeps_the_worst_of_very_many)
{
    for (unsigned i = 0; i < 1000; i++)
        stream_turn(stream, 0, 1000 + i * 100, 1021 + i * 100 + (i == 500 ? 70 : 0), 0);
    struct stall stall = worst();
    cr_assert_eq(stall.wall_ns, 91000000);
    const struct thread *thread = model_thread(session_model(session, 0), 0);
    cr_assert_eq(thread->loop->stalls, 1000);
}
