/* SPDX-License-Identifier: MIT */
/* Semaphores: permits, handed over in order of arrival. */
#include "loopscope/sync.h"

#include <errno.h>
#include <stdio.h>

#include "held.h"
#include "task.h"
#include "waiters.h"

/* Lies in struct lsc_semaphore. Guarded by the lock, but for what init writes. */
struct semaphore {
    struct lock lock;
    uint32_t limit, available; /* limit: init's */
    bool is_closed;
    lsc_resource resource; /* init's */
    const char *name;      /* init's */
    struct wait_list waiters;
};
_Static_assert(sizeof(struct semaphore) <= sizeof(struct lsc_semaphore), "it lies in the public");

static struct semaphore *inner(struct lsc_semaphore *semaphore)
{
    return (struct semaphore *)(void *)semaphore->opaque_;
}

/* With the lock: the task takes permits. The records of one semaphore are made under its lock, so
 * that they are in order. */
static void take(struct semaphore *semaphore, uint32_t permits, lsc_task task, lsc_site site)
{
    semaphore->available -= permits;
    if (!lsc_probe_is_on())
        return;
    lsc_depth(semaphore->resource, semaphore->limit - semaphore->available);
    lsc_hold(semaphore->resource, task, site);
}

/* With the lock. The first waits until there is enough for it, and all behind it with it. A wait's
 * flags are its site. */
static void serve(struct semaphore *semaphore, struct wake_list *wakes)
{
    uint32_t before = semaphore->waiters.count;
    struct wait *first;
    while ((first = semaphore->waiters.first) && first->need <= semaphore->available) {
        take(semaphore, first->need, wait_task(first), first->flags);
        wait_grant(&semaphore->waiters, first, 0, wakes);
    }
    if (semaphore->waiters.count != before)
        lsc_waiters(semaphore->resource, semaphore->waiters.count);
}

/* `task` gives back, 0: nobody of that name. False: more than were taken. */
static bool give_back(struct semaphore *semaphore, uint32_t permits, lsc_task task)
{
    struct wake_list wakes = WAKE_LIST_EMPTY;
    lock_take(&semaphore->lock);
    bool is_right = permits <= semaphore->limit - semaphore->available;
    if (is_right && permits > 0) {
        semaphore->available += permits;
        lsc_release(semaphore->resource, task);
        lsc_depth(semaphore->resource, semaphore->limit - semaphore->available);
        serve(semaphore, &wakes);
    }
    lock_drop(&semaphore->lock);
    wake_list_run(&wakes);
    return is_right;
}

static bool acquire_withdraw(struct wait *wait)
{
    struct semaphore *semaphore = wait->object;
    struct wake_list wakes = WAKE_LIST_EMPTY;
    lock_take(&semaphore->lock);
    bool was_waiting = wait_remove(&semaphore->waiters, wait);
    if (was_waiting)
        lsc_waiters(semaphore->resource, semaphore->waiters.count);
    serve(semaphore, &wakes); /* a smaller request may have stood behind it */
    lock_drop(&semaphore->lock);
    wake_list_run(&wakes);
    return was_waiting;
}

static void acquire_discard(struct wait *wait)
{
    if (wait->result == 0)
        give_back(wait->object, wait->need, wait_task(wait));
}

static const struct wait_kind acquire_waits = {"acquire", acquire_withdraw, acquire_discard};

/* With the lock. -EAGAIN: not now. */
static lsc_result try_take(struct semaphore *semaphore, uint32_t permits, lsc_task task,
                           lsc_site site)
{
    if (semaphore->is_closed)
        return -EPIPE;
    if (semaphore->waiters.first || permits > semaphore->available)
        return -EAGAIN;
    take(semaphore, permits, task, site);
    return 0;
}

static lsc_result take_or_wait(struct lsc_context *cx, struct semaphore *semaphore,
                               uint32_t permits)
{
    lsc_site site = context_site(cx);
    lock_take(&semaphore->lock);
    lsc_result result = try_take(semaphore, permits, context_task(cx), site);
    if (result == -EAGAIN) {
        result = wait_begin(cx, &(struct wait_plan){.kind = &acquire_waits,
                                                    .object = semaphore,
                                                    .list = &semaphore->waiters,
                                                    .need = permits,
                                                    .flags = site,
                                                    .resource = semaphore->resource});
        lsc_waiters(semaphore->resource, semaphore->waiters.count);
    }
    lock_drop(&semaphore->lock);
    return result;
}

int lsc_semaphore_init_at(struct lsc_semaphore *semaphore, const char *name, uint32_t permits,
                          lsc_site site)
{
    if (permits == 0)
        return -EINVAL;
    *inner(semaphore) = (struct semaphore){
        .limit = permits,
        .available = permits,
        .name = name ? name : "(no name)",
        .resource = lsc_resource_new("semaphore", name, site, permits),
    };
    return 0;
}

int lsc_semaphore_free(struct lsc_semaphore *semaphore)
{
    struct semaphore *self = inner(semaphore);
    if (waiters_exist(&self->lock, &self->waiters))
        return -EBUSY;
    lsc_resource_delete(self->resource);
    return 0;
}

void lsc_semaphore_close(struct lsc_semaphore *semaphore)
{
    struct semaphore *self = inner(semaphore);
    struct wake_list wakes = WAKE_LIST_EMPTY;
    lock_take(&self->lock);
    self->is_closed = true;
    waiters_grant_all(&self->waiters, self->resource, -EPIPE, &wakes);
    lock_drop(&self->lock);
    wake_list_run(&wakes);
}

lsc_result lsc_semaphore_acquire(struct lsc_context *cx, struct lsc_semaphore *semaphore,
                                 uint32_t permits)
{
    struct semaphore *self = inner(semaphore);
    lsc_result result;
    if (permits == 0 || permits > self->limit)
        return -EINVAL;
    if (wait_is_new(cx, &acquire_waits, self, &result))
        result = take_or_wait(cx, self, permits);
    return result;
}

lsc_result lsc_semaphore_try_acquire_at(struct lsc_context *cx, struct lsc_semaphore *semaphore,
                                        uint32_t permits, lsc_site site)
{
    struct semaphore *self = inner(semaphore);
    if (permits == 0 || permits > self->limit)
        return -EINVAL;
    lock_take(&self->lock);
    lsc_result result = try_take(self, permits, context_task(cx), site);
    lock_drop(&self->lock);
    return result;
}

lsc_result lsc_semaphore_release(struct lsc_context *cx, struct lsc_semaphore *semaphore,
                                 uint32_t permits)
{
    struct semaphore *self = inner(semaphore);
    struct task *task = held_giver(cx);
    if (give_back(self, permits, task ? task->id : 0))
        return 0;
    char what[256];
    snprintf(what, sizeof(what), "gives more permits back to semaphore '%.120s' than were taken",
             self->name);
    misuse(task, what);
    return -EINVAL;
}

uint32_t lsc_semaphore_available(struct lsc_semaphore *semaphore)
{
    struct semaphore *self = inner(semaphore);
    lock_take(&self->lock);
    uint32_t available = self->available;
    lock_drop(&self->lock);
    return available;
}
