/* SPDX-License-Identifier: MIT */
/* Trees of tasks across workers: spawned, joined, detached, scoped, cancelled at random, with
 * timers, deadlines, yields and blocking jobs. Afterwards every count must balance exactly.
 *
 *     stress_executor_storm [tasks]      default 60 000; the slow form takes 3 000 000 */
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "loopscope/executor.h"
#include "loopscope/time.h"

static _Atomic uint64_t begun, ended, cleaned, jobs, spawned;
static uint64_t limit = 60000;

static uint64_t next_random(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed >> 20;
}

static void fail(const char *what, uint64_t a, uint64_t b)
{
    fprintf(stderr, "executor_storm: %s: %llu and %llu\n", what, (unsigned long long)a,
            (unsigned long long)b);
    exit(1);
}

static void note_cleanup(void *data)
{
    atomic_fetch_add((_Atomic uint64_t *)data, 1);
}

static lsc_result job(void *state)
{
    (void)state;
    atomic_fetch_add(&jobs, 1);
    return 11;
}

#define CHILDREN 5
#define TOPS 64 /* trees at a time */

struct node {
    struct lsc_frame frame;
    struct lsc_cleanup cleanup;
    struct lsc_scope scope;
    struct lsc_deadline deadline;
    struct lsc_join joins[CHILDREN];
    uint64_t seed;
    unsigned choice; /* what it does after its first wait; 0: still waits */
    int depth, i;
    lsc_result r;
};

static lsc_result node_poll(struct lsc_context *cx, void *state);

static lsc_result spawn_child(struct lsc_context *cx, struct node *self, struct lsc_scope *scope,
                              struct lsc_join *join)
{
    struct node child = {.seed = next_random(&self->seed) | 1, .depth = self->depth - 1};
    lsc_result r = lsc_spawn(cx, node_poll, &child, .scope = scope, .join = join);
    if (r == 0)
        atomic_fetch_add(&spawned, 1);
    else if (r != -ESHUTDOWN)
        fail("spawn", (uint64_t)-r, 0);
    return r;
}

/* One thing to wait for, at random. */
static lsc_result wait_somehow(struct lsc_context *cx, struct node *self)
{
    switch (self->seed % 5) {
    case 0:
        return lsc_sleep(cx, 1 + self->seed / 5 % 3);
    case 1:
        return lsc_sleep(cx, 50); /* mostly cut short */
    default:
        return lsc_yield(cx);
    }
}

/* Some children are joined, some cancelled before, some left alone. */
static lsc_result joins_poll(struct lsc_context *cx, struct node *self)
{
    LSC_BEGIN(cx, self);
    for (self->i = 0; self->i < CHILDREN; self->i++)
        spawn_child(cx, self, NULL, &self->joins[self->i]);
    for (self->i = 0; self->i < CHILDREN; self->i++) {
        if (!self->joins[self->i].task)
            continue;
        if (next_random(&self->seed) % 3 == 0)
            lsc_join_cancel(&self->joins[self->i]);
        if (next_random(&self->seed) % 3 == 0) {
            lsc_join_detach(&self->joins[self->i]);
            continue;
        }
        LSC_AWAIT(self->r, lsc_join_await(cx, &self->joins[self->i]));
        lsc_join_detach(&self->joins[self->i]); /* left when the await itself was cancelled */
    }
    LSC_END(0);
}

static lsc_result scope_poll(struct lsc_context *cx, struct node *self)
{
    LSC_BEGIN(cx, self);
    lsc_deadline_push(cx, &self->deadline, 1 + next_random(&self->seed) % 30);
    lsc_scope_begin(cx, &self->scope, next_random(&self->seed) % 2 ? LSC_SCOPE_FAIL_FAST : 0);
    for (int i = 0; i < CHILDREN; i++)
        spawn_child(cx, self, &self->scope, NULL);
    if (next_random(&self->seed) % 4 == 0)
        lsc_scope_cancel(cx, &self->scope);
    LSC_AWAIT(self->r, lsc_scope_end(cx, &self->scope));
    lsc_deadline_pop(cx, &self->deadline);
    LSC_END(0);
}

static lsc_result node_poll(struct lsc_context *cx, void *state)
{
    struct node *self = state;
    lsc_result r;
    if (!self->cleanup.handler) {
        atomic_fetch_add(&begun, 1);
        lsc_cleanup_push(cx, &self->cleanup, note_cleanup, &cleaned);
    }
    if (self->choice == 0) {
        r = wait_somehow(cx, self);
        if (r == LSC_PENDING)
            return r;
        self->choice = 1 + (unsigned)next_random(&self->seed) % 16;
    }
    if (self->depth > 0)
        r = self->choice & 1 ? joins_poll(cx, self) : scope_poll(cx, self);
    else if (self->choice == 2)
        r = lsc_spawn_blocking(cx, job, &self->seed);
    else
        r = self->choice == 3 ? -EIO : 0;
    if (r == LSC_PENDING)
        return r;
    atomic_fetch_add(&ended, 1);
    return r;
}

struct root {
    struct lsc_frame frame;
    struct lsc_scope scope;
    uint64_t seed;
    int i;
};

static lsc_result root_poll(struct lsc_context *cx, void *state)
{
    struct root *self = state;
    lsc_result r = 0;
    LSC_BEGIN(cx, self);
    while (atomic_load(&spawned) < limit) {
        lsc_scope_begin(cx, &self->scope, 0);
        for (self->i = 0; self->i < TOPS; self->i++) {
            struct node top = {.seed = next_random(&self->seed) | 1, .depth = 3};
            r = lsc_spawn(cx, node_poll, &top, .scope = &self->scope, .name = "top");
            atomic_fetch_add(&spawned, r == 0);
        }
        LSC_AWAIT(r, lsc_scope_end(cx, &self->scope));
    }
    LSC_END(r < 0 ? 0 : r);
}

static void storm(unsigned workers)
{
    const struct lsc_executor_options options = {
        .workers = workers, .blocking_threads = 3, .blocking_queue = 4};
    struct lsc_executor *executor;
    struct lsc_executor_counts counts;
    begun = ended = cleaned = jobs = spawned = 0;
    if (lsc_executor_new(&executor, &options) < 0)
        fail("new", workers, 0);
    lsc_executor_run(executor, root_poll, (&(struct root){.seed = 88172645463325252u}));
    if (lsc_executor_shutdown(executor, 60000) != 0)
        fail("shutdown", workers, 0);
    lsc_executor_counts(executor, &counts);
    if (counts.spawned != counts.finished)
        fail("spawned and finished", counts.spawned, counts.finished);
    if (begun != ended || begun != cleaned)
        fail("begun, ended and cleaned up", begun, ended);
    if (begun != spawned)
        fail("begun and spawned", begun, spawned);
    lsc_executor_delete(executor);
    printf(
        "%u workers: %llu tasks, %llu cancelled, %llu jobs, %llu polls, %llu steals, %llu parks\n",
        workers, (unsigned long long)counts.spawned, (unsigned long long)counts.cancelled,
        (unsigned long long)jobs, (unsigned long long)counts.polls,
        (unsigned long long)counts.steals, (unsigned long long)counts.parks);
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
