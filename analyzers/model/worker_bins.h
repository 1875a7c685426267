/* SPDX-License-Identifier: MIT */
/* The recent past of a worker in steps of 4.2 ms: what it ran, and how long ready tasks waited for
 * it. Internal to analyzers/model. */
#ifndef LSC_WORKER_BINS_H
#define LSC_WORKER_BINS_H

#include "state.h"
#include "workers.h"

#define BIN_SHIFT 22
#define BIN_NS (UINT64_C(1) << BIN_SHIFT)
#define BINS 512 /* 2.1 s; a power of two */
#define WORKERS_MAX 256

/* Polls and waits by the step they ended in; the time of polls by the steps they ran in. */
struct worker_bin {
    uint64_t busy_ns, waited_ns;
    uint64_t longest_ns, longest_end_ns;
    uint32_t longest_task, polls;
};
struct worker_bins {
    uint64_t newest;        /* number of the latest step */
    uint64_t start_ns;      /* when it began */
    struct worker_bin *now; /* itself; NULL before the first */
    struct worker_bin at[BINS];
};

/* What ran in an interval, as far back as is remembered. */
struct ran {
    uint64_t busy_ns, polls;
    uint64_t longest_ns, longest_end_ns; /* the part of the longest poll in the interval */
    uint32_t longest_task;
};

/* The step of a time; NULL: forgotten, or not there yet. */
static inline struct worker_bin *bins_at(struct worker_bins *bins, uint64_t time_ns)
{
    uint64_t number = time_ns >> BIN_SHIFT;
    bool is_held = number <= bins->newest && bins->newest - number < BINS;
    return is_held ? &bins->at[number % BINS] : NULL;
}
/* The time of a poll that began in an earlier step than it ended in. */
void bins_spread(struct worker_bins *bins, uint64_t start_ns, uint64_t end_ns);
/* Makes room for a time: steps between are empty. */
void bins_advance(struct worker_bins *bins, uint64_t time_ns);
struct ran bins_ran(const struct worker_bins *bins, uint64_t start_ns, uint64_t end_ns);
/* Sums over the steps [from, to). */
void bins_sum(const struct worker_bins *bins, uint64_t from, uint64_t to, uint64_t *busy_ns,
              uint64_t *waited_ns);

/* delays.c */
/* Before the poll itself is added. */
void delays_add(struct model *model, const struct thread *thread, const struct task_row *task,
                uint64_t start_ns);
void long_polls_add(struct model *model, const struct thread *thread, const struct task_row *task,
                    const struct event *event);

/* progress.c */
/* What was recorded on a worker's thread since its latest poll of a task ended. */
#define DID_PROGRESS 0x1u
#define DID_WAKE 0x2u /* of another task */
void progress_judge_poll(struct task_row *task, const struct event *event, uint32_t did);

/* Most polls end in a wait, with nothing to judge. */
static inline void progress_apply_poll(struct worker *worker, struct task_row *task,
                                       const struct event *event)
{
    uint32_t did = worker->did;
    unsigned flags = event->flags & (LSC_POLL_READY | LSC_POLL_SELF_WAKE | LSC_POLL_FORCED);
    worker->did = 0;
    if (__builtin_expect((did & DID_PROGRESS) | flags, 0))
        progress_judge_poll(task, event, did);
}

/* balance.c */
/* Judges the windows that are over, before their steps are forgotten. */
void balance_until(struct model *model, uint64_t time_ns);

#endif
