/* SPDX-License-Identifier: MIT */
/* The comparison: one slice of load for each arm in turn, there and back again (A B B A), so that
 * whatever drifts meets all arms alike; each slice is compared with its neighbour of the first arm.
 */
#ifndef LSC_BENCH_SLICES_SWEEP_H
#define LSC_BENCH_SLICES_SWEEP_H

#include <stddef.h>
#include <stdint.h>

#include "slices_load.h"
#include "slices_probe.h"
#include "slices_ratio.h"
#include "slices_server.h"

#define ARMS_MAX 8

enum arm_switch { ARM_LEAVE, ARM_OFF, ARM_ON };

/* One of the things compared. Two arms may share a server: then only the switch differs. */
struct arm {
    const char *name;
    const struct server *server;
    struct load *load;
    struct probe *probe; /* NULL with ARM_LEAVE */
    enum arm_switch state;
};

struct sweep_plan {
    uint64_t slice_ns;
    uint64_t lead_ns; /* of load before each slice, not counted: the caches get used to the arm */
    size_t sweeps;
    size_t dropped; /* first sweeps, not counted */
};

/* Which arm has its slice at `place` of sweep number `sweep`. */
size_t sweep_arm(size_t sweep, size_t place, size_t arm_count);

/* Results: slices[sweep * arm_count + arm], without the dropped ones. 0 or -errno. */
int sweep_run(const struct arm *arms, size_t arm_count, const struct sweep_plan *plan,
              struct slice *slices);

enum sweep_figure { SWEEP_CPU_PER_REQUEST, SWEEP_WALL_PER_REQUEST };

/* The figure of `arm` in nanoseconds, over the sweeps. */
struct spread sweep_figure(const struct slice *slices, size_t sweeps, size_t arm_count, size_t arm,
                           enum sweep_figure which);
/* The figure of `arm` over that of arm 0 in the same sweep. */
struct spread sweep_ratio(const struct slice *slices, size_t sweeps, size_t arm_count, size_t arm,
                          enum sweep_figure which);

#endif
