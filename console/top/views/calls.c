/* SPDX-License-Identifier: MIT */
/* Blocking calls: which call, made from which line, how often and how long. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "call_lines.h"
#include "names.h"

/* The lines as of the latest collect: cells are asked for many times in between. */
static struct {
    struct call_line *lines;
    size_t count;
    const struct feed *feed;
    uint32_t process; /* the one that was chosen */
    uint64_t made_ns;
} held;

/* To find the line to blame in thousands of stacks takes its time: then once a second is enough. */
#define MANY_LINES 400
#define MANY_NS UINT64_C(1000000000)

static int by_row(const void *key, const void *member)
{
    const struct entity *row = key;
    const struct call_line *line = member;
    if (row->process != line->entity.process)
        return row->process < line->entity.process ? -1 : 1;
    return row->id < line->entity.id ? -1 : row->id > line->entity.id;
}

static const struct call_line *line_of(const struct entity *row)
{
    return held.count ? bsearch(row, held.lines, held.count, sizeof(*held.lines), by_row) : NULL;
}

static void hold_process(const struct model *model, uint32_t process)
{
    size_t count;
    struct call_line *lines = call_lines(model, process, &count);
    struct call_line *grown =
        count ? realloc(held.lines, (held.count + count) * sizeof(*held.lines)) : NULL;
    if (grown) {
        held.lines = grown;
        for (size_t i = 0; i < count; i++)
            held.lines[held.count++] = lines[i];
    }
    free(lines);
}

static void call_value(const struct app *app, const struct entity *row, struct row_cell *out)
{
    const struct call_line *line = line_of(row);
    (void)app;
    if (!line)
        return;
    out->is_known = true;
    snprintf(out->text, sizeof(out->text), "%s%s", call_name(line->call),
             line->is_short         ? " (many)"
             : line->is_nonblocking ? " (delayed)"
                                    : "");
}

static void where_value(const struct app *app, const struct entity *row, struct row_cell *out)
{
    const struct call_line *line = line_of(row);
    if (!line)
        return;
    if (line->parent.kind == ENTITY_NONE)
        snprintf(out->text, sizeof(out->text), "all of them, from %u place%s", line->stacks,
                 line->stacks == 1 ? "" : "s");
    else
        name_place(out->text, app_model(app, row->process), line->stack, 0);
    out->is_known = out->text[0];
    out->style = line->parent.kind == ENTITY_NONE ? STYLE_DIM : STYLE_TEXT;
}

static void now_value(const struct app *app, const struct entity *row, struct row_cell *out)
{
    const struct call_line *line = line_of(row);
    uint64_t now = feed_process_now(app_feed(app), row->process);
    if (!line || !line->in_progress || line->since_ns == MODEL_NEVER || now < line->since_ns)
        return;
    out->is_known = true;
    out->number = now - line->since_ns;
    out->style = STYLE_LIVE;
}

static void count_value(const struct app *app, const struct entity *row, struct row_cell *out)
{
    const struct call_line *line = line_of(row);
    (void)app;
    out->is_known = line;
    out->number = line ? line->count : 0;
}

static void total_value(const struct app *app, const struct entity *row, struct row_cell *out)
{
    const struct call_line *line = line_of(row);
    (void)app;
    out->is_known = line;
    out->number = line ? line->total_ns : 0;
}

static void mean_value(const struct app *app, const struct entity *row, struct row_cell *out)
{
    const struct call_line *line = line_of(row);
    (void)app;
    out->is_known = line && line->count;
    out->number = out->is_known ? line->total_ns / line->count : 0;
}

static void worst_value(const struct app *app, const struct entity *row, struct row_cell *out)
{
    const struct call_line *line = line_of(row);
    out->is_known = line;
    out->number = line ? line->worst_ns : 0;
    if (line && out->number >= model_process(app_model(app, row->process))->stall_ns)
        out->style = STYLE_WARNING;
}

static void last_value(const struct app *app, const struct entity *row, struct row_cell *out)
{
    const struct call_line *line = line_of(row);
    uint64_t now = feed_process_now(app_feed(app), row->process);
    out->is_known = line;
    out->number = line && now > line->last_ns && !line->in_progress ? now - line->last_ns : 0;
}

static void thread_value(const struct app *app, const struct entity *row, struct row_cell *out)
{
    const struct call_line *line = line_of(row);
    const struct thread *thread =
        line ? model_thread(app_model(app, row->process), line->thread) : NULL;
    if (!thread)
        return;
    out->is_known = true;
    name_thread(out->text, thread);
}

static const struct column columns[] = {
    {"call", "Call", "The function of the C library that blocked.", UNIT_TEXT, 16, 0, false,
     call_value},
    {"where", "Where", "The line to change: the innermost one of the program's own code.",
     UNIT_TEXT, 0, 0, false, where_value},
    {"now", "Now", "One is in progress, for so long.", UNIT_DURATION, 8, 1, false, now_value},
    {"count", "Times", "How many calls took at least the blocking threshold, or added up to it.",
     UNIT_COUNT, 7, 4, false, count_value},
    {"total", "Total", "All of them together.", UNIT_DURATION, 8, 2, false, total_value},
    {"worst", "Worst", "The longest.", UNIT_DURATION, 8, 3, false, worst_value},
    {"mean", "Mean", "Total by times.", UNIT_DURATION, 8, 7, true, mean_value},
    {"last", "Ago", "How long ago the latest one ended.", UNIT_DURATION, 8, 6, true, last_value},
    {"thread", "Thread", "The loop that the worst was made on.", UNIT_TEXT, 18, 5, true,
     thread_value},
    {.id = NULL},
};

static bool is_fresh(const struct app *app)
{
    return held.count > MANY_LINES && held.feed == app_feed(app) &&
           held.process == app_process(app) && app_feed(app)->now_ns - held.made_ns < MANY_NS;
}

static void hold(const struct app *app)
{
    const struct feed *feed = app_feed(app);
    held.count = 0;
    held.feed = feed;
    held.process = app_process(app);
    held.made_ns = feed->now_ns;
    for (uint32_t i = 0; i < feed->process_count; i++) {
        if (app_shows_process(app, i))
            hold_process(feed->processes[i].model, i);
    }
}

static void collect(const struct app *app, struct rows_out *rows)
{
    bool is_tree = app_shows_tree(app);
    if (!is_fresh(app))
        hold(app);
    for (size_t i = 0; i < held.count; i++) {
        const struct call_line *line = &held.lines[i];
        if (is_tree)
            row_add_under(rows, &line->entity, line->parent.kind ? &line->parent : NULL);
        else if (line->parent.kind != ENTITY_NONE)
            row_add(rows, &line->entity);
    }
}

static bool link_to(const struct app *app, enum request request, struct entity *out)
{
    const struct entity *row = app_selected(app);
    const struct call_line *line = row->kind == ENTITY_CALL ? line_of(row) : NULL;
    if (!line)
        return false;
    if (request == REQUEST_OPEN)
        *out = *row;
    else if (request == REQUEST_GO_THREAD)
        *out = (struct entity){ENTITY_THREAD, row->process, line->thread, 0};
    else if (request == REQUEST_GO_TASK && line->task)
        *out = (struct entity){ENTITY_TASK, row->process, line->task, 0};
    else
        return false;
    return true;
}

const struct view view_calls = {
    .id = "calls",
    .title = "Blocking calls",
    .help = "Calls that kept a loop's thread waiting in the kernel within a turn, by call and by "
            "the line they were made from. \"Delayed\" are those on non-blocking descriptors: they "
            "did not wait by themselves, the kernel took its time or the thread got no CPU. "
            "\"Many\" are calls each under the blocking threshold that add up to it in a turn; "
            "their worst is that of a turn. As a tree: by call. Open one for its stacks.",
    .tab = "Calls",
    .columns = columns,
    .sort = "total",
    .has_tree = true,
    .when_empty = "No call has blocked a loop for as long as the blocking threshold.",
    .collect = collect,
    .link = link_to,
};
