/* SPDX-License-Identifier: MIT */
/* Readings of the counter together with the kernel's clocks, for the segment's header. */
#ifndef LSC_CLOCK_H
#define LSC_CLOCK_H

#include "core.h"

struct clock_reading {
    uint64_t ticks, mono_ns, real_ns;
};

/* Reads all clocks as nearly at once as it can. */
struct clock_reading clock_read(void);
/* The first estimate of ticks per second, against the reading of the constructor: spins until both
 * are 200 us apart. *now is the later reading. */
uint64_t clock_calibrate(struct clock_reading *now);
void clock_pair_store(struct lsc_clock_pair *pair, const struct clock_reading *reading);

#endif
