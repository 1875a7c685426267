/* SPDX-License-Identifier: MIT */
/* Locks for many readers or one writer: one queue for both, served from its head. Records are made
 * under the lock, so that those of one rwlock are in order. */
#include "loopscope/sync.h"

#include <errno.h>

#include "held.h"
#include "task.h"

/* What a wait asks for: its flags. Its `need` is its site. */
enum { FOR_READING, FOR_WRITING };

/* Lies in struct lsc_rwlock. Guarded by the lock, but for what init writes and held.next. */
struct rwlock {
    struct lock lock;
    lsc_resource resource; /* init's */
    struct task *writer;   /* NULL: nobody writes */
    struct held held;      /* by the writer, once it knows of it */
    struct wait_list waiters;
    uint32_t readers;
    bool is_abandoned; /* a writer ended with it, and no writer has unlocked it since */
};
_Static_assert(sizeof(struct rwlock) <= sizeof(struct lsc_rwlock), "it lies in the public");

static struct rwlock *inner(struct lsc_rwlock *rwlock)
{
    return (struct rwlock *)(void *)rwlock->opaque_;
}

static bool is_open_to(const struct rwlock *rwlock, uint32_t purpose)
{
    return !rwlock->writer && (purpose == FOR_READING || rwlock->readers == 0);
}

static void enter(struct rwlock *rwlock, struct task *task, uint32_t purpose, lsc_site site)
{
    if (purpose == FOR_WRITING)
        rwlock->writer = task;
    else
        rwlock->readers++;
    lsc_hold(rwlock->resource, task->id, site);
}

/* With the lock: all at the head of the queue that may go in now. */
static void serve(struct rwlock *rwlock, struct wake_list *wakes)
{
    uint32_t before = rwlock->waiters.count;
    struct wait *first;
    while ((first = rwlock->waiters.first) && is_open_to(rwlock, first->flags)) {
        enter(rwlock, task_of_wait(first), first->flags, first->need);
        wait_grant(&rwlock->waiters, first, rwlock->is_abandoned, wakes);
    }
    if (rwlock->waiters.count != before)
        lsc_waiters(rwlock->resource, rwlock->waiters.count);
}

/* False: nobody reads. */
static bool leave(struct rwlock *rwlock, const struct task *task, uint32_t purpose)
{
    struct wake_list wakes = WAKE_LIST_EMPTY;
    lock_take(&rwlock->lock);
    bool is_in = purpose == FOR_WRITING || rwlock->readers > 0;
    if (purpose == FOR_WRITING)
        rwlock->writer = NULL;
    else if (is_in)
        rwlock->readers--;
    if (is_in) {
        lsc_release(rwlock->resource, task->id);
        serve(rwlock, &wakes);
    }
    lock_drop(&rwlock->lock);
    wake_list_run(&wakes);
    return is_in;
}

static void give_on(struct held *held, struct task *task)
{
    struct rwlock *rwlock = (struct rwlock *)((char *)held - offsetof(struct rwlock, held));
    struct wake_list wakes = WAKE_LIST_EMPTY;
    lock_take(&rwlock->lock);
    rwlock->writer = NULL;
    rwlock->is_abandoned = true;
    lsc_abandon(rwlock->resource, task->id);
    serve(rwlock, &wakes);
    lock_drop(&rwlock->lock);
    wake_list_run(&wakes);
}

static const struct held_kind held_rwlock = {"rwlock", give_on};

static bool enter_withdraw(struct wait *wait)
{
    struct rwlock *rwlock = wait->object;
    struct wake_list wakes = WAKE_LIST_EMPTY;
    lock_take(&rwlock->lock);
    bool was_waiting = wait_remove(&rwlock->waiters, wait);
    if (was_waiting)
        lsc_waiters(rwlock->resource, rwlock->waiters.count);
    serve(rwlock, &wakes); /* readers may have stood behind a writer */
    lock_drop(&rwlock->lock);
    wake_list_run(&wakes);
    return was_waiting;
}

/* It was let in, but the task will never know. */
static void enter_discard(struct wait *wait)
{
    if (wait->result >= 0)
        leave(wait->object, task_of_wait(wait), wait->flags);
}

static const struct wait_kind enter_waits[] = {
    [FOR_READING] = {"read lock", enter_withdraw, enter_discard},
    [FOR_WRITING] = {"write lock", enter_withdraw, enter_discard},
};

/* With the lock. -EAGAIN: not now. */
static lsc_result take(struct rwlock *rwlock, struct task *task, uint32_t purpose, lsc_site site)
{
    if (rwlock->writer == task)
        return -EDEADLK;
    if (rwlock->waiters.first || !is_open_to(rwlock, purpose))
        return -EAGAIN;
    enter(rwlock, task, purpose, site);
    return rwlock->is_abandoned;
}

static lsc_result take_or_wait(struct lsc_context *cx, struct rwlock *rwlock, uint32_t purpose)
{
    lsc_site site = context_site(cx);
    lock_take(&rwlock->lock);
    lsc_result result = take(rwlock, context_running(cx), purpose, site);
    if (result == -EAGAIN) {
        result = wait_begin(cx, &(struct wait_plan){.kind = &enter_waits[purpose],
                                                    .object = rwlock,
                                                    .list = &rwlock->waiters,
                                                    .need = site,
                                                    .flags = purpose,
                                                    .resource = rwlock->resource});
        lsc_waiters(rwlock->resource, rwlock->waiters.count);
    }
    lock_drop(&rwlock->lock);
    return result;
}

/* The task knows that it has it. */
static lsc_result note(struct task *task, struct rwlock *rwlock, uint32_t purpose,
                       lsc_result result)
{
    if (result >= 0 && purpose == FOR_WRITING)
        held_add(task, &rwlock->held);
    else if (result >= 0)
        task->reads++;
    return result;
}

static lsc_result lock_for(struct lsc_context *cx, struct lsc_rwlock *rwlock, uint32_t purpose)
{
    struct rwlock *self = inner(rwlock);
    struct task *task = context_running(cx);
    lsc_result result;
    if (purpose == FOR_READING && task->reads == UINT16_MAX)
        return -EAGAIN;
    if (wait_is_new(cx, &enter_waits[purpose], self, &result))
        result = take_or_wait(cx, self, purpose);
    if (result == -EDEADLK)
        misuse_of_held(task, "locks", &self->held, "which it holds for writing already");
    return note(task, self, purpose, result);
}

static lsc_result try_for(struct lsc_context *cx, struct lsc_rwlock *rwlock, uint32_t purpose,
                          lsc_site site)
{
    struct rwlock *self = inner(rwlock);
    struct task *task = context_running(cx);
    if (purpose == FOR_READING && task->reads == UINT16_MAX)
        return -EAGAIN;
    lock_take(&self->lock);
    lsc_result result = take(self, task, purpose, site);
    lock_drop(&self->lock);
    return result == -EDEADLK ? -EAGAIN : note(task, self, purpose, result);
}

int lsc_rwlock_init_at(struct lsc_rwlock *rwlock, const char *name, lsc_site site)
{
    *inner(rwlock) = (struct rwlock){
        .held = {.kind = &held_rwlock, .name = name ? name : "(no name)"},
        .resource = lsc_resource_new("rwlock", name, site, 0),
    };
    return 0;
}

int lsc_rwlock_free(struct lsc_rwlock *rwlock)
{
    struct rwlock *self = inner(rwlock);
    lock_take(&self->lock);
    bool is_busy = self->writer || self->readers > 0;
    lock_drop(&self->lock);
    if (is_busy)
        return -EBUSY;
    lsc_resource_delete(self->resource);
    return 0;
}

lsc_result lsc_rwlock_read(struct lsc_context *cx, struct lsc_rwlock *rwlock)
{
    return lock_for(cx, rwlock, FOR_READING);
}

lsc_result lsc_rwlock_write(struct lsc_context *cx, struct lsc_rwlock *rwlock)
{
    return lock_for(cx, rwlock, FOR_WRITING);
}

lsc_result lsc_rwlock_try_read_at(struct lsc_context *cx, struct lsc_rwlock *rwlock, lsc_site site)
{
    return try_for(cx, rwlock, FOR_READING, site);
}

lsc_result lsc_rwlock_try_write_at(struct lsc_context *cx, struct lsc_rwlock *rwlock, lsc_site site)
{
    return try_for(cx, rwlock, FOR_WRITING, site);
}

lsc_result lsc_rwlock_unlock(struct lsc_context *cx, struct lsc_rwlock *rwlock)
{
    struct rwlock *self = inner(rwlock);
    struct task *task = held_giver(cx);
    if (task && held_remove(task, &self->held)) {
        self->is_abandoned = false; /* the writer's own: nobody else looks at it meanwhile */
        leave(self, task, FOR_WRITING);
        return 0;
    }
    if (task && task->reads > 0 && leave(self, task, FOR_READING)) {
        task->reads--;
        return 0;
    }
    misuse_of_held(task, "unlocks", &self->held, "which it does not hold");
    return -EPERM;
}
