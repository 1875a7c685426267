/* SPDX-License-Identifier: MIT */
/* Log-linear histogram: octave 0 holds 0…63 exactly, octave k holds [32·2^k, 64·2^k) in 64 steps.
 */
#include "histogram.h"

#include <stdlib.h>
#include <string.h>

static unsigned octave_of(uint64_t value)
{
    if (value < HISTOGRAM_SUB)
        return 0;
    return 63u - (unsigned)__builtin_clzll(value) - HISTOGRAM_SUB_BITS + 1u;
}

static unsigned step_of(uint64_t value, unsigned octave)
{
    if (octave == 0)
        return (unsigned)value;
    return (unsigned)(value >> (octave - 1)) & (HISTOGRAM_SUB - 1);
}

/* The middle of a bucket. */
static uint64_t value_at(unsigned octave, unsigned step)
{
    if (octave == 0)
        return step;
    uint64_t width = UINT64_C(1) << (octave - 1);
    return (((uint64_t)HISTOGRAM_SUB + step) << (octave - 1)) + width / 2;
}

static uint64_t add_capped(uint64_t a, uint64_t b)
{
    uint64_t sum;
    return __builtin_add_overflow(a, b, &sum) ? UINT64_MAX : sum;
}

static uint64_t times_capped(uint64_t a, uint64_t b)
{
    uint64_t product;
    return __builtin_mul_overflow(a, b, &product) ? UINT64_MAX : product;
}

void histogram_free(struct histogram *histogram)
{
    for (unsigned i = 0; i < HISTOGRAM_OCTAVES; i++)
        free(histogram->octaves[i]);
    *histogram = (struct histogram){0};
}

void histogram_copy(struct histogram *copy, const struct histogram *histogram)
{
    *copy = *histogram;
    for (unsigned octave = 0; octave < HISTOGRAM_OCTAVES; octave++) {
        const uint64_t *from = histogram->octaves[octave];
        uint64_t *to = from ? malloc(HISTOGRAM_SUB * sizeof(*to)) : NULL;
        copy->octaves[octave] = to;
        if (to)
            memcpy(to, from, HISTOGRAM_SUB * sizeof(*to));
        for (unsigned i = 0; from && !to && i < HISTOGRAM_SUB; i++)
            copy->unheld = add_capped(copy->unheld, from[i]);
    }
}

void histogram_add(struct histogram *histogram, uint64_t value, uint64_t weight)
{
    if (weight == 0)
        return;
    if (histogram->count == 0 || value < histogram->min)
        histogram->min = value;
    if (value > histogram->max)
        histogram->max = value;
    histogram->count = add_capped(histogram->count, weight);
    histogram->sum = add_capped(histogram->sum, times_capped(value, weight));

    unsigned octave = octave_of(value);
    uint64_t *steps = histogram->octaves[octave];
    if (!steps) {
        steps = calloc(HISTOGRAM_SUB, sizeof(*steps));
        histogram->octaves[octave] = steps;
    }
    if (!steps) {
        histogram->unheld = add_capped(histogram->unheld, weight);
        return;
    }
    uint64_t *step = &steps[step_of(value, octave)];
    *step = add_capped(*step, weight);
}

static uint64_t clamp(const struct histogram *histogram, uint64_t value)
{
    if (value < histogram->min)
        return histogram->min;
    return value > histogram->max ? histogram->max : value;
}

uint64_t histogram_quantile(const struct histogram *histogram, unsigned per_10000)
{
    uint64_t held = histogram->count - histogram->unheld;
    if (held == 0)
        return 0;
    if (per_10000 >= 10000)
        return histogram->max;
    uint64_t rank = (uint64_t)(((unsigned __int128)held * per_10000 + 9999) / 10000);
    if (rank == 0)
        rank = 1;
    uint64_t seen = 0;
    for (unsigned octave = 0; octave < HISTOGRAM_OCTAVES; octave++) {
        const uint64_t *steps = histogram->octaves[octave];
        for (unsigned i = 0; steps && i < HISTOGRAM_SUB; i++) {
            seen = add_capped(seen, steps[i]);
            if (seen >= rank)
                return clamp(histogram, value_at(octave, i));
        }
    }
    return histogram->max;
}

struct quantiles histogram_quantiles(const struct histogram *histogram)
{
    return (struct quantiles){
        .p50 = histogram_quantile(histogram, 5000),
        .p90 = histogram_quantile(histogram, 9000),
        .p99 = histogram_quantile(histogram, 9900),
        .p999 = histogram_quantile(histogram, 9990),
        .max = histogram->max,
    };
}
