/* SPDX-License-Identifier: MIT */
/* Once: made by one task, seen by all; when that one fails, the next tries. */
#include <errno.h>
#include <stdatomic.h>

#include "executor_misuse.h"
#include "executor_run.h"
#include "loopscope/sync.h"
#include "loopscope/time.h"

enum { CROWD = 100 };

static struct lsc_once once;
static int made; /* by whoever makes it; not atomic */
static _Atomic int tries, unmade;

/* Takes some polls, then does it, or fails. */
struct make {
    struct lsc_frame frame;
    uint64_t ms;
    lsc_result failure;
};

static lsc_result make_poll(struct lsc_context *cx, void *state)
{
    struct make *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    tries++;
    LSC_AWAIT(r, lsc_sleep(cx, self->ms));
    if (r < 0 || self->failure < 0)
        LSC_RETURN(r < 0 ? r : self->failure);
    made++;
    LSC_END(5);
}

struct user {
    struct lsc_frame frame;
    struct make make;
    struct lsc_deadline deadline;
    uint64_t ms; /* its deadline; 0: none */
};

static lsc_result user_poll(struct lsc_context *cx, void *state)
{
    struct user *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    if (self->ms)
        lsc_deadline_push(cx, &self->deadline, self->ms);
    LSC_AWAIT(r, lsc_once_run(cx, &once, make_poll, &self->make));
    if (r == 0)
        unmade += made != 1;
    LSC_END(r);
}

#define SPAWN_USER(join_, ...)                                                                     \
    lsc_spawn(cx, user_poll, (&(struct user){__VA_ARGS__}), .join = (join_))

struct stage {
    struct lsc_frame frame;
    struct lsc_scope scope;
    struct lsc_join joins[4];
    struct make make;
    int i;
};

static void begin_test(const char *name)
{
    made = 0;
    tries = unmade = 0;
    lsc_once_init(&once, name);
}

static lsc_result crowd_poll(struct lsc_context *cx, void *state)
{
    struct stage *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    begin_test("crowd");
    CHECK(!lsc_once_is_done(&once));
    lsc_scope_begin(cx, &self->scope, 0);
    for (self->i = 0; self->i < CROWD; self->i++)
        lsc_spawn(cx, user_poll, (&(struct user){.make = {.ms = 2}}), .scope = &self->scope);
    LSC_AWAIT(r, lsc_scope_end(cx, &self->scope));
    CHECK(r == 0 && made == 1 && tries == 1 && unmade == 0 && lsc_once_is_done(&once));
    LSC_END(lsc_once_free(&once));
}

Test(once, is_made_by_one_task_and_seen_by_all, .timeout = 20)
{
    RUN_STATE(crowd_poll, (struct stage){.i = 0});
}

/* The first fails, the second is cancelled, the third times out, the fourth does it. */
static lsc_result failing_poll(struct lsc_context *cx, void *state)
{
    struct stage *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    begin_test("failing");
    SPAWN_USER(&self->joins[0], .make = {.ms = 20, .failure = -EIO});
    UNTIL_STANDS(&self->joins[0]);
    SPAWN_USER(&self->joins[1], .make = {.ms = 600000});
    UNTIL_STANDS(&self->joins[1]);
    SPAWN_USER(&self->joins[2], .ms = 50, .make = {.ms = 600000});
    UNTIL_STANDS(&self->joins[2]);
    CHECK(tries == 1 && lsc_once_free(&once) == -EBUSY);
    SPAWN_USER(&self->joins[3], .make = {.ms = 1});
    UNTIL_STANDS(&self->joins[3]);
    LSC_AWAIT(r, lsc_join_await(cx, &self->joins[0]));
    CHECK(r == -EIO);
    while (tries < 2)
        LSC_AWAIT(r, lsc_yield(cx));
    lsc_join_cancel(&self->joins[1]);
    LSC_AWAIT(r, lsc_join_await(cx, &self->joins[1]));
    CHECK(r == -ECANCELED);
    LSC_AWAIT(r, lsc_join_await(cx, &self->joins[2]));
    CHECK(r == -ETIMEDOUT);
    LSC_AWAIT(r, lsc_join_await(cx, &self->joins[3]));
    CHECK(r == 0 && made == 1 && unmade == 0);
    CHECK(tries == 3 || tries == 4); /* the third may have timed out before its turn */
    LSC_END(lsc_once_free(&once));
}

Test(once, is_tried_by_the_next_after_a_failure_a_cancellation_and_a_deadline, .timeout = 20)
{
    RUN_STATE(failing_poll, (struct stage){.i = 0});
}

/* ---- turns that nobody looks at ---- */

struct forgetful {
    struct lsc_frame frame;
    struct make make;
    int evaluations;
};

static lsc_result ask_once(struct lsc_context *cx, struct forgetful *self)
{
    return self->evaluations-- > 0 ? lsc_once_run(cx, &once, make_poll, &self->make) : 0;
}

static lsc_result forgetful_poll(struct lsc_context *cx, void *state)
{
    struct forgetful *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    LSC_AWAIT(r, ask_once(cx, self));
    LSC_END(r);
}

static lsc_result forgotten_poll(struct lsc_context *cx, void *state)
{
    struct stage *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    begin_test("forgotten");
    SPAWN_USER(&self->joins[0], .make = {.ms = 10, .failure = -EIO});
    UNTIL_STANDS(&self->joins[0]);
    lsc_spawn(cx, forgetful_poll, (&(struct forgetful){.evaluations = 1}), .join = &self->joins[1]);
    UNTIL_STANDS(&self->joins[1]);
    SPAWN_USER(&self->joins[2], .make = {.ms = 1});
    for (self->i = 0; self->i < 3; self->i++) {
        LSC_AWAIT(r, lsc_join_await(cx, &self->joins[self->i]));
        CHECK(r == (self->i == 0 ? -EIO : 0));
    }
    CHECK(made == 1 && tries == 2);
    LSC_END(lsc_once_free(&once));
}

Test(once, whose_turn_is_not_taken_is_tried_by_the_next, .timeout = 20)
{
    RUN_STATE(forgotten_poll, (struct stage){.i = 0});
}

/* ---- misuse ---- */

/* 77: the next does it. */
static lsc_result left_poll(struct lsc_context *cx, void *state)
{
    struct stage *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    begin_test("settings");
    lsc_spawn(cx, forgetful_poll, (&(struct forgetful){.evaluations = 1, .make = {.ms = 1}}),
              .join = &self->joins[0]);
    UNTIL_STANDS(&self->joins[0]);
    self->make.ms = 1;
    LSC_AWAIT(r, lsc_once_run(cx, &once, make_poll, &self->make));
    CHECK(r == 0 && made == 1 && tries == 2);
    lsc_join_detach(&self->joins[0]);
    LSC_END(lsc_once_free(&once) == 0 ? 77 : 1);
}

Test(once_misuse, a_task_that_ends_in_the_midst_lets_the_next_try_or_stops)
{
    const struct stage state = {.i = 0};
    expect_misuse(left_poll, &state, sizeof(state), "forgetful_poll",
                  "has ended while it holds once 'settings'", 77);
}

static lsc_result inside_poll(struct lsc_context *cx, void *state)
{
    struct stage *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    LSC_AWAIT(r, lsc_once_run(cx, &once, make_poll, &self->make));
    LSC_END(r);
}

struct outer {
    struct lsc_frame frame;
    struct stage inner;
};

static lsc_result awaits_itself_poll(struct lsc_context *cx, void *state)
{
    struct outer *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    begin_test("own");
    LSC_AWAIT(r, lsc_once_run(cx, &once, inside_poll, &self->inner));
    LSC_END(r);
}

Test(once_misuse, awaiting_it_from_its_own_making_is_refused_or_stops)
{
    const struct outer state = {.inner = {.i = 0}};
    expect_misuse(awaits_itself_poll, &state, sizeof(state), "root task",
                  "awaits once 'own', which it is making itself", EDEADLK);
}
