/* SPDX-License-Identifier: MIT */
/* What to tell somebody whose program showed no event loop. */
#ifndef LSC_EMPTY_ADVICE_H
#define LSC_EMPTY_ADVICE_H

#include <stdbool.h>

/* A sentence on why the program at `path` may have shown no loop: what its file says, or, when it
 * `was_observed`, that it simply has none. Lives until the next call. */
const char *empty_advice(const char *path, bool was_observed);

#endif
