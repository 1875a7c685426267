/* SPDX-License-Identifier: MIT */
/* Barriers: who comes waits in the list, and the last to come empties it. */
#include "loopscope/sync.h"

#include <errno.h>

#include "waiters.h"

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

static bool barrier_withdraw(struct wait *wait)
{
    struct barrier *barrier = wait->object;
    return waiters_withdraw(&barrier->lock, &barrier->waiters, wait);
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
    if (waiters_exist(&self->lock, &self->waiters))
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
    waiters_grant_all(&self->waiters, self->resource, -EPIPE, &wakes);
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
        waiters_grant_all(&barrier->waiters, barrier->resource, 0, &wakes);
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
