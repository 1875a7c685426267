/* SPDX-License-Identifier: MIT */
/* The inside of a pool's queue. Included by analyzers/model only. */
#ifndef LSC_JOB_QUEUE_H
#define LSC_JOB_QUEUE_H

#include "jobs.h"
#include "state.h"

#define JOB_SUBMITTERS_MAX 1024

/* One job: waited in [submitted, begun), was served in [begun, ended). */
struct job {
    uint64_t end_ns, service_ns, wait_ns;
    /* Since its worker was done with the job before, when this one waited by then already: the
     * worker was not free, but kept off the processor. */
    uint64_t handover_ns;
    uint32_t row; /* of its submitter */
    bool is_slow;
};
static inline uint64_t job_begin(const struct job *job)
{
    return at_least_zero(job->end_ns, job->service_ns);
}
static inline uint64_t job_arrival(const struct job *job)
{
    return at_least_zero(job_begin(job), job->wait_ns);
}

struct submitter_key {
    uint32_t kind, stack, zero;
};
struct submitter_row {
    struct submitter_key key;
    uint64_t jobs, wait_total_ns, worst_wait_ns, service_total_ns, caused_ns;
};

struct kind_row {
    uint32_t kind;
    bool is_slow;
    uint64_t jobs, untimed;
    struct histogram wait_ns, service_ns;
};

/* What has been swept so far of how many waited; job_depth.c. */
struct job_depth {
    struct histogram waiting; /* weighted by nanoseconds */
    uint64_t swept_ns;        /* MODEL_NEVER: nothing yet */
    uint64_t saturated_ns, longest_ns, longest_start_ns, stretches, first_ns, last_ns;
    uint64_t stretch_start, stretch_end; /* the latest stretch; start MODEL_NEVER: none */
};

struct job_queue {
    uint64_t jobs, untimed;
    struct histogram wait_ns, service_ns;
    struct kind_row kinds[JOB_KINDS_MAX];
    unsigned kind_count;
    struct rows submitters; /* row 0 is nobody's: what does not fit counts there */
    struct job *held;       /* not settled yet, in order of their end */
    uint32_t held_count, held_room;
    struct job *worst; /* the settled batch that waited most */
    uint32_t worst_count;
    uint64_t worst_wait_ns;
    struct job_depth depth;
};

/* jobs.c */
struct job_queue *job_queue_new(void);
void job_queue_delete(struct job_queue *queue); /* NULL is fine */
/* A copy to add to without changing the model's; the held jobs and kinds are shared. */
int job_queue_copy(struct job_queue *copy, const struct job_queue *queue);
void job_queue_copy_free(struct job_queue *copy);
uint32_t job_submitter(struct job_queue *queue, uint32_t kind, uint32_t stack);
bool job_kind_is_slow(const struct model *model, uint32_t kind);

/* pending.c: requests of the pool's kinds that are not done, as jobs that end never (MODEL_NEVER),
 * the oldest first: those taken for being served begin before that, see there. A heap array; NULL
 * and 0 for none. `oldest_waiting_ns` is a time, MODEL_NEVER when none waits. */
struct pending {
    uint64_t arrival_ns, begin_ns; /* MODEL_NEVER: it still waits */
    uint32_t row;
    bool is_slow;
};
struct pending *pending_new(const struct model *model, const struct pool *pool,
                            struct job_queue *queue, size_t *count);

/* job_depth.c: sweeps jobs and pending requests from where the depth stands up to `until_ns`. */
int job_depth_sweep(struct job_queue *queue, const struct pending *pending, size_t pending_count,
                    unsigned workers, uint64_t until_ns);
void job_depth_end_stretch(struct job_depth *depth);

#endif
