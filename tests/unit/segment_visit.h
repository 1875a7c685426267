/* SPDX-License-Identifier: MIT */
/* Reads everything that a segment claims to hold: for tests and fuzzing of the reader. */
#ifndef LSC_TEST_SEGMENT_VISIT_H
#define LSC_TEST_SEGMENT_VISIT_H

#include "segment_reader.h"

/* Calls every function of the reader for every index, to a bound, and aborts on an answer that
 * breaks the reader's contract. */
void segment_visit(struct segment_reader *reader);

#endif
