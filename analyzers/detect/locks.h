/* SPDX-License-Identifier: MIT */
/* What the detectors of contended locks share. */
#ifndef LSC_DETECT_LOCKS_H
#define LSC_DETECT_LOCKS_H

#include "../model/contention.h"
#include "judge.h"

/* A lock: what one task at a time holds to keep others out. Permits of which there are several are
 * a queue's business, and to be waited for is what the first caller of a `once` is for. */
bool lock_view(const struct model *model, const struct resource_row *row, struct contention *out);
/* Whether any lock was held at all. */
bool locks_are_seen(const struct model *model);

#endif
