/* SPDX-License-Identifier: MIT */
/* Mutexes: handed from holder to holder in order of arrival. Records are made under the lock, so
 * that those of one mutex are in order: a release, then the hold of who got it. */
#include "loopscope/sync.h"

#include <errno.h>

#include "held.h"
#include "task.h"
#include "waiters.h"

/* Lies in struct lsc_mutex. Guarded by the lock, but for what init writes and held.next. */
struct mutex {
    struct lock lock;
    lsc_resource resource; /* init's */
    struct task *owner;    /* NULL: free, and nobody waits */
    struct held held;      /* by the owner, once it knows of it */
    struct wait_list waiters;
    bool is_abandoned; /* a holder ended with it, and nobody has unlocked it since */
};
_Static_assert(sizeof(struct mutex) <= sizeof(struct lsc_mutex), "it lies in the public");

static struct mutex *inner(struct lsc_mutex *mutex)
{
    return (struct mutex *)(void *)mutex->opaque_;
}

/* With the lock: from the owner to the first who waits, whose site is its wait's `need`. */
static void hand_on(struct mutex *mutex, struct wake_list *wakes)
{
    struct wait *first = mutex->waiters.first;
    mutex->owner = first ? task_of_wait(first) : NULL;
    if (!first)
        return;
    if (lsc_probe_is_on()) {
        lsc_hold(mutex->resource, wait_task(first), first->need);
        lsc_waiters(mutex->resource, mutex->waiters.count - 1);
    }
    wait_grant(&mutex->waiters, first, mutex->is_abandoned, wakes);
}

static void let_go(struct mutex *mutex, const struct task *task)
{
    struct wake_list wakes = WAKE_LIST_EMPTY;
    lock_take(&mutex->lock);
    lsc_release(mutex->resource, task->id);
    hand_on(mutex, &wakes);
    lock_drop(&mutex->lock);
    wake_list_run(&wakes);
}

static void give_on(struct held *held, struct task *task)
{
    struct mutex *mutex = (struct mutex *)((char *)held - offsetof(struct mutex, held));
    struct wake_list wakes = WAKE_LIST_EMPTY;
    lock_take(&mutex->lock);
    mutex->is_abandoned = true;
    lsc_abandon(mutex->resource, task->id);
    hand_on(mutex, &wakes);
    lock_drop(&mutex->lock);
    wake_list_run(&wakes);
}

static const struct held_kind held_mutex = {"mutex", give_on};

static bool lock_withdraw(struct wait *wait)
{
    struct mutex *mutex = wait->object;
    return waiters_withdraw(&mutex->lock, &mutex->waiters, wait);
}

/* It was handed over, but the task will never know. */
static void lock_discard(struct wait *wait)
{
    if (wait->result >= 0)
        let_go(wait->object, task_of_wait(wait));
}

static const struct wait_kind lock_waits = {"lock", lock_withdraw, lock_discard};

/* With the lock. -EAGAIN: somebody holds it. */
static lsc_result take(struct mutex *mutex, struct task *task, lsc_site site)
{
    if (mutex->owner)
        return mutex->owner == task ? -EDEADLK : -EAGAIN;
    mutex->owner = task;
    lsc_hold(mutex->resource, task->id, site);
    return mutex->is_abandoned;
}

static lsc_result take_or_wait(struct lsc_context *cx, struct mutex *mutex)
{
    lsc_site site = context_site(cx);
    lock_take(&mutex->lock);
    lsc_result result = take(mutex, context_running(cx), site);
    if (result == -EAGAIN) {
        result = wait_begin(cx, &(struct wait_plan){.kind = &lock_waits,
                                                    .object = mutex,
                                                    .list = &mutex->waiters,
                                                    .need = site,
                                                    .resource = mutex->resource});
        lsc_waiters(mutex->resource, mutex->waiters.count);
    }
    lock_drop(&mutex->lock);
    return result;
}

int lsc_mutex_init_at(struct lsc_mutex *mutex, const char *name, lsc_site site)
{
    *inner(mutex) = (struct mutex){
        .held = {.kind = &held_mutex, .name = name ? name : "(no name)"},
        .resource = lsc_resource_new("mutex", name, site, 1),
    };
    return 0;
}

int lsc_mutex_free(struct lsc_mutex *mutex)
{
    if (lsc_mutex_is_locked(mutex))
        return -EBUSY;
    lsc_resource_delete(inner(mutex)->resource);
    return 0;
}

lsc_result lsc_mutex_lock(struct lsc_context *cx, struct lsc_mutex *mutex)
{
    struct mutex *self = inner(mutex);
    struct task *task = context_running(cx);
    lsc_result result;
    if (wait_is_new(cx, &lock_waits, self, &result))
        result = take_or_wait(cx, self);
    if (result >= 0)
        held_add(task, &self->held);
    else if (result == -EDEADLK)
        misuse_of_held(task, "locks", &self->held, "which it holds already");
    return result;
}

lsc_result lsc_mutex_try_lock_at(struct lsc_context *cx, struct lsc_mutex *mutex, lsc_site site)
{
    struct mutex *self = inner(mutex);
    struct task *task = context_running(cx);
    lock_take(&self->lock);
    lsc_result result = take(self, task, site);
    lock_drop(&self->lock);
    if (result >= 0)
        held_add(task, &self->held);
    return result == -EDEADLK ? -EAGAIN : result;
}

lsc_result lsc_mutex_unlock(struct lsc_context *cx, struct lsc_mutex *mutex)
{
    struct mutex *self = inner(mutex);
    struct task *task = held_giver(cx);
    if (!task || !held_remove(task, &self->held)) {
        misuse_of_held(task, "unlocks", &self->held, "which it does not hold");
        return -EPERM;
    }
    self->is_abandoned = false; /* the holder's own: nobody else looks at it meanwhile */
    let_go(self, task);
    return 0;
}

bool lsc_mutex_is_locked(struct lsc_mutex *mutex)
{
    struct mutex *self = inner(mutex);
    lock_take(&self->lock);
    bool is_locked = self->owner != NULL;
    lock_drop(&self->lock);
    return is_locked;
}
