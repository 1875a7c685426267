/* SPDX-License-Identifier: MIT */
/* One finding in full: its sentence, figures, stack, why it matters and what to try. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "console/top/app/cell.h"
#include "console/top/app/help.h"
#include "console/top/app/page.h"
#include "finding_columns.h"
#include "names.h"
#include "page_stack.h"
#include "views.h"

#define INDENT 16

static const struct model *model_of(const struct app *app)
{
    return app_model(app, app_subject(app)->process);
}

/* "stalls on cpu" of "stalls_on_cpu_ns". */
static void fact_label(char out[64], const struct fact *fact)
{
    size_t length = strlen(fact->key), cut = 0;
    if (fact->unit == FACT_NS && length > 3 && strcmp(fact->key + length - 3, "_ns") == 0)
        cut = 3;
    else if (fact->unit == FACT_PERCENT && length > 8 &&
             strcmp(fact->key + length - 8, "_percent") == 0)
        cut = 8;
    snprintf(out, 64, "%.*s", (int)(length - cut), fact->key);
    for (char *c = out; *c; c++)
        if (*c == '_')
            *c = ' ';
}

static void print_fact(const struct screen *screen, struct page *page, const struct fact *fact)
{
    char label[64], text[128], number[COUNT_BYTES];
    fact_label(label, fact);
    switch (fact->unit) {
    case FACT_NS:
        words_duration(screen, text, fact->value);
        break;
    case FACT_COUNT:
        if (strcmp(fact->key, "tid") == 0)
            snprintf(text, sizeof(text), "%" PRIu64, fact->value);
        else
            snprintf(text, sizeof(text), "%s", words_count(number, fact->value, COUNT_BYTES));
        break;
    case FACT_PERCENT:
        snprintf(text, sizeof(text), "%" PRIu64 ".%02" PRIu64 " %%", fact->value / 100,
                 fact->value % 100);
        break;
    case FACT_TEXT:
        snprintf(text, sizeof(text), "%s", fact->text);
        break;
    case FACT_YES:
        snprintf(text, sizeof(text), "yes");
        break;
    }
    if (strlen(label) < INDENT + 8)
        page_pair(page, INDENT + 8, label, STYLE_TEXT, text);
    else
        page_print(page, 0, STYLE_TEXT, "%s: %s", label, text);
}

static void print_when(const struct app *app, const struct screen *screen, struct page *page,
                       const struct finding *finding)
{
    char total[DURATION_BYTES], worst[DURATION_BYTES], first[DURATION_BYTES], last[DURATION_BYTES];
    char text[256], count[COUNT_BYTES];
    uint64_t now = feed_process_now(app_feed(app), app_subject(app)->process);
    if (finding->count || finding->total_ns) {
        if (finding->count > 1)
            snprintf(text, sizeof(text), "%s times, %s in total, at worst %s",
                     words_count(count, finding->count, COUNT_BYTES),
                     words_duration(screen, total, finding->total_ns),
                     words_duration(screen, worst, finding->worst_ns));
        else
            snprintf(text, sizeof(text), "once, %s",
                     words_duration(screen, total, finding->total_ns));
        page_pair(page, INDENT, "How much", STYLE_TEXT, text);
    }
    bool is_now = finding_is_now(app, app_subject(app)->process, finding);
    uint64_t ago = now > finding->last_ns ? now - finding->last_ns : 0;
    if (finding->in_progress)
        snprintf(text, sizeof(text), "%s; first at %s", is_now ? "now" : "at the end",
                 words_duration(screen, first, finding->first_ns));
    else
        snprintf(text, sizeof(text), "first at %s, last at %s, that is %s ago",
                 words_duration(screen, first, finding->first_ns),
                 words_duration(screen, last, finding->last_ns),
                 words_duration(screen, total, ago));
    page_pair(page, INDENT, "When", is_now ? STYLE_LIVE : STYLE_TEXT, text);
}

static void print_where(const struct app *app, struct page *page, const struct finding *finding)
{
    char text[NAME_BYTES];
    if (finding->where) {
        name_frame(text, finding->where, finding->where_pc);
        page_pair(page, INDENT, "Where", frame_style(finding->where->kind), text);
    }
    if (finding->entity[0])
        page_pair(page, INDENT, "About", STYLE_TEXT, finding->entity);
    if (finding->call)
        page_pair(page, INDENT, "Call", STYLE_TEXT, finding->call);
    const struct process_facts *facts = model_process(model_of(app));
    snprintf(text, sizeof(text), "%.60s %" PRIu32 ": %.150s", facts->program, facts->pid,
             facts->command);
    page_pair(page, INDENT, "Process", STYLE_TEXT, text);
}

static void print_links(const struct app *app, struct page *page)
{
    static const enum request links[] = {REQUEST_GO_TASK, REQUEST_GO_QUEUE, REQUEST_GO_THREAD};
    struct entity to;
    for (unsigned i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
        to = (struct entity){.kind = ENTITY_NONE};
        char keys[REQUEST_KEYS_BYTES];
        if (finding_link(app, app_subject(app), links[i], &to))
            page_pair(page, INDENT, request_keys_text(keys, links[i]), STYLE_KEY,
                      requests[links[i]].text);
    }
}

static void print_finding(const struct app *app, struct page *page)
{
    static const struct screen plain = {.use_unicode = true};
    const struct screen *screen = page->screen ? page->screen : &plain;
    const struct finding *finding = finding_of_entity(app_feed(app), app_subject(app));
    if (!finding) {
        page_text(page, 0, STYLE_DIM, "This is not found any more. Esc goes back.");
        return;
    }
    page_print(page, 0, severity_style(finding->severity), "%s: %s",
               severity_word(finding->severity), finding->title);
    page_gap(page);
    print_when(app, screen, page, finding);
    print_where(app, page, finding);
    print_links(app, page);
    page_gap(page);
    page_explain(page, finding);
    if (finding->stack) {
        page_title(page, "Stack, innermost first");
        page_stack(page, model_of(app), finding->stack);
    }
    if (finding->fact_count)
        page_title(page, "Evidence");
    for (unsigned i = 0; i < finding->fact_count; i++)
        print_fact(screen, page, &finding->facts[i]);
}

static bool link_to(const struct app *app, enum request request, struct entity *out)
{
    return finding_link(app, app_subject(app), request, out);
}

const struct view view_finding = {
    .id = "finding",
    .title = "Finding",
    .help =
        "One finding: what was seen, how often and how long, where, the stack with the frame to "
        "blame (your own code, script, libraries and the system each have a colour), why it "
        "matters, what to try, and the evidence in numbers.",
    .opens = ENTITY_FINDING,
    .tell = print_finding,
    .link = link_to,
};
