/* SPDX-License-Identifier: MIT */
/* The record: what one event looks like in a ring and what its fields mean.
 * This table is the single place that defines record types; the writer, the readers, the trace
 * codec and `lsc_record_type_info` are all generated from it. */
#ifndef LSC_FORMAT_RECORD_H
#define LSC_FORMAT_RECORD_H

#include <stdint.h>

/* One event, 32 bytes, in the byte order of the machine that wrote it.
 * `time` is the counter (see segment.h, clock) at the END of what the record describes, so that a
 * span is [time - arg, time]. The meaning of the other fields depends on `type`, see below. */
struct lsc_record {
    uint64_t time;  /* counter ticks */
    uint64_t arg;   /* usually a duration in ticks */
    uint64_t arg2;  /* per type */
    uint32_t task;  /* per type: a task handle, a stack id, a thread slot, a resource handle */
    uint16_t type;  /* enum lsc_record_type */
    uint16_t flags; /* enum lsc_record_flag, per type */
};
_Static_assert(sizeof(struct lsc_record) == 32, "a record is half a cache line");

/* How a reader must treat the 64-bit fields of a type when it converts to nanoseconds. */
enum lsc_field_unit {
    LSC_FIELD_NONE,   /* always 0 */
    LSC_FIELD_TICKS,  /* a duration in counter ticks */
    LSC_FIELD_NS,     /* already nanoseconds (kernel accounting) */
    LSC_FIELD_COUNT,  /* a plain number */
    LSC_FIELD_PACKED, /* several numbers, see the comment of the type */
    LSC_FIELD_ID,     /* an id or an address */
    LSC_FIELD_DELAY,  /* a duration in ticks in the low 40 bits, an id above (POLL) */
};

/* clang-format off */
/* To add a type: append a line (numbers are never reused), describe its fields, teach
 * analyzers/model to apply it. Older readers skip types they do not know.
 *
 * X(NAME, number, title, unit of arg, unit of arg2)
 *
 * THREAD_START  first record of a thread in a (possibly reused) ring.
 *               task: generation of the slot; arg: tid.
 * TURN          one turn of a loop, written by its thread at the next wait.
 *               arg: duration; task: how many ready events the wait returned;
 *               arg2: lateness in ticks of a wait that timed out (0 otherwise).
 *               flags: LSC_TURN_*.
 * CALL          a blocking call inside a turn that took at least the block threshold.
 *               arg: duration; task: stack id (0 none); flags: LSC_CALL_*;
 *               arg2: call id (bits 0-15) | enum lsc_fd_kind (16-23) | low 32 bits of the fd (32-63).
 * CALLS         calls of one kind inside the turn that ends now, each under the threshold, written
 *               only when their sum in the turn reaches it.
 *               arg: sum of durations; task: stack id of one of them (0 none);
 *               arg2: call id (0-15) | count (16-63). flags: LSC_CALL_NONBLOCKING.
 * STALL_SAMPLE  a stack taken while a turn or poll is running too long, by the stalled thread itself.
 *               arg: elapsed since the turn began; task: stack id.
 * USAGE         kernel accounting of a thread, absolute since its start, from the watchdog.
 *               task: thread slot; arg: CPU time ns; arg2: run-queue wait ns.
 * FAULTS        task: thread slot; arg: major page faults (absolute); arg2: block I/O delay ns.
 * STATE         what the watchdog saw of a stalled thread that is not on the CPU.
 *               task: thread slot; arg: kernel state character; arg2: string id of the wait channel.
 * WORK          one busy spell of a pool worker: from the return of its idle wait to the next one.
 *               arg: duration; arg2: address of the object it waits on.
 * POLL          one run of a task, at its end. A libuv callback is a poll of its handle or request.
 *               task: task handle; arg: duration; arg2: LSC_POLL_DELAY | LSC_POLL_CALLBACK << 40;
 *               flags: LSC_POLL_*. With LSC_POLL_AWAITS also the AWAIT with which it ended:
 *               arg2: LSC_AWAIT_RESOURCE | LSC_AWAIT_SITE << 32, and its delay is unknown.
 * WAKE          a task was made ready.
 *               task: the woken; arg: handle of the waking task (0 = outside);
 *               arg2: site id or 0, with LSC_WAKE_STACK a stack id.
 * SPAWN, END    a task begins / ends. task: handle; arg: parent handle / 0; arg2: site id / 0.
 * AWAIT         a task begins to wait. task: handle; arg: resource handle or 0; arg2: site id.
 * DEPTH         depth of a queue changed. task: resource handle; arg: depth; arg2: capacity;
 *               with LSC_DEPTH_FILLED: LSC_DEPTH_CAPACITY | LSC_DEPTH_STACK << 40;
 *               with LSC_DEPTH_FILLED_AT: LSC_DEPTH_CAPACITY | LSC_DEPTH_SITE << 40.
 * DROP          a queue refused or dropped. task: resource handle; arg: how many.
 * MARK          a user's mark. arg: string id; arg2: the user's value.
 * JOB           one item of a pool's queue was served, written by the worker at its end. It was
 *               submitted at time - arg - arg2.
 *               task: handle of the request's task; arg: service time; arg2: time in the queue;
 *               flags: LSC_JOB_*.
 * PARK          an executor's worker slept because nothing was ready. arg: duration.
 * STEAL         a worker took ready tasks from another. task: how many; arg: tid of the other, 0
 *               unknown.
 * HOLD, RELEASE a task begins / ends to hold a resource (a lock, a permit).
 *               task: resource handle; arg: task handle; arg2: site id / 0.
 *               flags of RELEASE: LSC_RELEASE_ABANDONED.
 * CANCEL        a task was asked to end. task: handle; arg: handle of the asking task, 0 outside.
 * WAITERS       task: resource handle; arg: how many tasks wait for it now.
 * STRANDED      a task that has not ended and is not ready can be woken by nobody any more: its
 *               last waker is gone, and it waits for nothing that would wake it by itself.
 *               task: handle; arg: handle of the task that gave the last waker up (its own: none
 *               was left when its poll ended), 0 outside; arg2: site id of where it did / 0.
 */
#define LSC_RECORD_TYPES(X)                                                                        \
    X(THREAD_START, 1, "thread-start", LSC_FIELD_COUNT, LSC_FIELD_NONE)                            \
    X(TURN, 2, "turn", LSC_FIELD_TICKS, LSC_FIELD_TICKS)                                           \
    X(CALL, 3, "call", LSC_FIELD_TICKS, LSC_FIELD_PACKED)                                          \
    X(CALLS, 4, "calls", LSC_FIELD_TICKS, LSC_FIELD_PACKED)                                        \
    X(STALL_SAMPLE, 5, "stall-sample", LSC_FIELD_TICKS, LSC_FIELD_NONE)                            \
    X(USAGE, 6, "usage", LSC_FIELD_NS, LSC_FIELD_NS)                                               \
    X(FAULTS, 7, "faults", LSC_FIELD_COUNT, LSC_FIELD_NS)                                          \
    X(STATE, 8, "state", LSC_FIELD_COUNT, LSC_FIELD_ID)                                            \
    X(WORK, 9, "work", LSC_FIELD_TICKS, LSC_FIELD_ID)                                              \
    X(POLL, 10, "poll", LSC_FIELD_TICKS, LSC_FIELD_DELAY)                                          \
    X(WAKE, 11, "wake", LSC_FIELD_ID, LSC_FIELD_ID)                                                \
    X(SPAWN, 12, "spawn", LSC_FIELD_ID, LSC_FIELD_ID)                                              \
    X(END, 13, "end", LSC_FIELD_NONE, LSC_FIELD_NONE)                                              \
    X(AWAIT, 14, "await", LSC_FIELD_ID, LSC_FIELD_ID)                                              \
    X(DEPTH, 15, "depth", LSC_FIELD_COUNT, LSC_FIELD_COUNT)                                        \
    X(DROP, 16, "drop", LSC_FIELD_COUNT, LSC_FIELD_NONE)                                           \
    X(MARK, 17, "mark", LSC_FIELD_ID, LSC_FIELD_COUNT)                                             \
    X(JOB, 18, "job", LSC_FIELD_TICKS, LSC_FIELD_TICKS)                                            \
    X(PARK, 19, "park", LSC_FIELD_TICKS, LSC_FIELD_NONE)                                           \
    X(STEAL, 20, "steal", LSC_FIELD_COUNT, LSC_FIELD_NONE)                                         \
    X(HOLD, 21, "hold", LSC_FIELD_ID, LSC_FIELD_ID)                                                \
    X(RELEASE, 22, "release", LSC_FIELD_ID, LSC_FIELD_NONE)                                        \
    X(CANCEL, 23, "cancel", LSC_FIELD_ID, LSC_FIELD_NONE)                                          \
    X(WAITERS, 24, "waiters", LSC_FIELD_COUNT, LSC_FIELD_NONE)                                     \
    X(STRANDED, 25, "stranded", LSC_FIELD_ID, LSC_FIELD_ID)
/* clang-format on */

enum lsc_record_type {
#define X(name, number, title, arg, arg2) LSC_RECORD_##name = number,
    LSC_RECORD_TYPES(X)
#undef X
        LSC_RECORD_TYPE_LIMIT = 26, /* one past the highest number */
};

/* TURN flags. */
#define LSC_TURN_READY_AT_ONCE 0x1 /* the wait before it found work ready without sleeping */
#define LSC_TURN_TIMED_OUT 0x2     /* the wait before it ended by its timeout */
#define LSC_TURN_BATCH_FULL 0x4    /* as many events as the caller's array holds */
#define LSC_TURN_AFTER_PARK 0x8    /* the wait before it was a park (futex, condition variable) */
#define LSC_TURN_STALLED 0x10      /* the watchdog saw it over the threshold */
#define LSC_TURN_AT_EXIT 0x20      /* closed because the process or thread ended */

/* CALL flags. */
#define LSC_CALL_NONBLOCKING                                                                       \
    0x1                   /* non-blocking descriptor: the call was delayed, it did not wait */
#define LSC_CALL_AWAY 0x2 /* made outside the function that loops: shutdown, if no wait follows */

/* POLL flags. */
#define LSC_POLL_READY 0x1 /* the task finished in this poll */
#define LSC_POLL_SELF_WAKE 0x2
#define LSC_POLL_BLOCKING 0x4 /* ran on a blocking pool, not on a loop */
#define LSC_POLL_FORCED 0x8   /* the executor made it yield: its budget was used up */
#define LSC_POLL_AWAITS 0x10  /* in rings only: readers see an AWAIT, and then the POLL */
/* Of a libuv callback: the phase of the turn it ran in and which of its handle's callbacks it is.
 */
#define LSC_POLL_PHASE(flags) ((unsigned)(flags) >> 8 & 0xf)
#define LSC_POLL_PHASE_FLAG(phase) ((uint16_t)((phase) << 8))
#define LSC_POLL_ROLE(flags) ((unsigned)(flags) >> 12)
#define LSC_POLL_ROLE_FLAG(role) ((uint16_t)((role) << 12))

/* The arg2 of a POLL: how long the task had been ready when the poll began (a timer's lateness, the
 * time since a request was submitted or the first wake came; saturates; 0 unknown), and the
 * function that ran, as the id of a stack of one frame (0 unknown). */
#define LSC_POLL_DELAY_BITS 40
#define LSC_POLL_DELAY_MAX ((UINT64_C(1) << LSC_POLL_DELAY_BITS) - 1)
#define LSC_POLL_DELAY(arg2) ((arg2)&LSC_POLL_DELAY_MAX)
#define LSC_POLL_CALLBACK(arg2) ((uint32_t)((arg2) >> LSC_POLL_DELAY_BITS))

/* The arg2 of a POLL with LSC_POLL_AWAITS. */
#define LSC_AWAIT_RESOURCE(arg2) ((uint32_t)(arg2))
#define LSC_AWAIT_SITE(arg2) ((uint32_t)((arg2) >> 32))

/* The phases of a turn of libuv, in the order of uv_run from the wait on: before 1.45 timers ran
 * before PENDING of the next iteration, since then after CLOSING. */
#define LSC_PHASES(X)                                                                              \
    X(NONE, "none")                                                                                \
    X(POLL, "poll")                                                                                \
    X(CHECK, "check")                                                                              \
    X(CLOSING, "closing")                                                                          \
    X(TIMERS, "timers")                                                                            \
    X(PENDING, "pending")                                                                          \
    X(IDLE, "idle")                                                                                \
    X(PREPARE, "prepare")
enum lsc_phase {
#define X(name, title) LSC_PHASE_##name,
    LSC_PHASES(X)
#undef X
        LSC_PHASE_LIMIT
};

/* Which of its handle's callbacks a poll was; 0: the one that its kind has. */
#define LSC_CALLBACK_ROLES(X)                                                                      \
    X(OWN, "")                                                                                     \
    X(READ, "read")                                                                                \
    X(WRITE, "write")                                                                              \
    X(CONNECTION, "connection")                                                                    \
    X(SHUTDOWN, "shutdown")                                                                        \
    X(CLOSE, "close")                                                                              \
    X(RECEIVE, "receive")                                                                          \
    X(SEND, "send")                                                                                \
    X(ALLOCATE, "allocate")
enum lsc_callback_role {
#define X(name, title) LSC_CALLBACK_##name,
    LSC_CALLBACK_ROLES(X)
#undef X
        LSC_CALLBACK_LIMIT
};

/* WAKE flags. */
#define LSC_WAKE_STACK 0x1

/* DEPTH flags. */
#define LSC_DEPTH_FILLED 0x1    /* something was put in, and from where is known: a stack */
#define LSC_DEPTH_FILLED_AT 0x2 /* the same: a site */

/* The arg2 of a filled DEPTH: the capacity (saturates) and the stack, or the site, of whoever put
 * something in. */
#define LSC_DEPTH_CAPACITY_BITS 40
#define LSC_DEPTH_CAPACITY_MAX ((UINT64_C(1) << LSC_DEPTH_CAPACITY_BITS) - 1)
#define LSC_DEPTH_CAPACITY(arg2) ((arg2)&LSC_DEPTH_CAPACITY_MAX)
#define LSC_DEPTH_STACK(arg2) ((uint32_t)((arg2) >> LSC_DEPTH_CAPACITY_BITS))
#define LSC_DEPTH_SITE(arg2) ((uint32_t)((arg2) >> LSC_DEPTH_CAPACITY_BITS))

/* RELEASE flags. */
#define LSC_RELEASE_ABANDONED 0x1 /* its task ended with it in hand */

/* JOB flags. */
#define LSC_JOB_UNTIMED                                                                            \
    0x1 /* began before it could be watched: arg is 0, arg2 the time until done */

/* What kind of descriptor a blocking call worked on (CALL, arg2 bits 16-23). */
enum lsc_fd_kind {
    LSC_FD_NONE,
    LSC_FD_UNKNOWN,
    LSC_FD_FILE,
    LSC_FD_DIRECTORY,
    LSC_FD_PIPE,
    LSC_FD_SOCKET,
    LSC_FD_TERMINAL,
    LSC_FD_DEVICE,
    LSC_FD_EVENT, /* eventfd, epoll, timerfd… (anonymous inode) */
};

/* Handles: slot in the low 21 bits, generation of the slot in the high 11; 0 is none. */
#define LSC_HANDLE_SLOT_BITS 21
#define LSC_HANDLE_SLOT(h) ((h) & ((1u << LSC_HANDLE_SLOT_BITS) - 1))
#define LSC_HANDLE_GENERATION(h) ((uint32_t)(h) >> LSC_HANDLE_SLOT_BITS)

#endif
