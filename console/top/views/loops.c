/* SPDX-License-Identifier: MIT */
/* Loops and workers: how busy each is, how late it gets to its work, and how it did lately. */
#include <inttypes.h>
#include <stdio.h>

#include "analyzers/model/workers.h"
#include "names.h"
#include "panels.h"
#include "views.h"

#define RECENT_SAMPLES 4 /* a second */

static const struct thread *thread_of(const struct app *app, const struct entity *row)
{
    const struct model *model = app_model(app, row->process);
    return model ? model_thread(model, (uint32_t)row->id) : NULL;
}

static void name_value(const struct app *app, const struct entity *row, struct row_cell *out)
{
    const struct thread *thread = thread_of(app, row);
    char name[NAME_BYTES];
    if (!thread)
        return;
    name_thread(name, thread);
    out->is_known = true;
    out->style = thread->has_ended ? STYLE_DIM : STYLE_TEXT;
    snprintf(out->text, sizeof(out->text), "%.200s%s", name, thread->loop ? "" : " (worker)");
}

static void program_value(const struct app *app, const struct entity *row, struct row_cell *out)
{
    const struct process_facts *facts = model_process(app_model(app, row->process));
    out->is_known = true;
    snprintf(out->text, sizeof(out->text), "%.60s %" PRIu32, facts->program, facts->pid);
}

/* Since when a turn, or a worker's poll, has been going on; MODEL_NEVER: it waits. */
static uint64_t busy_since(const struct app *app, const struct entity *row)
{
    const struct model *model = app_model(app, row->process);
    const struct thread *thread = thread_of(app, row);
    if (!thread || thread->has_ended || model_end(model))
        return MODEL_NEVER;
    uint64_t since = thread_turn_since(thread);
    return since == MODEL_NEVER && thread_worker(thread) ? worker_poll_since(model, thread) : since;
}

static void now_value(const struct app *app, const struct entity *row, struct row_cell *out)
{
    uint64_t since = busy_since(app, row), now = feed_process_now(app_feed(app), row->process);
    if (since == MODEL_NEVER || now < since)
        return;
    out->is_known = true;
    out->number = now - since;
    if (out->number >= model_process(app_model(app, row->process))->stall_ns)
        out->style = STYLE_LIVE;
}

static unsigned utilization_of(const struct app *app, const struct entity *row)
{
    const struct thread *thread = thread_of(app, row);
    if (!thread->loop && thread_worker(thread))
        return worker_utilization(app_model(app, row->process), thread);
    return thread_utilization(thread);
}

static void recent_value(const struct app *app, const struct entity *row, struct row_cell *out)
{
    struct loop_sample samples[RECENT_SAMPLES];
    unsigned count = history_loop(app_feed(app)->history, row->process, (uint32_t)row->id, samples,
                                  RECENT_SAMPLES);
    if (!thread_of(app, row))
        return;
    uint64_t sum = 0;
    for (unsigned i = 0; i < count; i++)
        sum += samples[i].utilization;
    out->is_known = true;
    out->number = count ? sum / count : utilization_of(app, row);
    out->style = out->number >= 8500 ? STYLE_WARNING : STYLE_TEXT;
}

static void average_value(const struct app *app, const struct entity *row, struct row_cell *out)
{
    out->is_known = thread_of(app, row);
    if (out->is_known)
        out->number = utilization_of(app, row);
}

static void history_value(const struct app *app, const struct entity *row, struct row_cell *out)
{
    struct loop_sample samples[CELL_STRIP_MAX];
    out->strip_count = history_loop(app_feed(app)->history, row->process, (uint32_t)row->id,
                                    samples, CELL_STRIP_MAX);
    out->is_known = out->strip_count > 0;
    out->full = 10000;
    for (unsigned i = 0; i < out->strip_count; i++)
        out->strip[i] = samples[i].utilization;
}

static const struct loop *loop_of(const struct app *app, const struct entity *row)
{
    const struct thread *thread = thread_of(app, row);
    return thread ? thread->loop : NULL;
}

/* How late ready work was got to: a loop's lag, a worker's delay from wake to poll. */
static void lag_value(const struct app *app, const struct entity *row, struct row_cell *out)
{
    const struct loop *loop = loop_of(app, row);
    const struct thread *thread = thread_of(app, row);
    const struct worker *worker = thread && !loop ? thread_worker(thread) : NULL;
    out->is_known = loop || worker;
    if (loop)
        out->number = histogram_quantile(&loop->lag_ns, 9900);
    else if (worker)
        out->number = worker_delay_quantile(worker, 9900);
}

static void turns_value(const struct app *app, const struct entity *row, struct row_cell *out)
{
    const struct loop *loop = loop_of(app, row);
    const struct thread *thread = thread_of(app, row);
    out->is_known = loop;
    if (loop)
        out->number = thread->total_turns > loop->turns ? thread->total_turns : loop->turns;
}

static void set_quantile(const struct app *app, const struct entity *row, struct row_cell *out,
                         unsigned per_10000)
{
    const struct loop *loop = loop_of(app, row);
    out->is_known = loop && loop->turn_ns.count;
    if (out->is_known)
        out->number = histogram_quantile(&loop->turn_ns, per_10000);
}

static void median_value(const struct app *app, const struct entity *row, struct row_cell *out)
{
    set_quantile(app, row, out, 5000);
}

static void p99_value(const struct app *app, const struct entity *row, struct row_cell *out)
{
    set_quantile(app, row, out, 9900);
}

static void worst_value(const struct app *app, const struct entity *row, struct row_cell *out)
{
    const struct loop *loop = loop_of(app, row);
    if (loop)
        out->number = worst_turn(app, row->process, thread_of(app, row));
    out->is_known = loop && (out->number || loop->turn_ns.count);
    if (out->is_known && out->number >= model_process(app_model(app, row->process))->stall_ns)
        out->style = STYLE_WARNING;
}

static void stalls_value(const struct app *app, const struct entity *row, struct row_cell *out)
{
    const struct loop *loop = loop_of(app, row);
    out->is_known = loop;
    out->number = loop ? loop->stalls : 0;
    out->style = out->number ? STYLE_WARNING : STYLE_TEXT;
}

static void ready_value(const struct app *app, const struct entity *row, struct row_cell *out)
{
    const struct loop *loop = loop_of(app, row);
    out->is_known = loop && loop->ready.count;
    if (out->is_known)
        out->number = histogram_quantile(&loop->ready, 9900);
}

static void lost_value(const struct app *app, const struct entity *row, struct row_cell *out)
{
    const struct thread *thread = thread_of(app, row);
    out->is_known = thread;
    out->number = thread ? thread->lost : 0;
    out->style = out->number ? STYLE_CAVEAT : STYLE_TEXT;
}

static const struct column columns[] = {
    {"loop", "Loop", "The thread that loops, and its thread id.", UNIT_TEXT, 0, 0, false,
     name_value},
    {"now", "Now", "How long its present turn has been going on.", UNIT_DURATION, 8, 1, false,
     now_value},
    {"busy", "Busy", "Busy share of the last second.", UNIT_PERCENT, 7, 1, false, recent_value},
    {"lag", "Lag p99", "How late it gets to ready work: 99 of 100 times at most this.",
     UNIT_DURATION, 8, 2, false, lag_value},
    {"worst", "Worst", "Its longest turn.", UNIT_DURATION, 8, 3, false, worst_value},
    {"stalls", "Stalls", "Turns over the stall threshold.", UNIT_COUNT, 6, 4, false, stalls_value},
    {"history", "History", "Its busy share in steps of a quarter of a second, the latest right.",
     UNIT_STRIP, 13, 5, false, history_value},
    {"turns", "Turns", "How many turns it made.", UNIT_COUNT, 8, 6, false, turns_value},
    {"p99", "Turn p99", "99 of 100 turns took at most this.", UNIT_DURATION, 8, 7, false,
     p99_value},
    {"median", "Median", "Half of its turns took at most this.", UNIT_DURATION, 8, 8, true,
     median_value},
    {"average", "Average", "Its busy share since it began.", UNIT_PERCENT, 7, 9, true,
     average_value},
    {"ready", "Ready", "Events that one wait returned: 99 of 100 times at most this.", UNIT_COUNT,
     6, 10, true, ready_value},
    {"lost", "Lost", "Records overwritten before they were read.", UNIT_COUNT, 6, 11, true,
     lost_value},
    {"program", "Program", "The process it belongs to.", UNIT_TEXT, 16, 12, true, program_value},
    {.id = NULL},
};

static void collect(const struct app *app, struct rows_out *rows)
{
    const struct feed *feed = app_feed(app);
    for (uint32_t process = 0; process < feed->process_count; process++) {
        const struct model *model = feed->processes[process].model;
        for (unsigned i = 0; app_shows_process(app, process) && i < model_thread_count(model);
             i++) {
            const struct thread *thread = model_thread_at(model, i);
            if (thread->loop || thread_turn_since(thread) != MODEL_NEVER || thread_worker(thread))
                row_add(rows, &(struct entity){ENTITY_THREAD, process, thread->id, 0});
        }
    }
}

static bool link_to(const struct app *app, enum request request, struct entity *out)
{
    const struct entity *row = app_selected(app);
    const struct thread *thread = row->kind == ENTITY_THREAD ? thread_of(app, row) : NULL;
    if (!thread)
        return false;
    *out = *row;
    if (request == REQUEST_OPEN || request == REQUEST_GO_THREAD)
        return true;
    *out = (struct entity){ENTITY_TASK, row->process,
                           thread->has_now ? thread->now.current_task : 0, 0};
    return request == REQUEST_GO_TASK && out->id != 0;
}

const struct view view_loops = {
    .id = "loops",
    .title = "Loops and workers",
    .help = "Each thread that waits for events and runs what is ready, and each worker of an "
            "executor. A turn is the time from one wait to the next: while it lasts, nothing else "
            "that is ready gets on. Lag is how late ready work was got to; it is an upper bound "
            "for sockets and exact for timers. Open a loop for its phases, callbacks, worst and "
            "latest turns.",
    .tab = "Loops",
    .columns = columns,
    .sort = "busy",
    .when_empty = "No thread has waited for events yet.",
    .collect = collect,
    .link = link_to,
};
