/* SPDX-License-Identifier: MIT */
/* A look-up with a wait of its own: who asks leaves a waker, who answers wakes it.
 *
 * Wrong: when a look-up fails, the waker is given up without a wake. Of the tasks that ask, every
 * fourth waits for good, and nobody is left who could wake it. loopscope must say: lost-wakeup in
 * answer_wait. The healthy twin (`lost_wakeup healthy`) wakes whether there is an answer or not. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "loopscope/executor.h"
#include "loopscope/time.h"

#define CLIENTS 8

static bool is_healthy;

/* What one client waits for. Both run on one worker. */
struct answer {
    struct lsc_waker waker;
    bool is_there;
    lsc_result value;
};

struct client {
    struct lsc_frame frame;
    struct answer *answer;
};

static lsc_result answer_wait(struct lsc_context *cx, struct answer *answer)
{
    if (answer->is_there)
        return answer->value;
    lsc_waker_drop(&answer->waker);
    answer->waker = lsc_waker_new(cx);
    return LSC_PENDING;
}

static lsc_result ask(struct lsc_context *cx, void *state)
{
    struct client *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    LSC_AWAIT(r, answer_wait(cx, self->answer));
    LSC_END(r);
}

static void fail(struct answer *answer)
{
    answer->value = -ENOENT;
    answer->is_there = true;
    if (is_healthy)
        lsc_waker_wake(&answer->waker);
    else
        lsc_waker_drop(&answer->waker); /* DEFECT: nobody is told that there is no answer */
}

static void succeed(struct answer *answer, lsc_result value)
{
    answer->value = value;
    answer->is_there = true;
    lsc_waker_wake(&answer->waker);
}

struct resolver {
    struct lsc_frame frame;
    struct answer answers[CLIENTS];
    struct lsc_join joins[CLIENTS];
    int i, answered;
};

static lsc_result resolve(struct lsc_context *cx, void *state)
{
    struct resolver *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    for (self->i = 0; self->i < CLIENTS; self->i++) {
        char name[32];
        snprintf(name, sizeof(name), "client %d", self->i);
        lsc_spawn(cx, ask, (&(struct client){.answer = &self->answers[self->i]}), .name = name,
                  .join = &self->joins[self->i]);
    }
    for (self->i = 0; self->i < CLIENTS; self->i++) {
        LSC_AWAIT(r, lsc_sleep(cx, 5));
        if (self->i % 4 == 3)
            fail(&self->answers[self->i]);
        else
            succeed(&self->answers[self->i], self->i);
    }
    LSC_AWAIT(r, lsc_sleep(cx, 1000));
    for (self->i = 0; self->i < CLIENTS; self->i++) {
        r = lsc_join_is_finished(&self->joins[self->i]);
        self->answered += r != 0;
        lsc_join_cancel(&self->joins[self->i]);
        LSC_AWAIT(r, lsc_join_await(cx, &self->joins[self->i]));
    }
    LSC_END(self->answered);
}

int main(int count, char **arguments)
{
    struct lsc_executor *executor;
    is_healthy = count > 1 && strcmp(arguments[1], "healthy") == 0;
    if (lsc_executor_new(&executor, &(struct lsc_executor_options){.workers = 1}) != 0)
        return 1;
    lsc_result answered = lsc_executor_run(executor, resolve, &(struct resolver){.i = 0});
    lsc_executor_shutdown(executor, 1000);
    lsc_executor_delete(executor);
    printf("%d of %d clients were told\n", (int)answered, CLIENTS);
    return 0;
}
