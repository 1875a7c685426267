/* SPDX-License-Identifier: MIT */
/* Stories of queues: files that wait for a pool whose other half looks names up, a backlog too
 * short for a burst, a writer that does not care whether anybody reads. */
#include "scenarios.h"

#include <stddef.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define PROGRAM "/srv/bin/server"
#define LIBUV "/usr/lib/libuv.so.1"

enum { FS_READ = 1, GETADDRINFO, TCP, BACKLOG, WRITE_QUEUE, LISTENER, PEER };
enum { FROM_READ = 11, FROM_LOOKUP, FROM_CONNECT, HASHING };

static const struct frame worker_frame[] = {FRAME("uv__worker", "", 0, LIBUV, FRAME_LIBRARY)};
static const struct frame from_read[] = {
    FRAME("uv_fs_read", "", 0, LIBUV, FRAME_LIBRARY),
    FRAME("read_next", "/src/files.c", 41, PROGRAM, FRAME_NATIVE),
    FRAME("on_timer", "/src/files.c", 60, PROGRAM, FRAME_NATIVE),
    FRAME("uv_run", "", 0, LIBUV, FRAME_LIBRARY),
    FRAME("main", "/src/main.c", 22, PROGRAM, FRAME_NATIVE),
};
static const struct frame from_lookup[] = {
    FRAME("uv_getaddrinfo", "", 0, LIBUV, FRAME_LIBRARY),
    FRAME("resolve_peers", "/src/peers.c", 33, PROGRAM, FRAME_NATIVE),
    FRAME("main", "/src/main.c", 18, PROGRAM, FRAME_NATIVE),
};
static const struct frame from_connect[] = {
    FRAME("uv_tcp_init", "", 0, LIBUV, FRAME_LIBRARY),
    FRAME("feed_open", "/src/feed.c", 27, PROGRAM, FRAME_NATIVE),
    FRAME("main", "/src/main.c", 20, PROGRAM, FRAME_NATIVE),
};
static const struct frame hashing[] = {
    FRAME("hash_password", "/src/login.c", 71, PROGRAM, FRAME_NATIVE),
    FRAME("on_login", "/src/login.c", 90, PROGRAM, FRAME_NATIVE),
    FRAME("uv_run", "", 0, LIBUV, FRAME_LIBRARY),
    FRAME("main", "/src/main.c", 22, PROGRAM, FRAME_NATIVE),
};

static void begin(struct stream *s)
{
    stream_item(s, &(struct item){.kind = ITEM_PROCESS,
                                  .process_info = {.pid = 300,
                                                   .ppid = 1,
                                                   .program = "server",
                                                   .command = "./server",
                                                   .command_bytes = 8,
                                                   .executable = PROGRAM,
                                                   .started_real_ns = 1700000000123456789,
                                                   .started_mono_ns = 5000000000,
                                                   .stall_ns = 20000000,
                                                   .block_ns = 1000000,
                                                   .depths = LSC_DEPTH_LOOP | LSC_DEPTH_BLOCKING |
                                                             LSC_DEPTH_POOLS | LSC_DEPTH_LIBUV}});
    stream_thread(s, 0, 300, "server", LSC_ROLE_LOOP);
    stream_string(s, FS_READ, "fs read");
    stream_string(s, GETADDRINFO, "getaddrinfo");
    stream_string(s, TCP, "tcp");
    stream_string(s, BACKLOG, "accept backlog");
    stream_string(s, WRITE_QUEUE, "write queue");
    stream_string(s, LISTENER, "127.0.0.1:8080");
    stream_string(s, PEER, "127.0.0.1:9000");
    stream_stack(s, FROM_READ, from_read, COUNT(from_read));
    stream_stack(s, FROM_LOOKUP, from_lookup, COUNT(from_lookup));
    stream_stack(s, FROM_CONNECT, from_connect, COUNT(from_connect));
    stream_stack(s, HASHING, hashing, COUNT(hashing));
    stream_turns(s, 0, 10, 200, 0.2, 5);
}

static void pool_of_four(struct stream *s)
{
    stream_item(s, &(struct item){.kind = ITEM_FRAMES,
                                  .frames = {.pc = 0x5000, .frames = worker_frame, .count = 1}});
    for (uint32_t i = 1; i <= 4; i++)
        stream_worker(s, i, 300 + i, "libuv-worker", 0x5000, 0x7f00);
}

static uint32_t first_free(const double *free_at, uint32_t count)
{
    uint32_t first = 0;
    for (uint32_t i = 1; i < count; i++)
        first = free_at[i] < free_at[first] ? i : first;
    return first;
}

/* Two of four workers wait two seconds for a name server that does not answer; a file is read every
 * 1.5 ms, for 4 ms, which two workers cannot keep up with and four could. */
void scenario_pool_starved(struct stream *s)
{
    enum { LOOKUPS = 2, READS = 1200, FIRST_READ = 100 };
    double free_at[4] = {3000, 3000, 1000, 1000};
    begin(s);
    pool_of_four(s);
    for (uint32_t i = 0; i < LOOKUPS; i++)
        stream_request(s, 1 + i, GETADDRINFO, FROM_LOOKUP, 1000);
    for (uint32_t i = 0; i < READS; i++) {
        double at = 1000 + 1.5 * i;
        uint32_t worker = first_free(free_at, 4);
        double begun = (at > free_at[worker] ? at : free_at[worker]) + 0.02;
        free_at[worker] = begun + 4;
        stream_request(s, FIRST_READ + i, FS_READ, FROM_READ, at);
        stream_job(s, 1 + worker, FIRST_READ + i, at, begun, begun + 4);
    }
    for (uint32_t i = 0; i < LOOKUPS; i++)
        stream_job(s, 1 + i, 1 + i, 1000, 1000.02, 3000);
    stream_turns(s, 0, 1100, 1000, 0.2, 2);
    stream_end(s, END_EXITED, 0, 3450);
}

/* Clients come while the loop computes; the kernel keeps eight of them. */
void scenario_backlog_burst(struct stream *s)
{
    begin(s);
    stream_resource(s, 1, BACKLOG, LISTENER, 0);
    stream_depth(s, 1, 1500, 0, 8);
    stream_usage(s, 0, 2000, 100, 0);
    stream_samples(s, 0, HASHING, 2000, 2900);
    stream_depth(s, 1, 2100, 5, 8);
    stream_depth(s, 1, 2150, 9, 8);
    stream_drop(s, 1, 2400, 25);
    stream_usage(s, 0, 2890, 990, 0);
    stream_turn(s, 0, 2000, 2900, 0);
    stream_depth(s, 1, 2905, 0, 8);
    stream_turns(s, 0, 2910, 200, 0.2, 5);
    stream_end(s, END_EXITED, 0, 4000);
}

/* 30 KB are written every 5 ms, of which the peer takes 10. */
void scenario_write_queue_grows(struct stream *s)
{
    begin(s);
    stream_task(s, 1, TCP, PEER, FROM_CONNECT, 900);
    stream_resource(s, 1, WRITE_QUEUE, PEER, 1);
    for (unsigned i = 0; i < 1200; i++) {
        stream_depth(s, 1, 1000 + i * 5, 20000 * i + 30000, 0);
        stream_depth(s, 1, 1003 + i * 5, 20000 * i + 20000, 0);
    }
    stream_turns(s, 0, 1100, 1000, 0.2, 5);
    stream_end(s, END_DETACHED, 0, 7010);
}
