/* SPDX-License-Identifier: MIT */
/* Runs the slices in order and compares neighbours. */
#include "slices_sweep.h"

#include <errno.h>
#include <stdlib.h>

static int set_switch(const struct arm *arm)
{
    return arm->state == ARM_LEAVE ? 0 : probe_switch(arm->probe, arm->state == ARM_ON);
}

static int run_slice(const struct arm *arm, const struct sweep_plan *plan, struct slice *out)
{
    struct slice lead = {0};
    int error = set_switch(arm);
    if (error == 0 && plan->lead_ns > 0)
        error = load_slice(arm->load, plan->lead_ns, &lead);
    if (error)
        return error;
    uint64_t before = server_cpu_ns(arm->server);
    error = load_slice(arm->load, plan->slice_ns, out);
    out->cpu_ns = server_cpu_ns(arm->server) - before;
    out->lead_requests = lead.requests;
    return error;
}

size_t sweep_arm(size_t sweep, size_t place, size_t arm_count)
{
    size_t step = sweep % 2 == 0 ? place : arm_count - 1 - place;
    return (step + sweep / 2) % arm_count;
}

int sweep_run(const struct arm *arms, size_t arm_count, const struct sweep_plan *plan,
              struct slice *slices)
{
    uint64_t dropped[ARMS_MAX] = {0};
    for (size_t sweep = 0; sweep < plan->dropped + plan->sweeps; sweep++) {
        for (size_t i = 0; i < arm_count; i++) {
            size_t arm = sweep_arm(sweep, i, arm_count);
            struct slice slice;
            int error = run_slice(&arms[arm], plan, &slice);
            if (error)
                return error;
            if (sweep < plan->dropped) {
                dropped[arm] += slice.requests + slice.lead_requests;
                continue;
            }
            slice.lead_requests += dropped[arm];
            dropped[arm] = 0;
            slices[(sweep - plan->dropped) * arm_count + arm] = slice;
        }
    }
    return 0;
}

static double per_request(const struct slice *slice, enum sweep_figure which)
{
    uint64_t ns = which == SWEEP_CPU_PER_REQUEST ? slice->cpu_ns : slice->wall_ns;
    return (double)ns / (double)slice->requests;
}

struct spread sweep_figure(const struct slice *slices, size_t sweeps, size_t arm_count, size_t arm,
                           enum sweep_figure which)
{
    double *values = malloc(sweeps * sizeof *values);
    for (size_t i = 0; values && i < sweeps; i++)
        values[i] = per_request(&slices[i * arm_count + arm], which);
    struct spread spread = spread_of(values, values ? sweeps : 0);
    free(values);
    return spread;
}

struct spread sweep_ratio(const struct slice *slices, size_t sweeps, size_t arm_count, size_t arm,
                          enum sweep_figure which)
{
    double *values = malloc(sweeps * sizeof *values);
    for (size_t i = 0; values && i < sweeps; i++)
        values[i] = per_request(&slices[i * arm_count + arm], which) /
                    per_request(&slices[i * arm_count], which);
    struct spread spread = spread_of(values, values ? sweeps : 0);
    free(values);
    return spread;
}
