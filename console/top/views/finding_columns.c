/* SPDX-License-Identifier: MIT */
/* Findings as rows: what, where, when, how bad. What goes on now stands first, then what happened
 * lately. */
#include "finding_columns.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "console/top/app/cell.h"
#include "names.h"

#define LATELY_NS UINT64_C(10000000000)
#define TOTAL_BITS 58

static const struct finding *finding_of(const struct app *app, const struct entity *row)
{
    return finding_of_entity(app_feed(app), row);
}

static uint64_t since_last(const struct app *app, uint32_t process, const struct finding *finding)
{
    uint64_t now = feed_process_now(app_feed(app), process);
    return now > finding->last_ns ? now - finding->last_ns : 0;
}

bool finding_is_now(const struct app *app, uint32_t process, const struct finding *finding)
{
    return finding->in_progress && !model_end(app_model(app, process));
}

/* Order: now, lately, before; by severity, then by total time. */
static uint64_t rank_of(const struct app *app, uint32_t process, const struct finding *finding)
{
    uint64_t group = finding_is_now(app, process, finding)           ? 2
                     : since_last(app, process, finding) < LATELY_NS ? 1
                                                                     : 0;
    uint64_t most = (UINT64_C(1) << TOTAL_BITS) - 1;
    if (finding->severity == SEVERITY_NOTE)
        group = 0;
    return group << (TOTAL_BITS + 2) | (uint64_t)finding->severity << TOTAL_BITS |
           (finding->total_ns < most ? finding->total_ns : most);
}

static void severity_value(const struct app *app, const struct entity *row, struct row_cell *out)
{
    const struct finding *finding = finding_of(app, row);
    if (!finding)
        return;
    out->is_known = true;
    out->number = rank_of(app, row->process, finding);
    out->style = severity_style(finding->severity);
    snprintf(out->text, sizeof(out->text), "%s", severity_word(finding->severity));
}

static void when_value(const struct app *app, const struct entity *row, struct row_cell *out)
{
    const struct finding *finding = finding_of(app, row);
    if (!finding)
        return;
    char ago[DURATION_BYTES];
    bool is_now = finding_is_now(app, row->process, finding);
    uint64_t since = since_last(app, row->process, finding);
    out->is_known = true;
    out->number = is_now ? UINT64_MAX : UINT64_MAX - 1 - since;
    out->style = is_now ? STYLE_LIVE : since < LATELY_NS ? STYLE_STRONG : STYLE_DIM;
    if (finding->in_progress)
        snprintf(out->text, sizeof(out->text), is_now ? "now" : "at the end");
    else
        snprintf(out->text, sizeof(out->text), "%s", words_ago(ago, since));
}

static void problem_value(const struct app *app, const struct entity *row, struct row_cell *out)
{
    const struct finding *finding = finding_of(app, row);
    if (!finding)
        return;
    out->is_known = true;
    snprintf(out->text, sizeof(out->text), "%s", finding->detector->id);
}

void finding_where(const struct app *app, uint32_t process, const struct finding *finding,
                   char *out, size_t bytes)
{
    char place[NAME_BYTES] = "", program[64] = "";
    const struct feed *feed = app_feed(app);
    if (finding->where)
        name_frame(place, finding->where, finding->where_pc);
    if (app_process(app) == UINT32_MAX && feed->process_count > 1) {
        const struct process_facts *facts = model_process(feed->processes[process].model);
        snprintf(program, sizeof(program), "%.40s %" PRIu32 ": ", facts->program, facts->pid);
    }
    if (place[0] && finding->call)
        snprintf(out, bytes, "%s%s, %s", program, place, finding->call);
    else if (place[0])
        snprintf(out, bytes, "%s%s", program, place);
    else if (finding->call)
        snprintf(out, bytes, "%s%s, %s", program, finding->call, finding->entity);
    else
        snprintf(out, bytes, "%s%s", program,
                 finding->entity[0] ? finding->entity : finding->title);
}

static void where_value(const struct app *app, const struct entity *row, struct row_cell *out)
{
    const struct finding *finding = finding_of(app, row);
    if (!finding)
        return;
    out->is_known = true;
    finding_where(app, row->process, finding, out->text, sizeof(out->text));
}

static void entity_value(const struct app *app, const struct entity *row, struct row_cell *out)
{
    const struct finding *finding = finding_of(app, row);
    if (!finding)
        return;
    out->is_known = finding->entity[0];
    snprintf(out->text, sizeof(out->text), "%s", finding->entity);
}

static void set_number(struct row_cell *out, const struct finding *finding, uint64_t number)
{
    out->is_known = finding && number;
    out->number = number;
}

static void worst_value(const struct app *app, const struct entity *row, struct row_cell *out)
{
    const struct finding *finding = finding_of(app, row);
    set_number(out, finding, finding ? finding->worst_ns : 0);
}

static void total_value(const struct app *app, const struct entity *row, struct row_cell *out)
{
    const struct finding *finding = finding_of(app, row);
    set_number(out, finding, finding ? finding->total_ns : 0);
}

static void count_value(const struct app *app, const struct entity *row, struct row_cell *out)
{
    const struct finding *finding = finding_of(app, row);
    set_number(out, finding, finding ? finding->count : 0);
}

const struct column finding_columns[] = {
    {"severity", "Severity",
     "How bad it is; sorted by it, what goes on now stands first, then the last ten seconds.",
     UNIT_RANK, 9, 0, false, severity_value},
    {"when", "When", "When it last happened.", UNIT_RANK, 10, 3, false, when_value},
    {"problem", "Problem", "The detector that found it.", UNIT_TEXT, 20, 1, false, problem_value},
    {"where", "Where", "The line to change, and the call made there; else what it is about.",
     UNIT_TEXT, 0, 0, false, where_value},
    {"worst", "Worst", "The worst occurrence.", UNIT_DURATION, 8, 4, false, worst_value},
    {"total", "Total", "All occurrences together.", UNIT_DURATION, 8, 5, false, total_value},
    {"count", "Count", "How many times.", UNIT_COUNT, 6, 6, false, count_value},
    {"entity", "About", "The thread, pool, queue or task it is about.", UNIT_TEXT, 24, 7, true,
     entity_value},
    {.id = NULL},
};

void finding_collect(const struct app *app, struct rows_out *rows)
{
    const struct feed *feed = app_feed(app);
    for (uint32_t i = 0; i < feed->process_count; i++) {
        const struct findings *findings = feed->processes[i].findings;
        if (!findings || !app_shows_process(app, i))
            continue;
        for (size_t k = 0; k < findings->count; k++) {
            struct entity entity = entity_of_finding(i, &findings->items[k]);
            row_add(rows, &entity);
        }
    }
}

static bool task_link(const struct finding *finding, struct entity *out)
{
    *out = (struct entity){ENTITY_TASK, out->process, finding->task, 0};
    return finding->task != 0;
}

static bool resource_link(const struct finding *finding, struct entity *out)
{
    *out = (struct entity){ENTITY_RESOURCE, out->process, finding->resource, 0};
    return finding->resource != 0;
}

static bool thread_link(const struct finding *finding, struct entity *out)
{
    *out = (struct entity){ENTITY_THREAD, out->process, finding->thread, 0};
    return finding->thread != UINT32_MAX;
}

bool finding_link(const struct app *app, const struct entity *entity, enum request request,
                  struct entity *out)
{
    const struct finding *finding = finding_of_entity(app_feed(app), entity);
    if (!finding)
        return false;
    out->process = entity->process;
    if (request == REQUEST_GO_TASK)
        return task_link(finding, out);
    if (request == REQUEST_GO_QUEUE)
        return resource_link(finding, out);
    return request == REQUEST_GO_THREAD && thread_link(finding, out);
}
