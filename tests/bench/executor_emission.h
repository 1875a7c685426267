/* SPDX-License-Identifier: MIT */
/* The programs whose polls are measured with the probe on and off: one for each way in which a poll
 * comes to be. */
#ifndef LSC_BENCH_EXECUTOR_EMISSION_H
#define LSC_BENCH_EXECUTOR_EMISSION_H

#include "loopscope/executor.h"

struct emission_program {
    const char *title;
    lsc_poll_fn poll; /* its state is a struct emission_state */
    unsigned count;   /* for one slice of about a millisecond */
    unsigned stepped; /* when each instruction is counted */
};

struct emission_state {
    struct lsc_frame frame;
    struct lsc_scope scope;
    unsigned count, i;
    struct lsc_waker wakers[2];
    unsigned turn;
};

extern const struct emission_program emission_programs[];
extern const unsigned emission_program_count;

#endif
