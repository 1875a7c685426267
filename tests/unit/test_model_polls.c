/* SPDX-License-Identifier: MIT */
/* Callbacks of libuv in the model: rows by function, phases of turns, late timers and their
 * neighbours, wakes, and stalls that belong to a callback. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "analyzers/model/polls.h"
#include "stream.h"

enum { KIND_TIMER = 1, KIND_TCP, KIND_ASYNC };
enum { ON_TICK = 11, ON_READ, ON_ASYNC, SENDER, SLEEPER };
enum { TIMER = 1, TCP, ASYNC };

static struct stream *stream;
static struct session *session;

static void begin(void)
{
    stream = stream_new();
    stream_process(stream, 1, "prog", "prog");
    stream_thread(stream, 0, 77, "prog", LSC_ROLE_LOOP);
    stream_string(stream, KIND_TIMER, "timer");
    stream_string(stream, KIND_TCP, "tcp");
    stream_string(stream, KIND_ASYNC, "async");
    stream_task(stream, TIMER, KIND_TIMER, 0, 0, 1);
    stream_task(stream, TCP, KIND_TCP, 0, 0, 1);
    stream_task(stream, ASYNC, KIND_ASYNC, 0, 0, 1);
    stream_turns(stream, 0, 2, 4, 0.5, 1);
}

static void end(void)
{
    session_delete(session);
    stream_delete(stream);
}

static const struct model *apply(void)
{
    session = stream_apply(stream, 50);
    return session_model(session, 0);
}

static void tick(double from, double to, double delay)
{
    stream_poll(stream, &(struct polled){.task = TIMER,
                                         .callback = ON_TICK,
                                         .phase = LSC_PHASE_TIMERS,
                                         .from_ms = from,
                                         .to_ms = to,
                                         .delay_ms = delay});
}

static void got(double from, double to)
{
    stream_poll(stream, &(struct polled){.task = TCP,
                                         .callback = ON_READ,
                                         .phase = LSC_PHASE_POLL,
                                         .role = LSC_CALLBACK_READ,
                                         .from_ms = from,
                                         .to_ms = to});
}

static uint64_t ms(double value)
{
    return (uint64_t)(value * 1e6 + 0.5);
}

TestSuite(model_polls, .init = begin, .fini = end);

Test(model_polls, a_callback_row_holds_count_total_worst_delay_and_where_it_ran)
{
    tick(10, 11, 0.5);
    tick(20, 23, 1.5);
    got(30, 31);
    const struct model *model = apply();
    cr_assert_eq(model_callback_count(model), 2);
    const struct callback_row *row = model_callback_at(model, 0);
    cr_assert_eq(row->key.callback, ON_TICK);
    cr_assert_eq(CALLBACK_KIND(row->key.what), KIND_TIMER);
    cr_assert_eq(CALLBACK_PHASE(row->key.what), LSC_PHASE_TIMERS);
    cr_assert_eq(row->count, 2);
    cr_assert_eq(row->total_ns, ms(4));
    cr_assert_eq(row->worst_ns, ms(3));
    cr_assert_eq(row->delay_ns, ms(2));
    cr_assert_eq(row->worst_delay_ns, ms(1.5));
    cr_assert_eq(row->first_ns, ms(10));
    cr_assert_eq(row->last_ns, ms(23));
    cr_assert_eq(CALLBACK_ROLE(model_callback_at(model, 1)->key.what), LSC_CALLBACK_READ);
    cr_assert_null(model_callback_at(model, 2));
}

Test(model_polls, phases_and_the_rest_add_up_to_the_busy_time_of_the_loop)
{
    got(10.5, 13);
    got(13.5, 14);
    tick(14, 15, 0);
    stream_turn(stream, 0, 10, 16, 0);
    const struct thread *thread = model_thread(apply(), 0);
    const struct loop_time *time = thread_time(thread);
    cr_assert_not_null(time);
    cr_assert_eq(time->phase_ns[LSC_PHASE_POLL], ms(3));
    cr_assert_eq(time->phase_ns[LSC_PHASE_TIMERS], ms(1));
    cr_assert_eq(time->other_ns, ms(2 + 4 * 0.5), "turns before the first poll are no poll");
    cr_assert_eq(thread->loop->busy_ns, ms(8));
}

Test(model_polls, polls_before_the_first_turn_cannot_take_longer_than_their_turn)
{
    tick(100, 190, 0);
    tick(198, 199, 0);
    stream_turn(stream, 0, 197, 200, 0);
    const struct loop_time *time = thread_time(model_thread(apply(), 0));
    cr_assert_eq(time->phase_ns[LSC_PHASE_TIMERS], ms(3));
    cr_assert_eq(time->other_ns, ms(2));
}

Test(model_polls, a_poll_nested_in_another_counts_once)
{
    got(12, 14);
    tick(11, 17, 0);
    stream_turn(stream, 0, 10, 20, 0);
    const struct loop_time *time = thread_time(model_thread(apply(), 0));
    cr_assert_eq(time->phase_ns[LSC_PHASE_POLL], ms(2));
    cr_assert_eq(time->phase_ns[LSC_PHASE_TIMERS], ms(4));
    cr_assert_eq(time->other_ns, ms(4 + 2));
}

/* Times are whole microseconds, so that short polls seem to lie in one another. */
Test(model_polls, polls_that_overlap_by_rounding_are_not_nested)
{
    for (unsigned i = 0; i < 1000; i++) {
        double at = 100 + i / 1000.0;
        got(at - 0.0005, at);
        tick(at - 0.0008, at, 0);
    }
    stream_turn(stream, 0, 99, 102, 0);
    const struct loop_time *time = thread_time(model_thread(apply(), 0));
    cr_assert_eq(time->phase_ns[LSC_PHASE_POLL], 500000);
    cr_assert_eq(time->phase_ns[LSC_PHASE_TIMERS], 800000);
}

Test(model_polls, the_worst_turns_are_kept_longest_first_with_their_longest_callback)
{
    for (unsigned i = 0; i < 8; i++) {
        double at = 100 + i * 20, length = i == 5 ? 15 : 1 + i;
        got(at, at + length / 2);
        tick(at + length / 2, at + length / 2 + 0.25, 0);
        stream_turn(stream, 0, at, at + length, 0);
    }
    const struct loop_time *time = thread_time(model_thread(apply(), 0));
    static const double lengths[] = {15, 8, 7, 5};
    cr_assert_eq(time->worst_count, WORST_TURNS);
    for (unsigned i = 0; i < WORST_TURNS; i++)
        cr_assert_eq(time->worst[i].end_ns - time->worst[i].start_ns, ms(lengths[i]), "%u", i);
    cr_assert_eq(time->worst[0].callback, ON_READ);
    cr_assert_eq(time->worst[0].longest_ns, ms(7.5));
    cr_assert_eq(time->worst[0].phase_ns[LSC_PHASE_POLL], ms(7.5));
}

Test(model_polls, a_late_timer_is_laid_to_the_callback_with_most_of_the_time_it_was_due)
{
    got(100, 135);
    stream_poll(stream, &(struct polled){.task = ASYNC,
                                         .callback = ON_ASYNC,
                                         .phase = LSC_PHASE_POLL,
                                         .from_ms = 136,
                                         .to_ms = 140});
    tick(141, 142, 31);
    stream_turn(stream, 0, 99, 143, 0);
    const struct model *model = apply();
    cr_assert_eq(model_late_count(model), 1);
    const struct late_row *row = model_late_at(model, 0);
    cr_assert_eq(row->key.callback, ON_TICK);
    cr_assert_eq(row->key.neighbour, ON_READ);
    cr_assert_eq(row->worst_ns, ms(31));
    cr_assert_eq(row->overlap_ns, ms(25), "only while it was due: from 110 on");
    cr_assert_eq(row->worst_task, TIMER);
    cr_assert_eq(row->neighbour_task, TCP);
}

static void done(double from, double to)
{
    stream_poll(stream, &(struct polled){.task = ASYNC,
                                         .callback = ON_ASYNC,
                                         .phase = LSC_PHASE_POLL,
                                         .from_ms = from,
                                         .to_ms = to});
}

Test(model_polls, what_is_nested_in_a_neighbour_does_not_push_others_out)
{
    got(100, 115);
    done(117, 118);
    done(116, 119);
    tick(120, 121, 20);
    cr_assert_eq(model_late_at(apply(), 0)->key.neighbour, ON_READ);
}

Test(model_polls, the_rest_of_a_turn_is_not_blamed_on_a_poll_that_was_judged)
{
    got(100, 160);
    for (unsigned i = 0; i < 4; i++)
        done(160 + i * 10, 169 + i * 10);
    stream_turn(stream, 0, 100, 200, 0);
    size_t stalls;
    struct stall *stall = model_stalls(apply(), &stalls);
    cr_assert_eq(stalls, 2);
    cr_assert_eq(stall[0].callback, ON_READ);
    cr_assert_eq(stall[1].callback, ON_ASYNC);
    cr_assert_eq(stall[1].wall_ns, ms(40));
    free(stall);
}

Test(model_polls, many_short_runs_of_one_function_make_a_timer_late_together)
{
    for (unsigned i = 0; i < 500; i++)
        got(100 + i * 0.1, 100 + i * 0.1 + 0.09);
    tick(150, 151, 45);
    const struct late_row *row = model_late_at(apply(), 0);
    cr_assert_eq(row->key.neighbour, ON_READ);
    cr_assert_geq(row->overlap_ns, ms(40));
    cr_assert_eq(row->neighbour_runs, 500);
}

Test(model_polls, a_blocking_call_outside_of_callbacks_makes_a_timer_late_too)
{
    got(100, 101);
    stream_call(stream, 0, LSC_CALL_nanosleep, SLEEPER, 102, 150, LSC_FD_NONE, 0);
    tick(151, 152, 50);
    cr_assert_eq(model_late_at(apply(), 0)->key.neighbour, SLEEPER);
}

Test(model_polls, a_timer_late_without_any_work_of_the_loop_has_no_neighbour)
{
    got(100, 101);
    tick(151, 152, 50);
    const struct model *model = apply();
    cr_assert_eq(model_late_count(model), 1);
    cr_assert_eq(model_late_at(model, 0)->key.neighbour, 0);
}

Test(model_polls, a_timer_a_little_late_and_a_request_long_under_way_are_not_late)
{
    got(100, 118);
    tick(119, 120, 19);
    stream_poll(stream,
                &(struct polled){.task = TCP, .from_ms = 130, .to_ms = 131, .delay_ms = 5000});
    cr_assert_eq(model_late_count(apply()), 0);
}

Test(model_polls, the_delay_of_a_poll_is_what_the_probe_says_before_the_wake)
{
    stream_wake(stream, 1, ASYNC, SENDER, 50);
    stream_poll(stream, &(struct polled){.task = ASYNC, .from_ms = 60, .to_ms = 61, .delay_ms = 3});
    const struct task_row *task = model_task(apply(), ASYNC);
    cr_assert_eq(task->delay_ns->max, ms(3));
    cr_assert_eq(task->worst_delay_ns, ms(3));
}

Test(model_polls, the_most_frequent_waker_of_a_task_is_known_by_thread_and_stack)
{
    for (unsigned i = 0; i <= 1000; i++)
        stream_wake(stream, i % 10 ? 3 : 4 + i % 7, ASYNC, i % 10 ? SENDER : i, 100 + i);
    const struct task_row *task = model_task(apply(), ASYNC);
    const struct wake_sender *waker = task_waker(task);
    cr_assert_not_null(waker);
    cr_assert_eq(waker->thread, 3);
    cr_assert_eq(waker->place, SENDER);
    cr_assert_not(waker->is_site);
    cr_assert_geq(waker->count, 800);
    cr_assert_eq(task->first_woken_ns, ms(100));
    cr_assert_eq(task->last_woken_ns, ms(1100));
    cr_assert_null(task_waker(model_task(session_model(session, 0), TCP)), "nobody wakes it");
}

Test(model_polls, turns_that_serve_one_task_alone_are_counted_for_it)
{
    for (unsigned i = 0; i < 3; i++) {
        stream_poll(stream, &(struct polled){
                                .task = ASYNC, .from_ms = 100 + i * 10, .to_ms = 101 + i * 10});
        if (i == 2)
            got(124, 125);
        stream_turn(stream, 0, 100 + i * 10, 104 + i * 10, 0);
    }
    stream_turn(stream, 0, 200, 201, 0);
    const struct task_row *task = model_task(apply(), ASYNC);
    cr_assert_eq(task->sole_turns, 2);
    cr_assert_eq(task->sole_ns, ms(8));
    cr_assert_eq(task->sole_work_ns, ms(2));
    cr_assert_eq(model_task(session_model(session, 0), TCP)->sole_turns, 0);
}

Test(model_polls, a_stalled_callback_is_one_stall_and_its_function_is_blamed_without_a_sample)
{
    got(100, 180);
    stream_turn(stream, 0, 99, 182, 0);
    const struct model *model = apply();
    size_t stalls, causes;
    struct stall *stall = model_stalls(model, &stalls);
    struct cause_row *cause = model_causes(model, &causes);
    cr_assert_eq(stalls, 1, "the turn around it has no stall of its own");
    cr_assert_eq(stall->task, TCP);
    cr_assert_eq(stall->callback, ON_READ);
    cr_assert_eq(stall->wall_ns, ms(80));
    cr_assert_eq(causes, 1);
    cr_assert_eq(cause->key.id, ON_READ);
    cr_assert_eq(cause->samples, 0, "none was taken");
    cr_assert_eq(cause->task, TCP);
    cr_assert_eq(CALLBACK_ROLE(cause->what), LSC_CALLBACK_READ);
    free(stall);
    free(cause);
}

Test(model_polls, a_stall_with_samples_keeps_them)
{
    stream_stack(stream, 5, (struct frame[]){FRAME("f", "f.c", 1, "prog", FRAME_NATIVE)}, 1);
    stream_samples(stream, 0, 5, 100, 180);
    got(100, 180);
    stream_turn(stream, 0, 99, 182, 0);
    size_t causes;
    struct cause_row *cause = model_causes(apply(), &causes);
    cr_assert_eq(causes, 1);
    cr_assert_eq(cause->key.id, 5);
    cr_assert_eq(cause->callback, ON_READ);
    free(cause);
}

Test(model_polls, a_turn_of_many_short_callbacks_is_blamed_on_the_function_with_half_of_it)
{
    for (unsigned i = 0; i < 10; i++) {
        got(100 + i * 10, 107 + i * 10);
        tick(107 + i * 10, 109 + i * 10, 0);
    }
    stream_turn(stream, 0, 100, 200, 0);
    size_t stalls;
    struct stall *stall = model_stalls(apply(), &stalls);
    cr_assert_eq(stalls, 1);
    cr_assert_eq(stall->callback, ON_READ);
    free(stall);
}

Test(model_polls, a_stall_in_a_stall_is_not_counted_twice)
{
    got(120, 150);
    tick(100, 190, 0);
    stream_turn(stream, 0, 99, 191, 0);
    size_t stalls;
    struct stall *stall = model_stalls(apply(), &stalls);
    cr_assert_eq(stalls, 2);
    cr_assert_eq(stall[0].wall_ns, ms(60));
    cr_assert_eq(stall[0].task, TIMER);
    cr_assert_eq(stall[1].wall_ns, ms(30));
    free(stall);
}

Test(model_polls, a_blocking_call_knows_the_callback_that_made_it)
{
    stream_call(stream, 0, LSC_CALL_fsync, SLEEPER, 99.99, 105.9, LSC_FD_FILE, 0);
    got(100, 106);
    stream_turn(stream, 0, 99, 107, 0);
    size_t count;
    struct blocked_row *row = model_blocked(apply(), &count);
    cr_assert_eq(count, 1);
    cr_assert_eq(row->task, TCP);
    cr_assert_eq(row->callback, ON_READ);
    free(row);
}

Test(model_polls, a_stall_in_progress_names_the_task_that_runs)
{
    stream_item(stream, &(struct item){.kind = ITEM_NOW,
                                       .now = {.thread = 0,
                                               .time_ns = ms(400),
                                               .turn_since_ns = ms(100),
                                               .busy_since_ns = MODEL_NEVER,
                                               .poll_since_ns = ms(110),
                                               .call_since_ns = MODEL_NEVER,
                                               .current_task = TCP}});
    size_t stalls;
    struct stall *stall = model_stalls(apply(), &stalls);
    cr_assert_eq(stalls, 1);
    cr_assert(stall->in_progress);
    cr_assert_eq(stall->task, TCP);
    cr_assert_eq(CALLBACK_KIND(stall->what), KIND_TCP);
    free(stall);
}

Test(model_polls, a_call_in_progress_names_the_task_that_makes_it)
{
    stream_item(stream, &(struct item){.kind = ITEM_NOW,
                                       .now = {.thread = 0,
                                               .time_ns = ms(400),
                                               .turn_since_ns = ms(100),
                                               .busy_since_ns = MODEL_NEVER,
                                               .poll_since_ns = ms(110),
                                               .call_since_ns = ms(120),
                                               .call = LSC_CALL_read,
                                               .current_task = TCP}});
    size_t count;
    struct blocked_row *row = model_blocked(apply(), &count);
    cr_assert_eq(count, 1);
    cr_assert_eq(row->task, TCP);
    cr_assert_eq(CALLBACK_KIND(row->what), KIND_TCP);
    free(row);
}

Test(model_polls, a_turn_in_progress_does_not_count_a_poll_that_was_judged)
{
    got(100, 390);
    stream_now(stream, 0, 395, 99);
    size_t stalls;
    struct stall *stall = model_stalls(apply(), &stalls);
    cr_assert_eq(stalls, 1);
    cr_assert_not(stall->in_progress);
    free(stall);
}

Test(model_polls, what_does_not_fit_the_rows_of_callbacks_is_counted)
{
    for (uint32_t i = 1; i < 9000; i++)
        stream_poll(stream,
                    &(struct polled){.task = TCP, .callback = i, .from_ms = i, .to_ms = i + 0.1});
    const struct model *model = apply();
    cr_assert_eq(model_callback_count(model), 8192);
    cr_assert_gt(model_unheld(model)->rows, 0);
}

Test(model_polls, phases_roles_and_kinds_beyond_the_known_are_none)
{
    stream_task(stream, 9, 0x7fffffff, 0, 0, 1);
    stream_event(stream, &(struct event){.type = LSC_RECORD_POLL,
                                         .task = 9,
                                         .time_ns = UINT64_MAX,
                                         .arg = UINT64_MAX,
                                         .arg2 = UINT64_MAX,
                                         .flags = 0xffff & ~LSC_POLL_BLOCKING});
    stream_turn(stream, 0, 100, 110, 0);
    cr_assert_eq(model_callback_at(apply(), 0)->key.what, 0);
}
