/* SPDX-License-Identifier: MIT */
/* The JSON report's tasks. */
#include <stdlib.h>

#include "json_parts.h"

/* Rows of tasks beyond this are in the totals only. */
#define JSON_TASKS_MAX 200

static uint64_t larger(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* Busiest first, then by slot: a total order. */
static int busier_first(const void *left, const void *right)
{
    const struct task_row *a = *(const struct task_row *const *)left;
    const struct task_row *b = *(const struct task_row *const *)right;
    uint64_t busy_a = larger(a->busy_ns, a->info.busy_ns);
    uint64_t busy_b = larger(b->busy_ns, b->info.busy_ns);
    if (busy_a != busy_b)
        return busy_a > busy_b ? -1 : 1;
    return a->handle < b->handle ? -1 : a->handle > b->handle;
}

static json_t *task_object(const struct model *model, const struct task_row *task)
{
    static const char *const states[] = {[LSC_TASK_FREE] = "unknown",
                                         [LSC_TASK_IDLE] = "idle",
                                         [LSC_TASK_READY] = "ready",
                                         [LSC_TASK_RUNNING] = "running",
                                         [LSC_TASK_ENDED] = "ended"};
    unsigned state =
        (unsigned)task->info.state <= LSC_TASK_ENDED ? task->info.state : LSC_TASK_FREE;
    json_t *object = json_object();
    json_object_set_new(object, "id", value_number(task->info.id ? task->info.id : task->handle));
    json_object_set_new(object, "kind", place_string(model, task->info.kind));
    json_object_set_new(object, "name", place_string(model, task->info.name));
    json_object_set_new(object, "site", place_site(model, task->info.site));
    json_object_set_new(object, "polls", value_number(larger(task->polls, task->info.polls)));
    json_object_set_new(object, "busy_ns", value_number(larger(task->busy_ns, task->info.busy_ns)));
    json_object_set_new(object, "wakes", value_number(larger(task->wakes, task->info.wakes)));
    json_object_set_new(object, "self_wakes",
                        value_number(larger(task->self_wakes, task->info.self_wakes)));
    json_object_set_new(object, "poll_ns", value_quantiles(task->poll_ns));
    json_object_set_new(object, "sched_delay_ns", value_quantiles(task->delay_ns));
    json_object_set_new(object, "state", value_text(task->has_ended ? "ended" : states[state]));
    json_object_set_new(object, "await", place_site(model, task->await_site));
    return object;
}

json_t *section_tasks(const struct model *model, size_t *beyond)
{
    json_t *array = json_array();
    unsigned slots = model_task_slots(model);
    size_t count = 0;
    const struct task_row **rows = calloc(slots ? slots : 1, sizeof(struct task_row *));
    for (unsigned i = 0; rows && i < slots; i++)
        if (model_task_at(model, i))
            rows[count++] = model_task_at(model, i);
    if (rows)
        qsort(rows, count, sizeof(struct task_row *), busier_first);
    for (size_t i = 0; i < count && i < JSON_TASKS_MAX; i++)
        json_array_append_new(array, task_object(model, rows[i]));
    *beyond = count > JSON_TASKS_MAX ? count - JSON_TASKS_MAX : 0;
    free(rows);
    return array;
}
