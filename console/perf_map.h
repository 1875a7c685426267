/* SPDX-License-Identifier: MIT */
/* The files in which V8 tells the names of compiled functions: /tmp/perf-<pid>.map. */
#ifndef LSC_PERF_MAP_H
#define LSC_PERF_MAP_H

#include <stdint.h>
#include <time.h>

/* Removes the map of process `pid` if it can only be of this run: a regular file of this user, not
 * older than `started`, of a process that is no more. */
void perf_map_remove(uint32_t pid, const struct timespec *started);

#endif
