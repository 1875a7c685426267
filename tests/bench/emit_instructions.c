/* SPDX-License-Identifier: MIT */
/* How many instructions an emitted poll costs, exactly: a child is single-stepped over unrolled
 * calls between two breakpoints. The argument set-up, the inline check, the call and the return
 * count; nothing else stands in the region. Fails when a limit is broken: the number depends on the
 * compiler alone. */
#include <loopscope/probe.h>
#include <stdio.h>

#include "step_count.h"

#define LIMIT_ON 35.0
#define LIMIT_OFF 4.0

#if defined(__x86_64__)

/* One region each: what the child runs between its breakpoints, in this order. */
enum region { REGION_ON, REGION_FOLDED, REGION_OFF, REGIONS };
enum { UNROLLED = 16, FOLDED_ROUNDS = 64, WARM_UP = 1550 };

#define SWITCH() lsc_poll_switch(one, LSC_POLL_RESULT_PENDING, other)
#define SWITCH4() SWITCH(), SWITCH(), SWITCH(), SWITCH()
#define SWITCH16() SWITCH4(), SWITCH4(), SWITCH4(), SWITCH4()

/* The loops must not fall on the end of a batch of records: they start right behind one.
 * Hot and apart, or gcc would compile it as code that runs once, for size. */
static __attribute__((noinline, hot)) void run_regions(lsc_task one, lsc_task other)
{
    lsc_poll_begin(one);
    for (int i = 0; i < WARM_UP; i++)
        SWITCH();
    STEP_BREAKPOINT();
    SWITCH16();
    STEP_BREAKPOINT();
    STEP_BREAKPOINT();
    for (int i = 0; i < FOLDED_ROUNDS; i++)
        SWITCH16();
    STEP_BREAKPOINT();
    lsc_probe_enable(false);
    STEP_BREAKPOINT();
    SWITCH16();
    STEP_BREAKPOINT();
}

static void run(void)
{
    const struct lsc_task_info info = {.kind = "bench"};
    lsc_task one = lsc_task_spawn(&info);
    lsc_task other = lsc_task_spawn(&info);
    run_regions(one, other);
}

static int judge(const char *what, double per_event, double limit)
{
    printf("%-44s %6.2f (limit %.0f)\n", what, per_event, limit);
    return per_event <= limit ? 0 : 1;
}

int main(void)
{
    long counts[REGIONS] = {0};
    fflush(stdout);
    int error = step_count(run, counts, REGIONS);
    if (error == STEP_SKIPPED)
        printf("skipped: ptrace is not allowed here\n");
    if (error != 0)
        return error;
    printf("instructions a poll, through the shared library:\n");
    int failed = judge("  recorded", (double)counts[REGION_ON] / UNROLLED, LIMIT_ON);
    failed |= judge("  switched off", (double)counts[REGION_OFF] / UNROLLED, LIMIT_OFF);
    double folded = (double)counts[REGION_FOLDED] / (UNROLLED * FOLDED_ROUNDS);
    printf("%-44s %6.2f\n", "  recorded, totals of tasks folded in batches", folded);
    return failed;
}
#else
int main(void)
{
    printf("skipped: only for x86-64\n");
    return STEP_SKIPPED;
}
#endif
