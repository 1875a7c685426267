/* SPDX-License-Identifier: MIT */
/* The JSON report's queues: pools and whatever else has a depth. */
#include <stdlib.h>

#include "../model/contention.h"
#include "../model/jobs.h"
#include "../model/polls.h"
#include "json_parts.h"

#define SUBMITTERS_MAX 20

static json_t *depth_object(uint64_t p50, uint64_t p99, uint64_t max)
{
    return json_pack("{s:o, s:o, s:o}", "p50", value_number(p50), "p99", value_number(p99), "max",
                     value_number(max));
}

static json_t *kind_object(const struct model *model, const struct job_kind *kind)
{
    json_t *object = json_object();
    json_object_set_new(object, "kind", place_string(model, kind->kind));
    json_object_set_new(object, "jobs", value_number(kind->jobs));
    json_object_set_new(object, "untimed", value_number(kind->untimed));
    json_object_set_new(object, "waiting", value_number(kind->waiting));
    json_object_set_new(object, "in_service", value_number(kind->serving));
    json_object_set_new(object, "wait_total_ns", value_number(kind->wait_total_ns));
    json_object_set_new(object, "service_total_ns", value_number(kind->service_total_ns));
    json_object_set_new(object, "caused_wait_ns", value_number(kind->caused_ns));
    json_object_set_new(object, "wait_ns", value_quantiles(kind->wait_ns));
    json_object_set_new(object, "service_ns", value_quantiles(kind->service_ns));
    return object;
}

static json_t *submitter_object(const struct model *model, const struct submitter *submitter)
{
    struct stack_frame frames[STACK_FRAMES_MAX];
    unsigned count = stack_frames(model, submitter->stack, frames);
    int culprit = stack_culprit(frames, count);
    json_t *object = json_object();
    json_object_set_new(object, "kind", place_string(model, submitter->kind));
    json_object_set_new(object, "where", place_frame(culprit < 0 ? NULL : frames[culprit].frame));
    json_object_set_new(object, "jobs", value_number(submitter->jobs));
    json_object_set_new(object, "wait_total_ns", value_number(submitter->wait_total_ns));
    json_object_set_new(object, "worst_wait_ns", value_number(submitter->worst_wait_ns));
    json_object_set_new(object, "service_total_ns", value_number(submitter->service_total_ns));
    json_object_set_new(object, "caused_wait_ns", value_number(submitter->caused_ns));
    json_object_set_new(object, "stack", place_stack(model, submitter->stack));
    return object;
}

/* What the JOB records say, instead of what the workers' business lets infer. */
static void set_jobs(json_t *object, const struct model *model, const struct job_view *jobs)
{
    json_t *kinds = json_array(), *submitters = json_array();
    for (unsigned i = 0; i < jobs->kind_count; i++)
        json_array_append_new(kinds, kind_object(model, &jobs->kinds[i]));
    for (size_t i = 0; i < jobs->submitter_count && i < SUBMITTERS_MAX; i++)
        json_array_append_new(submitters, submitter_object(model, &jobs->submitters[i]));
    json_object_set_new(object, "depth",
                        depth_object(jobs->waiting_p50, jobs->waiting_p99, jobs->waiting_max));
    json_object_set_new(object, "saturated_ns", value_number(jobs->saturated_ns));
    json_object_set_new(object, "longest_saturated_ns", value_number(jobs->longest_ns));
    json_object_set_new(object, "wait_ns", value_quantiles(jobs->wait_ns));
    json_object_set_new(object, "service_ns", value_quantiles(jobs->service_ns));
    json_object_set_new(object, "jobs", value_number(jobs->jobs));
    json_object_set_new(object, "untimed", value_number(jobs->untimed));
    json_object_set_new(object, "waiting", value_number(jobs->waiting));
    json_object_set_new(object, "in_service", value_number(jobs->serving));
    json_object_set_new(object, "by_kind", kinds);
    json_object_set_new(object, "submitters", submitters);
    json_object_set_new(object, "inferred", json_false());
}

static json_t *pool_object(const struct model *model, const struct pool *pool)
{
    struct pool_view view = pool_view(model, pool);
    struct job_view *jobs = job_view_new(model, pool);
    char name[160];
    pool_name(model, pool, name, sizeof(name));
    json_t *object = json_object();
    json_object_set_new(object, "name", value_text(name));
    json_object_set_new(object, "kind", value_text("pool"));
    json_object_set_new(object, "capacity", value_number(pool->size_max));
    json_object_set_new(object, "depth", depth_object(view.busy_p50, view.busy_p99, view.busy_max));
    json_object_set_new(object, "saturated_ns", value_number(view.saturated_ns));
    json_object_set_new(object, "wait_ns", json_null());
    json_object_set_new(object, "service_ns", value_quantiles(&pool->spell_ns));
    json_object_set_new(object, "dropped", value_number(0));
    json_object_set_new(object, "utilization", value_ratio(view.utilization));
    json_object_set_new(object, "busy", depth_object(view.busy_p50, view.busy_p99, view.busy_max));
    json_object_set_new(object, "longest_saturated_ns", value_number(view.longest_ns));
    json_object_set_new(object, "inferred", json_true());
    if (jobs)
        set_jobs(object, model, jobs);
    job_view_delete(jobs);
    return object;
}

/* Tasks that hold it, as far as the records tell. */
static json_t *holders_array(const struct model *model, const struct resource_row *row)
{
    json_t *array = json_array();
    for (unsigned i = 0; i < row->hold_count; i++) {
        const struct hold *hold = &row->holds[i];
        const struct task_row *task = model_task(model, hold->task);
        json_t *object = json_object();
        json_object_set_new(object, "task", value_number(task ? task->info.id : 0));
        json_object_set_new(object, "kind", place_string(model, task ? task->info.kind : 0));
        json_object_set_new(object, "name", place_string(model, task ? task->info.name : 0));
        json_object_set_new(object, "site", place_site(model, hold->site));
        json_object_set_new(object, "since_ns", value_number(hold->since_ns));
        json_array_append_new(array, object);
    }
    return array;
}

/* Of what tasks hold: how often, and how long others waited for it. */
static void set_contention(json_t *object, const struct model *model,
                           const struct resource_row *row)
{
    struct contention c = {.waits = 0};
    uint64_t held_ns = 0;
    if (!contention_view(model, row, &c))
        return;
    for (unsigned i = 0; i < HOLDERS_MAX; i++)
        held_ns += c.holders[i].held_ns;
    json_object_set_new(object, "holds", value_number(c.holds));
    json_object_set_new(object, "held_ns", value_number(held_ns));
    json_object_set_new(object, "waits", value_number(c.waits));
    json_object_set_new(object, "wait_total_ns", value_number(c.wait_ns));
    json_object_set_new(object, "worst_wait_ns", value_number(c.worst_wait_ns));
    json_object_set_new(object, "somebody_waited_ns", value_number(c.waited_ns));
}

static json_t *resource_object(const struct model *model, const struct resource_row *row)
{
    uint64_t longest;
    uint64_t saturated = resource_saturated_ns(model, row, &longest);
    struct growth_view growth = resource_growth(model, row);
    json_t *object = json_object();
    json_object_set_new(object, "name", place_string(model, row->info.name));
    json_object_set_new(object, "kind", place_string(model, row->info.kind));
    json_object_set_new(object, "capacity", value_number(row->capacity));
    json_object_set_new(object, "depth",
                        depth_object(histogram_quantile(&row->depths, 5000),
                                     histogram_quantile(&row->depths, 9900), row->depth_max));
    json_object_set_new(object, "saturated_ns", value_number(saturated));
    json_object_set_new(object, "wait_ns", json_null());
    json_object_set_new(object, "service_ns", json_null());
    json_object_set_new(object, "dropped", value_number(row->dropped));
    json_object_set_new(object, "longest_saturated_ns", value_number(longest));
    json_object_set_new(object, "growing", json_boolean(growth.is_growing));
    json_object_set_new(object, "site", place_site(model, row->info.site));
    json_object_set_new(object, "holders", holders_array(model, row));
    json_object_set_new(object, "waiters",
                        value_number(row->waiters_max ? row->waiters : row->info.waiters));
    json_object_set_new(object, "waiters_max", value_number(row->waiters_max));
    set_contention(object, model, row);
    json_object_set_new(object, "inferred", json_false());
    return object;
}

json_t *section_queues(const struct model *model)
{
    json_t *array = json_array();
    for (unsigned i = 0; i < model_pool_count(model); i++)
        json_array_append_new(array, pool_object(model, model_pool_at(model, i)));
    for (unsigned i = 0; i < model_resource_slots(model); i++)
        if (model_resource_at(model, i))
            json_array_append_new(array, resource_object(model, model_resource_at(model, i)));
    return array;
}
