/* SPDX-License-Identifier: MIT */
/* The detectors of timers, leaks and wakes, each with its finding and its healthy twin; and what
 * findings say of the callback they happened in. */
#include <criterion/criterion.h>
#include <string.h>

#include "judged.h"

enum { KIND_TIMER = 1, KIND_TCP, KIND_ASYNC, KIND_WORK, NAME_BEAT, NAME_PEER, NAME_WAKER };
enum { ON_BEAT = 11, ON_READ, ON_WAKE, MAKE_TIMER, MAKE_TCP, MAKE_ASYNC, SEND, READ_FILE };
enum { BEAT = 1, PEER, WAKER, FIRST_OF_MANY = 100 };

static const struct frame on_beat[] = {FRAME("on_beat", "/src/beat.c", 10, "prog", FRAME_NATIVE)};
static const struct frame on_read[] = {FRAME("on_read", "/src/peer.c", 20, "prog", FRAME_NATIVE)};
static const struct frame on_wake[] = {FRAME("on_wake", "/src/wake.c", 30, "prog", FRAME_NATIVE)};
static const struct frame make_timer[] = {
    FRAME("uv_timer_init", "", 0, "libuv.so.1", FRAME_LIBRARY),
    FRAME("begin_request", "/src/request.c", 40, "prog", FRAME_NATIVE),
    FRAME("main", "/src/main.c", 1, "prog", FRAME_NATIVE),
};
static const struct frame make_tcp[] = {
    FRAME("on_connection", "/src/listen.c", 50, "prog", FRAME_NATIVE)};
static const struct frame make_async[] = {FRAME("main", "/src/main.c", 60, "prog", FRAME_NATIVE)};
static const struct frame send_one[] = {
    FRAME("uv_async_send", "", 0, "libuv.so.1", FRAME_LIBRARY),
    FRAME("produce", "/src/producer.c", 70, "prog", FRAME_NATIVE),
};
static const struct frame read_file[] = {
    FRAME("read", "", 0, "libc.so.6", FRAME_SYSTEM),
    FRAME("load", "/src/peer.c", 25, "prog", FRAME_NATIVE),
    FRAME("on_read", "/src/peer.c", 21, "prog", FRAME_NATIVE),
};
static void begin(void)
{
    stream = stream_new();
    stream_process(stream, 1, "prog", "prog");
    stream_thread(stream, 0, 77, "loop", LSC_ROLE_LOOP);
    stream_thread(stream, 1, 78, "producer", 0);
    stream_string(stream, KIND_TIMER, "timer");
    stream_string(stream, KIND_TCP, "tcp");
    stream_string(stream, KIND_ASYNC, "async");
    stream_string(stream, KIND_WORK, "work");
    stream_string(stream, NAME_BEAT, "every 10 ms");
    stream_string(stream, NAME_PEER, "127.0.0.1:8080");
    stream_string(stream, NAME_WAKER, "jobs done");
    STACK(ON_BEAT, on_beat);
    STACK(ON_READ, on_read);
    STACK(ON_WAKE, on_wake);
    STACK(MAKE_TIMER, make_timer);
    STACK(MAKE_TCP, make_tcp);
    STACK(MAKE_ASYNC, make_async);
    STACK(SEND, send_one);
    STACK(READ_FILE, read_file);
    stream_task(stream, BEAT, KIND_TIMER, NAME_BEAT, MAKE_TIMER, 1);
    stream_task(stream, PEER, KIND_TCP, NAME_PEER, MAKE_TCP, 1);
    stream_task(stream, WAKER, KIND_ASYNC, NAME_WAKER, MAKE_ASYNC, 1);
    stream_turns(stream, 0, 2, 20, 0.5, 1);
}

static void beat(double from, double to, double delay)
{
    stream_poll(stream, &(struct polled){.task = BEAT,
                                         .callback = ON_BEAT,
                                         .phase = LSC_PHASE_TIMERS,
                                         .from_ms = from,
                                         .to_ms = to,
                                         .delay_ms = delay});
}

static void got(double from, double to)
{
    stream_poll(stream, &(struct polled){.task = PEER,
                                         .callback = ON_READ,
                                         .phase = LSC_PHASE_POLL,
                                         .role = LSC_CALLBACK_READ,
                                         .from_ms = from,
                                         .to_ms = to});
}

static const char *fact(const struct finding *finding, const char *key)
{
    for (unsigned i = 0; i < finding->fact_count; i++)
        if (strcmp(finding->facts[i].key, key) == 0)
            return finding->facts[i].text;
    return "";
}

#define ASSERT_TITLE(finding, expected)                                                            \
    do {                                                                                           \
        cr_assert_not_null(finding);                                                               \
        cr_assert_str_eq((finding)->title, expected);                                              \
    } while (0)

TestSuite(detect_polls, .init = begin, .fini = judged_end);

Test(detect_polls, a_program_without_tasks_is_not_judged_by_them)
{
    session = session_new();
    session_apply(session,
                  &(struct item){.kind = ITEM_PROCESS, .process_info = {.pid = 1, .program = "p"}});
    findings = findings_of(session_model(session, 0));
    cr_assert_eq(verdict("timer-late"), VERDICT_NOT_YET);
    cr_assert_eq(verdict("task-leak"), VERDICT_NOT_YET);
    cr_assert_eq(verdict("wake-storm"), VERDICT_NOT_YET);
}

Test(detect_polls, a_timer_made_late_names_the_function_that_kept_the_loop)
{
    for (unsigned i = 0; i < 5; i++) {
        got(100 + i * 100, 160 + i * 100);
        beat(160.5 + i * 100, 161 + i * 100, 55);
        stream_turn(stream, 0, 99 + i * 100, 162 + i * 100, 0);
    }
    judge();
    const struct finding *finding = found("timer-late");
    ASSERT_TITLE(finding, "The timer 'every 10 ms' of on_beat (beat.c:10), created by "
                          "begin_request (request.c:40), was late 5 times, 275 ms in total, at "
                          "worst 55 ms, because its loop was in on_read (peer.c:20), the read "
                          "callback of tcp '127.0.0.1:8080', created by on_connection "
                          "(listen.c:50), for 55 ms of the worst delay.");
    cr_assert_eq(finding->severity, SEVERITY_WARNING);
    cr_assert_str_eq(finding->where->function, "on_read");
    cr_assert_str_eq(fact(finding, "timer_created_by"), "begin_request (request.c:40)");
    cr_assert_null(found_nth("timer-late", 1), "one mistake, one finding");
}

/* A neighbour's poll of 199 ms, of which it ran for so long. */
static void held_up(double cpu_ms)
{
    double used = 1, waited = 0;
    for (unsigned i = 0; i < 5; i++) {
        double at = 100 + i * 1000;
        stream_usage(stream, 0, at, used, waited);
        got(at, at + 199);
        beat(at + 199, at + 199.1, 180);
        stream_turn(stream, 0, at, at + 200, 0);
        used += cpu_ms;
        waited += 200 - cpu_ms;
        stream_usage(stream, 0, at + 201, used, waited);
    }
}

Test(detect_polls, a_neighbour_that_got_no_cpu_is_a_note)
{
    held_up(4);
    judge();
    const struct finding *finding = found("timer-late");
    cr_assert_not_null(finding);
    cr_assert_eq(finding->severity, SEVERITY_NOTE);
    cr_assert(strstr(finding->title, "got no CPU most of that time"), "%s", finding->title);
}

Test(detect_polls, a_neighbour_that_works_too_long_on_a_busy_machine_is_none)
{
    held_up(90);
    judge();
    cr_assert_not_null(found("timer-late"));
    cr_assert_eq(found("timer-late")->severity, SEVERITY_WARNING);
}

Test(detect_polls, a_timer_that_its_own_function_makes_late_says_so)
{
    beat(100, 160, 0);
    beat(160, 220, 50);
    beat(220, 280, 50);
    stream_turn(stream, 0, 99, 281, 0);
    judge();
    const struct finding *finding = found("timer-late");
    cr_assert_not_null(finding);
    cr_assert(strstr(finding->title, "because its own function took longer than its period"), "%s",
              finding->title);
}

Test(detect_polls, timers_in_time_and_those_late_for_want_of_a_cpu_are_no_finding)
{
    for (unsigned i = 0; i < 100; i++) {
        beat(100 + i * 10, 101 + i * 10, 2);
        stream_turn(stream, 0, 100 + i * 10, 102 + i * 10, 0);
    }
    beat(1150, 1151, 48);
    judge();
    cr_assert_eq(verdict("timer-late"), VERDICT_OK);
    cr_assert_eq(findings->count, 0);
}

/* `count` tasks of one kind, one every `every_ms`. */
static void make_many(uint32_t kind, uint32_t stack, unsigned count, double every_ms)
{
    for (unsigned i = 0; i < count; i++)
        stream_task(stream, FIRST_OF_MANY + i, kind, 0, stack, 100 + i * every_ms);
}

Test(detect_polls, handles_that_are_never_closed_name_where_they_are_made)
{
    make_many(KIND_TIMER, MAKE_TIMER, 800, 5);
    judge();
    const struct finding *finding = found("task-leak");
    cr_assert_not_null(finding);
    cr_assert(strstr(finding->title, "The timer handles created by begin_request (request.c:40) "
                                     "only accumulate: 801 are alive, about 1"),
              "%s", finding->title);
    cr_assert(strstr(finding->title, "of 801 created none was closed."), "%s", finding->title);
    cr_assert_str_eq(finding->where->function, "begin_request");
    cr_assert_eq(finding->severity, SEVERITY_WARNING);
    cr_assert_null(found_nth("task-leak", 1));
}

Test(detect_polls, handles_made_by_one_function_on_several_ways_are_one_leak)
{
    static const struct frame other_way[] = {
        FRAME("begin_request", "/src/request.c", 40, "prog", FRAME_NATIVE),
        FRAME("retry", "/src/request.c", 90, "prog", FRAME_NATIVE),
    };
    stream_stack(stream, 50, other_way, 2);
    for (unsigned i = 0; i < 800; i++)
        stream_task(stream, FIRST_OF_MANY + i, KIND_TIMER, 0, i % 4 ? MAKE_TIMER : 50, 100 + i * 5);
    judge();
    const struct finding *finding = found("task-leak");
    cr_assert_not_null(finding);
    cr_assert_eq(finding->count, 801);
    cr_assert_null(found_nth("task-leak", 1));
}

Test(detect_polls, handles_that_are_closed_in_time_do_not_leak)
{
    for (unsigned i = 0; i < 808; i++) {
        if (i < 800)
            stream_task(stream, FIRST_OF_MANY + i, KIND_TIMER, 0, MAKE_TIMER, 100 + i * 5);
        if (i >= 8)
            stream_task_end(stream, FIRST_OF_MANY + i - 8, 100 + i * 5);
    }
    judge();
    cr_assert_eq(verdict("task-leak"), VERDICT_OK);
}

Test(detect_polls, handles_of_which_many_are_closed_do_not_leak)
{
    for (unsigned i = 0; i < 400; i++) {
        stream_task(stream, FIRST_OF_MANY + i, KIND_TCP, 0, MAKE_TCP, 100 + i * 10);
        if (i % 3 == 0)
            stream_task_end(stream, FIRST_OF_MANY + i, 105 + i * 10);
    }
    judge();
    cr_assert_eq(verdict("task-leak"), VERDICT_OK);
}

Test(detect_polls, connections_that_come_and_are_in_use_do_not_leak)
{
    for (unsigned i = 0; i < 400; i++) {
        double at = 100 + i * 10;
        stream_task(stream, FIRST_OF_MANY + i, KIND_TCP, 0, MAKE_TCP, at);
        for (unsigned k = i % 20; k <= i; k += 20)
            stream_poll(stream, &(struct polled){.task = FIRST_OF_MANY + k,
                                                 .callback = ON_READ,
                                                 .from_ms = at + 1,
                                                 .to_ms = at + 1.001});
    }
    judge();
    cr_assert_eq(verdict("task-leak"), VERDICT_OK);
}

Test(detect_polls, connections_that_nobody_uses_any_more_leak)
{
    make_many(KIND_TCP, MAKE_TCP, 400, 10);
    judge();
    const struct finding *finding = found("task-leak");
    cr_assert_not_null(finding);
    cr_assert(strstr(finding->title, "The tcp handles created by on_connection (listen.c:50)"));
}

Test(detect_polls, requests_under_way_are_no_leak_until_they_are_old)
{
    make_many(KIND_WORK, MAKE_TCP, 400, 10);
    judge();
    cr_assert_null(found("task-leak"));
}

Test(detect_polls, requests_that_never_end_leak)
{
    make_many(KIND_WORK, MAKE_TCP, 800, 100);
    judge();
    const struct finding *finding = found("task-leak");
    cr_assert_not_null(finding);
    cr_assert(strstr(finding->title, "The work requests"), "%s", finding->title);
}

Test(detect_polls, a_few_more_handles_in_a_short_run_are_not_yet_judged)
{
    make_many(KIND_TIMER, MAKE_TIMER, 100, 10);
    judge();
    cr_assert_eq(verdict("task-leak"), VERDICT_NOT_YET);
}

/* An async handle woken `rate` times in each of 2000 ms, its turn `turn_ms` long with `work_ms`. */
static void wakes(unsigned rate, double turn_ms, double work_ms)
{
    for (unsigned i = 0; i < 2000; i++) {
        for (unsigned k = 0; k < rate; k++)
            stream_wake(stream, 1, WAKER, SEND, 100 + i + k * 0.001);
        stream_poll(stream, &(struct polled){.task = WAKER,
                                             .callback = ON_WAKE,
                                             .phase = LSC_PHASE_POLL,
                                             .from_ms = 100.3 + i,
                                             .to_ms = 100.3 + i + work_ms});
        stream_turn(stream, 0, 100.25 + i, 100.25 + i + turn_ms, 0);
    }
}

Test(detect_polls, a_loop_that_turns_for_one_wake_after_the_other_names_the_sender)
{
    wakes(1, 0.3, 0.01);
    judge();
    const struct finding *finding = found("wake-storm");
    ASSERT_TITLE(finding, "The async 'jobs done' created by main (main.c:60) was woken 2000 "
                          "times, 1000 a second, mostly by produce (producer.c:70) on thread "
                          "'producer' (tid 78): 2000 turns of its loop served nothing else and "
                          "took 600 ms, of which its work was 20 ms.");
    cr_assert_str_eq(finding->where->function, "produce");
    cr_assert_eq(finding->severity, SEVERITY_WARNING);
}

Test(detect_polls, wakes_for_work_worth_its_turn_are_no_storm)
{
    wakes(1, 0.3, 0.2);
    judge();
    cr_assert_eq(verdict("wake-storm"), VERDICT_OK);
}

Test(detect_polls, wakes_of_a_loop_with_time_to_spare_are_no_storm)
{
    wakes(1, 0.03, 0.001);
    judge();
    cr_assert_eq(verdict("wake-storm"), VERDICT_OK);
}

Test(detect_polls, hundreds_of_wakes_for_one_run_are_a_note)
{
    wakes(250, 0.3, 0.2);
    judge();
    const struct finding *finding = found("wake-storm");
    cr_assert_not_null(finding);
    cr_assert(strstr(finding->title, "but ran only 2000 times: 250 wakes for each run."), "%s",
              finding->title);
    cr_assert_eq(finding->severity, SEVERITY_NOTE);
}

Test(detect_polls, a_stall_names_its_function_and_handle_without_a_sample)
{
    got(100, 190);
    stream_turn(stream, 0, 99, 191, 0);
    judge();
    cr_assert_eq(findings->count, 1, "not one for the turn and one for the poll");
    ASSERT_TITLE(found("cpu-stall"),
                 "The loop of thread 'loop' (tid 77) was late once, for 90 ms, by on_read "
                 "(peer.c:20), the read callback of tcp '127.0.0.1:8080', created by "
                 "on_connection (listen.c:50).");
    cr_assert_str_eq(fact(found("cpu-stall"), "task"), "tcp '127.0.0.1:8080'");
    cr_assert_str_eq(fact(found("cpu-stall"), "phase"), "poll");
}

Test(detect_polls, a_blocking_call_names_the_handle_whose_callback_made_it)
{
    stream_call(stream, 0, LSC_CALL_read, READ_FILE, 101, 189, LSC_FD_FILE, 0);
    got(100, 190);
    stream_turn(stream, 0, 99, 191, 0);
    judge();
    cr_assert_eq(findings->count, 1);
    ASSERT_TITLE(found("blocking-call"),
                 "The loop of thread 'loop' (tid 77) was blocked once, for 88 ms, in read on a "
                 "file called by load (peer.c:25), in the read callback of tcp "
                 "'127.0.0.1:8080', created by on_connection (listen.c:50).");
}

Test(detect_polls, a_handle_that_is_gone_is_called_by_its_kind)
{
    got(100, 190);
    stream_turn(stream, 0, 99, 191, 0);
    stream_task(stream, PEER | 1u << LSC_HANDLE_SLOT_BITS, KIND_TIMER, 0, MAKE_TIMER, 200);
    judge();
    cr_assert(strstr(found("cpu-stall")->title, ", the read callback of tcp."), "%s",
              found("cpu-stall")->title);
}
