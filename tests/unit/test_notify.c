/* SPDX-License-Identifier: MIT */
/* Notifications: permits that are kept, order, and what is never lost. */
#include <errno.h>
#include <stdatomic.h>

#include "executor_run.h"
#include "loopscope/sync.h"
#include "loopscope/time.h"

static struct lsc_notify notify;
static int order[8];
static _Atomic int notified;

struct waiter {
    struct lsc_frame frame;
    struct lsc_deadline deadline;
    int number;
    uint64_t ms; /* its deadline; 0: none */
};

static lsc_result waiter_poll(struct lsc_context *cx, void *state)
{
    struct waiter *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    if (self->ms)
        lsc_deadline_push(cx, &self->deadline, self->ms);
    LSC_AWAIT(r, lsc_notify_wait(cx, &notify));
    if (r == 0)
        order[notified++] = self->number;
    LSC_END(r);
}

/* Waits once, and does not look at what came of it. */
struct forgetful {
    struct lsc_frame frame;
    bool has_asked;
};

static lsc_result ask_once(struct lsc_context *cx, struct forgetful *self)
{
    if (self->has_asked)
        return 0;
    self->has_asked = true;
    return lsc_notify_wait(cx, &notify);
}

static lsc_result forgetful_poll(struct lsc_context *cx, void *state)
{
    struct forgetful *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    LSC_AWAIT(r, ask_once(cx, self));
    LSC_END(r);
}

#define SPAWN_WAITER(join_, ...)                                                                   \
    lsc_spawn(cx, waiter_poll, (&(struct waiter){__VA_ARGS__}), .join = (join_))

struct stage {
    struct lsc_frame frame;
    struct lsc_deadline deadline;
    struct lsc_join joins[4];
    struct lsc_join job;
    int i;
};

static lsc_result kept_poll(struct lsc_context *cx, void *state)
{
    struct stage *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    lsc_notify_init(&notify, "kept");
    lsc_notify_all(&notify); /* nobody waits: nothing is kept */
    lsc_deadline_push(cx, &self->deadline, 2);
    LSC_AWAIT(r, lsc_notify_wait(cx, &notify));
    lsc_deadline_pop(cx, &self->deadline);
    CHECK(r == -ETIMEDOUT);
    lsc_notify_one(&notify);
    lsc_notify_one(&notify);
    LSC_AWAIT(r, lsc_notify_wait(cx, &notify));
    CHECK(r == 0);
    lsc_deadline_push(cx, &self->deadline, 2);
    LSC_AWAIT(r, lsc_notify_wait(cx, &notify)); /* only one was kept */
    lsc_deadline_pop(cx, &self->deadline);
    CHECK(r == -ETIMEDOUT);
    LSC_END(lsc_notify_free(&notify));
}

Test(notify, keeps_one_permit_while_nobody_waits, .timeout = 20)
{
    RUN_STATE(kept_poll, (struct stage){.i = 0});
}

static lsc_result ordered_poll(struct lsc_context *cx, void *state)
{
    struct stage *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    notified = 0;
    lsc_notify_init(&notify, "ordered");
    for (self->i = 0; self->i < 4; self->i++) {
        SPAWN_WAITER(&self->joins[self->i], .number = self->i);
        UNTIL_STANDS(&self->joins[self->i]);
    }
    CHECK(lsc_notify_free(&notify) == -EBUSY);
    lsc_join_cancel(&self->joins[0]); /* it takes no permit with it */
    LSC_AWAIT(r, lsc_join_await(cx, &self->joins[0]));
    CHECK(r == -ECANCELED);
    for (self->i = 1; self->i < 4; self->i++) {
        lsc_notify_one(&notify);
        LSC_AWAIT(r, lsc_join_await(cx, &self->joins[self->i]));
        CHECK(r == 0 && notified == self->i && order[self->i - 1] == self->i);
    }
    LSC_END(lsc_notify_free(&notify));
}

Test(notify, of_one_reaches_who_waits_longest, .timeout = 20)
{
    RUN_STATE(ordered_poll, (struct stage){.i = 0});
}

static lsc_result together_poll(struct lsc_context *cx, void *state)
{
    struct stage *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    notified = 0;
    lsc_notify_init(&notify, "together");
    for (self->i = 0; self->i < 3; self->i++) {
        SPAWN_WAITER(&self->joins[self->i], .number = self->i);
        UNTIL_STANDS(&self->joins[self->i]);
    }
    lsc_notify_all(&notify);
    SPAWN_WAITER(&self->joins[3], .number = 3, .ms = 5); /* comes too late */
    LSC_AWAIT(r, lsc_join_await(cx, &self->joins[3]));
    CHECK(r == -ETIMEDOUT);
    for (self->i = 0; self->i < 3; self->i++) {
        LSC_AWAIT(r, lsc_join_await(cx, &self->joins[self->i]));
        CHECK(r == 0);
    }
    CHECK(notified == 3);
    LSC_END(lsc_notify_free(&notify));
}

Test(notify, of_all_reaches_those_who_wait_then, .timeout = 20)
{
    RUN_STATE(together_poll, (struct stage){.i = 0});
}

/* The permit of one goes on to the next, and is kept when there is none; that of all is not. */
static lsc_result handed_on_poll(struct lsc_context *cx, void *state)
{
    struct stage *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    notified = 0;
    lsc_notify_init(&notify, "handed on");
    lsc_spawn(cx, forgetful_poll, (&(struct forgetful){0}), .join = &self->joins[0]);
    UNTIL_STANDS(&self->joins[0]);
    SPAWN_WAITER(&self->joins[1], .number = 1);
    UNTIL_STANDS(&self->joins[1]);
    lsc_notify_one(&notify);
    LSC_AWAIT(r, lsc_join_await(cx, &self->joins[1]));
    CHECK(r == 0 && notified == 1);
    LSC_AWAIT(r, lsc_join_await(cx, &self->joins[0]));
    for (self->i = 0; self->i < 2; self->i++) {
        lsc_spawn(cx, forgetful_poll, (&(struct forgetful){0}), .join = &self->joins[0]);
        UNTIL_STANDS(&self->joins[0]);
        if (self->i == 0)
            lsc_notify_one(&notify);
        else
            lsc_notify_all(&notify);
        LSC_AWAIT(r, lsc_join_await(cx, &self->joins[0]));
        lsc_deadline_push(cx, &self->deadline, 2);
        LSC_AWAIT(r, lsc_notify_wait(cx, &notify));
        lsc_deadline_pop(cx, &self->deadline);
        CHECK(r == (self->i == 0 ? 0 : -ETIMEDOUT));
    }
    LSC_END(lsc_notify_free(&notify));
}

Test(notify, of_one_is_not_lost_with_a_task_that_never_looks, .timeout = 20)
{
    RUN_STATE(handed_on_poll, (struct stage){.i = 0});
}

static lsc_result closed_poll(struct lsc_context *cx, void *state)
{
    struct stage *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    lsc_notify_init(&notify, "closed");
    SPAWN_WAITER(&self->joins[0], .number = 0);
    UNTIL_STANDS(&self->joins[0]);
    lsc_notify_close(&notify);
    LSC_AWAIT(r, lsc_join_await(cx, &self->joins[0]));
    CHECK(r == -EPIPE);
    lsc_notify_one(&notify);
    LSC_AWAIT(r, lsc_notify_wait(cx, &notify));
    CHECK(r == -EPIPE);
    LSC_END(lsc_notify_free(&notify));
}

Test(notify, closed_lets_nobody_wait, .timeout = 20)
{
    RUN_STATE(closed_poll, (struct stage){.i = 0});
}

static lsc_result notifies(void *state)
{
    (void)state;
    lsc_notify_one(&notify);
    return 0;
}

static lsc_result outside_poll(struct lsc_context *cx, void *state)
{
    struct stage *self = state;
    lsc_result r = 0;
    LSC_BEGIN(cx, self);
    lsc_notify_init(&notify, "outside");
    for (self->i = 0; self->i < 100; self->i++) {
        LSC_AWAIT(r, lsc_spawn_blocking(cx, notifies, &self->i, .join = &self->job));
        CHECK(r == 0);
        LSC_AWAIT(r, lsc_notify_wait(cx, &notify));
        CHECK(r == 0);
        LSC_AWAIT(r, lsc_join_await(cx, &self->job));
    }
    LSC_END(lsc_notify_free(&notify));
}

Test(notify, comes_from_any_thread, .timeout = 20)
{
    RUN_STATE(outside_poll, (struct stage){.i = 0});
}
