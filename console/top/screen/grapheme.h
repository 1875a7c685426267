/* SPDX-License-Identifier: MIT */
/* Untrusted bytes as a row of things that each fill one or two cells. Pure: no locale. */
#ifndef LSC_TOP_GRAPHEME_H
#define LSC_TOP_GRAPHEME_H

#include <stdbool.h>
#include <stddef.h>

#include "screen.h"

struct grapheme {
    char text[CELL_BYTES]; /* NUL-terminated UTF-8 without control or format characters */
    unsigned width;        /* 1 or 2 */
};
struct grapheme_reader {
    const char *at, *end;
    bool use_unicode;
};
/* False: nothing is left that would be seen. */
bool grapheme_next(struct grapheme_reader *reader, struct grapheme *out);

#endif
