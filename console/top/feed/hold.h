/* SPDX-License-Identifier: MIT */
/* Items that wait while the console is paused, in temporary files without a name: what is drained
 * goes into one, what is applied afterwards comes out of another, until they have met. What records
 * do not fit the bound are left out and counted, for each thread, as lost. */
#ifndef LSC_TOP_HOLD_H
#define LSC_TOP_HOLD_H

#include <stdbool.h>
#include <stdint.h>

#include "analyzers/source/item.h"

#define HOLD_BYTES_MAX (UINT64_C(256) << 20)

struct hold;

/* `bytes_max`: of all files. NULL with errno when there is no place for them. */
struct hold *hold_new(uint64_t bytes_max);
void hold_delete(struct hold *hold);
/* Where there is no room any more (a full disk), its records count as lost. */
void hold_put(struct hold *hold, const struct item *item);
/* The next item: 1, valid until the next call; 0 when all are out; -errno. */
int hold_take(struct hold *hold, struct item *out);
/* Records inside, and those left out. */
uint64_t hold_records(const struct hold *hold);
uint64_t hold_lost(const struct hold *hold);
/* When all are out: records that did not come, and of which no item has told. */
uint64_t hold_untold(const struct hold *hold);

#endif
