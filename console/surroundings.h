/* SPDX-License-Identifier: MIT */
/* What the probe needs from the machine, checked one thing at a time. */
#ifndef LSC_SURROUNDINGS_H
#define LSC_SURROUNDINGS_H

#include <stdbool.h>

enum surrounding_state {
    SURROUNDING_GOOD,
    SURROUNDING_LESS,  /* it works, with less to see */
    SURROUNDING_WRONG, /* nothing can be observed */
};

struct surrounding {
    const char *name;
    enum surrounding_state state;
    char detail[256];
};

/* Checks number `index`; false when there is no such. */
bool surroundings_check(unsigned index, struct surrounding *out);

#endif
