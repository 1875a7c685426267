/* SPDX-License-Identifier: MIT */
/* What if the pool had k workers: recorded jobs served again, in the order of their arrival, by
 * another number of workers. Service times stay as recorded: that more workers would share the same
 * CPUs or disk is not considered. */
#ifndef LSC_REPLAY_H
#define LSC_REPLAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define REPLAY_WORKERS_MAX 1024 /* what UV_THREADPOOL_SIZE allows */

struct replay_job {
    uint64_t arrival_ns, service_ns;
    bool is_slow;
};

struct replay_result {
    size_t jobs;
    uint64_t p50_ns, p99_ns, max_ns, total_ns; /* of the waiting */
};

/* First come, first served; but at most (workers + 1) / 2 slow jobs at a time, which stand in a
 * queue of their own whose turn comes round with the others, as libuv's do. `jobs` by arrival.
 * 0, -EINVAL for no workers or more than the maximum, -ENOMEM. */
int replay_run(const struct replay_job *jobs, size_t count, unsigned workers,
               struct replay_result *result);

#endif
