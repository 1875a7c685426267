/* SPDX-License-Identifier: MIT */
/* A Node server in the middle of a stall; a parent with children, dead and alive; nothing at all.
 */
#include "stories.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define NODE "/usr/bin/node"

static const struct frame hash_frames[] = {
    FRAME("sha512_block_data_order_avx2", "", 0, NODE, FRAME_LIBRARY),
    FRAME("PKCS5_PBKDF2_HMAC", "", 0, NODE, FRAME_LIBRARY),
    FRAME("pbkdf2Sync", "node:internal/crypto/pbkdf2", 78, "[jit]", FRAME_SCRIPT_CORE),
    FRAME("hashPassword", "/srv/app/auth.js", 44, "[jit]", FRAME_SCRIPT),
    FRAME("login", "/srv/app/auth.js", 61, "[jit]", FRAME_SCRIPT),
    FRAME("uv_run", "", 0, NODE, FRAME_LIBRARY),
    FRAME("main", "", 0, NODE, FRAME_LIBRARY),
};
static const struct frame read_frames[] = {
    FRAME("read", "", 0, "/lib/x86_64-linux-gnu/libc.so.6", FRAME_SYSTEM),
    FRAME("uv_fs_read", "", 0, NODE, FRAME_LIBRARY),
    FRAME("readFileSync", "node:fs", 453, "[jit]", FRAME_SCRIPT_CORE),
    FRAME("loadTemplate", "/srv/app/render.js", 9, "[jit]", FRAME_SCRIPT),
    FRAME("main", "", 0, NODE, FRAME_LIBRARY),
};

static void in_the_middle(struct stream *s, uint32_t thread, double at, double since,
                          uint32_t stack)
{
    stream_item(s, &(struct item){.kind = ITEM_NOW,
                                  .now = {.thread = thread,
                                          .time_ns = (uint64_t)(at * 1e6),
                                          .turn_since_ns = (uint64_t)(since * 1e6),
                                          .busy_since_ns = UINT64_MAX,
                                          .poll_since_ns = UINT64_MAX,
                                          .call_since_ns = UINT64_MAX,
                                          .stall_stack = stack}});
}

/* Seven seconds of service, a slow file at three, and since 6.2 s a computation that goes on. */
static void stalled_now(struct stream *s)
{
    stream_process(s, 4711, "node", "/usr/bin/node server.js");
    stream_thread(s, 0, 4711, "node", LSC_ROLE_LOOP);
    stream_stack(s, 1, hash_frames, COUNT(hash_frames));
    stream_stack(s, 2, read_frames, COUNT(read_frames));
    stream_turns(s, 0, 100, 700, 0.8, 4);
    stream_call(s, 0, LSC_CALL_read, 2, 3001, 3061, LSC_FD_FILE, 0);
    stream_turn(s, 0, 3000, 3062, 0);
    stream_turns(s, 0, 3100, 760, 2.4, 4);
    stream_usage(s, 0, 6220, 1000, 0);
    stream_samples(s, 0, 1, 6200, 7000);
    stream_usage(s, 0, 7000, 1780, 0);
    in_the_middle(s, 0, 7000, 6200, 1);
}

static void family(struct stream *s)
{
    stream_process(s, 50, "sh", "sh start.sh");
    stream_thread(s, 0, 50, "sh", 0);
    for (uint32_t i = 1; i <= 3; i++) {
        const char *command = "/usr/bin/python3 /usr/bin/gunicorn app:server";
        stream_process_index(s, i);
        stream_item(s, &(struct item){.kind = ITEM_PROCESS,
                                      .process_info = {.pid = 50 + i,
                                                       .ppid = 50,
                                                       .program = "gunicorn",
                                                       .command = command,
                                                       .command_bytes = 45,
                                                       .executable = "/usr/bin/python3",
                                                       .started_mono_ns = 5000000000,
                                                       .stall_ns = 20000000,
                                                       .block_ns = 1000000,
                                                       .depths = LSC_DEPTH_LOOP}});
        stream_thread(s, 0, 50 + i, "gunicorn", LSC_ROLE_LOOP);
        stream_turns(s, 0, 10, 300, 0.5 * i, 5);
        if (i == 2) {
            stream_call(s, 0, LSC_CALL_fsync, 0, 2000, 2080, LSC_FD_FILE, 0);
            stream_turn(s, 0, 1999, 2081, 0);
        }
        if (i == 3)
            stream_end(s, END_SIGNALED, 9, 2500);
    }
}

static void nothing(struct stream *s)
{
    (void)s;
}

const struct scenario stories[] = {
    {"stalled_now", stalled_now}, {"family", family}, {"tasks", story_tasks},
    {"nothing", nothing},         {NULL, NULL},
};
