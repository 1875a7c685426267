/* SPDX-License-Identifier: MIT */
/* Stories of programs on libuv: a healthy server whose turns are told by phase, a timer that a
 * neighbour makes late, handles that are never closed. */
#include "scenarios.h"

#include <stddef.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define PROGRAM "/srv/bin/server"
#define LIBUV "/usr/lib/libuv.so.1"

enum { TIMER = 1, TCP, ASYNC, NAME_BEAT, NAME_COMPACT, NAME_LISTEN, NAME_PEER, NAME_DONE };
enum { ON_BEAT = 11, ON_COMPACT, ON_CONNECTION, ON_READ, ON_WRITTEN, ON_CLOSED, ON_DONE };
enum { MAIN = 31, ACCEPT, BEGIN, COMPUTE };
enum { BEAT = 1, COMPACT, LISTENER, PEER, DONE, FIRST_REQUEST = 100 };

#define ONE(name, file, line)                                                                      \
    {                                                                                              \
        FRAME(name, file, line, PROGRAM, FRAME_NATIVE)                                             \
    }
static const struct frame on_beat[] = ONE("on_beat", "/src/beat.c", 18);
static const struct frame on_compact[] = ONE("on_compact", "/src/store.c", 96);
static const struct frame on_connection[] = ONE("on_connection", "/src/server.c", 61);
static const struct frame on_read[] = ONE("on_read", "/src/server.c", 30);
static const struct frame on_written[] = ONE("on_written", "/src/server.c", 22);
static const struct frame on_closed[] = ONE("on_closed", "/src/server.c", 15);
static const struct frame on_done[] = ONE("on_done", "/src/jobs.c", 40);
static const struct frame from_main[] = {
    FRAME("uv_timer_init", "", 0, LIBUV, FRAME_LIBRARY),
    FRAME("main", "/src/server.c", 120, PROGRAM, FRAME_NATIVE),
};
static const struct frame from_accept[] = {
    FRAME("uv_tcp_init", "", 0, LIBUV, FRAME_LIBRARY),
    FRAME("accept_one", "/src/server.c", 52, PROGRAM, FRAME_NATIVE),
    FRAME("on_connection", "/src/server.c", 64, PROGRAM, FRAME_NATIVE),
    FRAME("uv__server_io", "", 0, LIBUV, FRAME_LIBRARY),
    FRAME("main", "/src/server.c", 130, PROGRAM, FRAME_NATIVE),
};
static const struct frame from_begin[] = {
    FRAME("uv_timer_init", "", 0, LIBUV, FRAME_LIBRARY),
    FRAME("request_begin", "/src/request.c", 37, PROGRAM, FRAME_NATIVE),
    FRAME("on_read", "/src/server.c", 44, PROGRAM, FRAME_NATIVE),
    FRAME("uv__read", "", 0, LIBUV, FRAME_LIBRARY),
    FRAME("main", "/src/server.c", 130, PROGRAM, FRAME_NATIVE),
};
static const struct frame compute[] = {
    FRAME("merge_pages", "/src/store.c", 71, PROGRAM, FRAME_NATIVE),
    FRAME("on_compact", "/src/store.c", 99, PROGRAM, FRAME_NATIVE),
    FRAME("uv__run_timers", "", 0, LIBUV, FRAME_LIBRARY),
    FRAME("uv_run", "", 0, LIBUV, FRAME_LIBRARY),
    FRAME("main", "/src/server.c", 130, PROGRAM, FRAME_NATIVE),
};

static void names(struct stream *s)
{
    stream_string(s, TIMER, "timer");
    stream_string(s, TCP, "tcp");
    stream_string(s, ASYNC, "async");
    stream_string(s, NAME_BEAT, "10 ms");
    stream_string(s, NAME_COMPACT, "150 ms");
    stream_string(s, NAME_LISTEN, "0.0.0.0:8080");
    stream_string(s, NAME_PEER, "127.0.0.1:50112");
    stream_string(s, NAME_DONE, "fd 9");
    stream_stack(s, ON_BEAT, on_beat, 1);
    stream_stack(s, ON_COMPACT, on_compact, 1);
    stream_stack(s, ON_CONNECTION, on_connection, 1);
    stream_stack(s, ON_READ, on_read, 1);
    stream_stack(s, ON_WRITTEN, on_written, 1);
    stream_stack(s, ON_CLOSED, on_closed, 1);
    stream_stack(s, ON_DONE, on_done, 1);
    stream_stack(s, MAIN, from_main, COUNT(from_main));
    stream_stack(s, ACCEPT, from_accept, COUNT(from_accept));
    stream_stack(s, BEGIN, from_begin, COUNT(from_begin));
    stream_stack(s, COMPUTE, compute, COUNT(compute));
}

static void server(struct stream *s, const char *command)
{
    stream_item(s, &(struct item){.kind = ITEM_PROCESS,
                                  .process_info = {.pid = 640,
                                                   .ppid = 1,
                                                   .program = "server",
                                                   .command = command,
                                                   .command_bytes = strlen(command),
                                                   .executable = PROGRAM,
                                                   .started_real_ns = 1700000000123456789,
                                                   .stall_ns = 20000000,
                                                   .block_ns = 1000000,
                                                   .depths = LSC_DEPTH_LOOP | LSC_DEPTH_BLOCKING |
                                                             LSC_DEPTH_POOLS | LSC_DEPTH_LIBUV}});
    stream_thread(s, 0, 640, "server", LSC_ROLE_LOOP);
    stream_thread(s, 1, 641, "worker", 0);
    names(s);
    stream_task(s, BEAT, TIMER, NAME_BEAT, MAIN, 1);
    stream_task(s, COMPACT, TIMER, NAME_COMPACT, MAIN, 1);
    stream_task(s, LISTENER, TCP, NAME_LISTEN, MAIN, 1);
    stream_task(s, DONE, ASYNC, NAME_DONE, MAIN, 1);
}

/* One run of a callback in the turn that is told. */
static void run(struct stream *s, uint32_t task, uint32_t callback, enum lsc_phase phase,
                enum lsc_callback_role role, double from, double to)
{
    stream_poll(s, &(struct polled){.task = task,
                                    .callback = callback,
                                    .phase = phase,
                                    .role = role,
                                    .from_ms = from,
                                    .to_ms = to,
                                    .delay_ms = phase == LSC_PHASE_TIMERS ? 0.25 : 0});
}

static void serve_one(struct stream *s, unsigned i)
{
    uint32_t peer = PEER | i << LSC_HANDLE_SLOT_BITS;
    double at = 10 + i * 10;
    run(s, LISTENER, ON_CONNECTION, LSC_PHASE_POLL, LSC_CALLBACK_CONNECTION, at, at + 0.05);
    stream_task(s, peer, TCP, NAME_PEER, ACCEPT, at + 0.02);
    run(s, peer, ON_READ, LSC_PHASE_POLL, LSC_CALLBACK_READ, at + 0.06, at + 0.2);
    run(s, peer, ON_WRITTEN, LSC_PHASE_POLL, LSC_CALLBACK_WRITE, at + 0.21, at + 0.22);
    run(s, DONE, ON_DONE, LSC_PHASE_POLL, LSC_CALLBACK_OWN, at + 0.23, at + 0.25);
    run(s, peer, ON_CLOSED, LSC_PHASE_CLOSING, LSC_CALLBACK_CLOSE, at + 0.26, at + 0.27);
    stream_task_end(s, peer, at + 0.27);
    run(s, BEAT, ON_BEAT, LSC_PHASE_TIMERS, LSC_CALLBACK_OWN, at + 0.28, at + 0.3);
    stream_turn(s, 0, at - 0.02, at + 0.33, 0);
}

void scenario_uv_server(struct stream *s)
{
    server(s, "/srv/bin/server --port 8080");
    for (unsigned i = 0; i < 300; i++)
        serve_one(s, i);
    stream_end(s, END_DETACHED, 0, 3020);
}

void scenario_uv_timer_late(struct stream *s)
{
    server(s, "/srv/bin/server --compact");
    for (unsigned i = 0; i < 20; i++) {
        double at = 100 + i * 150;
        for (unsigned k = 0; k < 8; k++) {
            run(s, BEAT, ON_BEAT, LSC_PHASE_TIMERS, LSC_CALLBACK_OWN, at + k * 10 + 0.01,
                at + k * 10 + 0.05);
            stream_turn(s, 0, at + k * 10, at + k * 10 + 0.06, 0);
        }
        double busy = at + 80;
        stream_usage(s, 0, busy, 10 + i * 60, 0);
        stream_samples(s, 0, COMPUTE, busy, busy + 60);
        run(s, COMPACT, ON_COMPACT, LSC_PHASE_TIMERS, LSC_CALLBACK_OWN, busy + 0.01, busy + 60);
        stream_poll(s, &(struct polled){.task = BEAT,
                                        .callback = ON_BEAT,
                                        .phase = LSC_PHASE_TIMERS,
                                        .from_ms = busy + 60,
                                        .to_ms = busy + 60.04,
                                        .delay_ms = 52 + i % 4});
        stream_turn(s, 0, busy, busy + 60.1, 0);
        stream_usage(s, 0, busy + 60.2, 70 + i * 60, 0);
    }
    stream_end(s, END_EXITED, 0, 3150);
}

void scenario_uv_handle_leak(struct stream *s)
{
    server(s, "/srv/bin/server --port 8080");
    stream_task(s, PEER, TCP, NAME_PEER, ACCEPT, 2);
    for (unsigned i = 0; i < 800; i++) {
        double at = 10 + i * 5;
        stream_task(s, FIRST_REQUEST + i, TIMER, 0, BEGIN, at + 0.05);
        run(s, PEER, ON_READ, LSC_PHASE_POLL, LSC_CALLBACK_READ, at + 0.01, at + 0.1);
        stream_turn(s, 0, at, at + 0.13, 0);
    }
    stream_end(s, END_EXITED, 0, 4020);
}
