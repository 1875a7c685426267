/* SPDX-License-Identifier: MIT */
/* Semaphores: order, cancellation, balance, misuse. */
#include <errno.h>
#include <stdatomic.h>

#include "executor_misuse.h"
#include "executor_run.h"
#include "loopscope/sync.h"
#include "loopscope/time.h"

#define TAKERS 200

static struct lsc_semaphore semaphore;
static _Atomic uint32_t taken, most_taken, served;

/* Takes permits, holds them over an await, gives them back. */
struct taker {
    struct lsc_frame frame;
    uint32_t need;
};

static lsc_result taker_poll(struct lsc_context *cx, void *state)
{
    struct taker *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    LSC_AWAIT(r, lsc_semaphore_acquire(cx, &semaphore, self->need));
    if (r < 0)
        LSC_RETURN(r);
    uint32_t now = atomic_fetch_add(&taken, self->need) + self->need;
    if (now > most_taken)
        most_taken = now;
    atomic_fetch_add(&served, 1);
    LSC_AWAIT(r, lsc_yield(cx));
    atomic_fetch_sub(&taken, self->need);
    r = lsc_semaphore_release(cx, &semaphore, self->need);
    LSC_END(r);
}

struct crowd {
    struct lsc_frame frame;
    struct lsc_scope scope;
    struct lsc_join joins[TAKERS];
    unsigned i;
};

static lsc_result crowd_poll(struct lsc_context *cx, void *state)
{
    struct crowd *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    taken = most_taken = served = 0;
    lsc_semaphore_init(&semaphore, "crowd", 3);
    lsc_scope_begin(cx, &self->scope, 0);
    for (self->i = 0; self->i < TAKERS; self->i++)
        lsc_spawn(cx, taker_poll, (&(struct taker){.need = 1 + self->i % 3}),
                  .join = &self->joins[self->i], .scope = &self->scope);
    LSC_AWAIT(r, lsc_yield(cx));
    for (self->i = 0; self->i < TAKERS; self->i++) {
        if (self->i % 5 == 2)
            lsc_join_cancel(&self->joins[self->i]);
        lsc_join_detach(&self->joins[self->i]);
    }
    LSC_AWAIT(r, lsc_scope_end(cx, &self->scope));
    bool is_right = lsc_semaphore_available(&semaphore) == 3 && most_taken <= 3 && taken == 0 &&
                    served >= TAKERS - TAKERS / 5;
    LSC_END((r == 0 || r == -ECANCELED) && is_right && lsc_semaphore_free(&semaphore) == 0 ? 0
                                                                                           : -1);
}

Test(semaphore, loses_no_permit_when_waiters_are_cancelled)
{
    RUN(crowd, .i = 0);
}

struct queue {
    struct lsc_frame frame;
    struct lsc_join big, small;
};

static lsc_result queue_poll(struct lsc_context *cx, void *state)
{
    struct queue *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    served = 0;
    lsc_semaphore_init(&semaphore, "queue", 2);
    LSC_AWAIT(r, lsc_semaphore_acquire(cx, &semaphore, 1));
    lsc_spawn(cx, taker_poll, (&(struct taker){.need = 2}), .join = &self->big);
    LSC_AWAIT(r, lsc_sleep(cx, 20));
    lsc_spawn(cx, taker_poll, (&(struct taker){.need = 1}), .join = &self->small);
    LSC_AWAIT(r, lsc_sleep(cx, 20));
    if (served != 0 || lsc_semaphore_try_acquire(cx, &semaphore, 1) != -EAGAIN)
        LSC_RETURN(-1); /* somebody passed the one who waits for two */
    lsc_join_cancel(&self->big);
    LSC_AWAIT(r, lsc_join_await(cx, &self->small));
    if (r != 0 || served != 1)
        LSC_RETURN(-2);
    LSC_AWAIT(r, lsc_join_await(cx, &self->big));
    lsc_semaphore_close(&semaphore);
    LSC_END(r == -ECANCELED && lsc_semaphore_try_acquire(cx, &semaphore, 1) == -EPIPE ? 0 : -3);
}

Test(semaphore, lets_nobody_pass_and_serves_the_next_when_the_first_gives_up, .timeout = 20)
{
    RUN(queue, .big = {0});
}

/* ---- what is not granted, or not looked at ---- */

struct stage {
    struct lsc_frame frame;
    struct lsc_deadline deadline;
    struct lsc_join joins[3];
    int i;
};

static lsc_result late_poll(struct lsc_context *cx, void *state)
{
    struct stage *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    lsc_semaphore_init(&semaphore, "late", 2);
    CHECK(lsc_semaphore_try_acquire(cx, &semaphore, 2) == 0);
    lsc_deadline_push(cx, &self->deadline, 2);
    LSC_AWAIT(r, lsc_semaphore_acquire(cx, &semaphore, 1));
    lsc_deadline_pop(cx, &self->deadline);
    CHECK(r == -ETIMEDOUT && lsc_semaphore_available(&semaphore) == 0);
    lsc_semaphore_release(cx, &semaphore, 2);
    LSC_AWAIT(r, lsc_semaphore_acquire(cx, &semaphore, 3));
    CHECK(r == -EINVAL);
    LSC_AWAIT(r, lsc_semaphore_acquire(cx, &semaphore, 0));
    CHECK(r == -EINVAL && lsc_semaphore_try_acquire(cx, &semaphore, 3) == -EINVAL);
    CHECK(lsc_semaphore_available(&semaphore) == 2);
    CHECK(lsc_semaphore_init(&semaphore, "none", 0) == -EINVAL);
    LSC_END(lsc_semaphore_free(&semaphore));
}

Test(semaphore, is_waited_for_no_longer_than_the_deadline_and_never_for_too_much, .timeout = 20)
{
    RUN_STATE(late_poll, (struct stage){.i = 0});
}

static lsc_result closed_poll(struct lsc_context *cx, void *state)
{
    struct stage *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    lsc_semaphore_init(&semaphore, "closed", 2);
    LSC_AWAIT(r, lsc_semaphore_acquire(cx, &semaphore, 2));
    for (self->i = 0; self->i < 3; self->i++) {
        lsc_spawn(cx, taker_poll, (&(struct taker){.need = 1}), .join = &self->joins[self->i]);
        UNTIL_STANDS(&self->joins[self->i]);
    }
    CHECK(lsc_semaphore_free(&semaphore) == -EBUSY);
    lsc_semaphore_close(&semaphore);
    for (self->i = 0; self->i < 3; self->i++) {
        LSC_AWAIT(r, lsc_join_await(cx, &self->joins[self->i]));
        CHECK(r == -EPIPE);
    }
    LSC_AWAIT(r, lsc_semaphore_acquire(cx, &semaphore, 1));
    CHECK(r == -EPIPE && lsc_semaphore_release(cx, &semaphore, 2) == 0);
    CHECK(lsc_semaphore_available(&semaphore) == 2);
    LSC_END(lsc_semaphore_free(&semaphore));
}

Test(semaphore, closed_refuses_who_waits_and_who_comes, .timeout = 20)
{
    RUN_STATE(closed_poll, (struct stage){.i = 0});
}

/* Asks once, and when it is woken does not look at what it got. */
struct forgetful {
    struct lsc_frame frame;
    bool has_asked;
};

static lsc_result ask_once(struct lsc_context *cx, struct forgetful *self)
{
    if (self->has_asked)
        return 0;
    self->has_asked = true;
    return lsc_semaphore_acquire(cx, &semaphore, 2);
}

static lsc_result forgetful_poll(struct lsc_context *cx, void *state)
{
    struct forgetful *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    LSC_AWAIT(r, ask_once(cx, self));
    LSC_END(r);
}

static lsc_result gives_back(void *state)
{
    (void)state;
    return lsc_semaphore_release(NULL, &semaphore, 2); /* outside a task */
}

static lsc_result forgotten_poll(struct lsc_context *cx, void *state)
{
    struct stage *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    served = 0;
    lsc_semaphore_init(&semaphore, "forgotten", 2);
    LSC_AWAIT(r, lsc_semaphore_acquire(cx, &semaphore, 2));
    lsc_spawn(cx, forgetful_poll, (&(struct forgetful){.has_asked = false}),
              .join = &self->joins[0]);
    UNTIL_STANDS(&self->joins[0]);
    lsc_spawn(cx, taker_poll, (&(struct taker){.need = 2}), .join = &self->joins[1]);
    UNTIL_STANDS(&self->joins[1]);
    LSC_AWAIT(r, lsc_spawn_blocking(cx, gives_back, &self->i, .join = &self->joins[2]));
    for (self->i = 0; self->i < 3; self->i++) {
        LSC_AWAIT(r, lsc_join_await(cx, &self->joins[self->i]));
        CHECK(r == 0);
    }
    CHECK(served == 1 && lsc_semaphore_available(&semaphore) == 2);
    LSC_END(lsc_semaphore_free(&semaphore));
}

Test(semaphore, given_back_outside_a_task_passes_by_one_that_never_looks, .timeout = 20)
{
    RUN_STATE(forgotten_poll, (struct stage){.i = 0});
}

/* ---- misuse ---- */

/* 77: nothing has happened. */
static lsc_result gives_too_much_poll(struct lsc_context *cx, void *state)
{
    struct stage *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    lsc_semaphore_init(&semaphore, "slots", 3);
    LSC_AWAIT(r, lsc_semaphore_acquire(cx, &semaphore, 1));
    r = lsc_semaphore_release(cx, &semaphore, 2);
    CHECK(r == -EINVAL && lsc_semaphore_available(&semaphore) == 2);
    lsc_semaphore_release(cx, &semaphore, 1);
    LSC_END(lsc_semaphore_free(&semaphore) == 0 ? 77 : 1);
}

Test(semaphore_misuse, giving_back_more_than_was_taken_is_refused_or_stops)
{
    const struct stage state = {.i = 0};
    expect_misuse(gives_too_much_poll, &state, sizeof(state), "root task",
                  "gives more permits back to semaphore 'slots' than were taken", 77);
}
