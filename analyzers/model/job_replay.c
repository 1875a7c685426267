/* SPDX-License-Identifier: MIT */
/* Which jobs of a pool's queue are served again, and what was recorded of them. */
#include <errno.h>
#include <stdlib.h>

#include "job_queue.h"

struct recorded_job {
    uint64_t arrival_ns, service_ns, wait_ns;
    uint32_t kind;
    bool is_slow;
};

struct job_replay {
    struct recorded_job *jobs; /* by arrival */
    struct replay_job *asked;  /* room for as many */
    size_t count;
};

static int by_arrival(const void *left, const void *right)
{
    const struct recorded_job *a = left, *b = right;
    if (a->arrival_ns != b->arrival_ns)
        return a->arrival_ns < b->arrival_ns ? -1 : 1;
    if (a->wait_ns != b->wait_ns)
        return a->wait_ns < b->wait_ns ? -1 : 1;
    return a->service_ns < b->service_ns ? -1 : a->service_ns > b->service_ns;
}

static uint32_t kind_of(const struct job_queue *queue, uint32_t submitter)
{
    const struct submitter_row *row = rows_at(&queue->submitters, submitter);
    return row->key.kind;
}

static void add_jobs(struct job_replay *replay, const struct job_queue *queue,
                     const struct job *jobs, size_t count)
{
    for (size_t i = 0; i < count; i++)
        replay->jobs[replay->count++] = (struct recorded_job){.arrival_ns = job_arrival(&jobs[i]),
                                                              .service_ns = jobs[i].service_ns,
                                                              .wait_ns = jobs[i].wait_ns,
                                                              .kind = kind_of(queue, jobs[i].row),
                                                              .is_slow = jobs[i].is_slow};
}

/* What is in service at the end holds its worker, too: as if it were done now. */
static void add_unfinished(struct job_replay *replay, const struct job_queue *queue,
                           const struct pending *pending, size_t count, uint64_t now)
{
    for (size_t i = 0; i < count; i++) {
        const struct pending *p = &pending[i];
        if (p->begin_ns < now)
            replay->jobs[replay->count++] =
                (struct recorded_job){.arrival_ns = p->arrival_ns,
                                      .service_ns = now - p->begin_ns,
                                      .wait_ns = p->begin_ns - p->arrival_ns,
                                      .kind = kind_of(queue, p->row),
                                      .is_slow = p->is_slow};
    }
}

static int make_room(struct job_replay *replay, size_t count)
{
    replay->jobs = calloc(count + 1, sizeof(*replay->jobs));
    replay->asked = calloc(count + 1, sizeof(*replay->asked));
    return replay->jobs && replay->asked ? 0 : -ENOMEM;
}

/* Of the settled batch that waited most, or of what is held, whichever waited more. */
static int fill(struct job_replay *replay, const struct model *model, const struct pool *pool,
                struct job_queue *queue)
{
    uint64_t held = 0;
    for (uint32_t i = 0; i < queue->held_count; i++)
        held += smaller(queue->held[i].wait_ns, MODEL_NEVER / JOBS_HELD);
    int status;
    if (queue->worst_count && queue->worst_wait_ns > held) {
        status = make_room(replay, queue->worst_count);
        if (status == 0)
            add_jobs(replay, queue, queue->worst, queue->worst_count);
    } else {
        size_t count;
        struct pending *pending = pending_new(model, pool, queue, &count);
        status = make_room(replay, queue->held_count + count);
        if (status == 0) {
            add_jobs(replay, queue, queue->held, queue->held_count);
            add_unfinished(replay, queue, pending, count, model->seen_ns);
        }
        free(pending);
    }
    if (replay->count)
        qsort(replay->jobs, replay->count, sizeof(*replay->jobs), by_arrival);
    return status;
}

struct job_replay *job_replay_new(const struct model *model, const struct pool *pool)
{
    struct job_queue copy;
    struct job_replay *replay = pool->jobs ? calloc(1, sizeof(*replay)) : NULL;
    if (!replay)
        return NULL;
    if (job_queue_copy(&copy, pool->jobs) < 0) {
        free(replay);
        return NULL;
    }
    int status = fill(replay, model, pool, &copy);
    job_queue_copy_free(&copy);
    if (status == 0)
        return replay;
    job_replay_delete(replay);
    return NULL;
}

void job_replay_delete(struct job_replay *replay)
{
    if (!replay)
        return;
    free(replay->jobs);
    free(replay->asked);
    free(replay);
}

static bool is_asked(const struct recorded_job *job, const struct replay_request *request)
{
    if (request->only)
        return job->kind == request->only;
    return !request->without || job->kind != request->without;
}

int job_replay_run(struct job_replay *replay, const struct replay_request *request,
                   struct replay_result *result)
{
    size_t count = 0;
    for (size_t i = 0; i < replay->count; i++) {
        const struct recorded_job *job = &replay->jobs[i];
        if (is_asked(job, request))
            replay->asked[count++] = (struct replay_job){.arrival_ns = job->arrival_ns,
                                                         .service_ns = job->service_ns,
                                                         .is_slow = job->is_slow && !request->only};
    }
    return count ? replay_run(replay->asked, count, request->workers, result) : -ENOENT;
}

int job_replay_recorded(const struct job_replay *replay, const struct replay_request *request,
                        struct replay_result *result)
{
    struct histogram waits = {0};
    for (size_t i = 0; i < replay->count; i++)
        if (is_asked(&replay->jobs[i], request))
            histogram_count(&waits, replay->jobs[i].wait_ns);
    *result = (struct replay_result){.jobs = waits.count,
                                     .p50_ns = histogram_quantile(&waits, 5000),
                                     .p99_ns = histogram_quantile(&waits, 9900),
                                     .max_ns = waits.max,
                                     .total_ns = waits.sum};
    histogram_free(&waits);
    return result->jobs ? 0 : -ENOENT;
}
