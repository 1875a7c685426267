/* SPDX-License-Identifier: MIT */
/* The stories: a Node server with two blocking calls and a computation, Redis with a slow command,
 * a healthy nginx, a pre-fork server, a killed program, a program without a loop. */
#include "scenarios.h"

#include <stddef.h>

#define NODE "/usr/bin/node"
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct frame exec_frames[] = {
    FRAME("epoll_wait", "", 0, "/lib/x86_64-linux-gnu/libc.so.6", FRAME_SYSTEM),
    FRAME("uv__io_poll", "", 0, NODE, FRAME_LIBRARY),
    FRAME("uv_run", "", 0, NODE, FRAME_LIBRARY),
    FRAME("node::SyncProcessRunner::Spawn", "", 0, NODE, FRAME_LIBRARY),
    FRAME("spawnSync", "node:internal/child_process", 1120, "[jit]", FRAME_SCRIPT_CORE),
    FRAME("spawnSync", "node:child_process", 876, "[jit]", FRAME_SCRIPT_CORE),
    FRAME("execSync", "node:child_process", 962, "[jit]", FRAME_SCRIPT_CORE),
    FRAME("runJob", "/srv/app/server.js", 12, "[jit]", FRAME_SCRIPT),
    FRAME("handle", "/srv/app/server.js", 30, "[jit]", FRAME_SCRIPT),
    FRAME("emit", "node:events", 517, "[jit]", FRAME_SCRIPT_CORE),
    FRAME("parserOnIncoming", "node:_http_server", 1130, "[jit]", FRAME_SCRIPT_CORE),
    FRAME("node::InternalMakeCallback", "", 0, NODE, FRAME_LIBRARY),
    FRAME("uv__read", "", 0, NODE, FRAME_LIBRARY),
    FRAME("uv_run", "", 0, NODE, FRAME_LIBRARY),
    FRAME("node::SpinEventLoop", "", 0, NODE, FRAME_LIBRARY),
    FRAME("main", "", 0, NODE, FRAME_LIBRARY),
};
static const struct frame hash_frames[] = {
    FRAME("sha512_block_data_order_avx2", "", 0, NODE, FRAME_LIBRARY),
    FRAME("PKCS5_PBKDF2_HMAC", "", 0, NODE, FRAME_LIBRARY),
    FRAME("pbkdf2Sync", "node:internal/crypto/pbkdf2", 78, "[jit]", FRAME_SCRIPT_CORE),
    FRAME("hashPassword", "/srv/app/auth.js", 44, "[jit]", FRAME_SCRIPT),
    FRAME("login", "/srv/app/auth.js", 61, "[jit]", FRAME_SCRIPT),
    FRAME("uv_run", "", 0, NODE, FRAME_LIBRARY),
    FRAME("main", "", 0, NODE, FRAME_LIBRARY),
};
static const struct frame worker_frame[] = {FRAME("worker", "", 0, NODE, FRAME_LIBRARY)};

static void node_threads(struct stream *s)
{
    stream_thread(s, 0, 4711, "node", LSC_ROLE_LOOP);
    stream_item(s, &(struct item){.kind = ITEM_FRAMES,
                                  .frames = {.pc = 0x5000, .frames = worker_frame, .count = 1}});
    for (uint32_t i = 1; i <= 4; i++)
        stream_worker(s, i, 4711 + i, "node", 0x5000, 0x7f00);
    stream_stack(s, 1, exec_frames, COUNT(exec_frames));
    stream_stack(s, 2, hash_frames, COUNT(hash_frames));
}

static void node_exec(struct stream *s, double at)
{
    stream_call(s, 0, LSC_CALL_epoll_wait, 1, at + 2, at + 205, LSC_FD_EVENT, 0);
    stream_usage(s, 0, at + 20, at / 100, 0);
    stream_turn(s, 0, at, at + 206, 0);
}

static void node_stalled(struct stream *s)
{
    stream_process(s, 4711, "node", "/usr/bin/node server.js");
    node_threads(s);
    stream_turns(s, 0, 100, 400, 0.2, 4);
    for (unsigned i = 0; i < 3; i++)
        node_exec(s, 2000 + i * 1000);
    for (unsigned i = 0; i < 2; i++) {
        double at = 5000 + i * 500;
        stream_usage(s, 0, at + 20, 100 + i * 200 + 20, 0);
        stream_samples(s, 0, 2, at, at + 130);
        stream_usage(s, 0, at + 125, 100 + i * 200 + 125, 0);
        stream_turn(s, 0, at, at + 130, 0);
        stream_turn(s, 0, at + 130, at + 130.3, LSC_TURN_READY_AT_ONCE);
    }
    for (uint32_t i = 1; i <= 4; i++)
        stream_work(s, i, 6000, 6000 + 410 + i, 0x7f00);
    stream_turns(s, 0, 6000, 100, 0.1, 4);
    stream_call(s, 0, LSC_CALL_read, 0, 6410, 6411.5, LSC_FD_FILE, 0);
    stream_turn(s, 0, 6409, 6412, 0);
    stream_end(s, END_EXITED, 0, 7000);
}

#define REDIS "/usr/bin/redis-check-rdb"
static const struct frame keys_match[] = {
    FRAME("stringmatchlen_impl", "", 0, REDIS, FRAME_NATIVE),
    FRAME("keysCommand", "", 0, REDIS, FRAME_NATIVE),
    FRAME("call", "", 0, REDIS, FRAME_NATIVE),
    FRAME("processCommand", "", 0, REDIS, FRAME_NATIVE),
    FRAME("readQueryFromClient", "", 0, REDIS, FRAME_NATIVE),
    FRAME("aeMain", "", 0, REDIS, FRAME_NATIVE),
    FRAME("main", "", 0, REDIS, FRAME_NATIVE),
};
static const struct frame keys_next[] = {
    FRAME("dictNext", "", 0, REDIS, FRAME_NATIVE),
    FRAME("keysCommand", "", 0, REDIS, FRAME_NATIVE),
    FRAME("call", "", 0, REDIS, FRAME_NATIVE),
    FRAME("processCommand", "", 0, REDIS, FRAME_NATIVE),
    FRAME("readQueryFromClient", "", 0, REDIS, FRAME_NATIVE),
    FRAME("aeMain", "", 0, REDIS, FRAME_NATIVE),
    FRAME("main", "", 0, REDIS, FRAME_NATIVE),
};
static const struct frame sleep_frames[] = {
    FRAME("clock_nanosleep", "", 0, "/lib/x86_64-linux-gnu/libc.so.6", FRAME_SYSTEM),
    FRAME("debugCommand", "", 0, REDIS, FRAME_NATIVE),
    FRAME("call", "", 0, REDIS, FRAME_NATIVE),
    FRAME("processCommand", "", 0, REDIS, FRAME_NATIVE),
    FRAME("aeMain", "", 0, REDIS, FRAME_NATIVE),
    FRAME("main", "", 0, REDIS, FRAME_NATIVE),
};

static void redis_blocked(struct stream *s)
{
    stream_process(s, 900, "redis-server", "redis-server 127.0.0.1:6379");
    stream_thread(s, 0, 900, "redis-server", LSC_ROLE_LOOP);
    stream_stack(s, 1, keys_match, COUNT(keys_match));
    stream_stack(s, 2, keys_next, COUNT(keys_next));
    stream_stack(s, 3, sleep_frames, COUNT(sleep_frames));
    stream_turns(s, 0, 100, 2000, 0.05, 1);
    stream_call(s, 0, LSC_CALL_nanosleep, 3, 3000, 3300, LSC_FD_NONE, 0);
    stream_turn(s, 0, 2999.9, 3300.1, 0);
    stream_usage(s, 0, 4000, 50, 0);
    stream_usage(s, 0, 4021, 70, 0);
    for (unsigned i = 0; i < 30; i++)
        stream_sample(s, 0, i % 5 < 3 ? 1 : 2, 4001, 4021 + i * 10);
    stream_usage(s, 0, 4311, 360, 0);
    stream_turn(s, 0, 4001, 4321, 0);
    stream_usage(s, 0, 4322, 370, 0);
    stream_turns(s, 0, 4400, 100, 0.05, 1);
    stream_end(s, END_DETACHED, 0, 5000);
}

static void nginx_healthy(struct stream *s)
{
    stream_process(s, 1200, "nginx", "nginx: worker process");
    stream_thread(s, 0, 1200, "nginx", LSC_ROLE_LOOP);
    stream_turns(s, 0, 10, 20000, 0.11, 0.25);
    stream_call(s, 0, LSC_CALL_writev, 0, 5011, 5013, LSC_FD_SOCKET, LSC_CALL_NONBLOCKING);
    stream_turn(s, 0, 5010, 5014, 0);
    stream_end(s, END_DETACHED, 0, 5020);
}

static void prefork(struct stream *s)
{
    stream_process(s, 50, "sh", "sh start.sh");
    for (uint32_t i = 1; i <= 3; i++) {
        stream_process_index(s, i);
        stream_process(s, 50 + i, "gunicorn", "/usr/bin/python3 /usr/bin/gunicorn app:server");
        stream_thread(s, 0, 50 + i, "gunicorn", LSC_ROLE_LOOP);
        stream_turns(s, 0, 10, 300, 0.5, 5);
        if (i == 2) {
            stream_call(s, 0, LSC_CALL_fsync, 0, 2000, 2080, LSC_FD_FILE, 0);
            stream_turn(s, 0, 1999, 2081, 0);
        }
        stream_end(s, END_EXITED, 0, 3000);
    }
}

static void killed(struct stream *s)
{
    static const struct frame spin[] = {
        FRAME("spin", "/src/server.c", 31, "/src/server", FRAME_NATIVE),
        FRAME("on_request", "/src/server.c", 55, "/src/server", FRAME_NATIVE),
        FRAME("uv_run", "", 0, "/usr/lib/libuv.so.1", FRAME_LIBRARY),
        FRAME("main", "/src/server.c", 80, "/src/server", FRAME_NATIVE),
    };
    stream_process(s, 77, "server", "./server");
    stream_thread(s, 0, 77, "server", LSC_ROLE_LOOP);
    stream_stack(s, 1, spin, COUNT(spin));
    stream_turns(s, 0, 10, 100, 0.5, 5);
    stream_samples(s, 0, 1, 1000, 1700);
    stream_item(s, &(struct item){.kind = ITEM_LOST, .lost = {.thread = 0, .count = 12}});
    stream_now(s, 0, 1705, 1000);
    stream_end(s, END_SIGNALED, 9, 1705);
}

static void loopless(struct stream *s)
{
    stream_process(s, 10, "ls", "ls -l");
    stream_thread(s, 0, 10, "ls", 0);
    stream_end(s, END_EXITED, 0, 4);
}

const struct scenario scenarios[] = {
    {"node_stalled", node_stalled},
    {"redis_blocked", redis_blocked},
    {"nginx_healthy", nginx_healthy},
    {"prefork", prefork},
    {"killed", killed},
    {"loopless", loopless},
    {"uv_server", scenario_uv_server},
    {"uv_timer_late", scenario_uv_timer_late},
    {"uv_handle_leak", scenario_uv_handle_leak},
    {"pool_starved", scenario_pool_starved},
    {"backlog_burst", scenario_backlog_burst},
    {"write_queue_grows", scenario_write_queue_grows},
    {"bank", scenario_bank},
    {"desk", scenario_desk},
    {"shards", scenario_shards},
    {NULL, NULL},
};
