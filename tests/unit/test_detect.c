/* SPDX-License-Identifier: MIT */
/* Each detector with its finding and its healthy twin. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "judged.h"

#define APP "/srv/app"
static const struct frame file_frames[] = {
    FRAME("read", "", 0, "libc.so.6", FRAME_SYSTEM),
    FRAME("uv__fs_read", "", 0, "/usr/bin/node", FRAME_LIBRARY),
    FRAME("readFileSync", "node:fs", 448, "[jit]", FRAME_SCRIPT_CORE),
    FRAME("loadConfig", APP "/config.js", 9, "[jit]", FRAME_SCRIPT),
    FRAME("main", "", 0, "/usr/bin/node", FRAME_LIBRARY),
};
static const struct frame other_path[] = {
    FRAME("read", "", 0, "libc.so.6", FRAME_SYSTEM),
    FRAME("readFileSync", "node:fs", 448, "[jit]", FRAME_SCRIPT_CORE),
    FRAME("loadConfig", APP "/config.js", 9, "[jit]", FRAME_SCRIPT),
    FRAME("reload", APP "/admin.js", 20, "[jit]", FRAME_SCRIPT),
};
static const struct frame match_frames[] = {
    FRAME("stringmatchlen", "util.c", 5, "redis", FRAME_NATIVE),
    FRAME("keysCommand", "db.c", 610, "redis", FRAME_NATIVE),
    FRAME("main", "server.c", 1, "redis", FRAME_NATIVE),
};
static const struct frame next_frames[] = {
    FRAME("dictNext", "dict.c", 7, "redis", FRAME_NATIVE),
    FRAME("keysCommand", "db.c", 606, "redis", FRAME_NATIVE),
    FRAME("main", "server.c", 1, "redis", FRAME_NATIVE),
};
static const struct frame first_callback[] = {
    FRAME("parse", "a.c", 5, "prog", FRAME_NATIVE),
    FRAME("uv_run", "", 0, "libuv.so.1", FRAME_LIBRARY),
    FRAME("main", "m.c", 1, "prog", FRAME_NATIVE),
};
static const struct frame second_callback[] = {
    FRAME("render", "b.c", 9, "prog", FRAME_NATIVE),
    FRAME("uv_run", "", 0, "libuv.so.1", FRAME_LIBRARY),
    FRAME("main", "m.c", 1, "prog", FRAME_NATIVE),
};
static const struct frame stripped_frames[] = {
    FRAME("read", "", 0, "libc.so.6", FRAME_SYSTEM),
    FRAME("", "", 0, "redis", FRAME_NATIVE),
    FRAME("debugCommand", "", 0, "redis", FRAME_NATIVE),
    FRAME("main", "", 0, "redis", FRAME_NATIVE),
};
static const struct frame collecting_frames[] = {
    FRAME("uv_cond_wait", "", 0, "node", FRAME_LIBRARY),
    FRAME("v8::base::ConditionVariable::Wait(v8::base::Mutex*)", "", 0, "node", FRAME_LIBRARY),
    FRAME("v8::platform::DefaultJobState::Join()", "", 0, "node", FRAME_LIBRARY),
    FRAME("v8::internal::Heap::CollectGarbage()", "", 0, "node", FRAME_LIBRARY),
    FRAME("uv_run", "", 0, "node", FRAME_LIBRARY),
};
static const struct frame log_frames[] = {
    FRAME("write", "", 0, "libc.so.6", FRAME_SYSTEM),
    FRAME("ngx_http_log_write", "", 0, "nginx", FRAME_NATIVE),
    FRAME("ngx_http_log_handler", "", 0, "nginx", FRAME_NATIVE),
};
static void begin(void)
{
    stream = stream_new();
    stream_process(stream, 1, "prog", "prog");
    stream_thread(stream, 0, 77, "prog", LSC_ROLE_LOOP);
    stream_turns(stream, 0, 10, 100, 0.5, 10);
}

/* A turn of which `cpu_ms` were computed under `stack`. */
static void busy_turn(uint32_t stack, double at, double wall, double cpu)
{
    static double used;
    stream_usage(stream, 0, at, used, 0);
    stream_samples(stream, 0, stack, at, at + wall);
    stream_turn(stream, 0, at, at + wall, 0);
    used += cpu;
    stream_usage(stream, 0, at + wall, used, 0);
}

TestSuite(detect, .init = begin, .fini = judged_end);

Test(detect, a_healthy_loop_has_no_finding_and_every_loop_detector_says_ok)
{
    judge();
    cr_assert_eq(findings->count, 0);
    cr_assert_eq(verdict("blocking-call"), VERDICT_OK);
    cr_assert_eq(verdict("cpu-stall"), VERDICT_OK);
    cr_assert_eq(verdict("queue-saturated"), VERDICT_NOT_YET, "no pool was seen");
}

Test(detect, too_few_turns_give_no_verdict)
{
    struct stream *full = stream;
    stream = stream_new();
    stream_process(stream, 1, "prog", "prog");
    stream_turn(stream, 0, 1, 2, 0);
    stream_delete(full);
    judge();
    cr_assert_eq(verdict("blocking-call"), VERDICT_NOT_YET);
    cr_assert_eq(verdict("starved"), VERDICT_NOT_YET);
}

Test(detect, a_blocking_call_is_one_finding_of_the_users_function_whatever_called_it)
{
    STACK(1, file_frames);
    STACK(2, other_path);
    stream_call(stream, 0, LSC_CALL_read, 1, 2000, 2200, LSC_FD_PIPE, 0);
    stream_turn(stream, 0, 1999, 2201, 0);
    stream_call(stream, 0, LSC_CALL_read, 2, 3000, 3100, LSC_FD_PIPE, 0);
    stream_turn(stream, 0, 2999, 3101, 0);
    judge();
    const struct finding *finding = found("blocking-call");
    cr_assert_eq(findings->count, 1);
    cr_assert_str_eq(finding->where->function, "loadConfig");
    cr_assert_eq(finding->where->line, 9);
    cr_assert_str_eq(finding->call, "read");
    cr_assert_eq(finding->count, 2);
    cr_assert_eq(finding->total_ns, 300000000);
    cr_assert_eq(finding->worst_ns, 200000000);
    cr_assert_eq(finding->first_ns, 2000000000);
    cr_assert_eq(finding->last_ns, 3100000000);
    cr_assert_eq(finding->severity, SEVERITY_CRITICAL);
    cr_assert(has(finding->title, "2 times, 300 ms in total, at worst 200 ms, in read on a pipe "
                                  "called by loadConfig (config.js:9)"),
              "%s", finding->title);
    cr_assert(has(finding->advice, "fs.promises.readFile"), "%s", finding->advice);
}

Test(detect, in_a_stripped_program_the_innermost_function_with_a_name_is_blamed)
{
    STACK(1, stripped_frames);
    stream_call(stream, 0, LSC_CALL_read, 1, 2000, 2200, LSC_FD_PIPE, 0);
    stream_turn(stream, 0, 1999, 2201, 0);
    judge();
    cr_assert_str_eq(found("blocking-call")->where->function, "debugCommand");
}

Test(detect, a_short_blocking_call_now_and_then_is_a_note)
{
    for (unsigned i = 0; i < 5; i++)
        stream_call(stream, 0, LSC_CALL_open, 0, 2000 + i * 1000, 2003 + i * 1000, LSC_FD_NONE, 0);
    stream_turn(stream, 0, 9000, 9001, 0);
    judge();
    cr_assert_eq(findings->count, 1);
    cr_assert_eq(findings->items[0].severity, SEVERITY_NOTE);
}

Test(detect, blocking_calls_that_take_a_tenth_of_the_loops_time_are_critical)
{
    for (unsigned i = 0; i < 100; i++) {
        stream_call(stream, 0, LSC_CALL_fsync, 0, 2000 + i * 20, 2005 + i * 20, LSC_FD_FILE, 0);
        stream_turn(stream, 0, 2000 + i * 20, 2006 + i * 20, 0);
    }
    judge();
    cr_assert_eq(found("blocking-call")->severity, SEVERITY_CRITICAL);
}

Test(detect, a_delayed_write_to_a_nonblocking_socket_is_at_most_a_note)
{
    stream_call(stream, 0, LSC_CALL_writev, 0, 2000, 2300, LSC_FD_SOCKET, LSC_CALL_NONBLOCKING);
    stream_turn(stream, 0, 3000, 3001, 0);
    judge();
    const struct finding *finding = found("blocking-call");
    cr_assert_eq(finding->severity, SEVERITY_NOTE);
    cr_assert_str_eq(finding->cause, "delayed");
}

Test(detect, one_turn_of_25_ms_on_a_busy_machine_is_a_note)
{
    busy_turn(0, 2000, 25, 20);
    stream_turns(stream, 0, 2100, 1000, 0.5, 10);
    judge();
    cr_assert_eq(findings_count(findings, SEVERITY_WARNING), 0);
    cr_assert_eq(found("cpu-stall")->severity, SEVERITY_NOTE);
}

Test(detect, a_call_in_progress_says_that_it_is_still_going_on)
{
    stream_item(stream, &(struct item){.kind = ITEM_NOW,
                                       .now = {.thread = 0,
                                               .time_ns = 2500000000,
                                               .turn_since_ns = 2000000000,
                                               .busy_since_ns = UINT64_MAX,
                                               .poll_since_ns = UINT64_MAX,
                                               .call_since_ns = 2000000000,
                                               .call = LSC_CALL_getaddrinfo}});
    judge();
    const struct finding *finding = found("blocking-call");
    cr_assert(finding->in_progress);
    cr_assert(has(finding->title, "still going on"), "%s", finding->title);
    cr_assert_eq(finding->worst_ns, 500000000);
}

Test(detect, sleep_outside_known_calls_is_told_by_its_wait_channel)
{
    stream_string(stream, 40, "do_epoll_wait");
    stream_usage(stream, 0, 2000, 0, 0);
    stream_state(stream, 0, 2050, 'S', 40);
    stream_turn(stream, 0, 2000, 2100, 0);
    stream_usage(stream, 0, 2100, 0, 0);
    judge();
    const struct finding *finding = found("blocking-call");
    cr_assert_str_eq(finding->cause, "asleep");
    cr_assert(has(finding->title, "do_epoll_wait"), "%s", finding->title);
}

Test(detect, a_lock_is_a_lock_stall_and_no_blocking_call)
{
    stream_call(stream, 0, LSC_CALL_pthread_mutex_lock, 0, 2000, 2300, LSC_FD_NONE, 0);
    stream_turn(stream, 0, 2000, 2300, 0);
    judge();
    cr_assert_null(found("blocking-call"));
    cr_assert_eq(found("lock-stall")->worst_ns, 300000000);
    cr_assert_str_eq(found("lock-stall")->cause, "lock");
    cr_assert_null(found("cpu-stall"), "the lock explains the turn");
}

Test(detect, short_calls_that_add_up_are_told_with_their_worst_turn)
{
    STACK(1, file_frames);
    for (unsigned i = 0; i < 20; i++) {
        stream_calls(stream, 0, LSC_CALL_read, 1, 2000 + i * 50, i == 7 ? 45 : 10, 300);
        stream_turn(stream, 0, 1954 + i * 50, 2000 + i * 50, 0);
    }
    judge();
    const struct finding *finding = found("short-blocking-calls");
    cr_assert_eq(finding->total_ns, 235000000);
    cr_assert_eq(finding->worst_ns, 45000000);
    cr_assert_eq(finding->severity, SEVERITY_WARNING);
    cr_assert(has(finding->title, "235 ms in 6000 short calls of read"), "%s", finding->title);
}

Test(detect, short_calls_in_non_blocking_mode_are_at_most_a_note)
{
    for (unsigned i = 0; i < 100; i++) {
        struct event event = {.time_ns = (uint64_t)(2000 + i * 10) * 1000000,
                              .arg = 4000000,
                              .arg2 = LSC_CALL_send | 100u << 16,
                              .type = LSC_RECORD_CALLS,
                              .flags = LSC_CALL_NONBLOCKING};
        stream_event(stream, &event);
        stream_turn(stream, 0, 1995 + i * 10, 2000 + i * 10, 0);
    }
    judge();
    cr_assert_eq(found("short-blocking-calls")->total_ns, 400000000);
    cr_assert_eq(found("short-blocking-calls")->severity, SEVERITY_NOTE);
}

Test(detect, few_short_calls_are_a_note)
{
    stream_calls(stream, 0, LSC_CALL_read, 0, 900, 2, 40);
    judge();
    cr_assert_eq(found("short-blocking-calls")->severity, SEVERITY_NOTE);
}

Test(detect, cpu_time_is_blamed_on_the_function_whose_helpers_took_it)
{
    STACK(1, match_frames);
    STACK(2, next_frames);
    stream_usage(stream, 0, 2000, 0, 0);
    for (unsigned i = 0; i < 28; i++)
        stream_sample(stream, 0, 1 + i % 2, 2000, 2020 + i * 10);
    stream_turn(stream, 0, 2000, 2300, 0);
    stream_usage(stream, 0, 2300, 300, 0);
    judge();
    const struct finding *finding = found("cpu-stall");
    cr_assert_eq(findings->count, 1);
    cr_assert_str_eq(finding->where->function, "keysCommand");
    cr_assert_eq(finding->count, 1);
    cr_assert_eq(finding->worst_ns, 300000000);
    cr_assert(has(finding->advice, "SCAN"), "%s", finding->advice);
}

Test(detect, a_stray_sample_is_no_finding)
{
    STACK(1, first_callback);
    STACK(2, second_callback);
    stream_usage(stream, 0, 2000, 0, 0);
    for (unsigned i = 0; i < 40; i++)
        stream_sample(stream, 0, i == 9 ? 2 : 1, 2000, 2020 + i * 7);
    stream_turn(stream, 0, 2000, 2300, 0);
    stream_usage(stream, 0, 2300, 300, 0);
    judge();
    cr_assert_eq(findings->count, 1);
    cr_assert_str_eq(findings->items[0].where->function, "parse");
}

Test(detect, two_callbacks_of_one_turn_are_two_findings)
{
    STACK(1, first_callback);
    STACK(2, second_callback);
    stream_usage(stream, 0, 2000, 0, 0);
    for (unsigned i = 0; i < 28; i++)
        stream_sample(stream, 0, i < 14 ? 1 : 2, 2000, 2020 + i * 10);
    stream_turn(stream, 0, 2000, 2300, 0);
    stream_usage(stream, 0, 2300, 300, 0);
    judge();
    cr_assert_eq(findings->count, 2);
    cr_assert(has(found("cpu-stall")->title, "parse") ||
              has(found_nth("cpu-stall", 1)->title, "parse"));
    cr_assert_eq(found_nth("cpu-stall", 1)->worst_ns, 150000000);
}

Test(detect, a_turn_with_a_sleep_and_a_computation_yields_both)
{
    STACK(1, first_callback);
    stream_usage(stream, 0, 2000, 0, 0);
    stream_call(stream, 0, LSC_CALL_nanosleep, 1, 2000, 2200, LSC_FD_NONE, 0);
    stream_sample(stream, 0, 1, 2000, 2220);
    stream_turn(stream, 0, 2000, 2230, 0);
    stream_usage(stream, 0, 2230, 30, 0);
    judge();
    cr_assert_eq(found("blocking-call")->total_ns, 200000000);
    cr_assert_eq(found("cpu-stall")->total_ns, 30000000);
    cr_assert_eq(findings->items[0].total_ns, 200000000, "the worse one is first");
}

Test(detect, a_stall_in_progress_without_an_end_is_told)
{
    STACK(1, first_callback);
    stream_samples(stream, 0, 1, 2000, 2600);
    judge();
    const struct finding *finding = found("cpu-stall");
    cr_assert(finding->in_progress);
    cr_assert_eq(finding->worst_ns, 590000000);
    cr_assert_str_eq(finding->where->function, "parse");
}

Test(detect, a_stall_that_nothing_explains_is_told_as_such)
{
    stream_turn(stream, 0, 2000, 2300, 0);
    judge();
    cr_assert_str_eq(found("cpu-stall")->cause, "unknown");
}

Test(detect, page_faults_are_no_cpu_stall)
{
    stream_usage(stream, 0, 2000, 0, 0);
    stream_faults(stream, 0, 2000, 0, 0);
    stream_turn(stream, 0, 2000, 2300, 0);
    stream_usage(stream, 0, 2300, 20, 0);
    stream_faults(stream, 0, 2300, 40, 270);
    judge();
    const struct finding *finding = found("fault-stall");
    cr_assert_eq(finding->worst_ns, 270000000);
    cr_assert(has(finding->title, "40 major page faults"), "%s", finding->title);
    cr_assert_null(found("blocking-call"));
}

static void starved_turns(unsigned count, double wait)
{
    for (unsigned i = 0; i < count; i++) {
        double at = 2000 + i * 1000;
        stream_usage(stream, 0, at, i, i * wait);
        stream_turn(stream, 0, at, at + wait + 1, 0);
        stream_usage(stream, 0, at + wait + 1, i + 1, (i + 1) * wait);
    }
}

Test(detect, a_loop_without_a_cpu_is_starved_and_not_busy)
{
    starved_turns(4, 80);
    judge();
    const struct finding *finding = found("starved");
    cr_assert_eq(finding->severity, SEVERITY_WARNING);
    cr_assert_eq(finding->count, 4);
    cr_assert_null(found("cpu-stall"));
}

Test(detect, being_starved_twice_is_a_note_unless_it_was_very_long)
{
    starved_turns(2, 80);
    judge();
    cr_assert_eq(found("starved")->severity, SEVERITY_NOTE);
}

Test(detect, being_starved_once_for_ten_thresholds_is_no_note)
{
    starved_turns(1, 230);
    judge();
    cr_assert_eq(found("starved")->severity, SEVERITY_CRITICAL);
}

static void pool_of_four(double busy_ms, unsigned busy)
{
    static const struct frame worker[] = {FRAME("worker", "", 0, "/usr/bin/node", FRAME_LIBRARY)};
    stream_item(stream, &(struct item){.kind = ITEM_FRAMES,
                                       .frames = {.pc = 0x5000, .frames = worker, .count = 1}});
    for (uint32_t i = 1; i <= 4; i++)
        stream_worker(stream, i, 200 + i, "node", 0x5000, 0x7000);
    for (uint32_t i = 1; i <= busy; i++)
        stream_work(stream, i, 2000, 2000 + busy_ms, 0x7000);
    stream_turn(stream, 0, 9000, 9001, 0);
}

Test(detect, a_pool_with_every_worker_busy_is_saturated)
{
    pool_of_four(800, 4);
    judge();
    const struct finding *finding = found("queue-saturated");
    cr_assert_eq(finding->severity, SEVERITY_WARNING);
    cr_assert_eq(finding->worst_ns, 800000000);
    cr_assert(has(finding->title, "All 4 workers of the libuv thread pool were busy for 800 ms"),
              "%s", finding->title);
    cr_assert(has(finding->advice, "UV_THREADPOOL_SIZE"));
}

Test(detect, a_pool_with_one_free_worker_is_not_saturated)
{
    pool_of_four(800, 3);
    judge();
    cr_assert_eq(findings->count, 0);
    cr_assert_eq(verdict("queue-saturated"), VERDICT_OK);
}

Test(detect, a_pool_that_was_full_for_a_moment_is_not_saturated)
{
    pool_of_four(60, 4);
    judge();
    cr_assert_eq(findings->count, 0);
}

Test(detect, threads_that_nobody_saw_begin_are_called_as_they_call_themselves)
{
    for (uint32_t i = 1; i <= 4; i++) {
        stream_worker(stream, i, 200 + i, "bg_purge", 0, 0x7000);
        stream_work(stream, i, 2000, 2800, 0x7000);
    }
    stream_turn(stream, 0, 9000, 9001, 0);
    judge();
    const struct finding *finding = found("queue-saturated");
    cr_assert(has(finding->title, "threads 'bg_purge'"), "%s", finding->title);
}

Test(detect, a_long_name_is_cut_between_characters)
{
    char name[128] = "a"; /* 80 bytes would end within a character */
    for (unsigned i = 0; i < 40; i++)
        strcat(name, "日");
    stream_string(stream, 1, "channel");
    stream_string(stream, 2, name);
    stream_item(stream, &(struct item){.kind = ITEM_RESOURCE,
                                       .resource = {.handle = 5, .kind = 1, .name = 2}});
    stream_depth(stream, 5, 2000, 8, 8);
    stream_turn(stream, 0, 2900, 2901, 0);
    judge();
    const struct finding *finding = found("queue-saturated");
    strcpy(name + 1 + 26 * 3, "'");
    cr_assert(has(finding->title, name), "%s", finding->title);
    cr_assert(!has(finding->title, "?"), "%s", finding->title);
}

Test(detect, a_queue_at_its_capacity_is_saturated)
{
    stream_string(stream, 1, "channel");
    stream_string(stream, 2, "jobs");
    stream_item(stream, &(struct item){.kind = ITEM_RESOURCE,
                                       .resource = {.handle = 5, .kind = 1, .name = 2}});
    stream_event(
        stream,
        &(struct event){
            .type = LSC_RECORD_DEPTH, .task = 5, .time_ns = 2000000000, .arg = 8, .arg2 = 8});
    stream_turn(stream, 0, 2900, 2901, 0);
    judge();
    const struct finding *finding = found("queue-saturated");
    cr_assert(has(finding->title, "channel 'jobs' was full (8 of 8) for 901 ms"), "%s",
              finding->title);
    cr_assert(finding->in_progress);
}

Test(detect, severity_follows_its_rule_at_the_very_edges)
{
    const uint64_t stall = 20000000, long_time = 1000 * stall;
    cr_assert_eq(severity_of(&severity_default, stall, 1, 10 * stall, 10 * stall, long_time),
                 SEVERITY_CRITICAL);
    cr_assert_eq(
        severity_of(&severity_default, stall, 1, 10 * stall - 1, 10 * stall - 1, long_time),
        SEVERITY_WARNING);
    cr_assert_eq(severity_of(&severity_default, stall, 9, 50000000 - 1, 99999999, long_time),
                 SEVERITY_NOTE);
    cr_assert_eq(severity_of(&severity_default, stall, 9, stall, 10 * stall, 100 * stall),
                 SEVERITY_CRITICAL, "a tenth of the time");
    cr_assert_eq(severity_of(&severity_default, stall, 9, stall, 5 * stall, 250 * stall),
                 SEVERITY_WARNING, "a fiftieth");
}

Test(detect, calls_on_many_threads_are_one_finding_that_says_so)
{
    STACK(1, file_frames);
    for (uint32_t i = 0; i < 3; i++) {
        stream_thread(stream, i, 77 + i, "worker", LSC_ROLE_LOOP);
        stream_call(stream, i, LSC_CALL_read, 1, 2000, 2100 + i, LSC_FD_FILE, 0);
        stream_turn(stream, i, 2000, 2200, 0);
    }
    judge();
    cr_assert_eq(found("blocking-call")->count, 3);
    cr_assert(has(found("blocking-call")->title,
                  "The loops of 3 threads (worst: 'worker', tid 79) were blocked "),
              "%s", found("blocking-call")->title);
}

Test(detect, durations_read_like_people_write_them)
{
    char out[DURATION_BYTES];
    cr_assert_str_eq(duration_text(out, 0), "0 ns");
    cr_assert_str_eq(duration_text(out, 85000), "85 µs");
    cr_assert_str_eq(duration_text(out, 1250000), "1.3 ms");
    cr_assert_str_eq(duration_text(out, 612000000), "612 ms");
    cr_assert_str_eq(duration_text(out, 999999), "1.0 ms");
    cr_assert_str_eq(duration_text(out, 1249000000), "1.2 s");
    cr_assert_str_eq(duration_text(out, 125000000000), "2 min 5 s");
    cr_assert_str_eq(duration_text(out, UINT64_MAX), "5124095 h 34 min");
}

Test(detect, a_cover_of_a_wait_is_not_blamed_but_who_called_it)
{
    STACK(30, collecting_frames);
    stream_call(stream, 0, LSC_CALL_pthread_cond_wait, 30, 200, 260, LSC_FD_NONE, 0);
    stream_turn(stream, 0, 199, 261, 0);
    judge();
    const struct finding *wait = found("lock-stall");
    cr_assert_not_null(wait);
    cr_expect_str_eq(wait->where->function, "v8::platform::DefaultJobState::Join()");
    cr_expect(has(wait->advice, "garbage collector"), "%s", wait->advice);
}

Test(detect, a_log_that_nginx_writes_is_answered_with_a_buffer)
{
    STACK(31, log_frames);
    stream_call(stream, 0, LSC_CALL_write, 31, 200, 260, LSC_FD_FILE, 0);
    stream_turn(stream, 0, 199, 261, 0);
    judge();
    const struct finding *call = found("blocking-call");
    cr_assert_not_null(call);
    cr_expect(has(call->advice, "access_log"), "%s", call->advice);
}
