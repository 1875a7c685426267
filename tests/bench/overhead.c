/* SPDX-License-Identifier: MIT */
/* What a preload costs a server, across processes: one server per arm (bare, no-op preload, probe
 * off, probe on), all alive at once on one core, and the load goes from one to the next slice by
 * slice, so that the machine's changes of speed meet all arms alike. What a process was dealt at
 * its start (addresses, code the JIT made) stays with it, so the servers are started anew in each
 * run, and the spread over the runs is printed beside that of the pairs. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "slices_options.h"

struct place {
    struct server server;
    struct load *load;
    struct probe *probe;
};

struct bench {
    struct bench_options options;
    struct place places[ARMS_MAX];
    struct slice *slices; /* of all runs */
    uint64_t records[ARMS_MAX];
    uint64_t lost[ARMS_MAX];
    uint64_t requests[ARMS_MAX];
};

static int complain(const char *what, int error)
{
    fprintf(stderr, "bench: %s: %s\n", what, strerror(-error));
    return 2;
}

static int reach_probe(struct place *place, const struct arm_option *arm, int core)
{
    int error = probe_open(&place->probe, &place->server);
    if (error)
        return error;
    if (!arm->is_off && !arm->is_drained)
        return 0;
    if (probe_segments(place->probe) == 0)
        return -ENOENT;
    error = probe_switch(place->probe, !arm->is_off);
    if (error == 0 && arm->is_drained)
        error = probe_drain(place->probe, core);
    return error;
}

/* The load comes before the probe: a segment is made at the first turn of a loop. */
static int start_arm(struct bench *bench, size_t i)
{
    struct bench_options *options = &bench->options;
    struct arm_option *arm = &options->arms[i];
    struct place *place = &bench->places[i];
    struct slice warm_up;
    int error =
        server_start(&place->server, options->command, arm->environment, options->server_core);
    if (error)
        return error;
    place->load = load_open(options->protocol, place->server.port, options->connections);
    if (!place->load)
        return -errno;
    error = load_slice(place->load, 1000000000, &warm_up);
    return error ? error : reach_probe(place, arm, options->load_core);
}

static void stop_arm(struct place *place)
{
    if (place->probe)
        probe_close(place->probe);
    load_close(place->load);
    server_stop(&place->server);
    *place = (struct place){0};
}

static int compare(struct bench *bench, size_t run)
{
    const struct bench_options *options = &bench->options;
    struct arm arms[ARMS_MAX] = {0};
    struct probe_count before[ARMS_MAX];
    size_t count = options->arm_count;
    struct slice *slices = bench->slices + run * options->plan.sweeps * count;
    for (size_t i = 0; i < count; i++) {
        struct place *place = &bench->places[i];
        arms[i] = (struct arm){options->arms[i].name, &place->server, place->load, NULL, ARM_LEAVE};
        before[i] = probe_drained(place->probe);
    }
    int error = sweep_run(arms, count, &options->plan, slices);
    for (size_t i = 0; i < count && error == 0; i++) {
        struct probe_count after = probe_drained(bench->places[i].probe);
        bench->records[i] += after.records - before[i].records;
        bench->lost[i] += after.lost - before[i].lost;
        for (size_t sweep = 0; sweep < options->plan.sweeps; sweep++) {
            const struct slice *slice = &slices[sweep * count + i];
            bench->requests[i] += slice->requests + slice->lead_requests;
        }
    }
    return error;
}

static int run_once(struct bench *bench, size_t run)
{
    size_t count = bench->options.arm_count;
    int error = 0;
    for (size_t i = 0; i < count && error == 0; i++) {
        error = start_arm(bench, i);
        if (error)
            complain(bench->options.arms[i].name, error);
    }
    if (error == 0) {
        error = compare(bench, run);
        if (error)
            complain("the load failed", error);
    }
    for (size_t i = 0; i < count; i++)
        stop_arm(&bench->places[i]);
    return error ? 2 : 0;
}

/* Lowest, middle and highest of the runs' own medians. */
static void print_runs(const struct bench *bench, size_t arm, enum sweep_figure which)
{
    const struct bench_options *options = &bench->options;
    double *medians = malloc(options->runs * sizeof *medians);
    for (size_t run = 0; medians && run < options->runs; run++)
        medians[run] = sweep_ratio(bench->slices + run * options->plan.sweeps * options->arm_count,
                                   options->plan.sweeps, options->arm_count, arm, which)
                           .median;
    if (medians) {
        struct spread spread = spread_of(medians, options->runs);
        printf("%+6.2f [%+.2f … %+.2f]", (spread.median - 1) * 100, (medians[0] - 1) * 100,
               (medians[options->runs - 1] - 1) * 100);
    }
    free(medians);
}

static void print_table(const struct bench *bench)
{
    const struct bench_options *options = &bench->options;
    size_t sweeps = options->plan.sweeps * options->runs, count = options->arm_count;
    printf("  %-10s %-28s %-34s %-30s time per request, %%\n", "arm", "CPU us per request (quart.)",
           "CPU over first arm, pairs", "medians of runs [range], %");
    for (size_t i = 0; i < count; i++) {
        struct spread cpu = sweep_figure(bench->slices, sweeps, count, i, SWEEP_CPU_PER_REQUEST);
        printf("  %-10s %7.2f (%.2f … %.2f)   ", options->arms[i].name, cpu.median / 1000,
               cpu.low / 1000, cpu.high / 1000);
        if (i > 0) {
            struct spread ratio =
                sweep_ratio(bench->slices, sweeps, count, i, SWEEP_CPU_PER_REQUEST);
            printf("%+6.2f %% ±%.2f (%+.1f … %+.1f, n %zu)   ", (ratio.median - 1) * 100,
                   ratio.error * 100, (ratio.low - 1) * 100, (ratio.high - 1) * 100, ratio.count);
            print_runs(bench, i, SWEEP_CPU_PER_REQUEST);
            printf("   ");
            print_runs(bench, i, SWEEP_WALL_PER_REQUEST);
        }
        if (options->arms[i].is_drained && bench->requests[i])
            printf("   %.2f records a request, %llu lost",
                   (double)bench->records[i] / (double)bench->requests[i],
                   (unsigned long long)bench->lost[i]);
        printf("\n");
    }
}

int main(int argc, char **argv)
{
    static struct bench bench;
    struct bench_options *options = &bench.options;
    int status = bench_options_parse(options, argc, argv);
    if (status)
        return status;
    if (options->arm_count == 0 || options->pid) {
        fprintf(stderr, "bench: give one arm or more, and the server's command\n");
        return 2;
    }
    server_pin(options->load_core);
    bench.slices =
        calloc(options->runs * options->plan.sweeps * options->arm_count, sizeof *bench.slices);
    if (!bench.slices)
        return complain("slices", -ENOMEM);
    for (size_t run = 0; run < options->runs && status == 0; run++)
        status = run_once(&bench, run);
    if (status == 0)
        print_table(&bench);
    free(bench.slices);
    return status;
}
