/* SPDX-License-Identifier: MIT */
/* The name that somebody probably meant, for "did you mean". */
#ifndef LSC_NEAREST_H
#define LSC_NEAREST_H

#include <stddef.h>

struct nearest {
    const char *wanted;
    const char *name; /* the best so far, or NULL */
    unsigned distance;
};

/* Begins a search for something like `wanted`. */
struct nearest nearest_to(const char *wanted);

/* Offers one candidate; it must outlive the search. */
void nearest_offer(struct nearest *nearest, const char *name);

#endif
