/* SPDX-License-Identifier: MIT */
/* What is rounded before anyone sees an event: the model judges the same numbers live and from a
 * trace file, and the file spends no bytes on digits that no one needs. */
#ifndef LSC_QUANTIZE_H
#define LSC_QUANTIZE_H

#include "item.h"

/* Powers of two. */
#define TIME_QUANTUM_NS 2048
#define SPAN_QUANTUM_NS 64
/* From this duration on a turn may be a stall, and what happened at its begin matters. */
#define SPAN_EXACT_NS ((uint64_t)1 << 23)

/* Times are rounded down to a multiple of TIME_QUANTUM_NS, which keeps their order: an error of at
 * most 2.1 us.
 * The duration of a turn, of a call, of a sum of calls or of a spell of work from SPAN_EXACT_NS
 * (8.4 ms) on becomes the time between its rounded begin and its rounded end. A shorter one becomes
 * a multiple of SPAN_QUANTUM_NS and keeps 7 significant bits of that, an error of at most 1/128 or
 * half a quantum. The lateness of a wait is rounded down to such a multiple.
 * The durations of a poll and of a job keep 7 significant bits too. All else stays.
 * Rounding to significant bits is to the nearest, so that sums of many are closer than each.
 * Rounding twice changes nothing. Thread-safe. */
void event_quantize(struct event *event);

#endif
