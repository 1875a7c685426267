/* SPDX-License-Identifier: MIT */
/* One queue, lock or other resource: its depth over time, who holds and who fills it, and, as a
 * list, who waits for it. */
#include <inttypes.h>
#include <stdio.h>

#include "console/top/app/cell.h"
#include "console/top/app/page.h"
#include "queue_words.h"
#include "task_words.h"
#include "views.h"

#define INDENT 12
#define STRIP_ROWS 1
#define PLACES_SHOWN 3

static const struct resource_row *subject_of(const struct app *app)
{
    return queue_of(app, app_subject(app));
}

static const struct model *model_of(const struct app *app)
{
    return app_model(app, app_subject(app)->process);
}

/* For the words of durations, where nothing is drawn. */
static const struct screen *screen_of(const struct page *page)
{
    static const struct screen plain = {.use_unicode = true};
    return page->screen ? page->screen : &plain;
}

static const char *tasks(char out[TIMES_BYTES], uint64_t count)
{
    snprintf(out, TIMES_BYTES, "%" PRIu64 " task%s", count, count == 1 ? "" : "s");
    return out;
}

static void tell_depth(const struct app *app, struct page *page, const struct resource_row *row)
{
    const struct model *model = model_of(app);
    char depth[AMOUNT_BYTES], capacity[AMOUNT_BYTES], p50[AMOUNT_BYTES], p99[AMOUNT_BYTES],
        most[AMOUNT_BYTES], text[256], limit[AMOUNT_BYTES + 8] = "";
    if (row->capacity)
        snprintf(limit, sizeof(limit), " of %s",
                 queue_depth_text(capacity, model, row, row->capacity));
    else if (row->hold_records == 0) /* a lock has none */
        snprintf(limit, sizeof(limit), ", without a limit");
    snprintf(text, sizeof(text), "%s%s; half of the time at most %s, p99 %s, most %s",
             queue_depth_text(depth, model, row, row->depth), limit,
             queue_depth_text(p50, model, row, histogram_quantile(&row->depths, 5000)),
             queue_depth_text(p99, model, row, histogram_quantile(&row->depths, 9900)),
             queue_depth_text(most, model, row, row->depth_max));
    bool is_full = row->capacity && row->depth >= row->capacity;
    page_pair(page, INDENT, "Depth", is_full ? STYLE_WARNING : STYLE_TEXT, text);
}

static void tell_history(const struct app *app, struct page *page)
{
    struct queue_sample samples[HISTORY_SAMPLES];
    uint64_t values[HISTORY_SAMPLES];
    const struct entity *subject = app_subject(app);
    unsigned columns = page->area.columns > INDENT ? page->area.columns - INDENT : 0;
    uint64_t full = 1;
    struct area line;
    unsigned count = history_queue(app_feed(app)->history, subject->process, (uint32_t)subject->id,
                                   samples, columns < HISTORY_SAMPLES ? columns : HISTORY_SAMPLES);
    if (count == 0 || !page_row(page, &line))
        return;
    for (unsigned i = 0; i < count; i++) {
        uint64_t height = samples[i].capacity ? samples[i].capacity : samples[i].depth;
        values[i] = samples[i].depth;
        full = height > full ? height : full;
    }
    screen_put(page->screen, &line, 0, 0, STYLE_DIM, "History");
    struct area strip = {line.row, line.column + INDENT, STRIP_ROWS, columns};
    screen_strip(page->screen, &strip, values, count, full);
}

static void tell_full(const struct app *app, struct page *page, const struct resource_row *row)
{
    char total[DURATION_BYTES], longest[DURATION_BYTES], count[TIMES_BYTES], text[160];
    uint64_t longest_ns, full_ns = resource_saturated_ns(model_of(app), row, &longest_ns);
    uint64_t dropped = row->dropped > row->info.dropped ? row->dropped : row->info.dropped;
    if (full_ns) {
        snprintf(text, sizeof(text), "for %s, %s, at worst for %s%s",
                 words_duration(screen_of(page), total, full_ns),
                 words_times(count, row->stretches),
                 words_duration(screen_of(page), longest, longest_ns),
                 row->saturated_since == MODEL_NEVER ? "" : "; now, too");
        page_pair(page, INDENT, "Full", STYLE_WARNING, text);
    }
    if (dropped) {
        snprintf(text, sizeof(text), "%" PRIu64 " refused or dropped", dropped);
        page_pair(page, INDENT, "Drops", STYLE_WARNING, text);
    }
}

static void tell_growth(const struct app *app, struct page *page, const struct resource_row *row)
{
    const struct model *model = model_of(app);
    struct growth_view growth = resource_growth(model, row);
    char span[DURATION_BYTES], first[AMOUNT_BYTES], last[AMOUNT_BYTES], text[160];
    if (!growth.is_growing)
        return;
    snprintf(text, sizeof(text), "from %s to %s within %s, and never less in between",
             queue_depth_text(first, model, row, growth.first),
             queue_depth_text(last, model, row, growth.last),
             words_duration(screen_of(page), span, growth.span_ns));
    page_pair(page, INDENT, "Grows", STYLE_WARNING, text);
}

static void tell_waits(const struct app *app, struct page *page, const struct resource_row *row)
{
    struct contention c;
    char mean[DURATION_BYTES], worst[DURATION_BYTES], waited[DURATION_BYTES], count[TIMES_BYTES];
    char text[200];
    uint64_t waiters = queue_waiters(model_of(app), row);
    bool is_known = contention_view(model_of(app), row, &c);
    if (!is_known || c.waits == 0)
        snprintf(text, sizeof(text), "%s, at most %" PRIu64, tasks(count, waiters),
                 row->waiters_max > waiters ? row->waiters_max : waiters);
    else
        snprintf(text, sizeof(text),
                 "%s, at most %" PRIu64 "; %" PRIu64
                 " waits of %s, at worst %s; somebody waited for %s",
                 tasks(count, waiters), c.waiting_max, c.waits,
                 words_duration(screen_of(page), mean, c.wait_ns / c.waits),
                 words_duration(screen_of(page), worst, c.worst_wait_ns),
                 words_duration(screen_of(page), waited, c.waited_ns));
    page_pair(page, INDENT, "Waiting", waiters ? STYLE_WARNING : STYLE_TEXT, text);
}

static void tell_holders(const struct app *app, struct page *page, const struct resource_row *row)
{
    const struct model *model = model_of(app);
    uint64_t now = feed_process_now(app_feed(app), app_subject(app)->process);
    for (unsigned i = 0; i < row->hold_count; i++) {
        const struct hold *hold = &row->holds[i];
        char task[NAME_BYTES], place[NAME_BYTES] = "", since[DURATION_BYTES];
        char text[2 * NAME_BYTES + 64];
        name_task(task, model, hold->task);
        if (hold->site)
            name_site(place, model, hold->site);
        snprintf(
            text, sizeof(text), "%s for %s%s%s", task,
            words_duration(screen_of(page), since, now > hold->since_ns ? now - hold->since_ns : 0),
            place[0] ? ", taken at " : "", place);
        page_pair(page, INDENT, i ? "" : "Held by", STYLE_TEXT, text);
    }
    if (row->hold_count == 0 && row->info.holder) {
        char task[NAME_BYTES];
        name_task(task, model, row->info.holder);
        page_pair(page, INDENT, "Belongs to", STYLE_TEXT, task);
    }
    if (row->hold_records && !holds_are_known(model, row))
        page_pair(page, INDENT, "", STYLE_CAVEAT,
                  "There may be other holders, or fewer: records are missing.");
}

/* Where it is held from, longest first. */
static void tell_places(const struct app *app, struct page *page, const struct resource_row *row)
{
    struct contention c;
    bool is_told[HOLDERS_MAX] = {false};
    if (!contention_view(model_of(app), row, &c))
        return;
    for (unsigned shown = 0; shown < PLACES_SHOWN; shown++) {
        unsigned most = HOLDERS_MAX;
        for (unsigned i = 0; i < HOLDERS_MAX; i++)
            if (!is_told[i] && c.holders[i].holds &&
                (most == HOLDERS_MAX || c.holders[i].held_ns > c.holders[most].held_ns))
                most = i;
        if (most == HOLDERS_MAX)
            return;
        const struct holder *holder = &c.holders[most];
        char place[NAME_BYTES] = "an unknown place", held[DURATION_BYTES], worst[DURATION_BYTES];
        char count[TIMES_BYTES], text[NAME_BYTES + 128];
        is_told[most] = true;
        if (holder->site)
            name_site(place, model_of(app), holder->site);
        snprintf(text, sizeof(text), "%s: %s, for %s, at worst %s", place,
                 words_times(count, holder->holds),
                 words_duration(screen_of(page), held, holder->held_ns),
                 words_duration(screen_of(page), worst, holder->worst_held_ns));
        page_pair(page, INDENT, shown ? "" : "Taken at", STYLE_TEXT, text);
    }
}

static void tell_fillers(const struct app *app, struct page *page, const struct resource_row *row)
{
    const struct model *model = model_of(app);
    bool is_first = true;
    for (unsigned i = 0; i < FILLERS_MAX; i++) {
        const struct filler *filler = &row->fillers[i];
        char place[NAME_BYTES], risen[AMOUNT_BYTES], text[NAME_BYTES + 64];
        if (!filler->place || !filler->risen)
            continue;
        name_place(place, model, filler->is_site ? 0 : filler->place,
                   filler->is_site ? filler->place : 0);
        snprintf(text, sizeof(text), "%s: %s in all", place[0] ? place : "an unknown place",
                 queue_depth_text(risen, model, row, filler->risen));
        page_pair(page, INDENT, is_first ? "Filled by" : "", STYLE_TEXT, text);
        is_first = false;
    }
}

static void tell(const struct app *app, struct page *page)
{
    const struct resource_row *row = subject_of(app);
    char name[NAME_BYTES], site[NAME_BYTES] = "";
    if (!row) {
        page_text(page, 0, STYLE_DIM, "It is not known any more. Esc goes back.");
        return;
    }
    name_resource(name, model_of(app), row);
    if (row->info.site)
        name_site(site, model_of(app), row->info.site);
    page_print(page, 0, STYLE_TITLE, "%s%s%s%s", name, site[0] ? ", created at " : "", site,
               row->info.has_ended ? " (it is gone)" : "");
    tell_depth(app, page, row);
    tell_history(app, page);
    tell_full(app, page, row);
    tell_growth(app, page, row);
    tell_waits(app, page, row);
    tell_holders(app, page, row);
    tell_places(app, page, row);
    tell_fillers(app, page, row);
}

static unsigned head_rows(const struct app *app, const struct area *room)
{
    struct page page = page_count(room->columns);
    tell(app, &page);
    return page.row;
}

static void draw_head(const struct app *app, struct screen *screen, const struct area *area)
{
    struct page page = page_begin(screen, area, 0);
    tell(app, &page);
}

/* ---- who waits ---- */

static void task_value(const struct app *app, const struct entity *row, struct row_cell *out)
{
    char name[NAME_BYTES];
    name_task(name, model_of(app), (uint32_t)row->id);
    out->is_known = true;
    snprintf(out->text, sizeof(out->text), "%s", name);
}

static void since_value(const struct app *app, const struct entity *row, struct row_cell *out)
{
    const struct task_row *task = task_of(app, row);
    uint64_t now = feed_process_now(app_feed(app), row->process);
    if (!task || task->await_ns == MODEL_NEVER || task->await_ns > now)
        return;
    out->is_known = true;
    out->number = now - task->await_ns;
    out->style = STYLE_LIVE;
}

static void where_value(const struct app *app, const struct entity *row, struct row_cell *out)
{
    const struct task_row *task = task_of(app, row);
    char site[NAME_BYTES] = "";
    if (task && task->await_site)
        name_site(site, model_of(app), task->await_site);
    out->is_known = site[0];
    snprintf(out->text, sizeof(out->text), "%s", site);
}

static const struct column columns[] = {
    {"task", "Waiting task", "The task that waits.", UNIT_TEXT, 0, 0, false, task_value},
    {"since", "For", "How long it has waited.", UNIT_DURATION, 9, 0, false, since_value},
    {"where", "At", "Where it waits.", UNIT_TEXT, 36, 1, false, where_value},
    {.id = NULL},
};

static void collect(const struct app *app, struct rows_out *rows)
{
    const struct entity *subject = app_subject(app);
    const struct model *model = model_of(app);
    for (unsigned i = 0; model && i < model_task_slots(model); i++) {
        const struct task_row *task = model_task_at(model, i);
        if (task && !task->has_ended && task->awaits == subject->id)
            row_add(rows, &(struct entity){ENTITY_TASK, subject->process, task->handle, 0});
    }
}

static bool link_to(const struct app *app, enum request request, struct entity *out)
{
    const struct entity *row = app_selected(app);
    if (request == REQUEST_OPEN && row->kind == ENTITY_TASK) {
        *out = *row;
        return true;
    }
    return request == REQUEST_GO_TASK && queue_link(app, app_subject(app), request, out);
}

const struct view view_resource = {
    .id = "resource",
    .title = "Queue",
    .help = "One queue, lock or other resource: its depth now and over time, how long it was full, "
            "who holds it and from where, who fills it; and the tasks that wait for it. Open one "
            "to see what it does; T goes to the holder.",
    .columns = columns,
    .sort = "since",
    .opens = ENTITY_RESOURCE,
    .when_empty = "No task is known to wait for it.",
    .collect = collect,
    .head_rows = head_rows,
    .draw_head = draw_head,
    .link = link_to,
};
