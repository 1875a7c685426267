/* SPDX-License-Identifier: MIT */
/* The queue in front of a thread pool, as its JOB records tell it: who waited, for how long, behind
 * whom, and what another size or a split would have changed.
 *
 * A job was submitted at end - service - wait and begun at end - service, so how many waited at a
 * time is known exactly, in hindsight. The latest JOBS_HELD jobs are kept as they are; when they
 * are full the older half is settled into totals. A job that waited while more than JOBS_HELD / 2
 * others were served counts as waiting by its task's spawn, if the task is still in the table.
 *
 * The queue is saturated while something waits that no worker may take: all are busy, or the job is
 * one of libuv's slow ones (name look-ups), which may have half of the workers, rounded up. A
 * worker is busy between two jobs, too, if the second waited already when the first ended: it does
 * not sleep then, but is off the processor.
 *
 * Blame: while jobs wait, each of those in service causes an equal share of that waiting. */
#ifndef LSC_JOBS_H
#define LSC_JOBS_H

#include "model.h"
#include "replay.h"

#define JOBS_HELD 16384
#define JOB_KINDS_MAX 32 /* the last one takes all that come later */

/* Figures of one kind of work. */
struct job_kind {
    uint32_t kind; /* string id; 0: not known */
    bool is_slow;  /* libuv gives it half of the workers at most */
    uint64_t jobs, untimed, wait_total_ns, service_total_ns;
    uint64_t caused_ns;        /* waiting of others while such jobs were served */
    uint64_t waiting, serving; /* at the end, of those in `jobs` none */
    const struct histogram *wait_ns, *service_ns; /* NULL: none was served */
};

/* Jobs of one kind submitted at one place. */
struct submitter {
    uint32_t kind, stack; /* string id, stack id; 0 unknown */
    uint64_t jobs, wait_total_ns, worst_wait_ns, service_total_ns, caused_ns;
};

/* A pool's queue as it stands. Refers into the model. */
struct job_view {
    uint64_t jobs, untimed;
    const struct histogram *wait_ns, *service_ns;   /* of all kinds; NULL: no job yet */
    uint64_t waiting_p50, waiting_p99, waiting_max; /* by time */
    uint64_t seen_ns, saturated_ns, longest_ns, longest_start_ns, stretches, first_ns, last_ns;
    bool in_progress;          /* something waits at the end */
    uint64_t waiting, serving; /* at the end: submitted, not done */
    uint64_t oldest_wait_ns;   /* of those that wait at the end */
    struct job_kind kinds[JOB_KINDS_MAX];
    unsigned kind_count;
    struct submitter *submitters; /* who caused most waiting first */
    size_t submitter_count;
};

/* NULL: its queue cannot be seen, or no memory. The caller deletes it. */
struct job_view *job_view_new(const struct model *model, const struct pool *pool);
void job_view_delete(struct job_view *view);
/* Whether its queue can be seen: it has JOB records, or its libuv is watched. */
bool pool_has_jobs(const struct model *model, const struct pool *pool);

/* The jobs to serve again: the stretch that waited most among those held, with what is in service
 * at the end. */
struct job_replay;
struct job_replay *job_replay_new(const struct model *model,
                                  const struct pool *pool); /* NULL: no jobs, or no memory */
void job_replay_delete(struct job_replay *replay);

struct replay_request {
    unsigned workers;
    uint32_t only;    /* a kind alone, without libuv's limit for slow ones; 0: all */
    uint32_t without; /* all but this kind; 0: all */
};
/* 0, -ENOENT when there is no such job, or what replay_run says. */
int job_replay_run(struct job_replay *replay, const struct replay_request *request,
                   struct replay_result *result);
/* What was recorded of the same jobs; the workers do not matter. */
int job_replay_recorded(const struct job_replay *replay, const struct replay_request *request,
                        struct replay_result *result);

#endif
