/* SPDX-License-Identifier: MIT */
/* Quartiles by linear interpolation between neighbours. */
#include "slices_ratio.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static int by_value(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static double quantile(const double *sorted, size_t count, double share)
{
    double place = share * (double)(count - 1);
    size_t below = (size_t)place;
    size_t above = below + 1 < count ? below + 1 : below;
    return sorted[below] + (place - (double)below) * (sorted[above] - sorted[below]);
}

struct spread spread_of(double *values, size_t count)
{
    struct spread spread = {.count = count};
    if (count == 0)
        return spread;
    qsort(values, count, sizeof *values, by_value);
    spread.low = quantile(values, count, 0.25);
    spread.median = quantile(values, count, 0.5);
    spread.high = quantile(values, count, 0.75);
    spread.error = 1.57 * (spread.high - spread.low) / sqrt((double)count);
    return spread;
}

void spread_print_change(const struct spread *ratios, const char *unit)
{
    printf("%+6.2f %% ±%.2f (quartiles %+.2f … %+.2f, %zu %s)", (ratios->median - 1) * 100,
           ratios->error * 100, (ratios->low - 1) * 100, (ratios->high - 1) * 100, ratios->count,
           unit);
}
