/* SPDX-License-Identifier: MIT */
/* A file descriptor that tasks wait for: sockets and pipes.
 *
 * Reading and writing is done by the task itself, wherever it runs; only waiting needs a loop. The
 * descriptor belongs to the loop of the worker on which it was first waited for; a task that waits
 * on another sends a note there. Waiting is level-triggered: whoever has been told of readiness
 * tries, and may find nothing and wait again, so that no event can be lost with a task that was
 * told and then ended. The loop stops watching lazily, when it told of readiness several times and
 * nobody cared: changing what is watched costs two system calls. */
#ifndef LSC_EXECUTOR_DESCRIPTOR_H
#define LSC_EXECUTOR_DESCRIPTOR_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <uv.h>

#include "executor/lock.h"
#include "executor/wait.h"
#include "executor/worker.h"
#include "handle.h"
#include "loopscope/net.h"

enum direction { READING, WRITING, DIRECTIONS };

struct descriptor {
    struct handle handle;    /* open until its holder closes it */
    struct worker_note note; /* to the owner: look at `wanted` and `is_closed` */
    struct lock lock;        /* guards all that says nothing else */
    /* One for the handle, one for the poll handle, one per wait, one for the note on its way. The
     * last one closes the fd: its number must not mean another file while a task may use it. */
    _Atomic uint32_t references;
    int fd;         /* never changes */
    bool is_socket; /* never changes */
    struct lsc_executor *executor;
    struct worker *owner; /* NULL until the first wait; then never changes */
    uv_poll_t poll;       /* the owner's thread only */
    bool is_posted;       /* the note is on its way */
    bool is_closed;       /* by the handle's holder */
    bool is_poll_closed;  /* the owner's thread only */
    int wanted;           /* enum uv_poll_event: what to watch */
    int armed;            /* what is watched; written by the owner */
    uint32_t idle_events; /* in a row that nobody waited for */
    struct wait_list waiters[DIRECTIONS];
    _Atomic bool is_ready[DIRECTIONS]; /* a hint: to try is worth while */
    lsc_resource resource;
};

/* Owns `fd` from now on. NULL: no memory, and the fd stays the caller's. */
struct descriptor *descriptor_new(struct lsc_executor *executor, int fd, const char *kind);
/* The handle's holder is done with it. NULL is accepted. */
void descriptor_close(struct descriptor *descriptor);

/* One attempt of an operation, from byte `done` on: the bytes (or another number >= 0), or -errno;
 * -EAGAIN: not ready. */
struct operation;
typedef int64_t (*attempt_fn)(const struct operation *operation, size_t done);

struct operation {
    const struct wait_kind *kind;
    struct descriptor *descriptor; /* NULL: -EBADF */
    enum direction direction;
    attempt_fn attempt;
    void *buffer;
    size_t bytes;
    void *more;        /* the attempt's */
    bool is_whole;     /* goes on until all bytes are through, or an attempt says 0 */
    bool is_byte_wise; /* fewer bytes than asked for: it is not ready for more */
};
/* Awaitable: the operation's result. */
lsc_result descriptor_await(struct lsc_context *cx, const struct operation *operation);
/* Begins to wait, with `done` bytes through; LSC_PENDING or an error. Its wait is not in progress.
 */
lsc_result descriptor_wait(struct lsc_context *cx, const struct operation *operation, size_t done);

/* For the kinds of waits: their two functions. */
bool descriptor_withdraw(struct wait *wait);
void descriptor_discard(struct wait *wait);

#endif
