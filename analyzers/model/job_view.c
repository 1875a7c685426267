/* SPDX-License-Identifier: MIT */
/* A pool's queue as it stands: what was settled, what is held, and what is not done yet. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "job_queue.h"

#define PAUSE_AT_END_NS 100000

bool pool_has_jobs(const struct model *model, const struct pool *pool)
{
    enum pool_growth growth;
    if (pool->jobs)
        return true;
    if (!(model->process.depths & LSC_DEPTH_LIBUV))
        return false;
    const char *name = pool_known_name(model, pool, &growth);
    return name && strcmp(name, "libuv thread pool") == 0;
}

static void fill_depth(struct job_view *view, const struct model *model, const struct pool *pool,
                       struct job_depth *depth)
{
    view->in_progress = depth->stretch_start != MODEL_NEVER && view->waiting > 0 &&
                        depth->stretch_end + PAUSE_AT_END_NS >= depth->swept_ns;
    job_depth_end_stretch(depth);
    view->waiting_p50 = histogram_quantile(&depth->waiting, 5000);
    view->waiting_p99 = histogram_quantile(&depth->waiting, 9900);
    view->waiting_max = depth->waiting.max;
    view->saturated_ns = depth->saturated_ns;
    view->longest_ns = depth->longest_ns;
    view->longest_start_ns = depth->longest_start_ns;
    view->stretches = depth->stretches;
    view->first_ns = depth->first_ns;
    view->last_ns = depth->last_ns;
    view->seen_ns = at_least_zero(model->seen_ns, pool->first_ns);
}

static struct job_kind *kind_of(struct job_view *view, uint32_t kind)
{
    for (unsigned i = 0; i < view->kind_count; i++)
        if (view->kinds[i].kind == kind)
            return &view->kinds[i];
    if (view->kind_count == JOB_KINDS_MAX)
        return &view->kinds[JOB_KINDS_MAX - 1];
    struct job_kind *added = &view->kinds[view->kind_count++];
    added->kind = kind;
    return added;
}

static void fill_kinds(struct job_view *view, const struct job_queue *queue)
{
    view->kind_count = queue->kind_count;
    for (unsigned i = 0; i < queue->kind_count; i++) {
        const struct kind_row *row = &queue->kinds[i];
        view->kinds[i] = (struct job_kind){.kind = row->kind,
                                           .is_slow = row->is_slow,
                                           .jobs = row->jobs,
                                           .untimed = row->untimed,
                                           .wait_total_ns = row->wait_ns.sum,
                                           .service_total_ns = row->service_ns.sum,
                                           .wait_ns = &row->wait_ns,
                                           .service_ns = &row->service_ns};
    }
}

static void fill_pending(struct job_view *view, const struct job_queue *queue,
                         const struct pending *pending, size_t count, uint64_t now)
{
    for (size_t i = 0; i < count; i++) {
        const struct submitter_row *row = rows_at(&queue->submitters, pending[i].row);
        struct job_kind *kind = kind_of(view, row->key.kind);
        bool waits = pending[i].begin_ns == MODEL_NEVER;
        kind->waiting += waits;
        kind->serving += !waits;
        view->waiting += waits;
        view->serving += !waits;
        if (waits)
            view->oldest_wait_ns =
                larger(view->oldest_wait_ns, at_least_zero(now, pending[i].arrival_ns));
    }
}

static int worse_first(const void *left, const void *right)
{
    const struct submitter *a = left, *b = right;
    if (a->caused_ns != b->caused_ns)
        return a->caused_ns > b->caused_ns ? -1 : 1;
    if (a->service_total_ns != b->service_total_ns)
        return a->service_total_ns > b->service_total_ns ? -1 : 1;
    if (a->kind != b->kind)
        return a->kind < b->kind ? -1 : 1;
    return a->stack < b->stack ? -1 : a->stack > b->stack;
}

static int fill_submitters(struct job_view *view, const struct job_queue *queue)
{
    view->submitters = calloc(queue->submitters.count, sizeof(*view->submitters));
    if (!view->submitters)
        return -ENOMEM;
    for (size_t i = 0; i < queue->submitters.count; i++) {
        const struct submitter_row *row = rows_at(&queue->submitters, i);
        if (row->jobs == 0 && row->caused_ns == 0)
            continue;
        kind_of(view, row->key.kind)->caused_ns += row->caused_ns;
        view->submitters[view->submitter_count++] =
            (struct submitter){.kind = row->key.kind,
                               .stack = row->key.stack,
                               .jobs = row->jobs,
                               .wait_total_ns = row->wait_total_ns,
                               .worst_wait_ns = row->worst_wait_ns,
                               .service_total_ns = row->service_total_ns,
                               .caused_ns = row->caused_ns};
    }
    if (view->submitter_count)
        qsort(view->submitters, view->submitter_count, sizeof(*view->submitters), worse_first);
    return 0;
}

static int fill_view(struct job_view *view, const struct model *model, const struct pool *pool,
                     struct job_queue *copy)
{
    size_t count;
    struct pending *pending = pending_new(model, pool, copy, &count);
    int status = job_depth_sweep(copy, pending, count, pool->size_max, model->seen_ns);
    view->jobs = copy->jobs;
    view->untimed = copy->untimed + model->stray_untimed;
    if (pool->jobs)
        fill_kinds(view, pool->jobs);
    fill_pending(view, copy, pending, count, model->seen_ns);
    fill_depth(view, model, pool, &copy->depth);
    free(pending);
    return status < 0 ? status : fill_submitters(view, copy);
}

struct job_view *job_view_new(const struct model *model, const struct pool *pool)
{
    if (!pool_has_jobs(model, pool))
        return NULL;
    struct job_queue copy, *none = pool->jobs ? NULL : job_queue_new();
    const struct job_queue *queue = pool->jobs ? pool->jobs : none;
    struct job_view *view = calloc(1, sizeof(*view));
    if (!queue || !view || job_queue_copy(&copy, queue) < 0) {
        free(view);
        job_queue_delete(none);
        return NULL;
    }
    view->wait_ns = pool->jobs ? &pool->jobs->wait_ns : NULL;
    view->service_ns = pool->jobs ? &pool->jobs->service_ns : NULL;
    int status = fill_view(view, model, pool, &copy);
    job_queue_copy_free(&copy);
    job_queue_delete(none);
    if (status < 0) {
        job_view_delete(view);
        return NULL;
    }
    return view;
}

void job_view_delete(struct job_view *view)
{
    if (!view)
        return;
    free(view->submitters);
    free(view);
}
