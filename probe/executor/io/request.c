/* SPDX-License-Identifier: MIT */
/* Awaiting requests on libuv's pool. */
#include "request.h"

#include <errno.h>
#include <string.h>

#include "executor/executor.h"

void request_end(struct request *request)
{
    /* Release and acquire: all use comes before the memory is given back. */
    if (!request || atomic_fetch_sub_explicit(&request->references, 1, memory_order_acq_rel) != 1)
        return;
    request->free_uv(request);
    executor_release(request->executor, request);
}

void request_finish(struct request *request, lsc_result result)
{
    struct wake_list wakes = WAKE_LIST_EMPTY;
    lock_take(&request->lock);
    request->result = result;
    request->is_done = true;
    bool is_left = request->is_left;
    if (!is_left)
        wait_grant(NULL, request->waiter, 0, &wakes);
    lock_drop(&request->lock);
    if (is_left && result >= 0 && request->undo)
        request->undo(request);
    wake_list_run(&wakes);
    request_end(request);
}

/* One that has not begun need not be carried out; only its loop's thread may say so. */
static bool withdraw(struct wait *wait)
{
    struct request *request = wait->item;
    lock_take(&request->lock);
    bool was_waiting = !request->is_done;
    request->is_left = was_waiting;
    lock_drop(&request->lock);
    if (!was_waiting)
        return false;
    if (worker_self == request->owner)
        uv_cancel(&request->uv.any);
    request_end(request);
    return true;
}

static void discard(struct wait *wait)
{
    struct request *request = wait->item;
    if (request->result >= 0 && request->undo)
        request->undo(request);
    request_end(request);
}

static const struct wait_kind request_waits = {"request", withdraw, discard};

static struct request *make(struct worker *worker, const struct request_plan *plan)
{
    struct request *request = executor_allocate(worker->executor, sizeof(*request) + plan->bytes);
    if (!request)
        return NULL;
    memset(request, 0, sizeof(*request));
    atomic_init(&request->references, 2);
    request->executor = worker->executor;
    request->owner = worker;
    request->undo = plan->undo;
    request->free_uv = plan->free_uv;
    request->bytes = plan->bytes;
    return request;
}

/* Its callback runs in the loop of this thread, so not before the wait has begun. */
static lsc_result begin(struct lsc_context *cx, const struct request_plan *plan)
{
    struct request *request = make(worker_of(cx), plan);
    if (!request)
        return -ENOMEM;
    int error = plan->submit(worker_loop(cx), request, plan->arguments);
    if (error < 0) {
        request_end(request);
        request_end(request);
        return error;
    }
    request->waiter = &context_running(cx)->wait;
    return wait_begin(
        cx, &(struct wait_plan){.kind = &request_waits, .object = plan->object, .item = request});
}

lsc_result request_await(struct lsc_context *cx, const struct request_plan *plan,
                         struct request **done)
{
    const struct wait *wait = &context_running(cx)->wait;
    bool was_waiting = wait->kind == &request_waits && wait->object == plan->object;
    struct request *request = was_waiting ? wait->item : NULL;
    lsc_result result;
    *done = NULL;
    if (wait_is_new(cx, &request_waits, plan->object, &result))
        return begin(cx, plan);
    if (!was_waiting || result != 0)
        return result; /* pending, or interrupted: withdrawn */
    *done = request;
    return request->result;
}
