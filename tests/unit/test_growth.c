/* SPDX-License-Identifier: MIT */
/* What only grows, and what merely comes and goes. */
#include <criterion/criterion.h>

#include "analyzers/model/growth.h"

#define MS UINT64_C(1000000)

/* One value every 10 ms: `value` of the step. */
static struct growth of(unsigned steps, uint64_t (*value)(unsigned))
{
    struct growth growth = {0};
    for (unsigned i = 0; i < steps; i++)
        growth_add(&growth, 1000 * MS + i * 10 * MS, value(i));
    return growth;
}

static struct growth_view view_of(unsigned steps, uint64_t (*value)(unsigned))
{
    struct growth growth = of(steps, value);
    return growth_view(&growth, growth.seen_ns);
}

static uint64_t rising(unsigned i)
{
    return 100 + 3 * i;
}

static uint64_t sawtooth(unsigned i)
{
    return i % 50 * 1000;
}

static uint64_t rising_in_bursts(unsigned i)
{
    return i / 50 * 100 + i % 3;
}

static uint64_t plateau(unsigned i)
{
    return i < 200 ? i * 100 : 20000;
}

static uint64_t late_rise(unsigned i)
{
    return i < 1000 ? i % 5 : (i - 1000) * 10;
}

Test(growth, a_steady_rise_is_growth_with_its_rate)
{
    struct growth_view view = view_of(1000, rising);
    cr_assert(view.is_growing);
    cr_assert_eq(view.first, 100);
    cr_assert_eq(view.value, 3097);
    cr_assert_eq(view.start_ns, 1000 * MS);
    cr_assert_eq(view.span_ns, 9990 * MS);
    uint64_t rate = growth_per_1000_seconds(&view);
    cr_assert(rate > 200000 && rate <= 300000, "%lu", (unsigned long)rate);
}

Test(growth, less_than_two_seconds_are_too_short_to_say)
{
    cr_assert_not(view_of(195, rising).is_growing);
    cr_assert(view_of(230, rising).is_growing);
}

Test(growth, what_is_emptied_again_and_again_does_not_grow)
{
    for (unsigned steps = 10; steps < 3000; steps += 7)
        cr_assert_not(view_of(steps, sawtooth).is_growing, "after %u", steps);
}

Test(growth, a_rise_in_bursts_is_growth_once_each_window_holds_one)
{
    cr_assert(view_of(2000, rising_in_bursts).is_growing);
}

Test(growth, what_stays_at_a_level_does_not_grow)
{
    cr_assert_not(view_of(1000, plateau).is_growing);
}

Test(growth, time_that_passes_without_a_change_ends_it)
{
    struct growth growth = of(1000, rising);
    cr_assert(growth_view(&growth, growth.seen_ns).is_growing);
    cr_assert_not(growth_view(&growth, growth.seen_ns + 20000 * MS).is_growing);
}

Test(growth, a_rise_after_a_quiet_time_is_growth_since_then)
{
    struct growth_view view = view_of(2000, late_rise);
    cr_assert(view.is_growing);
    cr_assert(view.start_ns >= 9000 * MS, "%lu", (unsigned long)view.start_ns);
    cr_assert(view.value == 9990);
}

Test(growth, one_that_ended_in_a_fall_is_remembered)
{
    struct growth growth = of(1000, rising);
    uint64_t end = growth.seen_ns;
    growth_add(&growth, end + MS, 0);
    struct growth_view view = growth_view(&growth, end + 60000 * MS);
    cr_assert(view.is_growing);
    cr_assert_eq(view.value, 3097);
    cr_assert_eq(view.span_ns, 9991 * MS);
}

Test(growth, a_fall_of_just_now_has_ended_it_too)
{
    struct growth growth = of(1000, rising);
    uint64_t end = growth.seen_ns;
    growth_add(&growth, end + MS, 0);
    struct growth_view view = growth_view(&growth, end + 2 * MS);
    cr_assert(view.is_growing);
    cr_assert_eq(view.value, 3097);
}

Test(growth, hours_fit_into_the_same_room)
{
    struct growth growth = {0};
    for (uint64_t i = 0; i < 100000; i++)
        growth_add(&growth, i * 1000 * MS, i * i);
    struct growth_view view = growth_view(&growth, growth.seen_ns);
    cr_assert(view.is_growing);
    cr_assert_eq(view.start_ns, 0);
    cr_assert_eq(growth_per_1000_seconds(&view) > 0, 1);
}

Test(growth, hostile_times_and_values_do_no_harm)
{
    struct growth growth = {0};
    growth_add(&growth, UINT64_MAX - 5, 7);
    growth_add(&growth, 3, UINT64_MAX);
    growth_add(&growth, UINT64_MAX, 0);
    struct growth from_zero = {0};
    growth_add(&from_zero, 0, 1);
    growth_add(&from_zero, UINT64_MAX, UINT64_MAX);
    cr_assert_not(growth_view(&growth, UINT64_MAX).is_growing);
    cr_assert_not(growth_view(&from_zero, UINT64_MAX).is_growing);
    struct growth none = {0};
    cr_assert_not(growth_view(&none, 5).is_growing);
}
