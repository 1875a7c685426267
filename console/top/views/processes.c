/* SPDX-License-Identifier: MIT */
/* The processes of the session, live and dead, with the worst that was found in each. */
#include <inttypes.h>
#include <stdio.h>

#include "console/top/app/cell.h"
#include "names.h"
#include "views.h"

static const struct feed_process *process_of(const struct app *app, const struct entity *row)
{
    return &app_feed(app)->processes[row->process];
}

static void pid_value(const struct app *app, const struct entity *row, struct row_cell *out)
{
    out->is_known = true;
    out->number = model_process(process_of(app, row)->model)->pid;
    snprintf(out->text, sizeof(out->text), "%" PRIu64, out->number);
}

static void program_value(const struct app *app, const struct entity *row, struct row_cell *out)
{
    out->is_known = true;
    out->style = model_end(process_of(app, row)->model) ? STYLE_DIM : STYLE_STRONG;
    snprintf(out->text, sizeof(out->text), "%s",
             model_process(process_of(app, row)->model)->program);
}

static void state_value(const struct app *app, const struct entity *row, struct row_cell *out)
{
    const struct end_item *end = model_end(process_of(app, row)->model);
    static const char *const words[] = {[END_EXITED] = "exited",
                                        [END_SIGNALED] = "killed by",
                                        [END_REPLACED] = "replaced",
                                        [END_VANISHED] = "dead",
                                        [END_DETACHED] = "unwatched"};
    out->is_known = true;
    out->style = end ? STYLE_CAVEAT : STYLE_GOOD;
    if (!end)
        snprintf(out->text, sizeof(out->text), "live");
    else if ((end->kind == END_EXITED && end->status >= 0) || end->kind == END_SIGNALED)
        snprintf(out->text, sizeof(out->text), "%s %d", words[end->kind], end->status);
    else
        snprintf(out->text, sizeof(out->text), "%s",
                 end->kind <= END_DETACHED ? words[end->kind] : "ended");
}

static void age_value(const struct app *app, const struct entity *row, struct row_cell *out)
{
    out->is_known = true;
    out->number = feed_process_now(app_feed(app), row->process);
}

static const struct finding *worst_of(const struct app *app, const struct entity *row)
{
    const struct findings *findings = process_of(app, row)->findings;
    return findings && findings->count ? &findings->items[0] : NULL; /* they are ranked */
}

static void worst_value(const struct app *app, const struct entity *row, struct row_cell *out)
{
    const struct finding *finding = worst_of(app, row);
    out->is_known = true;
    out->number = finding ? ((uint64_t)finding->severity + 1) << 60 | finding->total_ns >> 4 : 0;
    out->style = finding ? severity_style(finding->severity) : STYLE_GOOD;
    snprintf(out->text, sizeof(out->text), "%s", finding ? severity_word(finding->severity) : "ok");
}

static void title_value(const struct app *app, const struct entity *row, struct row_cell *out)
{
    const struct finding *finding = worst_of(app, row);
    out->is_known = finding != NULL;
    if (finding)
        snprintf(out->text, sizeof(out->text), "%.250s", finding->title);
}

static void loops_value(const struct app *app, const struct entity *row, struct row_cell *out)
{
    const struct model *model = process_of(app, row)->model;
    out->is_known = true;
    for (unsigned i = 0; i < model_thread_count(model); i++)
        out->number += model_thread_at(model, i)->loop != NULL;
}

static void busy_value(const struct app *app, const struct entity *row, struct row_cell *out)
{
    const struct model *model = process_of(app, row)->model;
    for (unsigned i = 0; i < model_thread_count(model); i++) {
        const struct thread *thread = model_thread_at(model, i);
        unsigned used = thread->loop ? thread_utilization(thread) : 0;
        out->is_known |= thread->loop != NULL;
        if (used > out->number)
            out->number = used;
    }
}

static void tasks_value(const struct app *app, const struct entity *row, struct row_cell *out)
{
    const struct model *model = process_of(app, row)->model;
    out->is_known = true;
    for (unsigned i = 0; i < model_task_slots(model); i++) {
        const struct task_row *task = model_task_at(model, i);
        out->number += task && !task->has_ended;
    }
}

static void records_value(const struct app *app, const struct entity *row, struct row_cell *out)
{
    out->is_known = true;
    out->number = process_of(app, row)->records;
}

static void lost_value(const struct app *app, const struct entity *row, struct row_cell *out)
{
    out->is_known = true;
    out->number = model_lost_records(process_of(app, row)->model);
    out->style = out->number ? STYLE_CAVEAT : STYLE_DIM;
}

static void command_value(const struct app *app, const struct entity *row, struct row_cell *out)
{
    out->is_known = true;
    snprintf(out->text, sizeof(out->text), "%.250s",
             model_process(process_of(app, row)->model)->command);
}

static const struct column columns[] = {
    {"pid", "PID", "The process id.", UNIT_COUNT, 8, 0, false, pid_value},
    {"program", "Program", "What the program is called.", UNIT_TEXT, 16, 0, false, program_value},
    {"state", "State", "Whether it lives, and if not how it ended.", UNIT_TEXT, 12, 2, false,
     state_value},
    {"age", "Age", "Since when it is under the probe.", UNIT_DURATION, 10, 5, false, age_value},
    {"worst", "Worst", "The severity of its worst finding.", UNIT_RANK, 8, 1, false, worst_value},
    {"finding", "Finding", "Its worst finding.", UNIT_TEXT, 0, 3, false, title_value},
    {"busy", "Busy", "The busy share of its busiest loop.", UNIT_PERCENT, 6, 4, false, busy_value},
    {"loops", "Loops", "How many loops it has.", UNIT_COUNT, 5, 8, false, loops_value},
    {"tasks", "Tasks", "Tasks alive: of an executor, or libuv's handles and requests.", UNIT_COUNT,
     7, 6, false, tasks_value},
    {"lost", "Lost", "Records overwritten before they could be read.", UNIT_COUNT, 7, 7, false,
     lost_value},
    {"records", "Records", "Records that were applied.", UNIT_COUNT, 8, 9, true, records_value},
    {"command", "Command", "Its arguments.", UNIT_TEXT, 40, 10, true, command_value},
    {.id = NULL},
};

static struct entity entity_at(uint32_t process)
{
    return (struct entity){.kind = ENTITY_PROCESS, .process = process};
}

static void collect(const struct app *app, struct rows_out *rows)
{
    const struct feed *feed = app_feed(app);
    for (uint32_t i = 0; i < feed->process_count; i++) {
        uint32_t ppid = model_process(feed->processes[i].model)->ppid;
        struct entity entity = entity_at(i), parent = {.kind = ENTITY_NONE};
        for (uint32_t k = 0; k < i; k++)
            if (model_process(feed->processes[k].model)->pid == ppid)
                parent = entity_at(k);
        row_add_under(rows, &entity, &parent);
    }
}

static bool link_to(const struct app *app, enum request request, struct entity *out)
{
    *out = *app_selected(app);
    return request == REQUEST_OPEN && out->kind == ENTITY_PROCESS;
}

const struct view view_processes = {
    .id = "processes",
    .title = "Processes",
    .help = "The processes under the probe, live and dead, each with the worst that was found in "
            "it. Enter chooses one: all screens show that one alone, until Esc on the overview "
            "brings the others back. What a dead process has left stays to be looked at.",
    .tab = "Processes",
    .columns = columns,
    .sort = "worst",
    .has_tree = true,
    .when_empty = "No process runs under the probe: start one with 'loopscope run PROG' or "
                  "'loopscope top -- PROG'.",
    .collect = collect,
    .link = link_to,
};
