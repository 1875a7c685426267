/* SPDX-License-Identifier: MIT */
/* The JSON report's tasks: the busiest and those alive longest one by one, all of them by class. */
#include <stdlib.h>

#include "json_parts.h"

/* Tasks beyond these are in the classes only. */
#define BUSIEST_MAX 200
#define LONGEST_MAX 50
#define CLASSES_MAX 100

static uint64_t larger(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* Busiest first, then by handle: a total order. */
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

/* Those alive first, the oldest of them first. */
static int older_first(const void *left, const void *right)
{
    const struct task_row *a = *(const struct task_row *const *)left;
    const struct task_row *b = *(const struct task_row *const *)right;
    if (a->has_ended != b->has_ended)
        return a->has_ended ? 1 : -1;
    if (a->info.spawned_ns != b->info.spawned_ns)
        return a->info.spawned_ns < b->info.spawned_ns ? -1 : 1;
    return a->handle < b->handle ? -1 : a->handle > b->handle;
}

/* Where it waits, innermost await first, and for what; null when it does not. */
static json_t *await_object(const struct model *model, const struct task_row *task)
{
    const struct site *tree[AWAIT_TREE_MAX];
    const struct resource_row *row = model_resource(model, task->awaits);
    if (task->has_ended || (task->await_ns == MODEL_NEVER && !row))
        return json_null();
    unsigned depth = model_await_tree(model, task->await_site, tree);
    json_t *object = json_object(), *places = json_array();
    for (unsigned i = 0; i < depth; i++)
        json_array_append_new(places, place_site(model, tree[i]->id));
    json_object_set_new(object, "site", place_site(model, task->await_site));
    json_object_set_new(object, "tree", places);
    json_object_set_new(object, "resource", row ? place_resource(model, row) : json_null());
    json_object_set_new(object, "since_ns",
                        task->await_ns == MODEL_NEVER ? json_null() : value_number(task->await_ns));
    return object;
}

static json_t *task_object(const struct model *model, const struct task_row *task)
{
    static const char *const states[] = {
        [LSC_TASK_FREE] = "unknown", [LSC_TASK_IDLE] = "idle",
        [LSC_TASK_READY] = "ready",  [LSC_TASK_RUNNING] = "running",
        [LSC_TASK_ENDED] = "ended",  [LSC_TASK_STRANDED] = "stranded"};
    unsigned state =
        (unsigned)task->info.state < LSC_TASK_STATE_LIMIT ? task->info.state : LSC_TASK_FREE;
    json_t *object = json_object();
    json_object_set_new(object, "id", value_number(task->info.id ? task->info.id : task->handle));
    json_object_set_new(object, "kind", place_string(model, task->info.kind));
    json_object_set_new(object, "name", place_string(model, task->info.name));
    json_object_set_new(object, "site", place_creation(model, task->info.stack, task->info.site));
    json_object_set_new(object, "polls", value_number(larger(task->polls, task->info.polls)));
    json_object_set_new(object, "busy_ns", value_number(larger(task->busy_ns, task->info.busy_ns)));
    json_object_set_new(object, "wakes", value_number(larger(task->wakes, task->info.wakes)));
    json_object_set_new(object, "self_wakes",
                        value_number(larger(task->self_wakes, task->info.self_wakes)));
    json_object_set_new(object, "poll_ns", value_quantiles(task->poll_ns));
    json_object_set_new(object, "sched_delay_ns", value_quantiles(task->delay_ns));
    json_object_set_new(object, "worst_delay_ns", value_number(task->worst_delay_ns));
    json_object_set_new(object, "state", value_text(task->has_ended ? "ended" : states[state]));
    json_object_set_new(object, "await", await_object(model, task));
    json_object_set_new(object, "spawned_ns", value_number(task->info.spawned_ns));
    json_object_set_new(object, "active_ns", value_number(task->active_ns));
    json_object_set_new(object, "turns_alone", value_number(task->sole_turns));
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
    size_t busiest = count < BUSIEST_MAX ? count : BUSIEST_MAX;
    if (rows)
        qsort(rows + busiest, count - busiest, sizeof(struct task_row *), older_first);
    size_t shown = count < BUSIEST_MAX + LONGEST_MAX ? count : BUSIEST_MAX + LONGEST_MAX;
    for (size_t i = 0; i < shown; i++)
        json_array_append_new(array, task_object(model, rows[i]));
    *beyond = count - shown;
    free(rows);
    return array;
}

static json_t *class_object(const struct model *model, const struct task_class *class)
{
    struct growth_view growth = task_class_growth(model, class);
    json_t *object = json_object();
    json_object_set_new(object, "kind", place_string(model, class->key.kind));
    json_object_set_new(object, "site", place_creation(model, class->key.stack, class->key.site));
    json_object_set_new(object, "spawned", value_number(class->spawned));
    json_object_set_new(object, "ended", value_number(class->ended));
    json_object_set_new(object, "live", value_number(class->live));
    json_object_set_new(object, "live_max", value_number(class->live_max));
    json_object_set_new(object, "first_ns", value_number(class->first_ns));
    json_object_set_new(object, "last_ns", value_number(class->last_ns));
    json_object_set_new(object, "growing", json_boolean(growth.is_growing));
    json_object_set_new(object, "more_per_minute",
                        value_number(task_class_per_minute(class, &growth)));
    json_object_set_new(object, "stack", place_stack(model, class->key.stack));
    return object;
}

json_t *section_task_classes(const struct model *model, size_t *beyond)
{
    json_t *array = json_array();
    size_t count;
    const struct task_class **classes = classes_sorted(model, &count);
    size_t shown = count < CLASSES_MAX ? count : CLASSES_MAX;
    for (size_t i = 0; i < shown; i++)
        json_array_append_new(array, class_object(model, classes[i]));
    *beyond = count - shown;
    free(classes);
    return array;
}
