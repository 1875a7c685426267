/* SPDX-License-Identifier: MIT */
/* A libuv handle whose events tasks await: signals that come, a child that ends. It belongs to the
 * loop of the worker on which it was made; events are noted under a lock, closing is sent there. */
#ifndef LSC_EXECUTOR_EVENTS_H
#define LSC_EXECUTOR_EVENTS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "executor/lock.h"
#include "executor/wait.h"
#include "executor/worker.h"
#include "handle.h"

struct events {
    struct handle handle;        /* open until its holder closes it */
    struct worker_note note;     /* to the owner: close it */
    struct lock lock;            /* guards `is_closed`, `count`, `value`, `has_ended`, `waiters` */
    _Atomic uint32_t references; /* the handle's holder, libuv, one per wait, the note */
    struct lsc_executor *executor;
    struct worker *owner;
    void (*leave)(struct events *events); /* on the owner's thread: ends in uv_close */
    bool is_closed;                       /* by the handle's holder */
    bool has_ended;                       /* no more events: all who ask get `value` */
    bool has_left;                        /* the owner's thread only */
    int64_t count;                        /* that nobody was told of */
    lsc_result value;
    struct wait_list waiters;
    lsc_resource resource;
    union {
        uv_handle_t handle;
        uv_signal_t signal;
        uv_process_t process;
    } uv;
};

/* Two references: the holder's and libuv's. NULL: no memory. */
struct events *events_new(struct lsc_context *cx, const char *kind,
                          void (*leave)(struct events *events));
/* The libuv handle was never made, or not completely. */
void events_drop_new(struct events *events);
void events_close(struct events *events);
/* On the owner's thread: one more event; or the last one, with its value. */
void events_tell(struct events *events);
void events_end(struct events *events, lsc_result value);
/* What `leave` calls: libuv closes the handle. */
void events_close_handle(struct events *events);
/* Awaitable: the number of events since the last call, or the value of the last one. */
lsc_result events_await(struct lsc_context *cx, const struct wait_kind *kind,
                        struct events *events);

/* Of a loop that runs no more: a child that was killed when it was closed, and has not ended for
 * the loop. */
void child_reap_left(uv_handle_t *handle);

bool events_withdraw(struct wait *wait);
void events_discard(struct wait *wait);

#endif
