/* SPDX-License-Identifier: MIT */
/* Barriers: who comes waits in the list, and the last to come empties it. */
#include "loopscope/sync.h"

#include <errno.h>

#include "wait.h"

/* Lies in struct lsc_barrier. Guarded by the lock, but for what init writes. */
struct barrier {
    struct lock lock;
    lsc_resource resource; /* init's */
    uint32_t tasks;        /* init's */
    bool is_closed;
    struct wait_list waiters;
};
_Static_assert(sizeof(struct barrier) <= sizeof(struct lsc_barrier), "it lies in the public");

static struct barrier *inner(struct lsc_barrier *barrier)
{
    return (struct barrier *)(void *)barrier->opaque_;
}

/* With the lock. */
static void grant_all(struct barrier *barrier, lsc_result result, struct wake_list *wakes)
{
    if (!barrier->waiters.first)
        return;
    while (barrier->waiters.first)
        wait_grant(&barrier->waiters, barrier->waiters.first, result, wakes);
    lsc_waiters(barrier->resource, 0);
}

static bool barrier_withdraw(struct wait *wait)
{
    struct barrier *barrier = wait->object;
    lock_take(&barrier->lock);
    bool was_waiting = wait_remove(&barrier->waiters, wait);
    if (was_waiting)
        lsc_waiters(barrier->resource, barrier->waiters.count);
    lock_drop(&barrier->lock);
    return was_waiting;
}

static const struct wait_kind barrier_waits = {"barrier", barrier_withdraw, NULL};

int lsc_barrier_init_at(struct lsc_barrier *barrier, const char *name, uint32_t tasks,
                        lsc_site site)
{
    if (tasks == 0)
        return -EINVAL;
    *inner(barrier) = (struct barrier){
        .tasks = tasks,
        .resource = lsc_resource_new("barrier", name, site, tasks),
    };
    return 0;
}

int lsc_barrier_free(struct lsc_barrier *barrier)
{
    struct barrier *self = inner(barrier);
    lock_take(&self->lock);
    bool is_busy = self->waiters.first != NULL;
    lock_drop(&self->lock);
    if (is_busy)
        return -EBUSY;
    lsc_resource_delete(self->resource);
    return 0;
}

void lsc_barrier_close(struct lsc_barrier *barrier)
{
    struct barrier *self = inner(barrier);
    struct wake_list wakes = WAKE_LIST_EMPTY;
    lock_take(&self->lock);
    self->is_closed = true;
    grant_all(self, -EPIPE, &wakes);
    lock_drop(&self->lock);
    wake_list_run(&wakes);
}

static lsc_result come(struct lsc_context *cx, struct barrier *barrier)
{
    struct wake_list wakes = WAKE_LIST_EMPTY;
    lsc_result result;
    lock_take(&barrier->lock);
    if (barrier->is_closed) {
        result = -EPIPE;
    } else if (barrier->waiters.count + 1 == barrier->tasks) {
        grant_all(barrier, 0, &wakes);
        result = LSC_BARRIER_LEADER;
    } else {
        result = wait_begin(cx, &(struct wait_plan){.kind = &barrier_waits,
                                                    .object = barrier,
                                                    .list = &barrier->waiters,
                                                    .resource = barrier->resource});
        lsc_waiters(barrier->resource, barrier->waiters.count);
    }
    lock_drop(&barrier->lock);
    wake_list_run(&wakes);
    return result;
}

lsc_result lsc_barrier_wait(struct lsc_context *cx, struct lsc_barrier *barrier)
{
    struct barrier *self = inner(barrier);
    lsc_result result;
    return wait_is_new(cx, &barrier_waits, self, &result) ? come(cx, self) : result;
}
