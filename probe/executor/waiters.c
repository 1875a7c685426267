/* SPDX-License-Identifier: MIT */
/* Who waits for a lock or its like. */
#include "waiters.h"

bool waiters_withdraw(struct lock *lock, struct wait_list *waiters, struct wait *wait)
{
    lock_take(lock);
    bool was_waiting = wait_remove(waiters, wait);
    if (was_waiting)
        lsc_waiters(wait->resource, waiters->count);
    lock_drop(lock);
    return was_waiting;
}

void waiters_grant_all(struct wait_list *waiters, lsc_resource resource, lsc_result result,
                       struct wake_list *wakes)
{
    if (!waiters->first)
        return;
    wait_grant_all(waiters, result, wakes);
    lsc_waiters(resource, 0);
}

bool waiters_exist(struct lock *lock, const struct wait_list *waiters)
{
    lock_take(lock);
    bool exist = waiters->first != NULL;
    lock_drop(lock);
    return exist;
}
