/* SPDX-License-Identifier: MIT */
/* The line of tabs and the function bar, drawn and clicked on by the same walk. */
#include <stdio.h>
#include <string.h>

#include "cell.h"
#include "state.h"

#define LABEL_GAP 1

struct tab_at {
    unsigned from, to;
};

/* Titles of all tabs, or of the one that one is in where the others have no room. */
static unsigned tabs_place(const struct app *app, unsigned columns, struct tab_at out[TABS_MAX])
{
    unsigned count = tab_count(), at = 0, wide = 0;
    for (unsigned i = 0; i < count; i++)
        wide += (unsigned)strlen(tab_at(i)->tab) + 3;
    bool is_narrow = wide > columns + 1;
    for (unsigned i = 0; i < count && i < TABS_MAX; i++) {
        bool is_here = tab_at(i) == app->places[0].view;
        unsigned width = is_narrow && !is_here ? 1 : (unsigned)strlen(tab_at(i)->tab) + 2;
        out[i] = (struct tab_at){at, at + width};
        at += width + LABEL_GAP;
    }
    return count < TABS_MAX ? count : TABS_MAX;
}

/* Where one has come from the tab, and what the list leaves out: that is told even where tabs have
 * to give way. */
static void draw_way(const struct app *app, struct screen *screen, const struct area *area,
                     unsigned tabs_end)
{
    const struct place *here = app_here(app);
    char text[CELL_TEXT_BYTES] = "", count[COUNT_BYTES];
    bool is_needed = app->depth > 1 || here->filter[0];
    if (app->depth > 1)
        snprintf(text, sizeof(text), " %s%s ", screen_glyph(screen, GLYPH_ARROW_RIGHT),
                 here->view->title);
    else if (here->filter[0])
        snprintf(text, sizeof(text), " %s of %zu with '%.40s' ",
                 words_count(count, app->list.count, 12), app->list.all.count, here->filter);
    else if (here->view->columns && app->list.count)
        snprintf(text, sizeof(text), " %zu/%zu ", here->selected_at + 1, app->list.count);
    unsigned width = screen_text_width(screen, text, area->columns);
    if (width > area->columns - tabs_end && !is_needed)
        return;
    struct area end = {area->row, area->column + area->columns - width, 1, width};
    screen_fill(screen, &end, " ", STYLE_TEXT);
    screen_put(screen, &end, 0, 0, is_needed ? STYLE_STRONG : STYLE_DIM, text);
}

void tabs_draw(const struct app *app, struct screen *screen, const struct area *area)
{
    struct tab_at at[TABS_MAX];
    unsigned count = tabs_place(app, area->columns, at), end = 0;
    for (unsigned i = 0; i < count; i++) {
        bool is_here = tab_at(i) == app->places[0].view;
        unsigned style = is_here ? STYLE_TAB : STYLE_TEXT;
        unsigned used =
            screen_print(screen, area, 0, at[i].from, is_here ? STYLE_TAB : STYLE_KEY, "%u", i + 1);
        if (at[i].to - at[i].from > 1)
            screen_print(screen, area, 0, at[i].from + used, style, "%s ", tab_at(i)->tab);
        end = at[i].to;
    }
    draw_way(app, screen, area, end < area->columns ? end : area->columns);
}

int tabs_hit(const struct app *app, unsigned column)
{
    struct tab_at at[TABS_MAX];
    unsigned count = tabs_place(app, app->columns, at);
    for (unsigned i = 0; i < count; i++)
        if (column >= at[i].from && column < at[i].to)
            return (int)i;
    return -1;
}

/* Left to right; what goes first where there is no room stands in `gives_way`. */
static const enum request bar_order[] = {
    REQUEST_HELP,       REQUEST_COLUMNS,   REQUEST_SEARCH,  REQUEST_FILTER,   REQUEST_TREE,
    REQUEST_SORT,       REQUEST_SLOWER,    REQUEST_FASTER,  REQUEST_EXPORT,   REQUEST_QUIT,
    REQUEST_OPEN,       REQUEST_BACK,      REQUEST_GO_TASK, REQUEST_GO_WAKER, REQUEST_GO_QUEUE,
    REQUEST_GO_WAITERS, REQUEST_GO_THREAD, REQUEST_PAUSE,
};
static const enum request gives_way[] = {
    REQUEST_EXPORT,     REQUEST_PAUSE,    REQUEST_COLUMNS,  REQUEST_GO_THREAD,
    REQUEST_GO_WAITERS, REQUEST_GO_WAKER, REQUEST_GO_QUEUE, REQUEST_GO_TASK,
    REQUEST_SLOWER,     REQUEST_FASTER,   REQUEST_SORT,     REQUEST_TREE,
    REQUEST_SEARCH,     REQUEST_FILTER,   REQUEST_BACK,     REQUEST_OPEN,
};
#define BAR_COUNT (sizeof(bar_order) / sizeof(bar_order[0]))

struct bar {
    struct {
        enum request request;
        unsigned from, key_width, to;
    } at[BAR_COUNT];
    unsigned count;
};

static bool is_useful(const struct app *app, enum request request)
{
    const struct view *view = app_here(app)->view;
    bool has_list = view->columns != NULL;
    switch ((int)request) {
    case REQUEST_COLUMNS:
    case REQUEST_SEARCH:
    case REQUEST_FILTER:
    case REQUEST_SORT:
        return has_list;
    case REQUEST_TREE:
        return view->has_tree;
    case REQUEST_SLOWER:
    case REQUEST_FASTER:
        return app->feed->kind == FEED_FILE;
    case REQUEST_BACK:
        return app->depth > 1 || app_here(app)->filter[0] ||
               (app->process != UINT32_MAX && app->feed->process_count > 1);
    case REQUEST_OPEN:
    case REQUEST_GO_TASK:
    case REQUEST_GO_WAKER:
    case REQUEST_GO_QUEUE:
    case REQUEST_GO_WAITERS:
    case REQUEST_GO_THREAD:
        return app_can_follow(app, request);
    default:
        return true;
    }
}

static unsigned bar_width(enum request request)
{
    char key[REQUEST_KEY_BYTES];
    return (unsigned)(strlen(request_key_text(key, request)) + strlen(requests[request].label)) +
           LABEL_GAP;
}

static void bar_place(const struct app *app, unsigned columns, struct bar *bar)
{
    bool is_there[REQUEST_COUNT] = {false};
    unsigned width = 0, at = 0;
    char key[REQUEST_KEY_BYTES];
    for (size_t i = 0; i < BAR_COUNT; i++) {
        is_there[bar_order[i]] = is_useful(app, bar_order[i]);
        width += is_there[bar_order[i]] ? bar_width(bar_order[i]) : 0;
    }
    for (size_t i = 0; i < sizeof(gives_way) / sizeof(gives_way[0]) && width > columns; i++) {
        width -= is_there[gives_way[i]] ? bar_width(gives_way[i]) : 0;
        is_there[gives_way[i]] = false;
    }
    bar->count = 0;
    for (size_t i = 0; i < BAR_COUNT; i++) {
        enum request request = bar_order[i];
        if (!is_there[request])
            continue;
        unsigned keys = (unsigned)strlen(request_key_text(key, request));
        unsigned end = at + keys + (unsigned)strlen(requests[request].label);
        bar->at[bar->count].request = request;
        bar->at[bar->count].from = at;
        bar->at[bar->count].key_width = keys;
        bar->at[bar->count++].to = end;
        at = end + LABEL_GAP;
    }
}

void bar_draw(const struct app *app, struct screen *screen, const struct area *area)
{
    struct bar bar;
    char key[REQUEST_KEY_BYTES];
    bar_place(app, area->columns, &bar);
    for (unsigned i = 0; i < bar.count; i++) {
        const struct request_row *row = &requests[bar.at[i].request];
        const char *label = row->label;
        if (bar.at[i].request == REQUEST_PAUSE && app_is_paused(app))
            label = "Go on";
        screen_put(screen, area, 0, bar.at[i].from, STYLE_KEY,
                   request_key_text(key, bar.at[i].request));
        screen_put(screen, area, 0, bar.at[i].from + bar.at[i].key_width, STYLE_KEY_TEXT, label);
    }
}

enum request bar_hit(const struct app *app, unsigned column)
{
    struct bar bar;
    bar_place(app, app->columns, &bar);
    for (unsigned i = 0; i < bar.count; i++)
        if (column >= bar.at[i].from && column < bar.at[i].to)
            return bar.at[i].request;
    return REQUEST_NONE;
}
