/* SPDX-License-Identifier: MIT */
/* A small program on the executor, for tests that read what it recorded. Prints its own counts.
 *
 *     executor_subject tasks WORKERS      some tasks that yield, sleep, wait for each other
 *     executor_subject waiting WORKERS    ends while one task sleeps two functions deep
 *     executor_subject stranded WORKERS   ends while tasks wait that nobody can wake, and others
 *     executor_subject budget WORKERS     a task that never has to wait; prints its forced yields
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "loopscope/executor.h"
#include "loopscope/sync.h"
#include "loopscope/time.h"

struct child {
    struct lsc_frame frame;
    int i;
};

static lsc_result child_poll(struct lsc_context *cx, void *state)
{
    struct child *self = state;
    lsc_result r = 0;
    LSC_BEGIN(cx, self);
    for (self->i = 0; self->i < 20; self->i++) {
        if (self->i % 4 == 0)
            LSC_AWAIT(r, lsc_sleep(cx, 1));
        else
            LSC_AWAIT(r, lsc_yield(cx));
    }
    LSC_END(r);
}

static lsc_result job(void *state)
{
    (void)state;
    usleep(100);
    return 0;
}

static lsc_result inner_poll(struct lsc_context *cx, void *state);

struct parent {
    struct lsc_frame frame;
    struct lsc_scope scope;
    struct lsc_join join;
    struct child child;
    int i;
};

static lsc_result parent_poll(struct lsc_context *cx, void *state)
{
    struct parent *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    lsc_scope_begin(cx, &self->scope, 0);
    for (self->i = 0; self->i < 10; self->i++) {
        lsc_spawn(cx, child_poll, (&(struct child){.i = 0}), .scope = &self->scope,
                  .name = "child");
        LSC_AWAIT(r, lsc_spawn_blocking(cx, job, &self->i, .scope = &self->scope));
    }
    LSC_AWAIT(r, lsc_scope_end(cx, &self->scope));
    lsc_spawn(cx, child_poll, (&(struct child){.i = 0}), .join = &self->join);
    LSC_AWAIT(r, lsc_join_await(cx, &self->join));
    lsc_spawn(cx, inner_poll, (&(struct child){.i = 0}), .join = &self->join);
    LSC_AWAIT(r, lsc_sleep(cx, 5));
    lsc_join_cancel(&self->join);
    LSC_AWAIT(r, lsc_join_await(cx, &self->join));
    LSC_END(r == -ECANCELED ? 0 : -1);
}

static lsc_result inner_poll(struct lsc_context *cx, void *state)
{
    struct child *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    LSC_AWAIT(r, lsc_sleep(cx, 600000));
    LSC_END(r);
}

static lsc_result outer_poll(struct lsc_context *cx, void *state)
{
    struct parent *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    LSC_AWAIT(r, inner_poll(cx, &self->child));
    LSC_END(r);
}

static lsc_result starter_poll(struct lsc_context *cx, void *state)
{
    struct parent *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    lsc_spawn(cx, outer_poll, (&(struct parent){.i = 0}), .name = "sleeper");
    LSC_AWAIT(r, lsc_sleep(cx, 20));
    LSC_END(r);
}

/* ---- tasks that wait for a waker ---- */

enum { NO_WAKER, DROPPED, KEPT, WOKEN, KINDS };
static struct lsc_waker wakers[KINDS];

struct waiter {
    struct lsc_frame frame;
    int kind;
    bool was_polled;
};

/* Pending until it is polled again. */
static lsc_result wait_for_waker(struct lsc_context *cx, struct waiter *self)
{
    if (self->was_polled)
        return 0;
    self->was_polled = true;
    if (self->kind != NO_WAKER)
        wakers[self->kind] = lsc_waker_new(cx);
    return LSC_PENDING;
}

static lsc_result waiter_poll(struct lsc_context *cx, void *state)
{
    struct waiter *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    LSC_AWAIT(r, wait_for_waker(cx, self));
    LSC_AWAIT(r, lsc_sleep(cx, 600000));
    LSC_END(r);
}

static lsc_result stranding_poll(struct lsc_context *cx, void *state)
{
    static const char *const names[KINDS] = {"without", "dropped", "kept", "woken"};
    struct parent *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    for (self->i = 0; self->i < KINDS; self->i++)
        lsc_spawn(cx, waiter_poll, (&(struct waiter){.kind = self->i}), .name = names[self->i]);
    LSC_AWAIT(r, lsc_sleep(cx, 20));
    struct lsc_waker share = lsc_waker_clone(&wakers[DROPPED]);
    lsc_waker_drop(&share);
    lsc_waker_drop(&wakers[DROPPED]);
    lsc_waker_wake(&wakers[WOKEN]);
    LSC_AWAIT(r, lsc_sleep(cx, 20));
    LSC_END(r);
}

/* Takes a permit that is always there, a thousand times. */
static lsc_result taker_poll(struct lsc_context *cx, void *state)
{
    static struct lsc_semaphore permits;
    struct child *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    lsc_semaphore_init(&permits, "permits", 1);
    for (self->i = 0; self->i < 1000; self->i++) {
        LSC_AWAIT(r, lsc_semaphore_acquire(cx, &permits, 1));
        lsc_semaphore_release(cx, &permits, 1);
    }
    lsc_semaphore_free(&permits);
    LSC_END(r);
}

static int use_up_budget(struct lsc_executor *executor)
{
    struct lsc_executor_counts counts;
    lsc_executor_run(executor, taker_poll, (&(struct child){.i = 0}));
    lsc_executor_counts(executor, &counts);
    printf("%llu\n", (unsigned long long)counts.forced_yields);
    lsc_executor_delete(executor);
    return 0;
}

int main(int argc, char **argv)
{
    struct lsc_executor *executor;
    struct lsc_executor_counts counts;
    const struct lsc_executor_options options = {.workers = argc > 2 ? (unsigned)atoi(argv[2]) : 1};
    if (argc < 2 || lsc_executor_new(&executor, &options) < 0)
        return 1;
    if (strcmp(argv[1], "waiting") == 0) {
        lsc_executor_run(executor, starter_poll, (&(struct parent){.i = 0}));
        fflush(stdout);
        _exit(0);
    }
    if (strcmp(argv[1], "stranded") == 0) {
        lsc_executor_run(executor, stranding_poll, (&(struct parent){.i = 0}));
        _exit(0);
    }
    if (strcmp(argv[1], "budget") == 0)
        return use_up_budget(executor);
    lsc_executor_run(executor, parent_poll, (&(struct parent){.i = 0}));
    lsc_executor_shutdown(executor, 5000);
    lsc_executor_counts(executor, &counts);
    printf("%llu %llu %llu %llu %llu %llu %llu\n", (unsigned long long)counts.spawned,
           (unsigned long long)counts.polls, (unsigned long long)counts.wakes,
           (unsigned long long)counts.self_wakes, (unsigned long long)counts.parks,
           (unsigned long long)counts.steals, (unsigned long long)counts.cancelled);
    lsc_executor_delete(executor);
    return 0;
}
