/* SPDX-License-Identifier: MIT */
/* What the probe costs a running server, by its run-time switch: one process under load, the probe
 * switched on and off from slice to slice. It shows what the switch turns off (records,
 * accounting), to about one per cent; what stays when it is off is shown by bench_overhead. Each
 * run is preceded by one in which nothing is switched (A/A): its deviation from zero is the noise.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "slices_options.h"

struct bench {
    struct bench_options options;
    struct server server;
    struct load *load;
    struct probe *probe;
    struct slice *slices[2]; /* of all runs: nothing switched, switched */
};

static int complain(const char *what, int error)
{
    fprintf(stderr, "bench: %s: %s\n", what, strerror(-error));
    return 2;
}

static int start(struct bench *bench)
{
    const struct bench_options *options = &bench->options;
    int error = options->pid ? server_watch(&bench->server, options->pid, options->port)
                             : server_start(&bench->server, options->command,
                                            options->arms[0].environment, options->server_core);
    if (error)
        return complain("cannot start the server", error);
    server_pin(options->load_core);
    bench->load = load_open(options->protocol, bench->server.port, options->connections);
    if (!bench->load)
        return complain("cannot connect", -errno);
    struct slice warm_up;
    error = load_slice(bench->load, 1000000000, &warm_up);
    if (error)
        return complain("the load failed", error);
    error = probe_open(&bench->probe, &bench->server);
    if (error == 0 && options->is_signalled)
        probe_use_signals(bench->probe);
    if (error == 0 && options->is_drained && probe_segments(bench->probe))
        error = probe_drain(bench->probe, options->load_core);
    return error ? complain("cannot reach the probe", error) : 0;
}

static void print_line(const struct slice *slices, size_t sweeps)
{
    struct spread cpu = sweep_ratio(slices, sweeps, 2, 1, SWEEP_CPU_PER_REQUEST);
    struct spread wall = sweep_ratio(slices, sweeps, 2, 1, SWEEP_WALL_PER_REQUEST);
    printf("CPU ");
    spread_print_change(&cpu, "pairs");
    printf("   time ");
    spread_print_change(&wall, "pairs");
    printf("\n");
}

static int run_once(struct bench *bench, size_t run, bool is_switched)
{
    struct arm arms[2] = {
        {"off", &bench->server, bench->load, bench->probe, is_switched ? ARM_OFF : ARM_LEAVE},
        {"on", &bench->server, bench->load, bench->probe, is_switched ? ARM_ON : ARM_LEAVE}};
    const struct sweep_plan *plan = &bench->options.plan;
    struct slice *slices = bench->slices[is_switched] + run * plan->sweeps * 2;
    int error = sweep_run(arms, 2, plan, slices);
    if (error)
        return complain("the load failed", error);
    printf("  run %-2zu %-6s ", run + 1, is_switched ? "on/off" : "A/A");
    print_line(slices, plan->sweeps);
    fflush(stdout);
    return 0;
}

static void print_summary(const struct bench *bench)
{
    size_t sweeps = bench->options.plan.sweeps * bench->options.runs;
    const struct slice *slices = bench->slices[0];
    struct spread cpu = sweep_figure(slices, sweeps, 2, 0, SWEEP_CPU_PER_REQUEST);
    struct spread wall = sweep_figure(slices, sweeps, 2, 0, SWEEP_WALL_PER_REQUEST);
    printf("  all    A/A    ");
    print_line(slices, sweeps);
    if (probe_has_switch(bench->probe)) {
        printf("  all    on/off ");
        print_line(bench->slices[1], sweeps);
    }
    printf("  a request: %.2f us of CPU, %.0f requests/s\n", cpu.median / 1000, 1e9 / wall.median);
}

/* Requests of the second arm: the records were written while it had its slices. */
static void print_drained(const struct probe_count *drained, const struct slice *slices,
                          size_t sweeps)
{
    uint64_t requests = 0;
    for (size_t i = 0; i < sweeps; i++)
        requests += slices[i * 2 + 1].requests + slices[i * 2 + 1].lead_requests;
    printf("  drained: %.2f records a request while on, %llu lost\n",
           (double)drained->records / (double)requests, (unsigned long long)drained->lost);
}

static int run_all(struct bench *bench)
{
    size_t sweeps = bench->options.plan.sweeps * bench->options.runs;
    bool has_switch = probe_has_switch(bench->probe);
    struct probe_count drained = {0};
    for (int i = 0; i < 2; i++) {
        bench->slices[i] = calloc(sweeps * 2, sizeof(struct slice));
        if (!bench->slices[i])
            return complain("slices", -ENOMEM);
    }
    for (size_t run = 0; run < bench->options.runs; run++) {
        int status = run_once(bench, run, false);
        struct probe_count before = probe_drained(bench->probe);
        if (status == 0 && has_switch)
            status = run_once(bench, run, true);
        if (status)
            return status;
        struct probe_count after = probe_drained(bench->probe);
        drained.records += after.records - before.records;
        drained.lost += after.lost - before.lost;
    }
    print_summary(bench);
    if (probe_segments(bench->probe) && bench->options.is_drained)
        print_drained(&drained, bench->slices[1], sweeps);
    if (!has_switch)
        printf("  no segment: the server does not run under the probe, so nothing was switched\n");
    return 0;
}

int main(int argc, char **argv)
{
    struct bench bench = {0};
    int status = bench_options_parse(&bench.options, argc, argv);
    if (status)
        return status;
    status = start(&bench);
    if (status == 0)
        status = run_all(&bench);
    if (bench.probe)
        probe_close(bench.probe);
    load_close(bench.load);
    server_stop(&bench.server);
    for (int i = 0; i < 2; i++)
        free(bench.slices[i]);
    return status;
}
