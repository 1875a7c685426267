/* SPDX-License-Identifier: MIT */
/* Coding of one column of numbers. */
#include "column.h"

#include <math.h>

/* The float code of v: v itself below 128; else 128 * (exponent + 1) + the 6 bits after the leading
 * one, which continues without a gap. Exact for numbers with at most 7 significant bits. */
#define FLOAT_BITS 7
#define FLOAT_ONE (1u << FLOAT_BITS)
#define FLOAT_EXPONENT_MAX (63 - FLOAT_BITS)

static unsigned bit_length(uint64_t value)
{
    return value ? 64 - (unsigned)__builtin_clzll(value) : 0;
}

static unsigned float_exponent(uint64_t value)
{
    return value < FLOAT_ONE ? 0 : bit_length(value) - FLOAT_BITS - 1;
}

static uint64_t float_code(uint64_t value)
{
    if (value < FLOAT_ONE)
        return value;
    unsigned exponent = float_exponent(value);
    return FLOAT_ONE * (uint64_t)exponent + (value >> exponent);
}

static bool is_constant(const uint64_t *values, size_t count)
{
    for (size_t i = 1; i < count; i++)
        if (values[i] != values[0])
            return false;
    return true;
}

/* What the lowest planes cost after entropy coding, in bits a value, from the first values. */
static double plane_cost(const uint64_t *values, size_t count, bool is_delta)
{
    static const size_t sample = 4096;
    const size_t n = count < sample ? count : sample;
    double bits = 0;
    for (unsigned plane = 0; plane < sizeof(*values); plane++) {
        uint32_t seen[256] = {0};
        for (size_t i = 1; i < n; i++) {
            uint64_t value = is_delta ? zigzag(values[i] - values[i - 1]) : values[i];
            seen[value >> 8 * plane & 0xff]++;
        }
        for (unsigned i = 0; i < 256; i++)
            if (seen[i])
                bits += seen[i] * log2((double)n / seen[i]);
    }
    return bits;
}

/* Growing counters are shorter as differences; most else is not. */
static bool is_delta_shorter(const uint64_t *values, size_t count)
{
    return plane_cost(values, count, true) < plane_cost(values, count, false) * 0.9;
}

static void make_deltas(uint64_t *values, size_t count)
{
    for (size_t i = count; i-- > 1;)
        values[i] -= values[i - 1];
}

static bool fits_float(const uint64_t *values, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        unsigned exponent = float_exponent(values[i]);
        if (values[i] >> exponent << exponent != values[i])
            return false;
    }
    return true;
}

/* Makes the values multiples of 1 no longer; the sign stays. */
static void shift_down(uint64_t *values, size_t count, unsigned shift)
{
    for (size_t i = 0; i < count; i++)
        values[i] = (uint64_t)((int64_t)values[i] >> shift);
}

static uint64_t bits_of(const uint64_t *values, size_t count)
{
    uint64_t all = 0;
    for (size_t i = 0; i < count; i++)
        all |= values[i];
    return all;
}

struct column column_plan(uint64_t *values, size_t count)
{
    struct column column = {0};
    if (count == 0)
        return column;
    if (is_constant(values, count)) {
        column.constant = values[0];
        return column;
    }
    if (is_delta_shorter(values, count)) {
        column.mode |= COLUMN_DELTA;
        make_deltas(values, count);
    }
    uint64_t all = bits_of(values, count);
    column.shift = (uint8_t)__builtin_ctzll(all); /* not 0: only a constant column is all 0 here */
    shift_down(values, count, column.shift);
    if (all >> 63) {
        column.mode |= COLUMN_ZIGZAG;
        for (size_t i = 0; i < count; i++)
            values[i] = zigzag(values[i]);
    }
    all = bits_of(values, count);
    if (all >= 4 * FLOAT_ONE && fits_float(values, count)) {
        column.mode |= COLUMN_FLOAT;
        for (size_t i = 0; i < count; i++)
            values[i] = float_code(values[i]);
        all = bits_of(values, count);
    }
    column.planes = (uint8_t)((bit_length(all) + 7) / 8);
    return column;
}

void column_put_head(struct bytes *out, const struct column *column)
{
    uint8_t head = (uint8_t)(column->planes | column->mode << 4);
    bytes_put(out, &head, 1);
    if (column->planes == 0)
        bytes_put_varint(out, column->constant);
    else
        bytes_put(out, &column->shift, 1);
}

void column_put_plane(struct bytes *out, const uint64_t *planned, size_t count, unsigned plane)
{
    uint8_t *at = bytes_room(out, count);
    if (!at)
        return;
    for (size_t i = 0; i < count; i++)
        at[i] = (uint8_t)(planned[i] >> 8 * plane);
}

struct column column_take_head(struct cursor *in)
{
    struct column column = {0};
    const uint8_t *head = cursor_take(in, 1);
    if (!head)
        return column;
    column.planes = *head & 0xf;
    column.mode = *head >> 4;
    if (column.planes > 8 || column.mode > (COLUMN_DELTA | COLUMN_ZIGZAG | COLUMN_FLOAT)) {
        in->has_failed = true;
        return (struct column){0};
    }
    if (column.planes == 0) {
        column.constant = cursor_varint(in);
        return column;
    }
    const uint8_t *shift = cursor_take(in, 1);
    column.shift = shift ? *shift : 0;
    if (column.shift > 63)
        in->has_failed = true;
    return column;
}

/* Plain loops over whole planes, which compilers make vector code of. */
static void join_planes(const uint8_t *restrict bytes, unsigned planes, uint64_t *restrict values,
                        size_t count)
{
    const uint8_t *second = bytes + count;
    unsigned done = planes == 1 ? 1 : 2;
    if (planes == 1)
        for (size_t i = 0; i < count; i++)
            values[i] = bytes[i];
    else
        for (size_t i = 0; i < count; i++)
            values[i] = (uint64_t)(bytes[i] | second[i] << 8);
    for (; done < planes; done++) {
        const uint8_t *plane = bytes + done * count;
        for (size_t i = 0; i < count; i++)
            values[i] |= (uint64_t)plane[i] << 8 * done;
    }
}

static bool undo_float(uint64_t *values, size_t count)
{
    uint64_t worst = 0;
    for (size_t i = 0; i < count; i++) {
        uint64_t code = values[i];
        if (code > worst)
            worst = code;
        unsigned exponent = code < FLOAT_ONE ? 0 : (unsigned)(code / FLOAT_ONE - 1) & 63;
        values[i] = (code - FLOAT_ONE * (uint64_t)exponent) << exponent;
    }
    return worst < FLOAT_ONE * (uint64_t)(FLOAT_EXPONENT_MAX + 2);
}

void column_take(struct cursor *in, const struct column *column, uint64_t *values, size_t count)
{
    if (column->planes == 0) {
        for (size_t i = 0; i < count; i++)
            values[i] = column->constant;
        return;
    }
    const uint8_t *bytes = cursor_take(in, column->planes * count);
    if (!bytes)
        return;
    join_planes(bytes, column->planes, values, count);
    if (column->mode & COLUMN_FLOAT && !undo_float(values, count))
        in->has_failed = true;
    if (column->mode & COLUMN_ZIGZAG)
        for (size_t i = 0; i < count; i++)
            values[i] = unzigzag(values[i]);
    if (column->shift)
        for (size_t i = 0; i < count; i++)
            values[i] <<= column->shift;
    if (column->mode & COLUMN_DELTA)
        for (size_t i = 1; i < count; i++)
            values[i] += values[i - 1];
}
