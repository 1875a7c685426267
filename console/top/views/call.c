/* SPDX-License-Identifier: MIT */
/* One blocking call, or one line that makes it: figures and stacks. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "call_lines.h"
#include "console/top/app/cell.h"
#include "names.h"

#define INDENT 12

static const struct model *model_of(const struct app *app)
{
    return app_model(app, app_subject(app)->process);
}

static bool find_line(const struct app *app, struct call_line *out)
{
    size_t count;
    bool is_found = false;
    const struct entity *subject = app_subject(app);
    struct call_line *lines =
        model_of(app) ? call_lines(model_of(app), subject->process, &count) : NULL;
    for (size_t i = 0; lines && i < count && !is_found; i++) {
        is_found = entity_same(&lines[i].entity, subject);
        if (is_found)
            *out = lines[i];
    }
    free(lines);
    return is_found;
}

static void tell_figures(const struct app *app, struct page *page, const struct call_line *line)
{
    static const struct screen plain = {.use_unicode = true};
    const struct screen *screen = page->screen ? page->screen : &plain;
    char total[DURATION_BYTES], worst[DURATION_BYTES], count[COUNT_BYTES], text[NAME_BYTES + 64];
    uint64_t now = feed_process_now(app_feed(app), app_subject(app)->process);
    if (line->in_progress && line->since_ns != MODEL_NEVER && now >= line->since_ns)
        page_pair(page, INDENT, "Now", STYLE_LIVE,
                  words_duration(screen, text, now - line->since_ns));
    snprintf(text, sizeof(text), "%s time%s, %s in total, at worst %s",
             words_count(count, line->count, COUNT_BYTES), line->count == 1 ? "" : "s",
             words_duration(screen, total, line->total_ns),
             words_duration(screen, worst, line->worst_ns));
    page_pair(page, INDENT, "How much", STYLE_TEXT, text);
    snprintf(text, sizeof(text), "first at %s, last at %s",
             words_duration(screen, total, line->first_ns),
             words_duration(screen, worst, line->last_ns));
    page_pair(page, INDENT, "When", STYLE_TEXT, text);
    const struct thread *thread = model_thread(model_of(app), line->thread);
    if (thread)
        name_thread(text, thread);
    page_pair(page, INDENT, "Thread", STYLE_TEXT, thread ? text : "unknown");
    if (line->task) {
        name_task(text, model_of(app), line->task);
        page_pair(page, INDENT, "Task", STYLE_TEXT, text);
    }
}

static void tell_call(const struct app *app, struct page *page)
{
    struct call_line line;
    char place[NAME_BYTES] = "";
    if (!find_line(app, &line)) {
        page_text(page, 0, STYLE_DIM, "This call is not known any more. Esc goes back.");
        return;
    }
    if (line.parent.kind != ENTITY_NONE)
        name_place(place, model_of(app), line.stack, 0);
    page_print(page, 0, STYLE_TITLE, "%s%s%s", call_name(line.call), place[0] ? " from " : "",
               place);
    if (line.is_nonblocking)
        page_text(page, 0, STYLE_NOTE,
                  "The descriptor is non-blocking: the call was delayed, it did not wait.");
    if (line.is_short)
        page_text(
            page, 0, STYLE_NOTE,
            "Each call was under the blocking threshold, but many in a turn add up; the worst "
            "is that of a turn.");
    tell_figures(app, page, &line);
    size_t count;
    struct weighted_stack *stacks = call_line_stacks(model_of(app), app_subject(app), &count);
    page_title(page, "From where, by time");
    if (count)
        page_stack_tree(page, model_of(app), stacks, count);
    else
        page_text(page, 0, STYLE_DIM, "No stack was taken.");
    free(stacks);
}

static bool link_to(const struct app *app, enum request request, struct entity *out)
{
    struct call_line line;
    if (!find_line(app, &line))
        return false;
    if (request == REQUEST_GO_THREAD)
        *out = (struct entity){ENTITY_THREAD, app_subject(app)->process, line.thread, 0};
    else if (request == REQUEST_GO_TASK && line.task)
        *out = (struct entity){ENTITY_TASK, app_subject(app)->process, line.task, 0};
    else
        return false;
    return true;
}

const struct view view_call = {
    .id = "call",
    .title = "Blocking call",
    .help = "One blocking call made from one line, or all calls of a kind: how long they took, and "
            "the stacks they were made from as one tree, callers above, with the share of the time "
            "at each branch. Runs of frames that are not the program's own are one line.",
    .opens = ENTITY_CALL,
    .tell = tell_call,
    .link = link_to,
};
