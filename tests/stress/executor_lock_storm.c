/* SPDX-License-Identifier: MIT */
/* Thousands of tasks at mutexes, rwlocks, semaphores, notifications, barriers and onces, on several
 * workers, cancelled and timed out at random, some of them ending without a look at what they were
 * given. Every count must balance exactly, and nothing may be held or lost at the end.
 *
 *     stress_executor_lock_storm [tasks]      default 20 000; the slow form takes 5 000 000 */
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "executor_lock_uses.h"

enum { PARTIES = 4 };

static _Atomic uint64_t leaders, followers, spawned, ended, refused;
static uint64_t limit = 20000;

static uint64_t next_random(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed >> 20;
}

enum { USES = 6 };

struct user {
    struct lsc_frame frame;
    struct lsc_deadline deadline;
    struct use use;
    uint64_t seed;
    int left;
};

static bool forgets(const struct user *self)
{
    return self->left == 0 && self->use.mode >> 11 & 1;
}

/* One in four waits hardly at all; nobody need ever come to who forgets. */
static uint64_t patience_ms(const struct user *self)
{
    if (forgets(self))
        return 3;
    return self->use.mode >> 16 & 3 ? 60000 : self->use.mode >> 18 & 1;
}

static lsc_result user_poll(struct lsc_context *cx, void *state)
{
    struct user *self = state;
    lsc_result r = 0;
    LSC_BEGIN(cx, self);
    for (self->left = USES; self->left-- > 0;) {
        self->use =
            (struct use){.which = next_random(&self->seed), .mode = next_random(&self->seed)};
        lsc_deadline_push(cx, &self->deadline, patience_ms(self));
        LSC_AWAIT(r, use_one(cx, &self->use, forgets(self)));
        lsc_deadline_pop(cx, &self->deadline);
        refused += r == -ECANCELED || r == -ETIMEDOUT;
        if (r < 0 && r != -ECANCELED && r != -ETIMEDOUT && r != -EAGAIN && r != -EIO)
            fail("a result", (uint64_t)-r, self->use.mode >> 8 & 7);
    }
    ended++;
    LSC_END(0);
}

/* Goes round with the others of its group; who leaves ends it for them. */
struct party {
    struct lsc_frame frame;
    struct lsc_barrier *barrier;
    int round;
};

static lsc_result party_poll(struct lsc_context *cx, void *state)
{
    struct party *self = state;
    lsc_result r = 0;
    LSC_BEGIN(cx, self);
    for (self->round = 0; self->round < USES && r >= 0; self->round++) {
        LSC_AWAIT(r, lsc_barrier_wait(cx, self->barrier));
        leaders += r == LSC_BARRIER_LEADER;
        followers += r == 0;
    }
    if (r < 0)
        lsc_barrier_close(self->barrier);
    ended++;
    LSC_END(0);
}

#define BATCH 60
#define BATCHES 8

/* A batch of users and one group of parties, of whom some are cancelled. */
struct batch {
    struct lsc_frame frame;
    struct lsc_scope scope;
    struct lsc_barrier barrier;
    struct lsc_join joins[BATCH + PARTIES];
    uint64_t seed;
    int i;
};

static void begin_batch(struct lsc_context *cx, struct batch *self)
{
    lsc_barrier_init(&self->barrier, "round", PARTIES);
    lsc_scope_begin(cx, &self->scope, 0);
    for (int i = 0; i < BATCH; i++)
        spawned += lsc_spawn(cx, user_poll, (&(struct user){.seed = next_random(&self->seed) | 1}),
                             .scope = &self->scope, .join = &self->joins[i]) == 0;
    for (int i = BATCH; i < BATCH + PARTIES; i++)
        spawned += lsc_spawn(cx, party_poll, (&(struct party){.barrier = &self->barrier}),
                             .scope = &self->scope, .join = &self->joins[i]) == 0;
}

static lsc_result batch_poll(struct lsc_context *cx, void *state)
{
    struct batch *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    while (atomic_load(&spawned) < limit) {
        begin_batch(cx, self);
        for (self->i = 0; self->i < BATCH + PARTIES; self->i++) {
            if (self->i % 4 == 0)
                LSC_AWAIT(r, lsc_yield(cx));
            if (next_random(&self->seed) % 6 == 0)
                lsc_join_cancel(&self->joins[self->i]);
            lsc_join_detach(&self->joins[self->i]);
        }
        LSC_AWAIT(r, lsc_scope_end(cx, &self->scope));
        expect("the end of a batch", (uint64_t)r, 0);
        expect("the free of a barrier", (uint64_t)-lsc_barrier_free(&self->barrier), 0);
    }
    LSC_END(0);
}

struct root {
    struct lsc_frame frame;
    struct lsc_scope scope;
};

static lsc_result root_poll(struct lsc_context *cx, void *state)
{
    struct root *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    lsc_scope_begin(cx, &self->scope, 0);
    for (uint64_t i = 0; i < BATCHES; i++)
        lsc_spawn(cx, batch_poll, (&(struct batch){.seed = 88172645463325252u + i}),
                  .scope = &self->scope);
    LSC_AWAIT(r, lsc_scope_end(cx, &self->scope));
    LSC_END(r);
}

static void storm(unsigned workers)
{
    const struct lsc_executor_options options = {.workers = workers};
    struct lsc_executor *executor;
    struct lsc_executor_counts counts;
    uses_begin();
    leaders = followers = spawned = ended = refused = 0;
    if (lsc_executor_new(&executor, &options) < 0)
        fail("new", workers, 0);
    lsc_executor_run(executor, root_poll, (&(struct root){.scope = {{0}}}));
    if (lsc_executor_shutdown(executor, 60000) != 0)
        fail("shutdown", workers, 0);
    lsc_executor_counts(executor, &counts);
    expect("tasks spawned and finished", counts.spawned, counts.finished);
    lsc_executor_delete(executor);
    uses_end();
    expect("followers and leaders", followers, leaders * (PARTIES - 1));
    expect("spawned and ended", spawned, ended);
    if (leaders == 0 || refused == 0)
        fail("rounds and waits cut short", leaders, refused);
    printf("%u workers: %llu tasks, %llu cancelled, %llu waits cut short, %llu polls, %llu steals, "
           "%llu rounds\n",
           workers, (unsigned long long)counts.spawned, (unsigned long long)counts.cancelled,
           (unsigned long long)refused, (unsigned long long)counts.polls,
           (unsigned long long)counts.steals, (unsigned long long)leaders);
}

int main(int argc, char **argv)
{
    if (argc > 1)
        limit = strtoull(argv[1], NULL, 10);
    storm(1);
    storm(2);
    storm(5);
    return 0;
}
