/* SPDX-License-Identifier: MIT */
/* Notifications: one for the first who waits, kept if nobody does, or one for all. */
#include "loopscope/sync.h"

#include <errno.h>

#include "waiters.h"

/* Flag of a wait: what it was granted is the permit of one, which must not be lost. */
#define HAS_PERMIT 0x1

/* Lies in struct lsc_notify. Guarded by the lock, but for what init writes. */
struct notify {
    struct lock lock;
    lsc_resource resource; /* init's */
    struct wait_list waiters;
    bool has_permit; /* only while nobody waits */
    bool is_closed;
};
_Static_assert(sizeof(struct notify) <= sizeof(struct lsc_notify), "it lies in the public");

static struct notify *inner(struct lsc_notify *notify)
{
    return (struct notify *)(void *)notify->opaque_;
}

static void notify_one(struct notify *notify)
{
    struct wake_list wakes = WAKE_LIST_EMPTY;
    lock_take(&notify->lock);
    struct wait *first = notify->waiters.first;
    if (first) {
        first->flags = HAS_PERMIT;
        wait_grant(&notify->waiters, first, 0, &wakes);
        lsc_waiters(notify->resource, notify->waiters.count);
    } else {
        notify->has_permit = true;
    }
    lock_drop(&notify->lock);
    wake_list_run(&wakes);
}

static void grant_all(struct notify *notify, lsc_result result, bool is_closing)
{
    struct wake_list wakes = WAKE_LIST_EMPTY;
    lock_take(&notify->lock);
    notify->is_closed |= is_closing;
    waiters_grant_all(&notify->waiters, notify->resource, result, &wakes);
    lock_drop(&notify->lock);
    wake_list_run(&wakes);
}

static bool notify_withdraw(struct wait *wait)
{
    struct notify *notify = wait->object;
    return waiters_withdraw(&notify->lock, &notify->waiters, wait);
}

static void notify_discard(struct wait *wait)
{
    if (wait->flags & HAS_PERMIT)
        notify_one(wait->object);
}

static const struct wait_kind notify_waits = {"notify", notify_withdraw, notify_discard};

int lsc_notify_init_at(struct lsc_notify *notify, const char *name, lsc_site site)
{
    *inner(notify) = (struct notify){.resource = lsc_resource_new("notify", name, site, 0)};
    return 0;
}

int lsc_notify_free(struct lsc_notify *notify)
{
    struct notify *self = inner(notify);
    if (waiters_exist(&self->lock, &self->waiters))
        return -EBUSY;
    lsc_resource_delete(self->resource);
    return 0;
}

void lsc_notify_close(struct lsc_notify *notify)
{
    grant_all(inner(notify), -EPIPE, true);
}

void lsc_notify_one(struct lsc_notify *notify)
{
    notify_one(inner(notify));
}

void lsc_notify_all(struct lsc_notify *notify)
{
    grant_all(inner(notify), 0, false);
}

static lsc_result take_or_wait(struct lsc_context *cx, struct notify *notify)
{
    lsc_result result = 0;
    lock_take(&notify->lock);
    if (notify->is_closed) {
        result = -EPIPE;
    } else if (notify->has_permit) {
        notify->has_permit = false;
    } else {
        result = wait_begin(cx, &(struct wait_plan){.kind = &notify_waits,
                                                    .object = notify,
                                                    .list = &notify->waiters,
                                                    .resource = notify->resource});
        lsc_waiters(notify->resource, notify->waiters.count);
    }
    lock_drop(&notify->lock);
    return result;
}

lsc_result lsc_notify_wait(struct lsc_context *cx, struct lsc_notify *notify)
{
    struct notify *self = inner(notify);
    lsc_result result;
    return wait_is_new(cx, &notify_waits, self, &result) ? take_or_wait(cx, self) : result;
}
