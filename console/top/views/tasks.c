/* SPDX-License-Identifier: MIT */
/* The live tasks: an executor's, or libuv's handles and requests. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "task_words.h"
#include "views.h"

static const struct model *model_at(const struct app *app, const struct entity *row)
{
    return app_model(app, row->process);
}

static void set(struct row_cell *out, uint64_t number)
{
    out->is_known = true;
    out->number = number;
}

/* Of an executor's tasks all are of the same kind: their names say enough. */
static void short_name(char out[NAME_BYTES], const struct model *model, uint32_t handle)
{
    const struct task_row *task = model_task(model, handle);
    struct text kind = model_string(model, task ? task->info.kind : 0);
    struct text name = model_string(model, task ? task->info.name : 0);
    if (name.length && kind.length == 4 && memcmp(kind.bytes, "task", 4) == 0)
        snprintf(out, NAME_BYTES, "%.200s", name.bytes);
    else
        name_task(out, model, handle);
}

static void name_value(const struct app *app, const struct entity *row, struct row_cell *out)
{
    char name[NAME_BYTES], owner[OWNER_BYTES];
    short_name(name, model_at(app, row), (uint32_t)row->id);
    out->is_known = true;
    snprintf(out->text, sizeof(out->text), "%s%.240s", name_owner(owner, app, row->process), name);
}

static void state_value(const struct app *app, const struct entity *row, struct row_cell *out)
{
    const struct task_row *task = task_of(app, row);
    if (!task)
        return;
    enum task_condition condition = task_condition(task);
    set(out, condition);
    out->style = task_condition_style(condition);
    snprintf(out->text, sizeof(out->text), "%s", task_condition_word(condition));
}

static void waits_value(const struct app *app, const struct entity *row, struct row_cell *out)
{
    const struct task_row *task = task_of(app, row);
    char words[NAME_BYTES * 2] = "";
    if (task)
        task_waits_words(words, model_at(app, row), task);
    out->is_known = words[0] != '\0';
    snprintf(out->text, sizeof(out->text), "%.255s", words);
}

static void since_value(const struct app *app, const struct entity *row, struct row_cell *out)
{
    const struct task_row *task = task_of(app, row);
    uint64_t now = feed_process_now(app_feed(app), row->process);
    if (task && !task->has_ended && task->await_ns != MODEL_NEVER && now >= task->await_ns)
        set(out, now - task->await_ns);
}

static void polls_value(const struct app *app, const struct entity *row, struct row_cell *out)
{
    const struct task_row *task = task_of(app, row);
    if (task)
        set(out, task_polls(task));
}

static void busy_value(const struct app *app, const struct entity *row, struct row_cell *out)
{
    const struct task_row *task = task_of(app, row);
    if (task)
        set(out, task_busy_ns(task));
}

static void worst_value(const struct app *app, const struct entity *row, struct row_cell *out)
{
    const struct task_row *task = task_of(app, row);
    if (!task || !task_polls(task))
        return;
    set(out, task_worst_ns(task));
    if (out->number >= model_process(model_at(app, row))->stall_ns)
        out->style = STYLE_WARNING;
}

static void mean_value(const struct app *app, const struct entity *row, struct row_cell *out)
{
    const struct task_row *task = task_of(app, row);
    if (task && task_polls(task))
        set(out, task_busy_ns(task) / task_polls(task));
}

static void wakes_value(const struct app *app, const struct entity *row, struct row_cell *out)
{
    const struct task_row *task = task_of(app, row);
    if (task)
        set(out, task_wakes(task));
}

static void self_value(const struct app *app, const struct entity *row, struct row_cell *out)
{
    const struct task_row *task = task_of(app, row);
    if (task)
        set(out, task_self_wakes(task));
}

static void delay_value(const struct app *app, const struct entity *row, struct row_cell *out)
{
    const struct task_row *task = task_of(app, row);
    if (!task || !task->worst_delay_ns)
        return;
    set(out, task->worst_delay_ns);
    if (out->number >= model_process(model_at(app, row))->stall_ns)
        out->style = STYLE_WARNING;
}

static void age_value(const struct app *app, const struct entity *row, struct row_cell *out)
{
    const struct task_row *task = task_of(app, row);
    uint64_t now = feed_process_now(app_feed(app), row->process);
    if (task && task->info.spawned_ns && now >= task->info.spawned_ns)
        set(out, now - task->info.spawned_ns);
}

static void idle_value(const struct app *app, const struct entity *row, struct row_cell *out)
{
    const struct task_row *task = task_of(app, row);
    uint64_t now = feed_process_now(app_feed(app), row->process);
    if (task && task->active_ns && now >= task->active_ns)
        set(out, now - task->active_ns);
}

static void created_value(const struct app *app, const struct entity *row, struct row_cell *out)
{
    const struct task_row *task = task_of(app, row);
    char place[NAME_BYTES] = "";
    if (task)
        name_place(place, model_at(app, row), task->info.stack, task->info.site);
    out->is_known = place[0] != '\0';
    snprintf(out->text, sizeof(out->text), "%s", place);
}

static void id_value(const struct app *app, const struct entity *row, struct row_cell *out)
{
    const struct task_row *task = task_of(app, row);
    if (!task)
        return;
    set(out, task->info.id ? task->info.id : task->handle);
    snprintf(out->text, sizeof(out->text), "%" PRIu64, out->number);
}

static const struct column columns[] = {
    {"name", "Task", "Its kind and name.", UNIT_TEXT, 0, 0, false, name_value},
    {"state", "State",
     "running, ready (woken, not polled yet), waiting, idle, or stranded: nobody can wake it.",
     UNIT_RANK, 8, 1, false, state_value},
    {"waits", "Waits for", "The resource it waits for, and the await it stands at.", UNIT_TEXT, 0,
     3, false, waits_value},
    {"since", "Waiting", "How long it has waited.", UNIT_DURATION, 8, 7, false, since_value},
    {"polls", "Polls", "How often it ran.", UNIT_COUNT, 7, 4, false, polls_value},
    {"busy", "Busy", "How long it ran in all.", UNIT_DURATION, 8, 2, false, busy_value},
    {"worst", "Worst", "Its longest run.", UNIT_DURATION, 8, 5, false, worst_value},
    {"delay", "Delay", "The longest time from a wake to the run.", UNIT_DURATION, 8, 6, false,
     delay_value},
    {"wakes", "Wakes", "How often it was woken.", UNIT_COUNT, 7, 9, false, wakes_value},
    {"age", "Age", "Since when it lives.", UNIT_DURATION, 10, 8, false, age_value},
    {"mean", "Mean", "How long it ran at a time.", UNIT_DURATION, 8, 10, true, mean_value},
    {"self", "Self", "How often it woke itself.", UNIT_COUNT, 7, 11, true, self_value},
    {"idle", "Idle", "Since when nothing happened to it: no spawn, wake or run.", UNIT_DURATION, 10,
     12, true, idle_value},
    {"created", "Created by", "The function and line that created it.", UNIT_TEXT, 28, 13, true,
     created_value},
    {"id", "Id", "Its number.", UNIT_COUNT, 8, 14, true, id_value},
    {.id = NULL},
};

static void collect(const struct app *app, struct rows_out *rows)
{
    const struct feed *feed = app_feed(app);
    for (uint32_t i = 0; i < feed->process_count; i++) {
        const struct model *model = feed->processes[i].model;
        unsigned slots = app_shows_process(app, i) ? model_task_slots(model) : 0;
        for (unsigned slot = 0; slot < slots; slot++) {
            const struct task_row *task = model_task_at(model, slot);
            if (!task || task->has_ended)
                continue;
            struct entity entity = {ENTITY_TASK, i, task->handle, 0};
            struct entity parent = {ENTITY_TASK, i, task->info.parent, 0};
            row_add_under(rows, &entity, task->info.parent ? &parent : NULL);
        }
    }
}

static bool link_to(const struct app *app, enum request request, struct entity *out)
{
    const struct entity *selected = app_selected(app);
    if (request != REQUEST_OPEN)
        return task_link(app, selected, request, out);
    *out = *selected;
    return selected->kind == ENTITY_TASK;
}

const struct view view_tasks = {
    .id = "tasks",
    .title = "Tasks",
    .help = "The tasks that live: those of an executor, or the handles and requests of libuv. The "
            "tree shows who spawned whom. Totals are the probe's own and survive lost records. "
            "Enter opens a task: where it waits, how long its runs and delays are, who wakes it.",
    .tab = "Tasks",
    .columns = columns,
    .sort = "busy",
    .has_tree = true,
    .when_empty = "No live task is known: tasks come from libuv, or from an executor that emits "
                  "them.",
    .collect = collect,
    .link = link_to,
};
