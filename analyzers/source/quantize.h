/* SPDX-License-Identifier: MIT */
/* What is rounded before anyone sees an event: the model judges the same numbers live and from a
 * trace file, and the file spends no bytes on digits that no one needs. */
#ifndef LSC_QUANTIZE_H
#define LSC_QUANTIZE_H

#include "item.h"

#define QUANTUM_NS 64 /* a power of two */
/* From this duration on a turn may be a stall, and what happened at its begin matters. */
#define SPAN_EXACT_NS ((uint64_t)1 << 23)

/* Times are rounded down to a multiple of QUANTUM_NS, which keeps their order; so is the lateness
 * of a wait. The duration of a turn or of a spell of work becomes a multiple of it, and if it is
 * shorter than SPAN_EXACT_NS (8.4 ms) keeps 8 significant bits of that, an error of at most 1/256.
 * The duration of a poll keeps 7 significant bits, an error of at most 1/128. All else stays.
 * Rounding twice changes nothing. Thread-safe. */
void event_quantize(struct event *event);

#endif
