/* SPDX-License-Identifier: MIT */
/* JOB records: each to its pool's queue, to its kind and to whoever submitted it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "job_queue.h"

#define HELD_HALF (JOBS_HELD / 2)

struct job_queue *job_queue_new(void)
{
    struct job_queue *queue = calloc(1, sizeof(*queue));
    if (!queue)
        return NULL;
    queue->submitters =
        (struct rows){.stride = sizeof(struct submitter_row), .limit = JOB_SUBMITTERS_MAX};
    queue->depth.swept_ns = queue->depth.stretch_start = MODEL_NEVER;
    struct submitter_key nobody = {0};
    if (!rows_get(&queue->submitters, &nobody)) {
        job_queue_delete(queue);
        return NULL;
    }
    return queue;
}

void job_queue_delete(struct job_queue *queue)
{
    if (!queue)
        return;
    for (unsigned i = 0; i < queue->kind_count; i++) {
        histogram_free(&queue->kinds[i].wait_ns);
        histogram_free(&queue->kinds[i].service_ns);
    }
    histogram_free(&queue->wait_ns);
    histogram_free(&queue->service_ns);
    histogram_free(&queue->depth.waiting);
    rows_free(&queue->submitters);
    free(queue->held);
    free(queue->worst);
    free(queue);
}

int job_queue_copy(struct job_queue *copy, const struct job_queue *queue)
{
    *copy = *queue;
    copy->depth.waiting = (struct histogram){0};
    if (rows_copy(&copy->submitters, &queue->submitters) < 0)
        return -ENOMEM;
    histogram_copy(&copy->depth.waiting, &queue->depth.waiting);
    return 0;
}

void job_queue_copy_free(struct job_queue *copy)
{
    rows_free(&copy->submitters);
    histogram_free(&copy->depth.waiting);
}

/* Those that libuv submits as slow I/O. */
bool job_kind_is_slow(const struct model *model, uint32_t kind)
{
    const char *name = model_string(model, kind).bytes;
    return strcmp(name, "getaddrinfo") == 0 || strcmp(name, "getnameinfo") == 0;
}

static struct kind_row *kind_get(const struct model *model, struct job_queue *queue, uint32_t kind)
{
    for (unsigned i = 0; i < queue->kind_count; i++)
        if (queue->kinds[i].kind == kind || i == JOB_KINDS_MAX - 1)
            return &queue->kinds[i];
    struct kind_row *row = &queue->kinds[queue->kind_count++];
    if (queue->kind_count < JOB_KINDS_MAX)
        *row = (struct kind_row){.kind = kind, .is_slow = job_kind_is_slow(model, kind)};
    return row;
}

uint32_t job_submitter(struct job_queue *queue, uint32_t kind, uint32_t stack)
{
    struct submitter_key key = {.kind = kind, .stack = stack};
    char *row = rows_get(&queue->submitters, &key), *first = rows_at(&queue->submitters, 0);
    return row ? (uint32_t)((size_t)(row - first) / queue->submitters.stride) : 0;
}

static int by_end(const void *left, const void *right)
{
    const struct job *a = left, *b = right;
    if (a->end_ns != b->end_ns)
        return a->end_ns < b->end_ns ? -1 : 1;
    return a->service_ns < b->service_ns ? -1 : a->service_ns > b->service_ns;
}

/* The batch of settled jobs that waited most is kept for the replay. */
static void keep_worst(struct job_queue *queue, uint32_t count)
{
    uint64_t waited = 0;
    for (uint32_t i = 0; i < count; i++)
        waited += smaller(queue->held[i].wait_ns, MODEL_NEVER / JOBS_HELD);
    if (waited <= queue->worst_wait_ns)
        return;
    if (!queue->worst)
        queue->worst = calloc(JOBS_HELD, sizeof(*queue->worst));
    if (!queue->worst)
        return;
    memcpy(queue->worst, queue->held, count * sizeof(*queue->worst));
    queue->worst_count = count;
    queue->worst_wait_ns = waited;
}

static int settle_older_half(const struct model *model, const struct pool *pool)
{
    struct job_queue *queue = pool->jobs;
    size_t pending_count;
    uint64_t until = queue->held[HELD_HALF - 1].end_ns;
    uint32_t settled = HELD_HALF;
    while (settled < queue->held_count && queue->held[settled].end_ns == until)
        settled++;
    struct pending *pending = pending_new(model, pool, queue, &pending_count);
    int status = job_depth_sweep(queue, pending, pending_count, pool->size_max, until);
    free(pending);
    keep_worst(queue, settled);
    queue->held_count -= settled;
    memmove(queue->held, queue->held + settled, queue->held_count * sizeof(*queue->held));
    return status;
}

/* In order of the ends; records come so but for those of late readers. */
static void insert(struct job_queue *queue, const struct job *job)
{
    uint32_t at = queue->held_count++;
    for (; at > 0 && by_end(job, &queue->held[at - 1]) < 0; at--)
        queue->held[at] = queue->held[at - 1];
    queue->held[at] = *job;
}

static int hold(const struct model *model, const struct pool *pool, const struct job *job)
{
    struct job_queue *queue = pool->jobs;
    int status = 0;
    if (queue->held_count == JOBS_HELD)
        status = settle_older_half(model, pool);
    if (queue->held_count == queue->held_room) {
        uint32_t room = queue->held_room ? queue->held_room * 2 : 64;
        struct job *held = realloc(queue->held, room * sizeof(*held));
        if (!held)
            return -ENOMEM;
        queue->held = held;
        queue->held_room = room;
    }
    insert(queue, job);
    return status;
}

static void count_job(struct job_queue *queue, struct kind_row *kind, const struct job *job)
{
    queue->jobs++;
    kind->jobs++;
    histogram_count(&queue->wait_ns, job->wait_ns);
    histogram_count(&queue->service_ns, job->service_ns);
    histogram_count(&kind->wait_ns, job->wait_ns);
    histogram_count(&kind->service_ns, job->service_ns);
    struct submitter_row *row = rows_at(&queue->submitters, job->row);
    row->jobs++;
    row->wait_total_ns += job->wait_ns;
    row->service_total_ns += job->service_ns;
    row->worst_wait_ns = larger(row->worst_wait_ns, job->wait_ns);
}

/* The row of the job's task, NULL when another has its slot already. */
static struct task_row *task_of(const struct model *model, uint32_t handle)
{
    uint32_t slot = LSC_HANDLE_SLOT(handle);
    struct task_row *task = slot < model->task_room ? model->tasks[slot] : NULL;
    return task && task->handle == handle ? task : NULL;
}

/* A worker's jobs come in their order. */
static uint64_t handover(const struct thread *worker, const struct job *job)
{
    bool waited = worker->job_end_ns > 0 && job_arrival(job) <= worker->job_end_ns;
    return waited ? at_least_zero(job_begin(job), worker->job_end_ns) : 0;
}

static int apply_to_pool(struct model *model, struct pool *pool, const struct event *event)
{
    struct task_row *task = task_of(model, event->task);
    uint32_t kind_id = task ? task->info.kind : 0, stack = task ? task->info.stack : 0;
    if (!pool->jobs)
        pool->jobs = job_queue_new();
    if (!pool->jobs)
        return -ENOMEM;
    if (task)
        task->is_served = true;
    struct thread *worker = model->threads[event->thread];
    struct kind_row *kind = kind_get(model, pool->jobs, kind_id);
    uint64_t begin = span_start(event);
    struct job job = {.end_ns = event->time_ns,
                      .service_ns = event->time_ns - begin,
                      .wait_ns = smaller(event->arg2, begin),
                      .row = job_submitter(pool->jobs, kind_id, stack),
                      .is_slow = kind->is_slow};
    job.handover_ns = handover(worker, &job);
    worker->job_end_ns = larger(worker->job_end_ns, event->time_ns);
    count_job(pool->jobs, kind, &job);
    pool->first_ns = smaller(pool->first_ns, job_arrival(&job));
    return hold(model, pool, &job);
}

/* A pool that serves such jobs, else any that serves jobs. */
static struct job_queue *queue_serving(const struct model *model, uint32_t kind)
{
    struct job_queue *any = NULL;
    for (uint32_t i = 0; i < model->pool_count; i++) {
        struct job_queue *queue = model->pools[i]->jobs;
        for (unsigned k = 0; queue && k < queue->kind_count; k++)
            if (queue->kinds[k].kind == kind)
                return queue;
        any = any ? any : queue;
    }
    return any;
}

/* Told by the loop when it heard of the end: which worker it was is not known. */
static int apply_untimed(struct model *model, const struct event *event)
{
    struct task_row *task = task_of(model, event->task);
    uint32_t kind = task ? task->info.kind : 0;
    struct job_queue *queue = queue_serving(model, kind);
    if (task)
        task->is_served = true;
    if (!queue) {
        model->stray_untimed++;
        return 0;
    }
    queue->untimed++;
    kind_get(model, queue, kind)->untimed++;
    return 0;
}

int job_apply(struct model *model, struct thread *thread, const struct event *event)
{
    if (event->flags & LSC_JOB_UNTIMED)
        return apply_untimed(model, event);
    struct pool *pool = pool_of_worker(model, thread);
    if (pool)
        return apply_to_pool(model, pool, event);
    if (model->stray_job_count < MODEL_STRAY_JOBS_MAX)
        model->stray_jobs[model->stray_job_count++] = *event;
    else
        model->unheld.rows++;
    return 0;
}

int jobs_adopt(struct model *model, const struct thread *thread)
{
    int first = 0;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < model->stray_job_count; i++) {
        struct event event = model->stray_jobs[i];
        if (event.thread != thread->id) {
            model->stray_jobs[kept++] = event;
            continue;
        }
        int status = apply_to_pool(model, model->pools[thread->pool], &event);
        first = first == 0 ? status : first;
    }
    model->stray_job_count = kept;
    return first;
}
