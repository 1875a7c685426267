/* SPDX-License-Identifier: MIT */
/* Mutexes: exclusion, order, cancellation, what happens to a lock whose holder ends. */
#include <errno.h>
#include <stdatomic.h>

#include "executor_misuse.h"
#include "executor_run.h"
#include "loopscope/sync.h"
#include "loopscope/time.h"

static struct lsc_mutex mutex;
static int order[8];
static _Atomic int arrived;

/* Takes the lock, notes its number, holds the lock over a yield. */
struct locker {
    struct lsc_frame frame;
    int number;
};

static lsc_result locker_poll(struct lsc_context *cx, void *state)
{
    struct locker *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    LSC_AWAIT(r, lsc_mutex_lock(cx, &mutex));
    if (r < 0)
        LSC_RETURN(r);
    order[arrived] = self->number;
    LSC_AWAIT(r, lsc_yield(cx));
    arrived++;
    LSC_END(lsc_mutex_unlock(cx, &mutex));
}

/* Asks once, and when it is woken does not look at what it got: it ends, or sleeps. */
struct forgetful {
    struct lsc_frame frame;
    bool has_asked, sleeps;
};

static lsc_result ask_once(struct lsc_context *cx, struct forgetful *self)
{
    if (self->has_asked)
        return 0;
    self->has_asked = true;
    return lsc_mutex_lock(cx, &mutex);
}

static lsc_result forgetful_poll(struct lsc_context *cx, void *state)
{
    struct forgetful *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    LSC_AWAIT(r, ask_once(cx, self));
    if (self->sleeps)
        LSC_AWAIT(r, lsc_sleep(cx, 1));
    LSC_END(r);
}

/* ---- exclusion ---- */

enum { CROWD = 200, ROUNDS = 20 };
static unsigned long guarded; /* by the mutex */
static _Atomic unsigned long taken;

struct adder {
    struct lsc_frame frame;
    unsigned long seen;
    int round;
};

static lsc_result adder_poll(struct lsc_context *cx, void *state)
{
    struct adder *self = state;
    lsc_result r = 0;
    LSC_BEGIN(cx, self);
    for (self->round = 0; self->round < ROUNDS; self->round++) {
        LSC_AWAIT(r, lsc_mutex_lock(cx, &mutex));
        if (r < 0)
            LSC_RETURN(r);
        taken++;
        self->seen = guarded;
        lsc_cancel_mask(cx);
        LSC_AWAIT(r, lsc_yield(cx));
        lsc_cancel_unmask(cx);
        guarded = self->seen + 1;
        lsc_mutex_unlock(cx, &mutex);
    }
    LSC_END(r);
}

struct crowd {
    struct lsc_frame frame;
    struct lsc_scope scope;
    struct lsc_join joins[CROWD];
    int i;
};

static lsc_result crowd_poll(struct lsc_context *cx, void *state)
{
    struct crowd *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    guarded = 0;
    taken = 0;
    lsc_mutex_init(&mutex, "crowd");
    lsc_scope_begin(cx, &self->scope, 0);
    for (self->i = 0; self->i < CROWD; self->i++)
        lsc_spawn(cx, adder_poll, (&(struct adder){.round = 0}), .join = &self->joins[self->i],
                  .scope = &self->scope);
    LSC_AWAIT(r, lsc_sleep(cx, 2));
    for (self->i = 0; self->i < CROWD; self->i++) {
        if (self->i % 5 == 2)
            lsc_join_cancel(&self->joins[self->i]);
        lsc_join_detach(&self->joins[self->i]);
    }
    LSC_AWAIT(r, lsc_scope_end(cx, &self->scope));
    CHECK(r == 0 || r == -ECANCELED);
    CHECK(guarded == taken);
    CHECK(taken >= (CROWD - CROWD / 5) * ROUNDS);
    LSC_END(lsc_mutex_free(&mutex));
}

Test(mutex, lets_one_in_at_a_time_also_across_awaits, .timeout = 20)
{
    RUN(crowd, .i = 0);
}

/* ---- order ---- */

struct line {
    struct lsc_frame frame;
    struct lsc_join joins[4];
    int i;
};

static lsc_result line_poll(struct lsc_context *cx, void *state)
{
    struct line *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    arrived = 0;
    lsc_mutex_init(&mutex, "line");
    LSC_AWAIT(r, lsc_mutex_lock(cx, &mutex));
    for (self->i = 0; self->i < 4; self->i++) {
        lsc_spawn(cx, locker_poll, (&(struct locker){.number = self->i}),
                  .join = &self->joins[self->i]);
        UNTIL_STANDS(&self->joins[self->i])
    }
    CHECK(lsc_mutex_free(&mutex) == -EBUSY);
    lsc_join_cancel(&self->joins[1]);
    LSC_AWAIT(r, lsc_join_await(cx, &self->joins[1]));
    CHECK(r == -ECANCELED);
    lsc_mutex_unlock(cx, &mutex);
    CHECK(lsc_mutex_try_lock(cx, &mutex) == -EAGAIN); /* it is the next one's already */
    LSC_AWAIT(r, lsc_mutex_lock(cx, &mutex));
    CHECK(r == 0 && arrived == 3 && order[0] == 0 && order[1] == 2 && order[2] == 3);
    lsc_mutex_unlock(cx, &mutex);
    for (self->i = 0; self->i < 4; self->i++)
        lsc_join_detach(&self->joins[self->i]);
    LSC_END(lsc_mutex_free(&mutex));
}

Test(mutex, is_handed_over_in_order_of_arrival_past_who_gave_up, .timeout = 20)
{
    RUN(line, .i = 0);
}

/* ---- cancellation and deadlines ---- */

struct patience {
    struct lsc_frame frame;
    struct lsc_join join;
    struct lsc_deadline deadline;
};

static lsc_result late_poll(struct lsc_context *cx, void *state)
{
    struct patience *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    lsc_deadline_push(cx, &self->deadline, 3);
    LSC_AWAIT(r, lsc_mutex_lock(cx, &mutex));
    lsc_deadline_pop(cx, &self->deadline);
    CHECK(r == -ETIMEDOUT);
    LSC_AWAIT(r, lsc_mutex_lock(cx, &mutex));
    CHECK(r == 0);
    LSC_END(lsc_mutex_unlock(cx, &mutex));
}

static lsc_result patience_poll(struct lsc_context *cx, void *state)
{
    struct patience *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    lsc_mutex_init(&mutex, "timeout");
    CHECK(lsc_mutex_try_lock(cx, &mutex) == 0 && lsc_mutex_is_locked(&mutex));
    CHECK(lsc_mutex_try_lock(cx, &mutex) == -EAGAIN);
    lsc_spawn(cx, late_poll, (&(struct patience){.join = {0}}), .join = &self->join);
    LSC_AWAIT(r, lsc_sleep(cx, 20));
    lsc_mutex_unlock(cx, &mutex);
    LSC_AWAIT(r, lsc_join_await(cx, &self->join));
    CHECK(r == 0 && !lsc_mutex_is_locked(&mutex));
    LSC_END(lsc_mutex_free(&mutex));
}

Test(mutex, is_waited_for_no_longer_than_the_deadline, .timeout = 20)
{
    RUN(patience, .join = {0});
}

/* Handed over and cancelled before it could run: the grant wins. */
struct race {
    struct lsc_frame frame;
    struct lsc_join join;
};

static lsc_result race_poll(struct lsc_context *cx, void *state)
{
    struct race *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    arrived = 0;
    lsc_mutex_init(&mutex, "race");
    LSC_AWAIT(r, lsc_mutex_lock(cx, &mutex));
    lsc_spawn(cx, locker_poll, (&(struct locker){.number = 7}), .join = &self->join);
    UNTIL_STANDS(&self->join)
    lsc_mutex_unlock(cx, &mutex);
    lsc_join_cancel(&self->join);
    LSC_AWAIT(r, lsc_join_await(cx, &self->join));
    CHECK(r == 0 && order[0] == 7 && arrived == 1); /* its unlock said 0 */
    LSC_END(lsc_mutex_free(&mutex));
}

Test(mutex, that_was_handed_over_before_the_cancellation_is_held, .timeout = 20)
{
    RUN(race, .join = {0});
}

struct forgotten {
    struct lsc_frame frame;
    struct lsc_join joins[3];
    int i;
};

static lsc_result forgotten_poll(struct lsc_context *cx, void *state)
{
    struct forgotten *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    arrived = 0;
    lsc_mutex_init(&mutex, "forgotten");
    LSC_AWAIT(r, lsc_mutex_lock(cx, &mutex));
    for (self->i = 0; self->i < 2; self->i++) {
        lsc_spawn(cx, forgetful_poll, (&(struct forgetful){.sleeps = self->i == 1}),
                  .join = &self->joins[self->i]);
        UNTIL_STANDS(&self->joins[self->i])
    }
    lsc_spawn(cx, locker_poll, (&(struct locker){.number = 5}), .join = &self->joins[2]);
    UNTIL_STANDS(&self->joins[2])
    lsc_mutex_unlock(cx, &mutex);
    for (self->i = 0; self->i < 3; self->i++) {
        LSC_AWAIT(r, lsc_join_await(cx, &self->joins[self->i]));
        CHECK(r == 0);
    }
    CHECK(arrived == 1 && order[0] == 5);
    LSC_END(lsc_mutex_free(&mutex));
}

Test(mutex, handed_to_a_task_that_never_looks_goes_on_to_the_next, .timeout = 20)
{
    RUN(forgotten, .i = 0);
}

/* ---- holders that end ---- */

/* Ends, or sleeps for ever, with the lock in its hands. */
static lsc_result keeper_poll(struct lsc_context *cx, void *state)
{
    struct forgetful *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    LSC_AWAIT(r, lsc_mutex_lock(cx, &mutex));
    if (self->sleeps)
        LSC_AWAIT(r, lsc_sleep(cx, 600000));
    LSC_END(r);
}

/* 77: the mark is there until the next unlock. */
static lsc_result heir_poll(struct lsc_context *cx, void *state)
{
    struct race *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    lsc_mutex_init(&mutex, "accounts");
    lsc_spawn(cx, keeper_poll, (&(struct forgetful){.sleeps = false}), .join = &self->join);
    LSC_AWAIT(r, lsc_join_await(cx, &self->join));
    LSC_AWAIT(r, lsc_mutex_lock(cx, &mutex));
    CHECK(r == LSC_LOCK_ABANDONED);
    lsc_mutex_unlock(cx, &mutex);
    LSC_AWAIT(r, lsc_mutex_lock(cx, &mutex));
    CHECK(r == 0);
    lsc_mutex_unlock(cx, &mutex);
    LSC_END(lsc_mutex_free(&mutex) == 0 ? 77 : 1);
}

Test(mutex_misuse, a_task_that_ends_with_it_gives_it_on_marked_or_stops)
{
    const struct race state = {.join = {0}};
    expect_misuse(heir_poll, &state, sizeof(state), "keeper_poll",
                  "has ended while it holds mutex 'accounts'", 77);
}

/* One keeps it, two wait for it. */
static lsc_result leaves_keeper_poll(struct lsc_context *cx, void *state)
{
    struct forgotten *self = state;
    LSC_BEGIN(cx, self);
    lsc_mutex_init(&mutex, "kept");
    for (self->i = 0; self->i < 3; self->i++) {
        if (self->i == 0)
            lsc_spawn(cx, keeper_poll, (&(struct forgetful){.sleeps = true}),
                      .join = &self->joins[0]);
        else
            lsc_spawn(cx, locker_poll, (&(struct locker){.number = 0}),
                      .join = &self->joins[self->i]);
        UNTIL_STANDS(&self->joins[self->i])
        lsc_join_detach(&self->joins[self->i]);
    }
    LSC_END(0);
}

static lsc_result takes_over_poll(struct lsc_context *cx, void *state)
{
    struct race *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    LSC_AWAIT(r, lsc_mutex_lock(cx, &mutex));
    CHECK(r == LSC_LOCK_ABANDONED);
    LSC_END(lsc_mutex_unlock(cx, &mutex));
}

Test(mutex, of_tasks_that_are_dropped_with_their_executor_is_given_on)
{
    const struct lsc_executor_options options = {.workers = 1};
    struct lsc_executor *executor;
    struct forgotten state = {.i = 0};
    cr_assert_eq(lsc_executor_new(&executor, &options), 0);
    cr_expect_eq(lsc_executor_run(executor, leaves_keeper_poll, &state), 0);
    cr_expect(lsc_mutex_is_locked(&mutex));
    lsc_executor_delete(executor);
    cr_expect_not(lsc_mutex_is_locked(&mutex));
    cr_expect_eq(run_with(1, takes_over_poll, &state, sizeof(state)), 0);
    cr_expect_eq(lsc_mutex_free(&mutex), 0);
}

/* ---- cleanup handlers ---- */

struct careful {
    struct lsc_frame frame;
    struct lsc_cleanup cleanup;
};

static void unlock_it(void *data)
{
    lsc_mutex_unlock(NULL, data);
}

static lsc_result careful_poll(struct lsc_context *cx, void *state)
{
    struct careful *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    LSC_AWAIT(r, lsc_mutex_lock(cx, &mutex));
    lsc_cleanup_push(cx, &self->cleanup, unlock_it, &mutex);
    LSC_AWAIT(r, lsc_sleep(cx, 600000));
    LSC_END(r);
}

static lsc_result cleanup_poll(struct lsc_context *cx, void *state)
{
    struct race *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    lsc_mutex_init(&mutex, "cleaned up");
    lsc_spawn(cx, careful_poll, (&(struct careful){.cleanup = {0}}), .join = &self->join);
    UNTIL_STANDS(&self->join)
    lsc_join_cancel(&self->join);
    LSC_AWAIT(r, lsc_mutex_lock(cx, &mutex));
    CHECK(r == 0); /* and not LSC_LOCK_ABANDONED */
    lsc_mutex_unlock(cx, &mutex);
    LSC_AWAIT(r, lsc_join_await(cx, &self->join));
    CHECK(r == -ECANCELED);
    LSC_END(lsc_mutex_free(&mutex));
}

Test(mutex, is_unlocked_by_the_cleanup_handler_of_a_cancelled_holder, .timeout = 20)
{
    RUN_STATE(cleanup_poll, (struct race){.join = {0}});
}

/* ---- other misuse ---- */

static lsc_result locks_twice_poll(struct lsc_context *cx, void *state)
{
    struct race *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    lsc_mutex_init(&mutex, "own");
    LSC_AWAIT(r, lsc_mutex_lock(cx, &mutex));
    LSC_AWAIT(r, lsc_mutex_lock(cx, &mutex));
    CHECK(r == -EDEADLK);
    lsc_mutex_unlock(cx, &mutex);
    LSC_END(lsc_mutex_free(&mutex) == 0 ? 77 : 1);
}

Test(mutex_misuse, locking_it_twice_is_refused_or_stops)
{
    const struct race state = {.join = {0}};
    expect_misuse(locks_twice_poll, &state, sizeof(state), "root task",
                  "locks mutex 'own', which it holds already", 77);
}

static lsc_result unlocker_poll(struct lsc_context *cx, void *state)
{
    struct locker *self = state;
    LSC_BEGIN(cx, self);
    LSC_END(lsc_mutex_unlock(cx, &mutex));
}

static lsc_result is_unlocked_by_another_poll(struct lsc_context *cx, void *state)
{
    struct race *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    lsc_mutex_init(&mutex, "other's");
    LSC_AWAIT(r, lsc_mutex_lock(cx, &mutex));
    lsc_spawn(cx, unlocker_poll, (&(struct locker){.number = 0}), .join = &self->join);
    LSC_AWAIT(r, lsc_join_await(cx, &self->join));
    CHECK(r == -EPERM && lsc_mutex_is_locked(&mutex));
    lsc_mutex_unlock(cx, &mutex);
    LSC_END(77);
}

Test(mutex_misuse, unlocking_another_tasks_is_refused_or_stops)
{
    const struct race state = {.join = {0}};
    expect_misuse(is_unlocked_by_another_poll, &state, sizeof(state), "unlocker_poll",
                  "unlocks mutex 'other's', which it does not hold", 77);
}
