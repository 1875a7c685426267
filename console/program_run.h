/* SPDX-License-Identifier: MIT */
/* Runs a program under the probe and observes it to its end: what run, record and check have in
 * common. */
#ifndef LSC_PROGRAM_RUN_H
#define LSC_PROGRAM_RUN_H

#include <time.h>

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

/* What a run left: the segments of its dead processes, and of those with these process ids the maps
 * that V8 wrote because of us, if they are not older than `started` (CLOCK_REALTIME_COARSE). */
void program_remove_segments(const struct launch *launch);
void program_remove_map(const struct launch *launch, uint32_t pid, const struct timespec *started);

/* A sentence about processes that were still running when observation ended, for the report; NULL
 * when there are none. Lives until the next call. */
const char *program_run_notice(const struct observation *observation);

#endif
