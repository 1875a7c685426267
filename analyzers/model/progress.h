/* SPDX-License-Identifier: MIT */
/* What a task has to show for its polls and wakes. A poll of an executor's task makes progress when
 * during it the task ended, spawned, moved the depth of a queue, came last to a barrier, got or
 * handed over a lock or permit that was waited for, cancelled somebody, set a mark, or used its
 * budget of operations up; a wake from outside (I/O, a timer, another thread) brings something new.
 * Locks taken at once and given back are no progress: whoever fails at the second lock does that,
 * too. What is computed, or changed in memory, leaves no record and cannot be told from nothing. */
#ifndef LSC_PROGRESS_H
#define LSC_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

/* Wakes of a task by other tasks, one after the other without progress of its own. */
struct rally {
    uint64_t wakes, since_ns, last_ns; /* first and latest of them */
    uint32_t waker;                    /* the task that sent the latest */
};
#define RALLY_SPAN_NS UINT64_C(500000000) /* one shorter than that is forgotten when it ends */

/* Polls by which a task woke itself without progress and without waking another, each within
 * SPIN_GAP_NS after the one before. */
struct spin {
    uint64_t polls, span_ns, busy_ns; /* all such polls: with the time between them, without */
    uint64_t first_ns, until_ns;      /* end of the first and of the latest */
};
#define SPIN_GAP_NS UINT64_C(1000000)

/* Of each task: what changes with every wake and poll, and (`past`) what seldom does. */
struct task_progress {
    uint64_t delay_ns;     /* of its latest poll: how long it had been ready; MODEL_NEVER unknown */
    uint32_t woken_thread; /* whose wake came last */
    bool is_new;           /* its SPAWN has come, its first poll not yet */
    bool is_polled;        /* some poll was an executor's, not a libuv callback */
    struct rally rally;
};
struct task_past {
    struct rally longest;
    struct spin spin;
};

#endif
