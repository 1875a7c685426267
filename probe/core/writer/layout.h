/* SPDX-License-Identifier: MIT */
/* How large the parts of a segment are and where they lie. */
#ifndef LSC_LAYOUT_H
#define LSC_LAYOUT_H

#include "state.h"

/* Lays out a segment with rings of `ring_records` in at most `budget` bytes: rings, tasks, threads
 * and frames are made smaller, in this order, until it fits. Fills base-less *map and returns the
 * ring size, or 0 when even the smallest does not fit. */
uint32_t layout_fit(struct segment_map *map, uint32_t ring_records, uint64_t budget);

/* What the resource limits of the process allow: UINT64_MAX when there is none. A file over
 * RLIMIT_FSIZE would raise SIGXFSZ, and the address space must be left to the program. */
uint64_t layout_budget(void);

#endif
