/* SPDX-License-Identifier: MIT */
/* Wake races: tasks wait with wakers for numbers that threads, other tasks and a signal handler
 * count up. A wake-up that is lost makes this program hang; a number that is missed makes it fail.
 *
 *     stress_executor_wakes [rounds]     default 4 000 */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "loopscope/executor.h"

#define PAIRS 8

static uint64_t rounds = 4000;

/* A number that one side counts up and the other follows, and back. */
struct seesaw {
    _Atomic uint64_t asked, answered;
    struct lsc_waker follower;
    _Atomic int has_follower;
};
static struct seesaw seesaws[PAIRS];

struct follower {
    struct lsc_frame frame;
    struct seesaw *seesaw;
    uint64_t seen;
};

static lsc_result follow(struct lsc_context *cx, struct follower *self)
{
    struct seesaw *seesaw = self->seesaw;
    if (!atomic_load(&seesaw->has_follower)) {
        seesaw->follower = lsc_waker_new(cx);
        atomic_store(&seesaw->has_follower, 1);
    }
    if (atomic_load(&seesaw->asked) == self->seen)
        return LSC_PENDING;
    return 0;
}

static lsc_result follower_poll(struct lsc_context *cx, void *state)
{
    struct follower *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    while (self->seen < rounds) {
        LSC_AWAIT(r, follow(cx, self));
        if (r < 0)
            LSC_RETURN(r);
        self->seen = atomic_load(&self->seesaw->asked);
        atomic_store(&self->seesaw->answered, self->seen);
    }
    LSC_END((lsc_result)self->seen);
}

/* Asks from outside, with a pause now and then that lets the workers park. */
static void *ask(void *data)
{
    struct seesaw *seesaw = data;
    while (!atomic_load(&seesaw->has_follower))
        usleep(10);
    for (uint64_t i = 1; i <= rounds; i++) {
        atomic_store(&seesaw->asked, i);
        lsc_waker_wake_by_ref(&seesaw->follower);
        while (atomic_load(&seesaw->answered) != i)
            ;
        if (i % 64 == 0)
            usleep(200);
    }
    lsc_waker_wake(&seesaw->follower);
    return NULL;
}

/* Asks from a task, on whatever worker it is. */
struct asker {
    struct lsc_frame frame;
    struct seesaw *seesaw;
    uint64_t i;
};

static lsc_result asker_poll(struct lsc_context *cx, void *state)
{
    struct asker *self = state;
    lsc_result r = 0;
    LSC_BEGIN(cx, self);
    while (!atomic_load(&self->seesaw->has_follower))
        LSC_AWAIT(r, lsc_yield(cx));
    for (self->i = 1; self->i <= rounds; self->i++) {
        atomic_store(&self->seesaw->asked, self->i);
        lsc_waker_wake_by_ref(&self->seesaw->follower);
        while (atomic_load(&self->seesaw->answered) != self->i)
            LSC_AWAIT(r, lsc_yield(cx));
    }
    lsc_waker_wake(&self->seesaw->follower);
    LSC_END(r);
}

static _Atomic uint64_t signals;
static struct lsc_waker signalled;
static _Atomic int has_signalled;

static void on_signal(int number)
{
    (void)number;
    if (!atomic_load(&has_signalled))
        return;
    atomic_fetch_add(&signals, 1);
    lsc_waker_wake_from_signal(&signalled);
}

struct counter {
    struct lsc_frame frame;
    uint64_t until;
};

static lsc_result count_signals(struct lsc_context *cx, struct counter *self)
{
    if (!atomic_load(&has_signalled)) {
        signalled = lsc_waker_new(cx);
        atomic_store(&has_signalled, 1);
    }
    return atomic_load(&signals) >= self->until ? 0 : LSC_PENDING;
}

static lsc_result counter_poll(struct lsc_context *cx, void *state)
{
    struct counter *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    LSC_AWAIT(r, count_signals(cx, self));
    LSC_END(r);
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
    lsc_spawn(cx, counter_poll, (&(struct counter){.until = rounds / 10}), .scope = &self->scope);
    for (int i = 0; i < PAIRS; i++)
        lsc_spawn(cx, follower_poll, (&(struct follower){.seesaw = &seesaws[i]}),
                  .scope = &self->scope);
    for (int i = PAIRS / 2; i < PAIRS; i++)
        lsc_spawn(cx, asker_poll, (&(struct asker){.seesaw = &seesaws[i]}), .scope = &self->scope);
    LSC_AWAIT(r, lsc_scope_end(cx, &self->scope));
    LSC_END(r);
}

static _Atomic int is_over;

/* Signals land on whatever thread takes them. */
static void *shoot(void *data)
{
    (void)data;
    while (!atomic_load(&has_signalled))
        usleep(10);
    while (!atomic_load(&is_over)) {
        kill(getpid(), SIGUSR1);
        usleep(50);
    }
    return NULL;
}

static int race(unsigned workers)
{
    const struct lsc_executor_options options = {.workers = workers};
    struct lsc_executor *executor;
    struct lsc_executor_counts counts;
    pthread_t askers[PAIRS / 2], shooter;
    for (int i = 0; i < PAIRS; i++)
        seesaws[i] = (struct seesaw){0};
    signals = 0;
    has_signalled = is_over = 0;
    if (lsc_executor_new(&executor, &options) < 0)
        return 1;
    for (int i = 0; i < PAIRS / 2; i++)
        pthread_create(&askers[i], NULL, ask, &seesaws[i]);
    pthread_create(&shooter, NULL, shoot, NULL);
    lsc_result result = lsc_executor_run(executor, root_poll, (&(struct root){.scope = {{0}}}));
    for (int i = 0; i < PAIRS / 2; i++)
        pthread_join(askers[i], NULL);
    is_over = 1;
    pthread_join(shooter, NULL);
    lsc_executor_shutdown(executor, 10000);
    lsc_executor_counts(executor, &counts);
    lsc_executor_delete(executor);
    lsc_waker_drop(&signalled);
    printf("%u workers: result %lld, %llu wakes, %llu parks, %llu steals\n", workers,
           (long long)result, (unsigned long long)counts.wakes, (unsigned long long)counts.parks,
           (unsigned long long)counts.steals);
    return result != 0 || counts.spawned != counts.finished;
}

int main(int argc, char **argv)
{
    if (argc > 1)
        rounds = strtoull(argv[1], NULL, 10);
    signal(SIGUSR1, on_signal);
    return race(1) || race(2) || race(4);
}
