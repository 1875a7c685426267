/* SPDX-License-Identifier: MIT */
/* What the workers of an executor do: how busy each is, how long ready tasks wait for one and what
 * it ran meanwhile, polls that do not return, and workers that idle while others have more than
 * they can do. Only polls of tasks count here, not libuv's callbacks. Read side, like polls.h. */
#ifndef LSC_WORKERS_H
#define LSC_WORKERS_H

#include "polls.h"

/* Delays are counted in four steps an octave, from 0 on. */
#define WORKER_DELAYS 256

/* A thread that polls tasks, parks or steals. */
struct worker {
    uint64_t polls, busy_ns;    /* busy: in polls of tasks */
    uint64_t first_ns, last_ns; /* start of its first record, end of its latest */
    uint64_t parks, parked_ns;
    uint64_t steals, stolen; /* times; tasks */
    uint64_t waited_ns;      /* time in which a task was ready that it polled later */
    uint64_t delay_max_ns;   /* from a task's wake to its poll here */
    /* Internal. */
    uint32_t did;             /* see progress.c */
    uint64_t waited_until_ns; /* up to here waited_ns is counted */
    uint64_t slow_until_ns;   /* likewise slow_row.waited_ns */
    uint64_t blamed_ns;       /* end of the poll blamed last, see delays.c */
    struct worker_bins *bins;
    uint64_t delays[WORKER_DELAYS];
};
/* NULL: the thread is none. */
const struct worker *thread_worker(const struct thread *thread);
/* How many polls are known to have waited for how long. */
uint64_t worker_delays(const struct worker *worker);
/* The delay at or below which `per_10000` of 10 000 lie, as the end of a step; 0 when none is
 * known.
 */
uint64_t worker_delay_quantile(const struct worker *worker, unsigned per_10000);
/* How long it was seen as a worker, until now where that is known, and its busy share of that in
 * hundredths of a percent; a poll in progress included, and as idle what passed since. */
uint64_t worker_span_ns(const struct thread *thread);
unsigned worker_utilization(const struct model *model, const struct thread *thread);
/* Since when its poll of a task is in progress; MODEL_NEVER: none is. */
uint64_t worker_poll_since(const struct model *model, const struct thread *thread);

/* Tasks that were ready for at least the stall threshold before they were polled, by what their
 * worker ran meanwhile: one poll that had at least half of that time (by class of its task), or
 * many. Waits in which it ran tasks for less than half of the time are not here: the thread slept
 * or had no CPU. */
enum slow_reason { SLOW_ONE_POLL, SLOW_MANY_POLLS };
struct slow_key {
    uint32_t reason, class, unused; /* class: index + 1 of the class of the task that ran */
};
struct slow_row {
    struct slow_key key;
    uint64_t count, total_ns, worst_ns; /* polls that came late, their delays */
    uint64_t waited_ns;                 /* time in which at least one waited, by worker */
    uint64_t blockers;                  /* ONE_POLL: different polls to blame */
    uint64_t first_ns, last_ns;         /* first wake, last poll */
    /* The worst: who waited, on which thread; what ran, for how long of that time. */
    uint32_t task, thread, blocker;
    uint64_t blocker_ns, ran_ns, ran_polls;
};
unsigned model_slow_count(const struct model *model);
const struct slow_row *model_slow_at(const struct model *model, unsigned index);

/* Polls of tasks of at least the stall threshold, and of those that ended because the budget was
 * used up, from a quarter of it on, by class of the task. */
#define FORCED_PART 4
struct long_key {
    uint32_t class, unused[2];
};
struct long_row {
    struct long_key key;
    uint64_t count, total_ns, worst_ns; /* from the stall threshold on */
    uint64_t forced, forced_ns;
    uint64_t longest_ns, first_ns, last_ns; /* of all; first start, last end */
    uint32_t task, thread, site; /* of the longest; site: where it waited last, 0 unknown */
};
unsigned model_long_count(const struct model *model);
const struct long_row *model_long_at(const struct model *model, unsigned index);

/* Windows of time in which a worker was busy and ready tasks waited for it, while others of its
 * group idled. Workers are of one group when their threads run the same function and their names
 * differ in a number only. */
#define BALANCE_WINDOW_NS (UINT64_C(64) << 22) /* 268 ms */
struct balance_key {
    uint32_t busy, unused[2]; /* its thread */
};
struct balance_row {
    struct balance_key key;
    uint64_t windows;
    uint64_t busy_ns, waited_ns; /* in those windows: its polls; ready tasks waited meanwhile */
    uint64_t idle_busy_ns;       /* and the polls of the one that had least to do */
    uint64_t first_ns, last_ns;  /* begin of the first window, end of the last */
    uint32_t idle, idle_count;   /* one that idled in the latest; how many did at most */
};
/* As it stands, windows not judged yet included; in order of first appearance. A heap array the
 * caller frees; NULL when there is none or no memory. */
struct balance_row *model_balance(const struct model *model, size_t *count);
bool balance_is_same_group(const struct thread *a, const struct thread *b);

#endif
