/* SPDX-License-Identifier: MIT */
/* Finds the segment of a process among those of this user. */
#ifndef LSC_FIND_PROCESS_H
#define LSC_FIND_PROCESS_H

#include <stdbool.h>
#include <stdint.h>

#include "probe/core/reader/segment_reader.h"

/* The newest segment of process `pid`, one that is alive before a dead one. False, after a line on
 * stderr, when there is none. */
bool find_process_segment(uint32_t pid, struct segment_entry *out);

/* Whether process `pid` runs and is observed. False after a line on stderr that says what to do. */
bool find_process_under_probe(uint32_t pid);

#endif
