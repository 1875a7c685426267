/* SPDX-License-Identifier: MIT */
/* Semaphores: order, cancellation, balance. */
#include <errno.h>
#include <stdatomic.h>

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
