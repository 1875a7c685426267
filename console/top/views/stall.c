/* SPDX-License-Identifier: MIT */
/* One stall, also while it goes on: its parts, and all its stacks as one tree. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "console/top/app/cell.h"
#include "names.h"
#include "stack_tree.h"
#include "stall_words.h"
#include "views.h"

#define INDENT 20

static const struct model *model_of(const struct app *app)
{
    return app_model(app, app_subject(app)->process);
}

static const struct screen *screen_of(const struct page *page)
{
    static const struct screen plain = {.use_unicode = true};
    return page->screen ? page->screen : &plain;
}

static bool find_stall(const struct app *app, struct stall *out)
{
    size_t count;
    bool is_found = false;
    struct stall *stalls = model_of(app) ? model_stalls(model_of(app), &count) : NULL;
    for (size_t i = 0; stalls && i < count && !is_found; i++) {
        is_found = stall_is(&stalls[i], app_subject(app));
        if (is_found)
            *out = stalls[i];
    }
    free(stalls);
    return is_found;
}

static void tell_parts(struct page *page, const struct stall *stall, uint64_t threshold)
{
    for (unsigned i = 0; i < PART_COUNT; i++) {
        char duration[DURATION_BYTES];
        struct area line;
        if (!stall->part[i] || !page_row(page, &line))
            continue;
        uint64_t wall = stall->wall_ns ? stall->wall_ns : 1;
        bool is_cause = stall_is_caused_by(stall, (enum stall_part)i, threshold);
        unsigned share = (unsigned)((unsigned __int128)stall->part[i] * 1000 / wall);
        screen_put(page->screen, &line, 0, 0, is_cause ? STYLE_STRONG : STYLE_DIM,
                   stall_part_name((enum stall_part)i));
        screen_bar(page->screen, &(struct area){line.row, line.column + INDENT + 2, 1, 20},
                   stall->part[i], wall);
        screen_print(page->screen, &line, 0, INDENT + 23, STYLE_TEXT, "%3u.%u %%  %s", share / 10,
                     share % 10, words_duration(page->screen, duration, stall->part[i]));
    }
}

static void tell_evidence(struct page *page, const struct model *model, const struct stall *stall)
{
    char text[NAME_BYTES];
    struct text channel = model_string(model, stall->wait_channel);
    if (stall->major_faults)
        page_print(page, 0, STYLE_TEXT, "%" PRIu64 " page faults were read from a disk.",
                   stall->major_faults);
    if (channel.length) {
        snprintf(text, sizeof(text), "The kernel had it sleep in %.100s.", channel.bytes);
        page_text(page, 0, STYLE_TEXT, text);
    }
    if (stall->is_estimated)
        page_text(page, 0, STYLE_CAVEAT,
                  "The kernel gave no accounting: parts are estimated from samples.");
}

static void tell_where(struct page *page, const struct model *model, const struct stall *stall,
                       const struct blocked_row *call)
{
    char text[NAME_BYTES];
    const struct thread *thread = model_thread(model, stall->thread);
    name_place(text, model, stall_stack_id(stall, call), 0);
    page_pair(page, INDENT, "Where", text[0] ? STYLE_OWN_CODE : STYLE_DIM,
              text[0] ? text : "no stack was taken");
    if (call)
        page_pair(page, INDENT, "Call", STYLE_TEXT, call_name(call->key.call));
    if (thread) {
        name_thread(text, thread);
        page_pair(page, INDENT, "Thread", STYLE_TEXT, text);
    }
    if (stall->task) {
        task_name(model, stall->task, stall->what, text, sizeof(text));
        page_pair(page, INDENT, "Task", STYLE_TEXT, text);
    }
    if (stall->callback) {
        name_place(text, model, stall->callback, 0);
        page_pair(page, INDENT, "Callback", STYLE_TEXT, text);
    }
}

static void tell_samples(struct page *page, const struct model *model, const struct stall *stall)
{
    struct weighted_stack stacks[STALL_STACKS];
    size_t count = 0;
    char title[80];
    for (; count < stall->stack_count && count < STALL_STACKS; count++)
        stacks[count] =
            (struct weighted_stack){stall->stacks[count].stack, stall->stacks[count].count};
    if (count == 0)
        return;
    snprintf(title, sizeof(title), "Where it was, by %" PRIu32 " sample%s", stall->samples,
             stall->samples == 1 ? "" : "s");
    page_title(page, title);
    page_stack_tree(page, model, stacks, count);
}

static void tell_call(struct page *page, const struct model *model, const struct blocked_row *call)
{
    char title[80];
    if (!call || !call->key.stack)
        return;
    snprintf(title, sizeof(title), "Where %s was called", call_name(call->key.call));
    page_title(page, title);
    page_stack_tree(page, model, &(struct weighted_stack){call->key.stack, 1}, 1);
}

static void tell_stacks(struct page *page, const struct model *model, const struct stall *stall,
                        const struct blocked_row *call)
{
    if (stall_is_by_call(stall))
        tell_call(page, model, call);
    tell_samples(page, model, stall);
    if (!stall_is_by_call(stall))
        tell_call(page, model, call);
}

static void tell_found(const struct app *app, struct page *page, const struct stall *stall)
{
    const struct model *model = model_of(app);
    uint64_t threshold = model_process(model)->stall_ns;
    char cause[128], at[DURATION_BYTES], lasted[DURATION_BYTES];
    size_t count = 0;
    struct blocked_row *rows = model_blocked(model, &count);
    const struct blocked_row *call = rows ? stall_call(stall, rows, count) : NULL;
    stall_cause_text(cause, sizeof(cause), stall, threshold);
    words_duration(screen_of(page), lasted, stall_elapsed(app, app_subject(app)->process, stall));
    words_duration(screen_of(page), at, stall->start_ns);
    if (stall->in_progress)
        page_print(page, 0, STYLE_LIVE, "Stalled now, for %s so far (since %s): %s", lasted, at,
                   cause);
    else
        page_print(page, 0, STYLE_WARNING, "A stall of %s at %s: %s", lasted, at, cause);
    page_gap(page);
    tell_where(page, model, stall, call);
    page_gap(page);
    tell_parts(page, stall, threshold);
    tell_evidence(page, model, stall);
    tell_stacks(page, model, stall, call);
    free(rows);
}

static void tell_stall(const struct app *app, struct page *page)
{
    struct stall stall;
    if (find_stall(app, &stall))
        tell_found(app, page, &stall);
    else
        page_text(page, 0, STYLE_DIM,
                  "This stall is not among the worst that are kept. Esc goes back.");
}

static bool link_to(const struct app *app, enum request request, struct entity *out)
{
    struct stall stall;
    const struct entity *subject = app_subject(app);
    *out = (struct entity){ENTITY_THREAD, subject->process, subject->id, 0};
    if (request == REQUEST_GO_THREAD)
        return true;
    if (request != REQUEST_GO_TASK || !find_stall(app, &stall))
        return false;
    *out = (struct entity){ENTITY_TASK, subject->process, stall.task, 0};
    return stall.task != 0;
}

const struct view view_stall = {
    .id = "stall",
    .title = "Stall",
    .help = "One stall, also while it goes on: how its time divides into blocking calls, locks, "
            "CPU time and the rest (causes are bright), and all stacks that were taken, as one "
            "tree with the share of samples at each branch; an arrow marks the frame to blame.",
    .opens = ENTITY_STALL,
    .tell = tell_stall,
    .link = link_to,
};
