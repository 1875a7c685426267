/* SPDX-License-Identifier: MIT */
/* The watchdog: one thread that sees turns that take too long while they do, has their stacks taken
 * and notes what the kernel says of the thread. It starts with the first loop. */
#ifndef LSC_WATCHDOG_H
#define LSC_WATCHDOG_H

#include <stdbool.h>

/* Starts it unless it runs, was stopped for good, or could not be started. Slow; not in a handler.
 */
void watchdog_start(void);

/* Stops it and waits, at most a second, until the kernel knows the thread no more. With `for_good`
 * it is not started again (a sandbox closes); otherwise the next watchdog_start may. */
void watchdog_stop(bool for_good);

/* Forked child: there is no watchdog here. */
void watchdog_forget(void);

/* Around fork: the watchdog must not hold the loader's lock then, or the child could never load
 * anything. Waits a bounded time. */
void watchdog_hold_loader(void);
void watchdog_release_loader(void);

#endif
