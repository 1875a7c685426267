/* SPDX-License-Identifier: MIT */
/* The stream between observation and judgement: a source yields items, the model applies them, the
 * recorder writes them down. A live process and a trace file yield the same items, so both are
 * judged alike. Times are nanoseconds since the start of the process' segment; durations are
 * nanoseconds. Text may hold any bytes: whoever prints it must sanitize it (see text.h). */
#ifndef LSC_ITEM_H
#define LSC_ITEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "calls.h"
#include "record.h"
#include "segment.h"

/* One record, converted: 40 bytes. `arg` and `arg2` of unit ticks are nanoseconds here, rounded as
 * quantize.h says. `task` of USAGE, FAULTS and STATE, a ring slot in the record, is a thread id. */
struct event {
    uint64_t time_ns; /* end of what it describes */
    uint64_t arg;
    uint64_t arg2;
    uint32_t task;
    uint32_t thread; /* thread id of the process, see struct thread_item */
    uint16_t type;
    uint16_t flags;
    uint32_t reserved;
};

enum item_kind {
    ITEM_PROCESS = 1, /* a process appears, or what is known of it changed */
    ITEM_THREAD,      /* a thread appears, changed, or ended; carries its totals */
    ITEM_STRING,
    ITEM_SITE,
    ITEM_STACK,       /* program counters of a stack id */
    ITEM_FRAMES,      /* what a program counter means */
    ITEM_TASK,        /* a task appears, changed, or ended; carries its totals */
    ITEM_RESOURCE,    /* likewise */
    ITEM_EVENTS,      /* a batch of records, in order of time within the batch */
    ITEM_LOST,        /* records that were overwritten before they could be read */
    ITEM_TABLES_LOST, /* entries that did not fit the tables, so far */
    ITEM_NOW,         /* what a thread is in the middle of, at the time of observation */
    ITEM_CLOCK,       /* observation has reached this time (nothing older will follow) */
    ITEM_END,         /* the process ended or observation of it stopped */
    ITEM_KIND_LIMIT,
};

struct process_item {
    uint32_t pid, ppid;
    const char *program; /* comm */
    const char *command; /* arguments, separated by NUL */
    size_t command_bytes;
    const char *executable;  /* path or "" */
    int64_t started_real_ns; /* CLOCK_REALTIME of time 0 */
    int64_t started_mono_ns; /* CLOCK_MONOTONIC of time 0 */
    uint64_t stall_ns, block_ns;
    uint32_t depths, limits; /* LSC_DEPTH_*, LSC_LIMIT_* */
};

/* Thread ids are dense per process, given by the source, never reused. */
struct thread_item {
    uint32_t thread;
    uint32_t tid;
    uint32_t roles; /* LSC_ROLE_* */
    bool has_ended;
    const char *name;
    uint64_t start_routine; /* program counter; ITEM_FRAMES names it */
    uint64_t loop_key;
    uint64_t wait_object;
    uint64_t started_ns;
    uint64_t turns, busy_ns, idle_ns, ready_events;
    uint64_t samples, late_samples;
    uint64_t dropped; /* nested and for want of memory */
    struct {          /* per enum lsc_call, inside turns */
        uint64_t count, ns;
    } calls[LSC_CALL_LIMIT];
};

struct string_item {
    uint32_t id;
    const char *bytes;
    size_t length;
};

struct site_item {
    uint32_t id, file, function, line; /* file and function are string ids */
    uint32_t parent; /* of an await: site of the caller's await, 0 none; untrusted */
};

struct stack_item {
    uint32_t id;
    const uint64_t *pcs; /* innermost first; return addresses except [0] where exact */
    unsigned depth;
    bool was_cut;
};

/* Where a frame comes from; decides colour and which frame is called the culprit. */
enum frame_kind {
    FRAME_NATIVE,      /* the program's own code */
    FRAME_LIBRARY,     /* a shared library, or code of a runtime inside the program */
    FRAME_SYSTEM,      /* libc, the loader, vdso */
    FRAME_SCRIPT,      /* a JIT's or interpreter's function of the user (JavaScript…) */
    FRAME_SCRIPT_CORE, /* the runtime's own script code (node:internal/…) */
    FRAME_UNKNOWN,
};

struct frame {
    const char *function; /* demangled, "" unknown */
    const char *file;     /* path or "" */
    const char *module;   /* path of the ELF file, "[jit]", "[vdso]" or "" */
    uint32_t line;        /* 0 unknown */
    uint8_t kind;         /* enum frame_kind */
    bool is_inline;       /* inlined into the next frame of the same address */
};

struct frames_item {
    uint64_t pc;
    const struct frame *frames; /* innermost inline first */
    unsigned count;
};

struct task_item {
    uint32_t handle, kind, name, site, stack, parent, awaits, await_site;
    enum lsc_task_state state;
    uint64_t id, spawned_ns, polls, busy_ns, worst_ns, wakes, self_wakes;
    uint64_t await_ns; /* since when it waits as `awaits` and `await_site` say; 0: not known */
};

struct resource_item {
    uint32_t handle, kind, name, site, holder, waiters;
    bool has_ended;
    uint64_t created_ns, capacity, depth, depth_max, operations, dropped;
};

struct events_item {
    const struct event *events;
    size_t count;
};

struct lost_item {
    uint32_t thread;
    uint64_t count;
};

struct tables_lost_item { /* totals so far */
    uint64_t threads, tasks, resources, strings, sites, stacks, modules;
};

struct now_item {
    uint32_t thread;
    uint64_t time_ns;       /* of the observation; for a dead process the last sign of life */
    uint64_t turn_since_ns; /* UINT64_MAX: not in a turn */
    uint64_t busy_since_ns; /* pool worker; UINT64_MAX: idle */
    uint64_t poll_since_ns; /* UINT64_MAX: no task running */
    uint64_t call_since_ns; /* UINT64_MAX: not in a call */
    uint32_t call;          /* enum lsc_call */
    uint32_t current_task;
    uint32_t stall_stack; /* stack id or 0 */
};

enum end_kind {
    END_EXITED,   /* exit status in `status` when known, else -1 */
    END_SIGNALED, /* `status` is the signal */
    END_REPLACED, /* exec */
    END_VANISHED, /* gone without a word: killed, or _exit seen from outside */
    END_DETACHED, /* it still runs; observation stopped */
};
struct end_item {
    enum end_kind kind;
    int status;
    uint64_t time_ns;
};

/* Pointers inside an item are borrowed: valid until the next call on the source that gave it. */
struct item {
    enum item_kind kind;
    uint32_t process; /* index of the process in this stream, from 0 */
    union {
        struct process_item process_info;
        struct thread_item thread;
        struct string_item string;
        struct site_item site;
        struct stack_item stack;
        struct frames_item frames;
        struct task_item task;
        struct resource_item resource;
        struct events_item events;
        struct lost_item lost;
        struct tables_lost_item tables_lost;
        struct now_item now;
        uint64_t clock_ns;
        struct end_item end;
    };
};

/* A source of items. Exactly two kinds exist: a live segment set (live.h) and a trace file
 * (trace/reader.h). */
struct source;
struct source_ops {
    /* The next item into *out: 1; 0 when there is none now (live) or ever (file); -errno with a
     * text in source->error. */
    int (*next)(struct source *source, struct item *out);
    void (*close)(struct source *source);
};
struct source {
    const struct source_ops *ops;
    char error[256];
};

#endif
