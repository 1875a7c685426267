/* SPDX-License-Identifier: MIT */
/* The overview: what is wrong now, findings, and under them how loops, queues and workers do. */
#include <inttypes.h>
#include <stdio.h>

#include "console/top/app/cell.h"
#include "console/top/app/now.h"
#include "finding_columns.h"
#include "names.h"
#include "panels.h"
#include "views.h"

#define STALLS_MAX 5

static unsigned count_findings(const struct app *app, enum severity severity)
{
    const struct feed *feed = app_feed(app);
    unsigned count = 0;
    for (uint32_t i = 0; i < feed->process_count; i++) {
        const struct findings *findings = feed->processes[i].findings;
        for (size_t k = 0; findings && app_shows_process(app, i) && k < findings->count; k++)
            count += findings->items[k].severity == severity;
    }
    return count;
}

static unsigned put_count(struct screen *screen, const struct area *area, unsigned at,
                          unsigned count, enum severity severity)
{
    static const char *const words[] = {"note", "warning", "critical"};
    if (count == 0)
        return at;
    at += screen_print(screen, area, 0, at, severity_style(severity), "%u %s%s", count,
                       words[severity], count == 1 || severity == SEVERITY_CRITICAL ? "" : "s");
    return at + screen_put(screen, area, 0, at, STYLE_TEXT, "  ");
}

static void draw_verdict(const struct app *app, struct screen *screen, const struct area *area,
                         unsigned stalls)
{
    unsigned at = 0;
    char end[END_BYTES];
    const struct feed *feed = app_feed(app);
    if (feed->process_count == 0) {
        if (feed->child_has_ended)
            screen_print(screen, area, 0, 0, STYLE_CAVEAT,
                         "The program %s before it made a loop: see its output.",
                         name_end(end, feed->child_status));
        else
            screen_put(screen, area, 0, 0, STYLE_DIM,
                       feed->kind == FEED_FILE
                           ? "The file has no process in it."
                           : "Nothing runs under the probe yet: try 'loopscope top -- PROG'.");
        return;
    }
    for (int severity = SEVERITY_CRITICAL; severity >= SEVERITY_NOTE; severity--)
        at = put_count(screen, area, at, count_findings(app, (enum severity)severity),
                       (enum severity)severity);
    if (at == 0)
        at += screen_put(screen, area, 0, 0, STYLE_GOOD, "Nothing found.  ");
    if (stalls)
        screen_print(screen, area, 0, at, STYLE_LIVE, "%u stalled now", stalls);
    else
        screen_put(screen, area, 0, at, STYLE_GOOD, "Nothing is stalled now.");
}

/* " 1.2 s  hashPassword (auth.js:44)  node 4711, in read": the function first, for where there is
 * no room for more. */
static void draw_stall(const struct app *app, struct screen *screen, const struct area *line,
                       const struct now_stall *stall)
{
    const struct model *model = app_feed(app)->processes[stall->process].model;
    const struct thread *thread = model_thread(model, stall->thread);
    char elapsed[DURATION_BYTES], place[NAME_BYTES], name[NAME_BYTES];
    unsigned at = screen_print(screen, line, 0, 0, STYLE_LIVE, "%7s ",
                               words_duration(screen, elapsed, stall->elapsed_ns));
    if (stall->culprit)
        name_frame(place, stall->culprit, 0);
    else
        snprintf(place, sizeof(place), "%s",
                 stall->stack ? "symbols are loading" : "no stack taken yet");
    at += screen_print(screen, line, 0, at, STYLE_LIVE, " %s", place);
    name_thread(name, thread);
    at += screen_print(screen, line, 0, at, STYLE_TEXT, "  %s %s",
                       stall->is_poll ? "worker" : "loop", name);
    if (stall->call)
        screen_print(screen, line, 0, at, STYLE_TEXT, ", in %s", call_name(stall->call));
}

static unsigned head_rows(const struct app *app, const struct area *room)
{
    struct now_stall stalls[STALLS_MAX];
    (void)room;
    return 1 + now_stalls(app_feed(app), app_process(app), stalls, STALLS_MAX);
}

static void draw_head(const struct app *app, struct screen *screen, const struct area *area)
{
    struct now_stall stalls[STALLS_MAX];
    unsigned count = now_stalls(app_feed(app), app_process(app), stalls, STALLS_MAX);
    draw_verdict(app, screen, area, count);
    for (unsigned i = 0; i < count && i + 1 < area->rows; i++) {
        struct area line = {area->row + 1 + i, area->column, 1, area->columns};
        draw_stall(app, screen, &line, &stalls[i]);
    }
}

static bool link_to(const struct app *app, enum request request, struct entity *out)
{
    const struct entity *selected = app_selected(app);
    if (request != REQUEST_OPEN)
        return finding_link(app, selected, request, out);
    *out = *selected;
    return selected->kind == ENTITY_FINDING;
}

const struct view view_overview = {
    .id = "overview",
    .title = "Overview",
    .help = "What is wrong. At the top stands what is stalled at this moment, with the time it has "
            "lasted and the function it is in. Then come the findings: what goes on now first, "
            "then what happened in the last ten seconds, then all that was; Enter opens one. Under "
            "them stand the sentence of the selected finding and the busiest loops (busy share, "
            "how late they got to work that was ready, the last minutes), the fullest queues, and "
            "the workers of pools and executors.",
    .tab = "Overview",
    .columns = finding_columns,
    .sort = "severity",
    .when_empty = "No detector has found anything.",
    .collect = finding_collect,
    .head_rows = head_rows,
    .draw_head = draw_head,
    .foot_rows = panels_rows,
    .draw_foot = panels_draw,
    .link = link_to,
};
