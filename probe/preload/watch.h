/* SPDX-License-Identifier: MIT */
/* What the watchdog does about each loop: notice a turn that takes too long, note what the kernel
 * says of the thread, have its stack taken. All on the watchdog's thread. */
#ifndef LSC_WATCH_H
#define LSC_WATCH_H

#include <stdbool.h>

#include "core/writer/core.h"

/* `writer` may be NULL (no slot): then nothing is recorded. `signal` 0: no stacks by signal. */
void watch_init(struct lsc_writer *writer, bool has_procfs, int signal);
/* One round over all loops. True: one of them is stalled. */
bool watch_loops(void);
/* Copies the threads' names into the segment. */
void watch_names(void);

#endif
