/* SPDX-License-Identifier: MIT */
/* The timer wheel against a plain list of times. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "probe/executor/timer.h"

enum { TIMERS = 400 };

struct expected {
    struct timer timer;
    bool is_armed;
    uint64_t at_ms;
};
static struct expected all[TIMERS];
static struct timer_wheel wheel;
static uint64_t now_ms, fired;

static uint64_t next_random(void)
{
    static uint64_t seed = 88172645463325252u;
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed >> 16;
}

static void on_fire(struct timer *timer, void *data)
{
    struct expected *expected = (struct expected *)timer;
    (void)data;
    cr_assert(expected->is_armed);
    cr_assert_leq(expected->at_ms, now_ms, "fired early");
    expected->is_armed = false;
    fired++;
}

static uint64_t earliest(void)
{
    uint64_t first = UINT64_MAX;
    for (int i = 0; i < TIMERS; i++)
        if (all[i].is_armed && all[i].at_ms < first)
            first = all[i].at_ms;
    return first;
}

static void fire_until(uint64_t ms)
{
    now_ms = ms;
    timer_wheel_fire(&wheel, now_ms, on_fire, NULL);
    cr_assert_gt(earliest(), now_ms, "one was left behind");
    cr_assert_leq(timer_wheel_next_ms(&wheel), earliest(), "it would look too late");
}

/* Distances from nothing to years, mostly short. */
static uint64_t some_distance(void)
{
    return next_random() % (UINT64_C(1) << next_random() % 42);
}

static void change_one(void)
{
    struct expected *one = &all[next_random() % TIMERS];
    if (one->is_armed && next_random() % 2) {
        timer_disarm(&one->timer);
        one->is_armed = false;
        return;
    }
    one->at_ms = now_ms + some_distance();
    one->is_armed = true;
    timer_arm(&wheel, &one->timer, one->at_ms);
}

Test(executor_timer, fires_all_that_is_due_and_nothing_else_whatever_the_distances)
{
    now_ms = 1234567;
    timer_wheel_init(&wheel, now_ms);
    for (int round = 0; round < 20000; round++) {
        for (uint64_t changes = next_random() % 8; changes > 0; changes--)
            change_one();
        switch (next_random() % 4) {
        case 0:
            fire_until(now_ms); /* no time has passed */
            break;
        case 1:
            fire_until(now_ms + next_random() % 100);
            break;
        case 2:
            fire_until(earliest() == UINT64_MAX ? now_ms : earliest());
            break;
        default:
            fire_until(now_ms + some_distance() / 1000);
        }
    }
    cr_expect_gt(fired, 10000);
}

Test(executor_timer, can_be_armed_for_a_time_that_never_comes)
{
    now_ms = 0;
    timer_wheel_init(&wheel, now_ms);
    all[0] = (struct expected){.is_armed = true, .at_ms = UINT64_MAX};
    timer_arm(&wheel, &all[0].timer, UINT64_MAX);
    for (int i = 0; i < 100; i++)
        fire_until(now_ms + (UINT64_C(1) << 34));
    cr_expect(all[0].is_armed);
    timer_disarm(&all[0].timer);
    cr_expect_eq(timer_wheel_next_ms(&wheel), UINT64_MAX);
}
