/* SPDX-License-Identifier: MIT */
/* A server that handles requests, each with a guard beside it: a task that would end a request that
 * takes too long, and that is told when the request is done.
 *
 * Wrong: it is never told. Requests come and go, but their guards stay, more and more of them.
 * loopscope must say: task-leak of the tasks spawned in handle. The healthy twin
 * (`task_leak healthy`) cancels the guard when the request is done. */
#include <stdio.h>
#include <string.h>

#include "loopscope/executor.h"
#include "loopscope/time.h"

#define REQUESTS 400
#define EVERY_MS 8
#define LIMIT_MS 3600000

static bool is_healthy;

struct guard {
    struct lsc_frame frame;
};

static lsc_result guard_request(struct lsc_context *cx, void *state)
{
    struct guard *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    LSC_AWAIT(r, lsc_sleep(cx, LIMIT_MS));
    LSC_END(r);
}

struct request {
    struct lsc_frame frame;
    struct lsc_join guard;
};

static lsc_result handle(struct lsc_context *cx, void *state)
{
    struct request *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    lsc_spawn(cx, guard_request, (&(struct guard){.frame = {0}}), .name = "guard",
              .join = &self->guard);
    LSC_AWAIT(r, lsc_sleep(cx, 2)); /* the work */
    if (is_healthy)
        lsc_join_cancel(&self->guard);
    lsc_join_detach(&self->guard); /* DEFECT: it is still waiting */
    LSC_END(r);
}

struct server {
    struct lsc_frame frame;
    int i;
};

static lsc_result serve(struct lsc_context *cx, void *state)
{
    struct server *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    for (self->i = 0; self->i < REQUESTS; self->i++) {
        lsc_spawn(cx, handle, (&(struct request){.frame = {0}}), .name = "request");
        LSC_AWAIT(r, lsc_sleep(cx, EVERY_MS));
    }
    LSC_END(r);
}

int main(int count, char **arguments)
{
    struct lsc_executor_counts counts;
    struct lsc_executor *executor;
    is_healthy = count > 1 && strcmp(arguments[1], "healthy") == 0;
    if (lsc_executor_new(&executor, &(struct lsc_executor_options){.workers = 1}) != 0)
        return 1;
    lsc_executor_run(executor, serve, &(struct server){.i = 0});
    lsc_executor_counts(executor, &counts);
    printf("%d tasks are left\n", (int)(counts.spawned - counts.finished));
    fflush(stdout);
    return 0; /* they end with the process */
}
