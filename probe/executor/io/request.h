/* SPDX-License-Identifier: MIT */
/* A request that libuv carries out on its pool of threads, and that one task awaits. It belongs to
 * the loop it was submitted on; the task may move. A task that stops waiting leaves it behind: it
 * is carried out, its result is undone, and its memory freed by its callback. */
#ifndef LSC_EXECUTOR_REQUEST_H
#define LSC_EXECUTOR_REQUEST_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "executor/lock.h"
#include "executor/wait.h"
#include "executor/worker.h"

struct request {
    struct lock lock;            /* guards `waiter`, `is_done`, `is_left` */
    _Atomic uint32_t references; /* the task's and libuv's */
    struct lsc_executor *executor;
    struct worker *owner;
    struct wait *waiter;
    bool is_done;
    bool is_left;                             /* by the task, before it was done */
    void (*undo)(struct request *request);    /* gives back what a result nobody took holds */
    void (*free_uv)(struct request *request); /* what libuv keeps with the request */
    lsc_result result;
    void *kept; /* for it by `submit`, to be let go of by `free_uv` */
    union {
        uv_req_t any;
        uv_fs_t fs;
        uv_getaddrinfo_t look_up;
    } uv;
    size_t bytes;
    char data[]; /* bytes to read or write */
};

/* What an awaitable function is about. */
struct request_plan {
    void *object; /* tells the calls of one task apart: the same at each evaluation */
    size_t bytes; /* of data */
    /* Submits it: 0 or an error. */
    int (*submit)(uv_loop_t *loop, struct request *request, const void *arguments);
    void (*undo)(struct request *request); /* NULL: nothing */
    void (*free_uv)(struct request *request);
    const void *arguments;
};

/* Awaitable: the request's result; *done is the request itself if it was carried out, to take more
 * out of it, and to be given back by request_end. */
lsc_result request_await(struct lsc_context *cx, const struct request_plan *plan,
                         struct request **done);
void request_end(struct request *request);
/* From libuv's callback. */
void request_finish(struct request *request, lsc_result result);

#endif
