/* SPDX-License-Identifier: MIT */
/* The JSON report's workers: threads that poll an executor's tasks. */
#include "../model/workers.h"
#include "json_parts.h"

static json_t *delay_object(const struct worker *worker)
{
    return json_pack("{s:o, s:o, s:o, s:o, s:o}", "p50",
                     value_number(worker_delay_quantile(worker, 5000)), "p90",
                     value_number(worker_delay_quantile(worker, 9000)), "p99",
                     value_number(worker_delay_quantile(worker, 9900)), "p999",
                     value_number(worker_delay_quantile(worker, 9990)), "max",
                     value_number(worker->delay_max_ns));
}

static json_t *worker_object(const struct model *model, const struct thread *thread)
{
    const struct worker *worker = thread_worker(thread);
    json_t *object = json_object();
    json_object_set_new(object, "name", value_text(thread->name));
    json_object_set_new(object, "tid", value_number(thread->tid));
    json_object_set_new(object, "polls", value_number(worker->polls));
    json_object_set_new(object, "busy_ns", value_number(worker->busy_ns));
    json_object_set_new(object, "seen_ns", value_number(worker_span_ns(thread)));
    json_object_set_new(object, "utilization", value_ratio(worker_utilization(model, thread)));
    json_object_set_new(object, "parks", value_number(worker->parks));
    json_object_set_new(object, "parked_ns", value_number(worker->parked_ns));
    json_object_set_new(object, "steals", value_number(worker->steals));
    json_object_set_new(object, "stolen_tasks", value_number(worker->stolen));
    json_object_set_new(object, "waited_ns", value_number(worker->waited_ns));
    json_object_set_new(object, "sched_delay_ns", delay_object(worker));
    json_object_set_new(object, "lost", value_number(thread->lost + thread->dropped));
    return object;
}

json_t *section_workers(const struct model *model)
{
    json_t *array = json_array();
    for (unsigned i = 0; i < model_thread_count(model); i++)
        if (thread_worker(model_thread_at(model, i)))
            json_array_append_new(array, worker_object(model, model_thread_at(model, i)));
    return array;
}
