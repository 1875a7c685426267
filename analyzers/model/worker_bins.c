/* SPDX-License-Identifier: MIT */
/* The recent past of a worker, in steps. */
#include "worker_bins.h"

#include <string.h>

static struct worker_bin *bin_at(struct worker_bins *bins, uint64_t number)
{
    return &bins->at[number % BINS];
}

/* False: forgotten, or not there yet. */
static bool is_held(const struct worker_bins *bins, uint64_t number)
{
    return number <= bins->newest && bins->newest - number < BINS;
}

void bins_advance(struct worker_bins *bins, uint64_t time_ns)
{
    uint64_t number = time_ns >> BIN_SHIFT;
    if (number <= bins->newest && bins->now)
        return;
    uint64_t from = number - bins->newest > BINS ? number - BINS : bins->newest;
    while (from < number)
        *bin_at(bins, ++from) = (struct worker_bin){0};
    bins->newest = number;
    bins->start_ns = number << BIN_SHIFT;
    bins->now = bin_at(bins, number);
}

static uint64_t first_held(const struct worker_bins *bins)
{
    return at_least_zero(bins->newest + 1, BINS);
}

/* The part of [start, end) inside a step. */
static uint64_t part_of(uint64_t number, uint64_t start_ns, uint64_t end_ns)
{
    uint64_t from = larger(number << BIN_SHIFT, start_ns);
    return at_least_zero(smaller((number + 1) << BIN_SHIFT, end_ns), from);
}

void bins_spread(struct worker_bins *bins, uint64_t start_ns, uint64_t end_ns)
{
    uint64_t last = smaller(end_ns >> BIN_SHIFT, bins->newest);
    for (uint64_t at = larger(start_ns >> BIN_SHIFT, first_held(bins)); at <= last; at++)
        bin_at(bins, at)->busy_ns += part_of(at, start_ns, end_ns);
}

static void take_longest(struct ran *ran, const struct worker_bin *bin, uint64_t start_ns,
                         uint64_t end_ns)
{
    uint64_t begin = at_least_zero(bin->longest_end_ns, bin->longest_ns);
    uint64_t part = at_least_zero(smaller(bin->longest_end_ns, end_ns), larger(begin, start_ns));
    if (part <= ran->longest_ns)
        return;
    ran->longest_ns = part;
    ran->longest_end_ns = bin->longest_end_ns;
    ran->longest_task = bin->longest_task;
}

/* Of a step at the edge it is known how much was run in it, not when: its share, at most all of the
 * part inside. */
struct ran bins_ran(const struct worker_bins *bins, uint64_t start_ns, uint64_t end_ns)
{
    struct ran ran = {0};
    uint64_t last = smaller(end_ns >> BIN_SHIFT, bins->newest);
    for (uint64_t at = larger(start_ns >> BIN_SHIFT, first_held(bins)); at <= last; at++) {
        const struct worker_bin *bin = &bins->at[at % BINS];
        uint64_t part = part_of(at, start_ns, end_ns);
        ran.busy_ns += smaller(part, share_of(bin->busy_ns, part, BIN_NS));
        ran.polls += bin->polls;
        take_longest(&ran, bin, start_ns, end_ns);
    }
    ran.busy_ns = larger(ran.busy_ns, ran.longest_ns);
    return ran;
}

void bins_sum(const struct worker_bins *bins, uint64_t from, uint64_t to, uint64_t *busy_ns,
              uint64_t *waited_ns)
{
    *busy_ns = *waited_ns = 0;
    for (uint64_t at = from; at < to; at++) {
        if (!is_held(bins, at))
            continue;
        const struct worker_bin *bin = &bins->at[at % BINS];
        *busy_ns += smaller(bin->busy_ns, BIN_NS);
        *waited_ns += bin->waited_ns;
    }
}
