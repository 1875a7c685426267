/* SPDX-License-Identifier: MIT */
/* Help for the screen one is on, made from the tables: what the view shows, its columns, the keys
 * that do something there; on a finding, what it means first. */
#include "help.h"

#include <stdio.h>

#include "state.h"

#define KEYS_INDENT 22
#define NAME_INDENT 16

void page_explain(struct page *page, const struct finding *finding)
{
    page_pair(page, NAME_INDENT, "What", STYLE_TEXT, finding->detector->title);
    page_pair(page, NAME_INDENT, "Seen from", STYLE_TEXT, finding->detector->reads);
    if (finding->why[0])
        page_pair(page, NAME_INDENT, "Why it matters", STYLE_TEXT, finding->why);
    if (finding->advice[0])
        page_pair(page, NAME_INDENT, "What to try", STYLE_TEXT, finding->advice);
    if (finding->specific[0])
        page_pair(page, NAME_INDENT, "", STYLE_TEXT, finding->specific);
}

static void explain_finding(const struct app *app, struct page *page)
{
    const struct finding *finding = finding_of_entity(app->feed, app_subject(app));
    if (!finding)
        finding = finding_of_entity(app->feed, app_selected(app));
    if (!finding)
        return;
    page_title(page, "This finding");
    page_text(page, 0, STYLE_TEXT, finding->title);
    page_explain(page, finding);
}

static void explain_columns(const struct view *view, struct page *page)
{
    if (!view->columns)
        return;
    page_title(page, "Columns");
    for (const struct column *column = view->columns; column->id; column++) {
        char text[512];
        snprintf(text, sizeof(text), "%s%s", column->help,
                 column->is_optional ? " (shown when chosen with F2)" : "");
        page_pair(page, NAME_INDENT, column->title, STYLE_TEXT, text);
    }
}

static bool does_something(const struct app *app, enum request request)
{
    const struct view *view = app_here(app)->view;
    bool is_list = requests[request].group == GROUP_LIST;
    unsigned tab = (unsigned)(request - REQUEST_VIEW_1);
    if (request == REQUEST_TREE || request == REQUEST_FOLD)
        return view->has_tree;
    if (is_list)
        return view->columns != NULL;
    if (request >= REQUEST_VIEW_1 && request <= REQUEST_VIEW_8)
        return tab_at(tab) != NULL;
    if (request == REQUEST_SLOWER || request == REQUEST_FASTER ||
        (request >= REQUEST_SEEK_BACK && request <= REQUEST_SEEK))
        return app->feed->kind == FEED_FILE;
    return true;
}

static void explain_keys(const struct app *app, struct page *page)
{
    char keys[REQUEST_KEYS_BYTES];
    for (unsigned group = 0; group < GROUP_COUNT; group++) {
        page_title(page, request_groups[group]);
        for (unsigned i = 1; i < REQUEST_COUNT; i++)
            if (requests[i].group == group && does_something(app, (enum request)i))
                page_pair(page, KEYS_INDENT, request_keys_text(keys, (enum request)i), STYLE_TEXT,
                          requests[i].text);
    }
}

static void print_help(const struct app *app, struct page *page)
{
    const struct view *view = app_here(app)->view;
    page_title(page, view->title);
    page_text(page, 0, STYLE_TEXT, view->help);
    explain_finding(app, page);
    explain_columns(view, page);
    explain_keys(app, page);
    page_title(page, "Mouse");
    page_text(page, 0, STYLE_TEXT,
              "Click a row to select it, twice to open it, a column's title to sort by it, a tab "
              "or a word of the last line to do what it says; the wheel scrolls.");
}

void help_draw(const struct app *app, struct screen *screen, const struct area *area)
{
    struct page page = page_begin(screen, area, app->help_scroll);
    print_help(app, &page);
}

unsigned help_rows(const struct app *app, unsigned columns)
{
    struct page page = page_count(columns);
    print_help(app, &page);
    return page.row;
}
