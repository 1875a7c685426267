/* SPDX-License-Identifier: MIT */
/* The histogram of the model: what its figures promise. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "analyzers/model/histogram.h"

static uint64_t next_random(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state >> 11;
}

static int ascending(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return a < b ? -1 : a > b;
}

Test(histogram, of_nothing_has_quantiles_of_zero)
{
    struct histogram h = {0};
    cr_assert_eq(histogram_quantile(&h, 9900), 0);
    cr_assert_eq(histogram_quantiles(&h).max, 0);
}

Test(histogram, keeps_values_below_64_exactly)
{
    struct histogram h = {0};
    for (uint64_t v = 0; v < 64; v++)
        histogram_add(&h, v, 1);
    for (unsigned v = 0; v < 64; v++)
        cr_assert_eq(histogram_quantile(&h, (v + 1) * 10000 / 64), v);
    histogram_free(&h);
}

Test(histogram, is_off_by_less_than_one_percent_over_twelve_decades)
{
    enum { N = 20000 };
    static uint64_t values[N];
    struct histogram h = {0};
    uint64_t state = 7;
    for (unsigned i = 0; i < N; i++) {
        values[i] = next_random(&state) >> (next_random(&state) % 40);
        histogram_add(&h, values[i], 1);
    }
    qsort(values, N, sizeof(values[0]), ascending);
    for (unsigned q = 100; q < 10000; q += 100) {
        double truth = (double)values[(N * q + 9999) / 10000 - 1];
        double told = (double)histogram_quantile(&h, q);
        cr_assert(told >= truth * 0.99 - 1 && told <= truth * 1.01 + 1, "at %u: %f for %f", q, told,
                  truth);
    }
    histogram_free(&h);
}

Test(histogram, knows_the_largest_and_smallest_value_exactly)
{
    struct histogram h = {0};
    histogram_add(&h, 1000003, 1);
    cr_assert_eq(histogram_quantile(&h, 5000), 1000003, "a lone value is itself");
    histogram_add(&h, UINT64_MAX, 1);
    histogram_add(&h, 17, 1);
    cr_assert_eq(h.min, 17);
    cr_assert_eq(histogram_quantiles(&h).max, UINT64_MAX);
    cr_assert_eq(histogram_quantile(&h, 10000), UINT64_MAX);
    histogram_free(&h);
}

Test(histogram, counts_a_weight_like_as_many_values)
{
    struct histogram h = {0};
    histogram_add(&h, 10, 98);
    histogram_add(&h, 500, 2);
    histogram_add(&h, 900, 0);
    cr_assert_eq(h.count, 100);
    cr_assert_eq(h.sum, 1980);
    cr_assert_eq(h.max, 500, "a weight of nothing is nothing");
    cr_assert_eq(histogram_quantile(&h, 9800), 10);
    cr_assert(histogram_quantile(&h, 9900) > 495);
    histogram_free(&h);
}

Test(histogram, sums_saturate_instead_of_wrapping)
{
    struct histogram h = {0};
    histogram_add(&h, UINT64_MAX, 3);
    histogram_add(&h, 5, UINT64_MAX);
    cr_assert_eq(h.sum, UINT64_MAX);
    cr_assert_eq(h.count, UINT64_MAX);
    cr_assert_eq(histogram_quantile(&h, 5000), 5);
    histogram_free(&h);
}

Test(histogram, copies_are_independent)
{
    struct histogram h = {0}, copy;
    histogram_add(&h, 1000, 10);
    histogram_copy(&copy, &h);
    histogram_add(&h, 1000000, 100);
    cr_assert_eq(copy.count, 10);
    cr_assert_eq(histogram_quantiles(&copy).p999, 1000);
    histogram_free(&h);
    cr_assert_eq(histogram_quantile(&copy, 5000), 1000);
    histogram_free(&copy);
}

Test(histogram, counting_one_by_one_is_the_same_as_adding)
{
    struct histogram a = {0}, b = {0};
    uint64_t state = 3;
    for (unsigned i = 0; i < 100000; i++) {
        uint64_t value = next_random(&state) >> (next_random(&state) % 53);
        histogram_add(&a, value, 1);
        histogram_count(&b, value);
    }
    cr_assert_eq(a.sum, b.sum);
    cr_assert_eq(a.min, b.min);
    for (unsigned q = 0; q <= 10000; q += 50)
        cr_assert_eq(histogram_quantile(&a, q), histogram_quantile(&b, q));
    histogram_free(&a);
    histogram_free(&b);
}
