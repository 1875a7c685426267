/* SPDX-License-Identifier: MIT */
/* Who waits for a lock or its like: the list, guarded by the resource's lock, and what the probe is
 * told of its length under that lock. */
#ifndef LSC_EXECUTOR_WAITERS_H
#define LSC_EXECUTOR_WAITERS_H

#include "wait.h"

/* The withdraw function of kinds where nobody behind can be served when one leaves. */
bool waiters_withdraw(struct lock *lock, struct wait_list *waiters, struct wait *wait);
/* With the lock: all are served with `result`. */
void waiters_grant_all(struct wait_list *waiters, lsc_resource resource, lsc_result result,
                       struct wake_list *wakes);
/* Whether somebody waits; takes the lock. */
bool waiters_exist(struct lock *lock, const struct wait_list *waiters);

#endif
