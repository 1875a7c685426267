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

/* It was taken no later than a job that came after it; and if the workers were busy, not before
 * one of them was done: the latest of them took the latest of those now in service. */
static uint64_t begin_of(const struct job_queue *queue, const struct pending *request,
                         size_t younger)
{
    uint64_t begin = request->arrival_ns;
    if (younger < queue->held_count)
        begin = larger(begin, queue->held[queue->held_count - 1 - younger].end_ns);
    for (uint32_t i = 0; i < queue->held_count; i++) {
        const struct job *job = &queue->held[i];
        if (job->is_slow == request->is_slow && job_arrival(job) > request->arrival_ns)
            begin = smaller(begin, job_begin(job));
    }
    return larger(begin, request->arrival_ns);
}

static void mark_served(const struct job_queue *queue, struct pending *pending, size_t count,
                        unsigned workers)
{
    size_t serving[REPLAY_WORKERS_MAX], busy = 0, slow = 0;
    workers = workers < REPLAY_WORKERS_MAX ? workers : REPLAY_WORKERS_MAX;
    for (size_t i = 0; i < count && busy < workers; i++) {
        if (pending[i].is_slow && slow >= (workers + 1) / 2)
            continue;
        slow += pending[i].is_slow;
        serving[busy++] = i;
    }
    for (size_t i = 0; i < busy; i++) {
        struct pending *request = &pending[serving[i]];
        request->begin_ns = begin_of(queue, request, busy - 1 - i);
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
    mark_served(queue, pending, used, pool->size_max);
    return pending;
}
