/* SPDX-License-Identifier: MIT */
/* One loop: how busy it is, where its turns' time goes, its worst and its latest turns. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "analyzers/model/polls.h"
#include "analyzers/model/workers.h"
#include "analyzers/report/formats.h"
#include "console/top/app/cell.h"
#include "console/top/app/page.h"
#include "names.h"
#include "page_histogram.h"
#include "views.h"

#define INDENT 14
#define CALLBACKS_SHOWN 12
#define TURNS_SHOWN 10
#define TURNS_SEEN 96
#define EVENTS_SEEN 65536 /* of the tail, in search of turns */

static const struct thread *thread_of(const struct app *app)
{
    const struct entity *subject = app_subject(app);
    const struct model *model = app_model(app, subject->process);
    return model ? model_thread(model, (uint32_t)subject->id) : NULL;
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

/* "12.345 s", since the start of the process. */
static const char *moment(char out[DURATION_BYTES], uint64_t ns)
{
    snprintf(out, DURATION_BYTES, "%" PRIu64 ".%03" PRIu64 " s", ns / 1000000000,
             ns / 1000000 % 1000);
    return out;
}

/* A figure that ends at a column. */
static void put_figure(struct screen *screen, const struct area *line, unsigned end, unsigned style,
                       const char *text)
{
    struct area place = {line->row, line->column, 1, end < line->columns ? end : line->columns};
    screen_put_right(screen, &place, 0, style, text);
}

static void tell_now(const struct app *app, struct page *page, const struct thread *thread)
{
    char elapsed[DURATION_BYTES], place[NAME_BYTES], text[NAME_BYTES + 100];
    const struct model *model = model_of(app);
    uint64_t since = thread_turn_since(thread);
    uint64_t now = feed_process_now(app_feed(app), app_subject(app)->process);
    bool is_poll = since == MODEL_NEVER && thread_worker(thread);
    if (is_poll)
        since = worker_poll_since(model, thread);
    if (thread->has_ended || model_end(model)) {
        page_pair(page, INDENT, "Now", STYLE_DIM, "it is over");
        return;
    }
    if (since == MODEL_NEVER || now < since) {
        page_pair(page, INDENT, "Now", STYLE_TEXT, is_poll ? "runs nothing" : "waits for events");
        return;
    }
    bool is_stalled = now - since >= model_process(model)->stall_ns;
    name_place(place, model, thread->now.stall_stack, 0);
    bool is_in_call = thread->now.call_since_ns != MODEL_NEVER && thread->now.call;
    snprintf(text, sizeof(text), "in a %s for %s%s%s%s%s", is_poll ? "poll" : "turn",
             words_duration(screen_of(page), elapsed, now - since), place[0] ? ", in " : "", place,
             is_in_call ? ", in " : "", is_in_call ? call_name(thread->now.call) : "");
    page_pair(page, INDENT, "Now", is_stalled ? STYLE_LIVE : STYLE_TEXT, text);
}

static void tell_worker(const struct app *app, struct page *page, const struct thread *thread)
{
    const struct worker *worker = thread_worker(thread);
    char delay[DURATION_BYTES], text[128];
    unsigned used = worker ? worker_utilization(model_of(app), thread) : 0;
    if (!worker)
        return;
    snprintf(text, sizeof(text), "busy %u.%u %%; tasks waited for it at most %s in 99 of 100 cases",
             used / 100, used % 100 / 10,
             words_duration(screen_of(page), delay, worker_delay_quantile(worker, 9900)));
    page_pair(page, INDENT, "Worker", STYLE_TEXT, text);
}

static void tell_totals(struct page *page, const struct thread *thread)
{
    const struct loop *loop = thread->loop;
    char busy[DURATION_BYTES], idle[DURATION_BYTES], turns[COUNT_BYTES], events[COUNT_BYTES];
    char text[200];
    unsigned used = thread_utilization(thread);
    snprintf(text, sizeof(text), "%u.%u %%: %s of work, %s of waiting", used / 100, used % 100 / 10,
             words_duration(screen_of(page), busy, loop->busy_ns),
             words_duration(screen_of(page), idle, loop->idle_ns));
    page_pair(page, INDENT, "Busy", STYLE_TEXT, text);
    snprintf(text, sizeof(text), "%s, for %s events; %" PRIu64 " stalls, %" PRIu64 " full batches",
             words_count(turns, loop->turns, COUNT_BYTES),
             words_count(events, loop->ready_events, COUNT_BYTES), loop->stalls, loop->batch_full);
    page_pair(page, INDENT, "Turns", loop->stalls ? STYLE_WARNING : STYLE_TEXT, text);
    struct quantiles ready = histogram_quantiles(&loop->ready);
    snprintf(text, sizeof(text), "p50 %" PRIu64 "  p99 %" PRIu64 "  max %" PRIu64 " events a wait",
             ready.p50, ready.p99, ready.max);
    page_pair(page, INDENT, "Ready batch", STYLE_TEXT, text);
    if (!thread->lost)
        return;
    snprintf(text, sizeof(text), "%" PRIu64 " records of this thread were overwritten unread",
             thread->lost);
    page_pair(page, INDENT, "Lost", STYLE_CAVEAT, text);
}

static void tell_history(const struct app *app, struct page *page)
{
    struct area line;
    struct loop_sample samples[HISTORY_SAMPLES];
    uint64_t values[HISTORY_SAMPLES];
    if (!page_row(page, &line))
        return;
    screen_put(page->screen, &line, 0, 0, STYLE_DIM, "History");
    unsigned room = line.columns > INDENT ? line.columns - INDENT : 0;
    struct area strip = {line.row, line.column + INDENT, 1, room};
    unsigned count = history_loop(app_feed(app)->history, app_subject(app)->process,
                                  (uint32_t)app_subject(app)->id, samples,
                                  room < HISTORY_SAMPLES ? room : HISTORY_SAMPLES);
    for (unsigned i = 0; i < count; i++)
        values[i] = samples[i].utilization;
    screen_strip(page->screen, &strip, values, count, 10000);
}

/* ---- phases */

static void tell_phase(struct page *page, const char *name, uint64_t ns, uint64_t all_ns)
{
    struct area line;
    char duration[DURATION_BYTES];
    if (!ns || !page_row(page, &line))
        return;
    struct area bar = {line.row, line.column + INDENT, 1, 20};
    unsigned share = (unsigned)((unsigned __int128)ns * 1000 / all_ns);
    screen_put(page->screen, &line, 0, 0, STYLE_TEXT, name);
    screen_bar(page->screen, &bar, ns, all_ns);
    screen_restyle(page->screen, &(struct area){bar.row, bar.column, 1, share * 20 / 1000},
                   STYLE_BAR_LOW);
    screen_print(page->screen, &line, 0, INDENT + 21, STYLE_TEXT, "%3u.%u %%  %s", share / 10,
                 share % 10, words_duration(page->screen, duration, ns));
}

static void tell_phases(struct page *page, const struct loop_time *time)
{
    uint64_t all = time->other_ns;
    for (unsigned i = 0; i < LSC_PHASE_LIMIT; i++)
        all += time->phase_ns[i];
    if (!all)
        return;
    page_title(page, "Where its turns' time went");
    for (unsigned i = 0; i < LSC_PHASE_LIMIT; i++)
        tell_phase(page, i == LSC_PHASE_NONE ? "tasks" : phase_name(i), time->phase_ns[i], all);
    tell_phase(page, "loop, kernel", time->other_ns, all);
}

/* ---- callbacks */

static void callback_words(char out[NAME_BYTES], const struct model *model, uint32_t callback,
                           uint32_t what)
{
    uint64_t pc;
    char name[NAME_BYTES] = "";
    const struct frame *frame = callback_frame(model, callback, &pc);
    struct text kind = model_string(model, CALLBACK_KIND(what));
    const char *role = role_name(CALLBACK_ROLE(what));
    if (frame)
        name_frame(name, frame, pc);
    else if (callback || !kind.length)
        snprintf(name, sizeof(name), "%s", callback ? "functions without a name" : "tasks");
    bool has_both = name[0] && kind.length;
    snprintf(out, NAME_BYTES, "%.150s%s%.40s%s%.30s", name, has_both ? ", " : "",
             kind.length ? kind.bytes : "", role[0] ? " " : "", role);
}

static void tell_callback(struct page *page, const struct model *model,
                          const struct callback_row *row)
{
    struct area line;
    char name[NAME_BYTES], count[COUNT_BYTES], total[DURATION_BYTES], worst[DURATION_BYTES];
    if (!page_row(page, &line))
        return;
    callback_words(name, model, row->key.callback, row->key.what);
    put_figure(page->screen, &line, 29, STYLE_TEXT,
               words_duration(page->screen, worst, row->worst_ns));
    put_figure(page->screen, &line, 19, STYLE_TEXT,
               words_duration(page->screen, total, row->total_ns));
    put_figure(page->screen, &line, 9, STYLE_TEXT, words_count(count, row->count, 9));
    screen_put(page->screen, &line, 0, 31, STYLE_OWN_CODE, name);
}

static void tell_callbacks(struct page *page, const struct model *model,
                           const struct thread *thread)
{
    size_t count;
    const struct callback_row **rows = callbacks_sorted(model, thread->id, &count);
    if (count) {
        page_title(page, "Its callbacks and tasks, the most time first");
        page_line(page, 0, STYLE_DIM, "    times     total     worst  function");
    }
    for (size_t i = 0; rows && i < count && i < CALLBACKS_SHOWN; i++)
        tell_callback(page, model, rows[i]);
    if (count > CALLBACKS_SHOWN)
        page_print(page, 0, STYLE_DIM, "and %zu more, each with less time",
                   count - CALLBACKS_SHOWN);
    free(rows);
}

/* ---- turns */

static void tell_worst(struct page *page, const struct model *model, const struct loop_time *time)
{
    for (unsigned i = 0; i < time->worst_count; i++) {
        const struct turn_time *turn = &time->worst[i];
        char wall[DURATION_BYTES], at[DURATION_BYTES], longest[DURATION_BYTES], name[NAME_BYTES];
        struct area line;
        if (i == 0)
            page_title(page, "Its longest turns");
        if (!page_row(page, &line))
            continue;
        put_figure(page->screen, &line, 8, STYLE_TEXT,
                   words_duration(page->screen, wall, turn->end_ns - turn->start_ns));
        unsigned column = 8 + screen_print(page->screen, &line, 0, 8, STYLE_TEXT, " at %s",
                                           moment(at, turn->start_ns));
        if (!turn->polls)
            continue;
        callback_words(name, model, turn->callback, turn->what);
        screen_print(page->screen, &line, 0, column, STYLE_TEXT, ", %s of it in %s",
                     words_duration(page->screen, longest, turn->longest_ns), name);
    }
}

struct latest {
    uint32_t thread;
    unsigned count, seen;
    struct event turns[TURNS_SEEN]; /* newest first */
};

static bool take_turn(const struct event *event, void *data)
{
    struct latest *latest = data;
    if (event->type == LSC_RECORD_TURN && event->thread == latest->thread)
        latest->turns[latest->count++] = *event;
    return latest->count < TURNS_SEEN && ++latest->seen < EVENTS_SEEN;
}

/* Each turn as high as it was long, compared with the longest of them. */
static void tell_timeline(struct page *page, const struct latest *latest, uint64_t limit_ns)
{
    struct area line;
    uint64_t values[TURNS_SEEN], full = 1;
    char text[DURATION_BYTES];
    if (!page_row(page, &line))
        return;
    for (unsigned i = 0; i < latest->count; i++) {
        values[latest->count - 1 - i] = latest->turns[i].arg;
        full = latest->turns[i].arg > full ? latest->turns[i].arg : full;
    }
    unsigned used = screen_print(page->screen, &line, 0, 0, STYLE_DIM, "up to %s ",
                                 words_duration(page->screen, text, full));
    struct area strip = {line.row, line.column + used, 1, line.columns - used};
    strip.columns = strip.columns < latest->count ? strip.columns : latest->count;
    screen_strip(page->screen, &strip, values, latest->count, full);
    for (unsigned i = 0; i < strip.columns; i++) {
        uint64_t value = values[latest->count - strip.columns + i];
        screen_restyle(page->screen, &(struct area){strip.row, strip.column + i, 1, 1},
                       value >= limit_ns ? STYLE_BAR_HIGH : STYLE_BAR_LOW);
    }
}

static void tell_turn(struct page *page, const struct event *turn, uint64_t limit_ns)
{
    char at[DURATION_BYTES], wall[DURATION_BYTES], late[DURATION_BYTES];
    struct area line;
    if (!page_row(page, &line))
        return;
    const char *how = turn->flags & LSC_TURN_READY_AT_ONCE ? "work was there already" : "";
    unsigned style = turn->arg >= limit_ns ? STYLE_WARNING : STYLE_TEXT;
    put_figure(page->screen, &line, 8, style, words_duration(page->screen, wall, turn->arg));
    unsigned column =
        8 + screen_print(page->screen, &line, 0, 8, STYLE_TEXT, " at %s, %" PRIu32 " ready",
                         moment(at, turn->time_ns - turn->arg), turn->task);
    if (turn->flags & LSC_TURN_TIMED_OUT)
        screen_print(page->screen, &line, 0, column, STYLE_TEXT, ", a timer %s late",
                     words_duration(page->screen, late, turn->arg2));
    else if (*how)
        screen_print(page->screen, &line, 0, column, STYLE_TEXT, ", %s", how);
}

static void tell_latest(const struct app *app, struct page *page, const struct thread *thread)
{
    struct latest latest = {.thread = thread->id};
    uint64_t limit = model_process(model_of(app))->stall_ns;
    if (app_feed(app)->tail)
        tail_walk(app_feed(app)->tail, app_subject(app)->process, take_turn, &latest);
    if (!latest.count)
        return;
    page_title(page, "Its latest turns, the newest right and first");
    tell_timeline(page, &latest, limit);
    for (unsigned i = 0; i < latest.count && i < TURNS_SHOWN; i++)
        tell_turn(page, &latest.turns[i], limit);
}

/* ---- all of it */

static void tell_loop(const struct app *app, struct page *page)
{
    const struct thread *thread = thread_of(app);
    char name[NAME_BYTES];
    if (!thread) {
        page_text(page, 0, STYLE_DIM, "This thread is not known any more. Esc goes back.");
        return;
    }
    const struct loop_time *time = thread_time(thread);
    uint64_t limit = model_process(model_of(app))->stall_ns;
    name_thread(name, thread);
    page_line(page, 0, STYLE_TITLE, name);
    tell_now(app, page, thread);
    tell_worker(app, page, thread);
    if (thread->loop)
        tell_totals(page, thread);
    tell_history(app, page);
    if (thread->loop) {
        page_histogram(page, INDENT, "Turns", &thread->loop->turn_ns, limit);
        page_histogram(page, INDENT, "Lag", &thread->loop->lag_ns, limit);
    }
    if (time)
        tell_phases(page, time);
    tell_callbacks(page, model_of(app), thread);
    if (time)
        tell_worst(page, model_of(app), time);
    tell_latest(app, page, thread);
}

static bool link_to(const struct app *app, enum request request, struct entity *out)
{
    const struct thread *thread = thread_of(app);
    if (request != REQUEST_GO_TASK || !thread || !thread->has_now)
        return false;
    *out = (struct entity){ENTITY_TASK, app_subject(app)->process, thread->now.current_task, 0};
    return out->id != 0;
}

const struct view view_loop = {
    .id = "loop",
    .title = "Loop",
    .help = "One loop: what it does now, how long its turns are and how late it gets to ready work "
            "(over a logarithmic axis; what is over the stall threshold is marked), in which "
            "phases and callbacks its time goes, its longest turns, and the latest ones.",
    .opens = ENTITY_THREAD,
    .tell = tell_loop,
    .link = link_to,
};
