/* SPDX-License-Identifier: MIT */
/* What recording adds to one poll of a task, over one reference record (emit_reference.h) measured
 * in the same run. Twice: in processor time, by slices with the probe on and off in ABBA order with
 * the reference between them, paired, medians with their error; and in instructions, exactly.
 *
 *     bench_executor_emission [--short] */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "emit_reference.h"
#include "executor_emission.h"
#include "slices_ratio.h"
#include "step_count.h"

#define PAIRS 200
#define PAIRS_SHORT 24

/* ---- one slice ---- */

struct cost {
    double ns;
    uint64_t polls;
};

static uint64_t cpu_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static uint64_t run_program(struct lsc_executor *executor, const struct emission_program *program,
                            unsigned count)
{
    struct lsc_executor_counts before, after;
    lsc_executor_counts(executor, &before);
    lsc_result r =
        lsc_executor_run(executor, program->poll, (&(struct emission_state){.count = count}));
    lsc_executor_counts(executor, &after);
    if (r < 0) {
        fprintf(stderr, "bench_executor_emission: %s: %lld\n", program->title, (long long)r);
        exit(1);
    }
    return after.polls - before.polls;
}

static double slice(struct lsc_executor *executor, const struct emission_program *program, bool on)
{
    lsc_probe_enable(on);
    uint64_t began = cpu_ns();
    uint64_t polls = run_program(executor, program, program->count);
    return (double)(cpu_ns() - began) / (double)polls;
}

#define REFERENCE_RECORDS 4096
static uint64_t words[REFERENCE_RECORDS * 4];
static struct reference_ring ring = {
    .is_on = 1, .mask = REFERENCE_RECORDS - 1, .reserved_until = UINT64_MAX, .words = words};

static double reference_slice(void)
{
    const uint32_t count = 50000;
    uint64_t began = cpu_ns();
    for (uint32_t i = 0; i < count; i++)
        reference_record(&ring, i, i);
    return (double)(cpu_ns() - began) / count;
}

/* ---- time ---- */

static void measure_time(struct lsc_executor *executor, const struct emission_program *program,
                         unsigned pairs)
{
    double off[PAIRS], added[PAIRS], reference[PAIRS];
    slice(executor, program, true);
    for (unsigned i = 0; i < pairs; i++) {
        bool first = i % 2 == 0;
        double a = slice(executor, program, first);
        double b = slice(executor, program, !first);
        off[i] = first ? b : a;
        added[i] = first ? a - b : b - a;
        reference[i] = reference_slice();
    }
    struct spread base = spread_of(off, pairs), more = spread_of(added, pairs),
                  one = spread_of(reference, pairs);
    printf(
        "  %-24s %8.1f ns off, recording adds %6.1f ns, x %5.2f +-%.2f of the reference's %.1f\n",
        program->title, base.median, more.median, more.median / one.median, more.error / one.median,
        one.median);
}

/* ---- instructions ---- */

#if defined(__x86_64__)

#define REFERENCES 64
enum { REGION_REFERENCE, REGION_ON, REGION_OFF, REGIONS };
static const struct emission_program *stepped;
static uint64_t *stepped_polls; /* shared with the child */

static void run_stepped(void)
{
    const struct lsc_executor_options options = {.workers = 1};
    struct lsc_executor *executor;
    if (lsc_executor_new(&executor, &options) < 0)
        exit(1);
    run_program(executor, stepped, stepped->stepped);
    STEP_BREAKPOINT();
    for (uint32_t i = 0; i < REFERENCES; i++)
        reference_record(&ring, i, i);
    STEP_BREAKPOINT();
    STEP_BREAKPOINT();
    uint64_t polls = run_program(executor, stepped, stepped->stepped);
    STEP_BREAKPOINT();
    lsc_probe_enable(false);
    STEP_BREAKPOINT();
    run_program(executor, stepped, stepped->stepped);
    STEP_BREAKPOINT();
    *stepped_polls = polls;
    lsc_executor_delete(executor);
}

static int measure_instructions(const struct emission_program *program)
{
    long counts[REGIONS] = {0};
    stepped = program;
    fflush(stdout);
    int error = step_count(run_stepped, counts, REGIONS);
    if (error != 0)
        return error;
    double polls = (double)*stepped_polls, off = (double)counts[REGION_OFF] / polls,
           added = (double)counts[REGION_ON] / polls - off,
           one = (double)counts[REGION_REFERENCE] / REFERENCES;
    printf("  %-24s %8.1f off, recording adds %6.1f, x %5.2f of the reference's %.0f\n",
           program->title, off, added, added / one, one);
    return 0;
}

static void measure_all_instructions(void)
{
    stepped_polls = mmap(NULL, sizeof(*stepped_polls), PROT_READ | PROT_WRITE,
                         MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (stepped_polls == MAP_FAILED)
        return;
    printf("instructions of the program (none of the kernel's), for a poll\n");
    for (unsigned i = 0; i < emission_program_count; i++)
        if (measure_instructions(&emission_programs[i]) != 0)
            printf("  %-24s skipped: it could not be traced\n", emission_programs[i].title);
}
#else
static void measure_all_instructions(void)
{
}
#endif

int main(int argc, char **argv)
{
    bool is_short = argc > 1 && strcmp(argv[1], "--short") == 0;
    const struct lsc_executor_options options = {.workers = 1};
    struct lsc_executor *executor;
    measure_all_instructions();
    if (lsc_executor_new(&executor, &options) < 0)
        return 1;
    printf("processor time, for a poll\n");
    for (unsigned i = 0; i < emission_program_count; i++)
        measure_time(executor, &emission_programs[i], is_short ? PAIRS_SHORT : PAIRS);
    lsc_executor_delete(executor);
    return 0;
}
