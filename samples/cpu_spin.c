/* SPDX-License-Identifier: MIT */
/* Wrong: every tenth tick the handler scores the whole catalogue at once, some 80 ms of computing,
 * and nothing else of the loop runs meanwhile.
 *
 * loopscope must say: cpu-stall in score_catalogue, this file.
 * The healthy twin scores a small slice in every tick. */
#include "ticker.h"

#include <stdint.h>
#include <stdlib.h>

#define TICKS 60
#define PERIOD_MS 10
#define WHOLE_NS (80u * 1000 * 1000)
#define SLICE_NS (2u * 1000 * 1000)

struct catalogue {
    uint64_t budget_ns; /* how much is scored at once */
    unsigned every;     /* in which ticks */
    uint64_t best;
    unsigned held;
    uint64_t held_ns;
};

/* Scores items until the budget is used up; returns the best score. */
__attribute__((noinline)) static uint64_t score_catalogue(uint64_t budget_ns)
{
    uint64_t start = ticker_now_ns();
    uint64_t state = 88172645463325252u;
    uint64_t best = 0;

    while (ticker_now_ns() - start < budget_ns) {
        for (int item = 0; item < 20000; item++) {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            if (state > best)
                best = state;
        }
    }
    return best;
}

static void on_tick(unsigned tick, void *context)
{
    struct catalogue *catalogue = context;
    uint64_t start = ticker_now_ns();

    if (tick % catalogue->every != catalogue->every - 1)
        return;
    catalogue->best ^= score_catalogue(catalogue->budget_ns);
    catalogue->held++;
    catalogue->held_ns += ticker_now_ns() - start;
}

int main(int argc, char **argv)
{
    struct catalogue catalogue = {.budget_ns = WHOLE_NS, .every = 10};

    if (ticker_wants_healthy(argc, argv))
        catalogue = (struct catalogue){.budget_ns = SLICE_NS, .every = 1};
    if (ticker_run(TICKS, PERIOD_MS, on_tick, &catalogue) < 0)
        return EXIT_FAILURE;
    ticker_say_held(catalogue.held, catalogue.held_ns);
    return catalogue.best == 1 ? EXIT_FAILURE : EXIT_SUCCESS;
}
