/* SPDX-License-Identifier: MIT */
/* Runs a program under the probe and observes it to its end: what run, record and check have in
 * common. */
#ifndef LSC_PROGRAM_RUN_H
#define LSC_PROGRAM_RUN_H

#include "launch.h"
#include "observation.h"
#include "watch.h"

struct program_options {
    struct launch_options launch;
    uint64_t duration_ns; /* observe no longer; 0: until the end */
    bool shows_progress;
};

/* Runs `argv` and takes what it and its children leave into `observation`. 0: the program ran and
 * watch tells its end. Else, after a line on stderr, the exit status for loopscope. */
int program_run(const struct program_options *options, char **argv, struct observation *observation,
                struct watch *watch);

/* A sentence about processes that were still running when observation ended, for the report; NULL
 * when there are none. Lives until the next call. */
const char *program_run_notice(const struct observation *observation);

#endif
