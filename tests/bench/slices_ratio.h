/* SPDX-License-Identifier: MIT */
/* Medians and their spread: how every figure of these benches is quoted. */
#ifndef LSC_BENCH_SLICES_RATIO_H
#define LSC_BENCH_SLICES_RATIO_H

#include <stddef.h>

struct spread {
    double low; /* first quartile */
    double median;
    double high;  /* third quartile */
    double error; /* half of the median's 95 % interval: 1.57 IQR / sqrt(n), as in notched box plots
                   * (McGill, Tukey, Larsen, "Variations of Box Plots", 1978) */
    size_t count;
};

/* Sorts `values`. All zero for count 0. */
struct spread spread_of(double *values, size_t count);

/* Prints ratios as a change: "+0.84 % ±0.31 (quartiles -0.90 … +2.40, 60 pairs)", no line end. */
void spread_print_change(const struct spread *ratios, const char *unit);

#endif
