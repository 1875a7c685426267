/* SPDX-License-Identifier: MIT */
/* Stalls, those that go on first: how long, why, and where. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "console/top/app/cell.h"
#include "names.h"
#include "stall_words.h"
#include "views.h"

/* The stalls as of the latest collect, by process: cells are asked for many times in between. */
struct line {
    struct entity entity;
    struct stall stall;
    unsigned call; /* enum lsc_call, 0 none */
    uint32_t stack;
};
static struct {
    struct line *lines;
    size_t count;
} held;

static void hold_process(const struct model *model, uint32_t process)
{
    size_t count, rows_count;
    struct stall *stalls = model_stalls(model, &count);
    struct blocked_row *rows = model_blocked(model, &rows_count);
    struct line *grown =
        stalls && count ? realloc(held.lines, (held.count + count) * sizeof(*held.lines)) : NULL;
    held.lines = grown ? grown : held.lines;
    for (size_t i = 0; grown && i < count; i++) {
        const struct blocked_row *call = rows ? stall_call(&stalls[i], rows, rows_count) : NULL;
        bool by_call = call && stall_is_by_call(&stalls[i]);
        held.lines[held.count++] = (struct line){.entity = stall_entity(process, &stalls[i]),
                                                 .stall = stalls[i],
                                                 .call = by_call ? call->key.call : 0,
                                                 .stack = stall_stack_id(&stalls[i], call)};
    }
    free(rows);
    free(stalls);
}

static int by_entity(const void *left, const void *right)
{
    const struct entity *a = left, *b = right; /* a line begins with its entity */
    if (a->process != b->process)
        return a->process < b->process ? -1 : 1;
    if (a->id != b->id)
        return a->id < b->id ? -1 : 1;
    return a->extra < b->extra ? -1 : a->extra > b->extra;
}

static const struct line *line_of(const struct entity *row)
{
    return held.count ? bsearch(row, held.lines, held.count, sizeof(*held.lines), by_entity) : NULL;
}

static void when_value(const struct app *app, const struct entity *row, struct row_cell *out)
{
    const struct line *line = line_of(row);
    uint64_t now = feed_process_now(app_feed(app), row->process);
    char text[DURATION_BYTES];
    if (!line)
        return;
    out->is_known = true;
    out->number = line->stall.in_progress ? UINT64_MAX : line->stall.end_ns;
    out->style = line->stall.in_progress ? STYLE_LIVE : STYLE_TEXT;
    uint64_t ago = now > line->stall.end_ns ? now - line->stall.end_ns : 0;
    if (line->stall.in_progress)
        snprintf(out->text, sizeof(out->text), "now");
    else
        snprintf(out->text, sizeof(out->text), "%s", words_ago(text, ago));
}

static void at_value(const struct app *app, const struct entity *row, struct row_cell *out)
{
    const struct line *line = line_of(row);
    (void)app;
    out->is_known = line;
    out->number = line ? line->stall.start_ns : 0;
}

static void elapsed_value(const struct app *app, const struct entity *row, struct row_cell *out)
{
    const struct line *line = line_of(row);
    if (!line)
        return;
    out->is_known = true;
    out->number = stall_elapsed(app, row->process, &line->stall);
    out->style = line->stall.in_progress ? STYLE_LIVE : STYLE_TEXT;
}

static void cause_value(const struct app *app, const struct entity *row, struct row_cell *out)
{
    const struct line *line = line_of(row);
    char cause[128];
    if (!line)
        return;
    uint64_t threshold = model_process(app_model(app, row->process))->stall_ns;
    stall_cause_text(cause, sizeof(cause), &line->stall, threshold);
    out->is_known = true;
    snprintf(out->text, sizeof(out->text), "%s%s%s", line->call ? call_name(line->call) : "",
             line->call ? ": " : "", cause);
}

static void where_value(const struct app *app, const struct entity *row, struct row_cell *out)
{
    const struct line *line = line_of(row);
    if (!line)
        return;
    name_place(out->text, app_model(app, row->process), line->stack, 0);
    if (!out->text[0] && line->stack && app_feed(app)->symbols_pending) {
        out->style = STYLE_DIM;
        snprintf(out->text, sizeof(out->text), "symbols are loading");
    }
    out->is_known = out->text[0];
}

static void thread_value(const struct app *app, const struct entity *row, struct row_cell *out)
{
    const struct thread *thread = model_thread(app_model(app, row->process), (uint32_t)row->id);
    if (!thread)
        return;
    out->is_known = true;
    name_thread(out->text, thread);
}

static void task_value(const struct app *app, const struct entity *row, struct row_cell *out)
{
    const struct line *line = line_of(row);
    out->is_known = line && line->stall.task;
    if (out->is_known)
        name_task(out->text, app_model(app, row->process), line->stall.task);
}

static void samples_value(const struct app *app, const struct entity *row, struct row_cell *out)
{
    const struct line *line = line_of(row);
    (void)app;
    out->is_known = line;
    out->number = line ? line->stall.samples : 0;
}

static const struct column columns[] = {
    {"when", "When", "Now, or how long ago it ended.", UNIT_RANK, 10, 0, false, when_value},
    {"lasted", "Lasted", "How long it lasted; counts up while it goes on.", UNIT_DURATION, 8, 0,
     false, elapsed_value},
    {"where", "Where", "The innermost line of the program's own code.", UNIT_TEXT, 0, 0, false,
     where_value},
    {"cause", "Cause", "What took its time, the largest part first.", UNIT_TEXT, 24, 1, false,
     cause_value},
    {"thread", "Thread", "The loop or worker that stalled.", UNIT_TEXT, 18, 2, false, thread_value},
    {"at", "At", "When it began, since the start of the process.", UNIT_DURATION, 8, 3, true,
     at_value},
    {"task", "Task", "The task that ran for at least half of it.", UNIT_TEXT, 20, 4, true,
     task_value},
    {"samples", "Samples", "Stacks taken in it.", UNIT_COUNT, 7, 5, true, samples_value},
    {.id = NULL},
};

static void collect(const struct app *app, struct rows_out *rows)
{
    const struct feed *feed = app_feed(app);
    held.count = 0;
    for (uint32_t i = 0; i < feed->process_count; i++) {
        if (app_shows_process(app, i))
            hold_process(feed->processes[i].model, i);
    }
    if (held.count)
        qsort(held.lines, held.count, sizeof(*held.lines), by_entity);
    for (size_t i = 0; i < held.count; i++)
        row_add(rows, &held.lines[i].entity);
}

static bool link_to(const struct app *app, enum request request, struct entity *out)
{
    const struct entity *row = app_selected(app);
    const struct line *line = row->kind == ENTITY_STALL ? line_of(row) : NULL;
    if (!line)
        return false;
    if (request == REQUEST_OPEN)
        *out = *row;
    else if (request == REQUEST_GO_THREAD)
        *out = (struct entity){ENTITY_THREAD, row->process, row->id, 0};
    else if (request == REQUEST_GO_TASK && line->stall.task)
        *out = (struct entity){ENTITY_TASK, row->process, line->stall.task, 0};
    else
        return false;
    return true;
}

const struct view view_stalls = {
    .id = "stalls",
    .title = "Stalls",
    .help = "Turns and polls over the stall threshold, the worst few hundred of each process, and "
            "those that go on at this moment. A stall's time is taken apart into blocking calls, "
            "locks, CPU time, waiting for a CPU, page faults and sleep. Open one for its stacks.",
    .tab = "Stalls",
    .columns = columns,
    .sort = "when",
    .when_empty = "No turn has been longer than the stall threshold.",
    .collect = collect,
    .link = link_to,
};
