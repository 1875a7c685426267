/* SPDX-License-Identifier: MIT */
/* The JSON report's queues: pools and whatever else has a depth. */
#include <stdlib.h>

#include "json_parts.h"

static json_t *depth_object(uint64_t p50, uint64_t p99, uint64_t max)
{
    return json_pack("{s:o, s:o, s:o}", "p50", value_number(p50), "p99", value_number(p99), "max",
                     value_number(max));
}

static json_t *pool_object(const struct model *model, const struct pool *pool)
{
    struct pool_view view = pool_view(model, pool);
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
    json_object_set_new(object, "longest_saturated_ns", value_number(view.longest_ns));
    json_object_set_new(object, "inferred", json_true());
    return object;
}

static json_t *resource_object(const struct model *model, const struct resource_row *row)
{
    uint64_t longest;
    uint64_t saturated = resource_saturated_ns(model, row, &longest);
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
