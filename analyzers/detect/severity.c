/* SPDX-License-Identifier: MIT */
/* How bad a finding is: the one place that decides it. */
#include "detect.h"

const struct severity_rule severity_default = {
    .critical_worst = 100,
    .critical_share = 1000,
    .critical_total = 100,
    .warning_worst = 25,
    .warning_share = 200,
    .warning_total = 50,
};

/* A loop that waits for the CPU now and then is normal on a busy machine. */
const struct severity_rule severity_starved = {
    .critical_worst = 100,
    .critical_share = 1000,
    .critical_total = 100,
    .warning_worst = 25,
    .warning_share = 200,
    .warning_total = 50,
    .warning_count = 3,
};

/* A pool is there to be used: full for five thresholds in a row, or for a fifth of the time. */
const struct severity_rule severity_saturated = {
    .critical_worst = 500,
    .critical_share = 6000,
    .critical_total = 500,
    .warning_worst = 50,
    .warning_share = 2000,
    .warning_total = 50,
};

/* Lateness adds up over timers that are due at once, so its share says less: half of the time. Once
 * is no habit. */
const struct severity_rule severity_late = {
    .critical_worst = 100,
    .critical_share = 5000,
    .critical_total = 500,
    .warning_worst = 25,
    .warning_share = 200,
    .warning_total = 50,
    .warning_count = 2,
};

/* Time of turns that do next to nothing: by its share alone, each is short. */
const struct severity_rule severity_storm = {
    .critical_worst = 1000,
    .critical_share = 5000,
    .critical_total = 500,
    .warning_worst = 1000,
    .warning_share = 1500,
    .warning_total = 50,
};

#define LEAK_CRITICAL 10000
#define LEAK_WARNING 64

enum severity severity_of_leak(uint64_t live)
{
    if (live >= LEAK_CRITICAL)
        return SEVERITY_CRITICAL;
    return live >= LEAK_WARNING ? SEVERITY_WARNING : SEVERITY_NOTE;
}

#define GROWTH_CRITICAL 64

enum severity severity_of_growth(uint64_t depth, uint64_t in_use)
{
    if (depth / GROWTH_CRITICAL >= in_use)
        return SEVERITY_CRITICAL;
    return depth >= in_use ? SEVERITY_WARNING : SEVERITY_NOTE;
}

static bool reaches(uint64_t value, uint64_t stall_ns, unsigned tenths)
{
    return (unsigned __int128)value * 10 >= (unsigned __int128)stall_ns * tenths;
}

static bool is_share(uint64_t total_ns, uint64_t seen_ns, unsigned hundredths)
{
    return (unsigned __int128)total_ns * 10000 >= (unsigned __int128)seen_ns * hundredths;
}

enum severity severity_of(const struct severity_rule *rule, uint64_t stall_ns, uint64_t count,
                          uint64_t worst_ns, uint64_t total_ns, uint64_t seen_ns)
{
    if (reaches(worst_ns, stall_ns, rule->critical_worst))
        return SEVERITY_CRITICAL;
    if (count < rule->warning_count)
        return SEVERITY_NOTE;
    if (is_share(total_ns, seen_ns, rule->critical_share) &&
        reaches(total_ns, stall_ns, rule->critical_total))
        return SEVERITY_CRITICAL;
    if (reaches(worst_ns, stall_ns, rule->warning_worst))
        return SEVERITY_WARNING;
    if (is_share(total_ns, seen_ns, rule->warning_share) &&
        reaches(total_ns, stall_ns, rule->warning_total))
        return SEVERITY_WARNING;
    return SEVERITY_NOTE;
}
