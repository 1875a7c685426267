/* SPDX-License-Identifier: MIT */
/* What I/O is built on: functions posted to a worker's loop, and waits granted from there. */
#include <errno.h>

#include "executor_run.h"
#include "probe/executor/executor.h"

/* Asks worker `index` to run something and to grant the wait. */
struct post {
    struct lsc_frame frame;
    struct worker_note note; /* of a request that the worker owns until it runs */
    struct wait *wait;
    uint32_t index;
    struct worker *ran_on;
};

static bool never_withdraws(struct wait *wait)
{
    (void)wait;
    return false; /* the grant is on its way, always */
}

static const struct wait_kind post_waits = {"post", never_withdraws, NULL};

static void run_note(struct worker *worker, struct worker_note *note)
{
    struct post *post = (struct post *)((char *)note - offsetof(struct post, note));
    struct wake_list wakes = WAKE_LIST_EMPTY;
    post->ran_on = worker_self == worker ? worker : NULL;
    wait_grant(NULL, post->wait, 7, &wakes);
    wake_list_run(&wakes);
}

static lsc_result go_there(struct lsc_context *cx, struct post *self)
{
    lsc_result result;
    struct lsc_executor *executor = lsc_context_executor(cx);
    if (!wait_is_new(cx, &post_waits, self, &result))
        return result;
    result = wait_begin(cx, &(struct wait_plan){.kind = &post_waits, .object = self});
    self->wait = &context_running(cx)->wait;
    self->note.run = run_note;
    worker_post(&executor->workers[self->index], &self->note);
    return result;
}

static lsc_result post_poll(struct lsc_context *cx, void *state)
{
    struct post *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    for (self->index = 0; self->index < lsc_context_executor(cx)->worker_count; self->index++) {
        LSC_AWAIT(r, go_there(cx, self));
        if (r != 7 || self->ran_on != &lsc_context_executor(cx)->workers[self->index])
            LSC_RETURN(-1);
    }
    LSC_END(0);
}

struct posts {
    struct lsc_frame frame;
    struct lsc_scope scope;
    int i;
};

static lsc_result posts_poll(struct lsc_context *cx, void *state)
{
    struct posts *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    for (self->i = 0; self->i < 100; self->i++) {
        lsc_scope_begin(cx, &self->scope, 0);
        for (int i = 0; i < 10; i++)
            lsc_spawn(cx, post_poll, (&(struct post){.index = 0}), .scope = &self->scope);
        LSC_AWAIT(r, lsc_scope_end(cx, &self->scope));
        if (r < 0)
            LSC_RETURN(r);
    }
    LSC_END(0);
}

Test(executor_post, runs_on_the_worker_it_was_posted_to_and_wakes_who_waits)
{
    RUN(posts, .i = 0);
}
