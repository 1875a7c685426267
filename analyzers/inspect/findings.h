/* SPDX-License-Identifier: MIT */
/* Turns what is known of a program into sentences for people. */
#ifndef LSC_FINDINGS_H
#define LSC_FINDINGS_H

#include "inspect.h"

/* Fills the findings of `inspection` from its other fields, blockers first; `missing_library` is ""
 * or the name of one that cannot be found. */
void findings_fill(struct inspection *inspection, const char *missing_library);

#endif
