/* SPDX-License-Identifier: MIT */
/* Requests for a pool that are not done: spawned, of a kind that the pool serves, and no JOB yet.
 * Which of them are in service already is not recorded; since the queue is first come, first
 * served, it is the oldest, as many as there are workers. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "job_queue.h"

static bool is_served_kind(const struct job_queue *queue, uint32_t kind)
{
    for (unsigned i = 0; kind && i < queue->kind_count; i++)
        if (queue->kinds[i].kind == kind)
            return true;
    return false;
}

/* Kinds of requests that libuv hands to its pool; handles are called "fs event" and "fs poll". */
static bool is_libuv_kind(const char *kind)
{
    static const char *const others[] = {"getaddrinfo", "getnameinfo", "random", "work"};
    if (strncmp(kind, "fs ", 3) == 0)
        return strcmp(kind, "fs event") != 0 && strcmp(kind, "fs poll") != 0;
    for (unsigned i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        if (strcmp(kind, others[i]) == 0)
            return true;
    return false;
}

static bool is_pending(const struct model *model, const struct job_queue *queue,
                       const struct task_row *task)
{
    if (!task || task->has_ended || task->is_served || !task->info.kind ||
        task->info.spawned_ns == 0)
        return false;
    return is_served_kind(queue, task->info.kind) ||
           (queue->jobs == 0 && is_libuv_kind(model_string(model, task->info.kind).bytes));
}

static int older(const void *left, const void *right)
{
    const struct pending *a = left, *b = right;
    if (a->arrival_ns != b->arrival_ns)
        return a->arrival_ns < b->arrival_ns ? -1 : 1;
    return a->row < b->row ? -1 : a->row > b->row;
}

static int ascending(const void *left, const void *right)
{
    const uint64_t *a = left, *b = right;
    return *a < *b ? -1 : *a > *b;
}

/* When each worker alive was done with its latest job, the earliest first. */
static size_t latest_ends(const struct model *model, const struct pool *pool,
                          uint64_t ends[REPLAY_WORKERS_MAX])
{
    size_t count = 0;
    for (unsigned i = 0; i < model_thread_count(model) && count < REPLAY_WORKERS_MAX; i++) {
        const struct thread *thread = model_thread_at(model, i);
        if (thread->pool >= 0 && model->pools[thread->pool] == pool && !thread->has_ended)
            ends[count++] = thread->job_end_ns;
    }
    if (count)
        qsort(ends, count, sizeof(*ends), ascending);
    return count;
}

/* It was taken no later than a job that came after it, and not before a worker was free: the
 * workers in service are those that have been done with nothing for longest. */
static uint64_t begin_of(const struct job_queue *queue, const struct pending *request,
                         uint64_t free_ns)
{
    uint64_t begin = larger(request->arrival_ns, free_ns);
    for (uint32_t i = 0; i < queue->held_count; i++) {
        const struct job *job = &queue->held[i];
        if (job->is_slow == request->is_slow && job_arrival(job) > request->arrival_ns)
            begin = smaller(begin, job_begin(job));
    }
    return larger(begin, request->arrival_ns);
}

static void mark_served(const struct model *model, const struct pool *pool,
                        const struct job_queue *queue, struct pending *pending, size_t count)
{
    uint64_t ends[REPLAY_WORKERS_MAX];
    size_t known = latest_ends(model, pool, ends), busy = 0, slow = 0, workers = pool->size_max;
    for (size_t i = 0; i < count && busy < workers && busy < REPLAY_WORKERS_MAX; i++) {
        if (pending[i].is_slow && slow >= (workers + 1) / 2)
            continue;
        slow += pending[i].is_slow;
        pending[i].begin_ns = begin_of(queue, &pending[i], busy < known ? ends[busy] : 0);
        busy++;
    }
}

struct pending *pending_new(const struct model *model, const struct pool *pool,
                            struct job_queue *queue, size_t *count)
{
    size_t found = 0, used = 0;
    for (unsigned i = 0; i < model->task_room; i++)
        found += is_pending(model, queue, model->tasks[i]);
    struct pending *pending = found ? calloc(found, sizeof(*pending)) : NULL;
    for (unsigned i = 0; pending && i < model->task_room; i++) {
        const struct task_row *task = model->tasks[i];
        if (!is_pending(model, queue, task))
            continue;
        pending[used++] =
            (struct pending){.arrival_ns = task->info.spawned_ns,
                             .begin_ns = MODEL_NEVER,
                             .row = job_submitter(queue, task->info.kind, task->info.stack),
                             .is_slow = job_kind_is_slow(model, task->info.kind)};
    }
    *count = used;
    if (used)
        qsort(pending, used, sizeof(*pending), older);
    mark_served(model, pool, queue, pending, used);
    return pending;
}
