/* SPDX-License-Identifier: MIT */
/* Pool workers: threads that are no loops and wait, again and again, on the same condition
 * variable, semaphore or futex. The time between two such waits is a busy spell, one WORK record.
 * Spells are written from the first wait on, since a worker may wait for the first time after its
 * whole burst of work; the role comes with the second wait, or from other threads of the same start
 * routine. */
#ifndef LSC_POOL_H
#define LSC_POOL_H

#include <stdbool.h>
#include <stdint.h>

/* The calling thread begins to wait on `object`: ends its busy spell. False: not its idle wait, the
 * spell goes on. */
bool pool_idle(uintptr_t object, uint64_t now);
/* Its idle wait has ended. */
void pool_busy(uint64_t now);
/* The calling thread begins to run `start_routine` (pthread_create). */
void pool_thread_begins(void);
/* It ends: closes the spell. */
void pool_thread_ends(void);
/* Watchdog, and at exit: gives the role to the busy threads that share a start routine with a known
 * worker. */
void pool_spread_role(void);
/* Forked child: no pools. */
void pool_forget(void);

#endif
