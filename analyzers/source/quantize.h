/* SPDX-License-Identifier: MIT */
/* What is rounded before anyone sees an event: the model judges the same numbers live and from a
 * trace file, and the file spends no bytes on digits that no one needs. */
#ifndef LSC_QUANTIZE_H
#define LSC_QUANTIZE_H

#include "item.h"

#define QUANTUM_NS 64 /* a power of two */

/* Times are rounded down to a multiple of QUANTUM_NS, which keeps their order; so is the start of a
 * turn or of a spell of work, whose duration becomes the distance, and the lateness of a wait. The
 * duration of a poll keeps 7 significant bits, which is an error of at most 1/128. All else stays.
 * Thread-safe. */
void event_quantize(struct event *event);

#endif
