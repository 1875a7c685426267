/* SPDX-License-Identifier: MIT */
/* Uses of every primitive. What it guards is not atomic, so that ThreadSanitizer sees a lock that
 * does not lock. */
#include "executor_lock_uses.h"

#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

enum { MUTEXES = 4, RWLOCKS = 3, PERMITS = 3, ONCES = 64 };

static struct lsc_mutex mutexes[MUTEXES];
static uint64_t sums[MUTEXES]; /* each under its mutex */
static _Atomic uint64_t locked[MUTEXES];

static struct lsc_rwlock rwlocks[RWLOCKS];
static uint64_t written[RWLOCKS][2]; /* the same twice; each under its rwlock */
static _Atomic uint64_t writes[RWLOCKS], reads;

static struct lsc_semaphore semaphore;
static _Atomic uint32_t taken;
static _Atomic uint64_t acquired;

static struct lsc_notify notify;
static _Atomic uint64_t tickets, sold, bought;

static struct lsc_once onces[ONCES];
static uint64_t made[ONCES]; /* by the task that makes it */
static _Atomic uint64_t attempts;

static _Atomic uint64_t forgotten;

void fail(const char *what, uint64_t a, uint64_t b)
{
    fprintf(stderr, "executor_lock_storm: %s: %llu and %llu\n", what, (unsigned long long)a,
            (unsigned long long)b);
    exit(1);
}

void expect(const char *what, uint64_t a, uint64_t b)
{
    if (a != b)
        fail(what, a, b);
}

static lsc_result mutex_poll(struct lsc_context *cx, struct use *self)
{
    struct lsc_mutex *mutex = &mutexes[self->which % MUTEXES];
    uint64_t *sum = &sums[self->which % MUTEXES];
    lsc_result r = 0;
    LSC_BEGIN(cx, self);
    if (self->mode % 4 == 0)
        r = lsc_mutex_try_lock(cx, mutex);
    else
        LSC_AWAIT(r, lsc_mutex_lock(cx, mutex));
    if (r < 0)
        LSC_RETURN(r);
    self->seen = *sum;
    if (self->mode % 3 == 0)
        LSC_AWAIT(r, lsc_yield(cx)); /* at once when cancelled; it is held all the same */
    *sum = self->seen + 1;
    locked[self->which % MUTEXES]++;
    LSC_END(lsc_mutex_unlock(cx, mutex));
}

/* Two of them, in one order everywhere. */
static lsc_result two_mutexes_poll(struct lsc_context *cx, struct use *self)
{
    lsc_result r;
    LSC_BEGIN(cx, self);
    LSC_AWAIT(r, lsc_mutex_lock(cx, &mutexes[0]));
    if (r < 0)
        LSC_RETURN(r);
    LSC_AWAIT(r, lsc_mutex_lock(cx, &mutexes[1]));
    if (r >= 0) {
        sums[0]++;
        sums[1]++;
        locked[0]++;
        locked[1]++;
        lsc_mutex_unlock(cx, &mutexes[self->which % 2]);
        lsc_mutex_unlock(cx, &mutexes[1 - self->which % 2]);
    } else {
        lsc_mutex_unlock(cx, &mutexes[0]);
    }
    LSC_END(r);
}

static lsc_result write_poll(struct lsc_context *cx, struct use *self)
{
    unsigned i = self->which % RWLOCKS;
    lsc_result r = 0;
    LSC_BEGIN(cx, self);
    if (self->mode % 4 == 0)
        r = lsc_rwlock_try_write(cx, &rwlocks[i]);
    else
        LSC_AWAIT(r, lsc_rwlock_write(cx, &rwlocks[i]));
    if (r < 0)
        LSC_RETURN(r);
    written[i][0]++;
    if (self->mode % 3 == 0)
        LSC_AWAIT(r, lsc_yield(cx));
    written[i][1]++;
    writes[i]++;
    LSC_END(lsc_rwlock_unlock(cx, &rwlocks[i]));
}

static lsc_result read_poll(struct lsc_context *cx, struct use *self)
{
    unsigned i = self->which % RWLOCKS;
    lsc_result r = 0;
    LSC_BEGIN(cx, self);
    if (self->mode % 4 == 0)
        r = lsc_rwlock_try_read(cx, &rwlocks[i]);
    else
        LSC_AWAIT(r, lsc_rwlock_read(cx, &rwlocks[i]));
    if (r < 0)
        LSC_RETURN(r);
    self->seen = written[i][0];
    if (self->mode % 3 == 0)
        LSC_AWAIT(r, lsc_yield(cx));
    expect("written while it was read", self->seen, written[i][1]);
    reads++;
    LSC_END(lsc_rwlock_unlock(cx, &rwlocks[i]));
}

static lsc_result semaphore_poll(struct lsc_context *cx, struct use *self)
{
    uint32_t need = 1 + self->which % PERMITS;
    lsc_result r;
    LSC_BEGIN(cx, self);
    LSC_AWAIT(r, lsc_semaphore_acquire(cx, &semaphore, need));
    if (r < 0)
        LSC_RETURN(r);
    acquired++;
    uint32_t now = atomic_fetch_add(&taken, need) + need;
    if (now > PERMITS)
        fail("permits taken and there", now, PERMITS);
    if (self->mode % 3 == 0)
        LSC_AWAIT(r, lsc_yield(cx));
    atomic_fetch_sub(&taken, need);
    LSC_END(lsc_semaphore_release(cx, &semaphore, need));
}

static bool take_ticket(void)
{
    uint64_t left = tickets;
    while (left > 0)
        if (atomic_compare_exchange_weak(&tickets, &left, left - 1))
            return true;
    return false;
}

/* Buys a ticket and sells one, in either order. A permit stands for "there are tickets": who takes
 * one hands the permit on while there are more. */
static lsc_result notify_poll(struct lsc_context *cx, struct use *self)
{
    lsc_result r = 0;
    LSC_BEGIN(cx, self);
    if (self->mode % 2 == 0)
        LSC_AWAIT(r, lsc_yield(cx));
    tickets++;
    sold++;
    lsc_notify_one(&notify);
    if (self->mode % 8 == 1)
        lsc_notify_all(&notify);
    while (!take_ticket()) {
        LSC_AWAIT(r, lsc_notify_wait(cx, &notify));
        if (r < 0)
            LSC_RETURN(r);
    }
    bought++;
    if (tickets > 0)
        lsc_notify_one(&notify);
    LSC_END(0);
}

static lsc_result make_poll(struct lsc_context *cx, void *state)
{
    struct making {
        struct lsc_frame frame;
    } *making = state;
    struct use *self = (struct use *)((char *)state - offsetof(struct use, making));
    lsc_result r;
    LSC_BEGIN(cx, making);
    attempts++;
    LSC_AWAIT(r, lsc_yield(cx));
    if (r < 0)
        LSC_RETURN(r);
    if (self->mode % 5 < 3)
        LSC_RETURN(-EIO);
    made[self->which % ONCES]++;
    LSC_END(0);
}

static lsc_result once_poll(struct lsc_context *cx, struct use *self)
{
    lsc_result r;
    LSC_BEGIN(cx, self);
    LSC_AWAIT(r, lsc_once_run(cx, &onces[self->which % ONCES], make_poll, &self->making));
    if (r == 0)
        expect("made, and how often", made[self->which % ONCES], 1);
    LSC_END(r);
}

/* Evaluated a second time it looks at nothing, and the task ends. */
static lsc_result forget_poll(struct lsc_context *cx, struct use *self)
{
    lsc_result r;
    if (self->seen++ > 0)
        return 0;
    forgotten++;
    switch (self->which % 5) {
    case 0:
        r = lsc_mutex_lock(cx, &mutexes[self->mode % MUTEXES]);
        return r >= 0 ? lsc_mutex_unlock(cx, &mutexes[self->mode % MUTEXES]) : r;
    case 1:
        r = lsc_rwlock_write(cx, &rwlocks[self->mode % RWLOCKS]);
        return r >= 0 ? lsc_rwlock_unlock(cx, &rwlocks[self->mode % RWLOCKS]) : r;
    case 2:
        r = lsc_rwlock_read(cx, &rwlocks[self->mode % RWLOCKS]);
        return r >= 0 ? lsc_rwlock_unlock(cx, &rwlocks[self->mode % RWLOCKS]) : r;
    case 3:
        r = lsc_semaphore_acquire(cx, &semaphore, 1);
        return r >= 0 ? lsc_semaphore_release(cx, &semaphore, 1) : r;
    default:
        r = lsc_notify_wait(cx, &notify);
        if (r == 0)
            lsc_notify_one(&notify);
        return r;
    }
}

lsc_result use_one(struct lsc_context *cx, struct use *use, bool forgets)
{
    if (forgets)
        return forget_poll(cx, use);
    switch (use->mode >> 8 & 7) {
    case 0:
        return two_mutexes_poll(cx, use);
    case 1:
        return write_poll(cx, use);
    case 2:
        return read_poll(cx, use);
    case 3:
        return semaphore_poll(cx, use);
    case 4:
        return notify_poll(cx, use);
    case 5:
        return once_poll(cx, use);
    default:
        return mutex_poll(cx, use);
    }
}

void uses_begin(void)
{
    for (int i = 0; i < MUTEXES; i++) {
        sums[i] = 0;
        locked[i] = 0;
        lsc_mutex_init(&mutexes[i], "mutex");
    }
    for (int i = 0; i < RWLOCKS; i++) {
        written[i][0] = written[i][1] = 0;
        writes[i] = 0;
        lsc_rwlock_init(&rwlocks[i], "rwlock");
    }
    for (int i = 0; i < ONCES; i++) {
        made[i] = 0;
        lsc_once_init(&onces[i], "once");
    }
    lsc_semaphore_init(&semaphore, "semaphore", PERMITS);
    lsc_notify_init(&notify, "notify");
    taken = 0;
    reads = acquired = tickets = sold = bought = attempts = 0;
    forgotten = 0;
}

void uses_end(void)
{
    uint64_t done = 0;
    for (int i = 0; i < MUTEXES; i++) {
        expect("locked and summed", locked[i], sums[i]);
        expect("the free of a mutex", (uint64_t)-lsc_mutex_free(&mutexes[i]), 0);
    }
    for (int i = 0; i < RWLOCKS; i++) {
        expect("written once and twice", written[i][0], written[i][1]);
        expect("writes and what was written", writes[i], written[i][0]);
        expect("the free of a rwlock", (uint64_t)-lsc_rwlock_free(&rwlocks[i]), 0);
    }
    for (int i = 0; i < ONCES; i++) {
        expect("done and made", lsc_once_is_done(&onces[i]), made[i]);
        expect("the free of a once", (uint64_t)-lsc_once_free(&onces[i]), 0);
        done += made[i];
    }
    expect("permits at the end", lsc_semaphore_available(&semaphore), PERMITS);
    expect("the free of a semaphore", (uint64_t)-lsc_semaphore_free(&semaphore), 0);
    expect("the free of a notify", (uint64_t)-lsc_notify_free(&notify), 0);
    expect("tickets sold, and bought or left", sold, bought + tickets);
    if (done == 0 || attempts == done || reads == 0 || acquired == 0 || bought == 0)
        fail("made and tried", done, attempts);
    if (forgotten == 0)
        fail("forgotten", forgotten, 0);
}
