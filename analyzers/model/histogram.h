/* SPDX-License-Identifier: MIT */
/* A log-linear histogram of 64-bit values with 64 sub-buckets an octave: a value is remembered to
 * within 1/64 of itself, so a reported quantile (the middle of its bucket) is off by at most 0.8 %.
 * Memory is taken an octave at a time, at most 30 KiB. Not thread-safe. */
#ifndef LSC_HISTOGRAM_H
#define LSC_HISTOGRAM_H

#include <stdint.h>

#define HISTOGRAM_SUB_BITS 6
#define HISTOGRAM_SUB (1u << HISTOGRAM_SUB_BITS)
#define HISTOGRAM_OCTAVES (64 - HISTOGRAM_SUB_BITS + 1)

/* All zero is an empty histogram. */
struct histogram {
    uint64_t count;
    uint64_t sum; /* saturates */
    uint64_t min;
    uint64_t max;
    uint64_t unheld; /* values that found no memory: counted in `count`, missing in the quantiles */
    uint64_t *octaves[HISTOGRAM_OCTAVES];
};

struct quantiles {
    uint64_t p50, p90, p99, p999, max;
};

void histogram_free(struct histogram *histogram); /* leaves it empty */

/* Adds `weight` occurrences of `value`. Never fails: see `unheld`. */
void histogram_add(struct histogram *histogram, uint64_t value, uint64_t weight);

/* The same for one occurrence, made for the hot path: its octave is usually there already. */
static inline void histogram_count(struct histogram *histogram, uint64_t value)
{
    unsigned octave =
        value < HISTOGRAM_SUB ? 0 : 64u - (unsigned)__builtin_clzll(value) - HISTOGRAM_SUB_BITS;
    uint64_t *steps = histogram->octaves[octave];
    if (__builtin_expect(!steps || histogram->count > UINT32_MAX * UINT64_C(65536), 0)) {
        histogram_add(histogram, value, 1);
        return;
    }
    uint64_t sum = histogram->sum + value;
    histogram->count++;
    histogram->sum = sum < value ? UINT64_MAX : sum;
    histogram->min = value < histogram->min ? value : histogram->min;
    histogram->max = value > histogram->max ? value : histogram->max;
    steps[(octave ? value >> (octave - 1) : value) & (HISTOGRAM_SUB - 1)]++;
}

/* An independent copy; what finds no memory is counted in its `unheld`. */
void histogram_copy(struct histogram *copy, const struct histogram *histogram);

/* The value below or at which `per_10000` of 10 000 occurrences lie; 0 when empty. Exact below 64,
 * and never outside [min, max]. */
uint64_t histogram_quantile(const struct histogram *histogram, unsigned per_10000);
struct quantiles histogram_quantiles(const struct histogram *histogram);

#endif
