/* SPDX-License-Identifier: MIT */
/* Barriers: rounds, leaders, and tasks that never come. */
#include <errno.h>
#include <stdatomic.h>

#include "executor_run.h"
#include "loopscope/sync.h"
#include "loopscope/time.h"

enum { PARTIES = 7, ROUNDS = 50 };

static struct lsc_barrier barrier;
static _Atomic int came[ROUNDS], leaders[ROUNDS], early;

struct party {
    struct lsc_frame frame;
    struct lsc_deadline deadline;
    uint64_t ms; /* its deadline; 0: none */
    int round, rounds;
};

static lsc_result party_poll(struct lsc_context *cx, void *state)
{
    struct party *self = state;
    lsc_result r = 0;
    LSC_BEGIN(cx, self);
    if (self->ms)
        lsc_deadline_push(cx, &self->deadline, self->ms);
    for (self->round = 0; self->round < self->rounds; self->round++) {
        came[self->round]++;
        LSC_AWAIT(r, lsc_barrier_wait(cx, &barrier));
        if (r < 0)
            LSC_RETURN(r);
        early += came[self->round] < PARTIES;
        leaders[self->round] += r == LSC_BARRIER_LEADER;
    }
    LSC_END(r);
}

#define SPAWN_PARTY(join_, ...)                                                                    \
    lsc_spawn(cx, party_poll, (&(struct party){__VA_ARGS__}), .join = (join_))

struct stage {
    struct lsc_frame frame;
    struct lsc_join joins[PARTIES];
    int i;
    lsc_result r;
};

static void begin_test(const char *name, uint32_t tasks)
{
    early = 0;
    for (int i = 0; i < ROUNDS; i++)
        came[i] = leaders[i] = 0;
    lsc_barrier_init(&barrier, name, tasks);
}

static lsc_result rounds_poll(struct lsc_context *cx, void *state)
{
    struct stage *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    begin_test("rounds", PARTIES);
    for (self->i = 0; self->i < PARTIES; self->i++)
        SPAWN_PARTY(&self->joins[self->i], .rounds = ROUNDS);
    for (self->i = 0; self->i < PARTIES; self->i++) {
        LSC_AWAIT(r, lsc_join_await(cx, &self->joins[self->i]));
        CHECK(r >= 0);
    }
    CHECK(early == 0);
    for (self->i = 0; self->i < ROUNDS; self->i++)
        CHECK(came[self->i] == PARTIES && leaders[self->i] == 1);
    LSC_END(lsc_barrier_free(&barrier));
}

Test(barrier, lets_all_go_on_when_the_last_has_come_and_makes_one_the_leader, .timeout = 20)
{
    RUN_STATE(rounds_poll, (struct stage){.i = 0});
}

static lsc_result lost_poll(struct lsc_context *cx, void *state)
{
    struct stage *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    begin_test("lost", 3);
    SPAWN_PARTY(&self->joins[0], .rounds = 1);
    UNTIL_STANDS(&self->joins[0]);
    SPAWN_PARTY(&self->joins[1], .rounds = 1);
    UNTIL_STANDS(&self->joins[1]);
    lsc_join_cancel(&self->joins[1]);
    LSC_AWAIT(r, lsc_join_await(cx, &self->joins[1]));
    CHECK(r == -ECANCELED);
    SPAWN_PARTY(&self->joins[2], .rounds = 1);
    UNTIL_STANDS(&self->joins[2]);
    CHECK(!lsc_join_is_finished(&self->joins[0]) && lsc_barrier_free(&barrier) == -EBUSY);
    LSC_AWAIT(r, lsc_barrier_wait(cx, &barrier)); /* in its place */
    CHECK(r == LSC_BARRIER_LEADER);
    LSC_AWAIT(r, lsc_join_await(cx, &self->joins[0]));
    CHECK(r == 0);
    LSC_AWAIT(r, lsc_join_await(cx, &self->joins[2]));
    CHECK(r == 0);
    LSC_END(lsc_barrier_free(&barrier));
}

Test(barrier, does_not_count_who_was_cancelled, .timeout = 20)
{
    RUN_STATE(lost_poll, (struct stage){.i = 0});
}

static lsc_result late_poll(struct lsc_context *cx, void *state)
{
    struct stage *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    begin_test("late", 2);
    SPAWN_PARTY(&self->joins[0], .rounds = 1, .ms = 2);
    LSC_AWAIT(r, lsc_join_await(cx, &self->joins[0]));
    CHECK(r == -ETIMEDOUT);
    SPAWN_PARTY(&self->joins[1], .rounds = 1);
    UNTIL_STANDS(&self->joins[1]); /* one of two: it waits, for a task that closes it */
    lsc_barrier_close(&barrier);
    LSC_AWAIT(r, lsc_join_await(cx, &self->joins[1]));
    CHECK(r == -EPIPE);
    LSC_AWAIT(r, lsc_barrier_wait(cx, &barrier));
    CHECK(r == -EPIPE);
    LSC_END(lsc_barrier_free(&barrier));
}

Test(barrier, does_not_count_who_timed_out_and_closed_lets_nobody_wait, .timeout = 20)
{
    RUN_STATE(late_poll, (struct stage){.i = 0});
}

static lsc_result alone_poll(struct lsc_context *cx, void *state)
{
    struct stage *self = state;
    LSC_BEGIN(cx, self);
    CHECK(lsc_barrier_init(&barrier, "none", 0) == -EINVAL);
    begin_test("alone", 1);
    for (self->i = 0; self->i < 3; self->i++) {
        LSC_AWAIT(self->r, lsc_barrier_wait(cx, &barrier));
        CHECK(self->r == LSC_BARRIER_LEADER);
    }
    LSC_END(lsc_barrier_free(&barrier));
}

Test(barrier, of_one_lets_it_pass_and_of_none_is_refused)
{
    RUN_STATE(alone_poll, (struct stage){.i = 0});
}
