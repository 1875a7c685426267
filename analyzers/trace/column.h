/* SPDX-License-Identifier: MIT */
/* One column: many numbers of one meaning as byte planes (all lowest bytes, then all second
 * bytes…), after the transformations that make them small. The planes are left to zstd's entropy
 * coder, which is near the optimum as each plane is its own block. */
#ifndef LSC_TRACE_COLUMN_H
#define LSC_TRACE_COLUMN_H

#include "bytes.h"

/* What was done to the numbers, in this order, the shift after the differences. */
#define COLUMN_DELTA 0x1  /* each minus the one before */
#define COLUMN_ZIGZAG 0x2 /* some were negative */
#define COLUMN_FLOAT 0x4  /* at most 8 significant bits each, as exponent and mantissa */

struct column {
    uint8_t planes; /* 0: all are `constant` */
    uint8_t mode;   /* COLUMN_* */
    uint8_t shift;  /* all are multiples of 1 << shift */
    uint64_t constant;
};

/* Chooses the coding and transforms `values` in place for column_put_planes. */
struct column column_plan(uint64_t *values, size_t count);
/* The description: byte planes | mode << 4, then varint constant or byte shift. */
void column_put_head(struct bytes *out, const struct column *column);
/* One plane of `count` bytes. */
void column_put_plane(struct bytes *out, const uint64_t *planned, size_t count, unsigned plane);

/* Reads a description; nonsense fails the cursor. */
struct column column_take_head(struct cursor *in);
/* Reads the planes and undoes the coding. Nonsense fails the cursor. */
void column_take(struct cursor *in, const struct column *column, uint64_t *values, size_t count);

#endif
