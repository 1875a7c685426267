/* SPDX-License-Identifier: MIT */
/* The program that `loopscope top -- PROG` runs: started under the probe on a terminal of its own,
 * ended when the person leaves. */
#ifndef LSC_TOP_CHILD_H
#define LSC_TOP_CHILD_H

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>
#include <time.h>

#include "launch.h"
#include "top/feed/output.h"

struct top_child {
    struct launch launch;
    struct output output;
    pid_t pid; /* 0: there is none */
    bool has_ended;
    bool was_signaled; /* died by signal `status`, else left with exit status `status` */
    int status;
    struct timespec started;
};

/* Prepares the run, so that it can be observed from its first moment; `output_path` NULL: a new
 * file. False after a line on stderr. */
bool top_child_prepare(struct top_child *child, const struct launch_options *options, char **argv,
                       const char *output_path);
/* Starts it; SIGCHLD tells of its end. False after a line on stderr. */
bool top_child_start(struct top_child *child, char **argv, const sigset_t *mask);
/* True when it has just ended. */
bool top_child_reap(struct top_child *child);
/* Asks it to end, without waiting. */
void top_child_end(const struct top_child *child);
/* As a shell says it. */
int top_child_status(const struct top_child *child);
/* Removes what the run left behind; `pids` are those of its processes. */
void top_child_clean_up(struct top_child *child, const uint32_t *pids, size_t count);

#endif
