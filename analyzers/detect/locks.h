/* SPDX-License-Identifier: MIT */
/* What the detectors of contended locks share. */
#ifndef LSC_DETECT_LOCKS_H
#define LSC_DETECT_LOCKS_H

#include "../model/contention.h"
#include "judge.h"

/* Reports what it finds at one lock. */
typedef void lock_judge_fn(const struct detector *detector, const struct judgement *in,
                           const struct resource_row *row, const struct contention *contention,
                           struct findings *out);

/* Judges each lock that was seen: what one task at a time holds to keep others out. Permits of
 * which there are several are a queue's business, and to be waited for is what the first caller of
 * a `once` is for. */
enum verdict locks_judge(const struct detector *detector, const struct judgement *in,
                         lock_judge_fn *judge_one, struct findings *out);

#endif
