/* SPDX-License-Identifier: MIT */
/* What each request does: a table from requests to small functions. */
#include <stdio.h>
#include <string.h>

#include "layout.h"
#include "state.h"

#define SEEK_STEP_NS UINT64_C(5000000000)
#define SHIFT_MAX 64
#define SPEED_LEAST 1
#define SPEED_MOST 10000 /* percent: a hundred times as fast as it was */

static bool is_text(const struct app *app)
{
    return app->overlay == OVERLAY_HELP || !app_here(app)->view->columns;
}

static void step(struct app *app, int64_t rows)
{
    if (is_text(app))
        scroll_text(app, rows);
    else
        select_step(app, rows);
}

static unsigned page_rows(const struct app *app)
{
    unsigned page = is_text(app) ? (app->rows > 4 ? app->rows - 4 : 1) : list_page(app);
    return page ? page : 1;
}

static void do_move(struct app *app, enum request request)
{
    int64_t page = page_rows(app);
    if (request == REQUEST_UP || request == REQUEST_DOWN)
        step(app, request == REQUEST_UP ? -1 : 1);
    else if (request == REQUEST_PAGE_UP || request == REQUEST_PAGE_DOWN)
        step(app, request == REQUEST_PAGE_UP ? -page : page);
    else
        step(app, request == REQUEST_FIRST ? INT32_MIN : INT32_MAX);
    app->has_moved_only = true;
}

static bool is_tree(const struct app *app)
{
    const struct view *view = app_here(app)->view;
    return view->has_tree && app_view_chosen(app, view)->is_tree;
}

/* Closes an open branch, else goes to the row it hangs from. */
static void fold_left(struct app *app)
{
    size_t at = app_here(app)->selected_at;
    const struct list_entry *entry = at < app->list.count ? &app->list.entries[at] : NULL;
    if (!entry)
        return;
    if (entry->has_children && !entry->is_folded) {
        list_fold(&app->list, app_selected(app), true);
        return;
    }
    unsigned depth = entry->depth;
    while (at && app->list.entries[at].depth >= depth && depth)
        at--;
    app_place(app)->is_chosen = true;
    select_row(app, at);
}

static void do_sideways(struct app *app, enum request request)
{
    struct place *here = app_place(app);
    if (is_text(app))
        return;
    if (is_tree(app) && request == REQUEST_LEFT)
        fold_left(app);
    else if (is_tree(app))
        list_fold(&app->list, app_selected(app), false);
    else if (request == REQUEST_LEFT)
        here->shift -= here->shift > 0;
    else
        here->shift += here->shift < SHIFT_MAX;
}

static void do_fold(struct app *app, enum request request)
{
    (void)request;
    if (is_tree(app) && app->list.count)
        list_fold(&app->list, app_selected(app), !list_is_folded(&app->list, app_selected(app)));
}

static void do_follow(struct app *app, enum request request)
{
    if (app->overlay == OVERLAY_HELP)
        app->overlay = OVERLAY_NONE;
    else
        app_follow(app, request);
}

static void do_back(struct app *app, enum request request)
{
    (void)request;
    if (app->overlay != OVERLAY_NONE)
        app->overlay = OVERLAY_NONE;
    else
        app_back(app);
}

static void do_view(struct app *app, enum request request)
{
    if (request == REQUEST_NEXT_VIEW || request == REQUEST_PREVIOUS_VIEW)
        app_step_tab(app, request == REQUEST_NEXT_VIEW ? 1 : -1);
    else
        app_go_tab(app, (unsigned)(request - REQUEST_VIEW_1));
}

static void do_help(struct app *app, enum request request)
{
    (void)request;
    app->help_scroll = 0;
    app->overlay = app->overlay == OVERLAY_HELP ? OVERLAY_NONE : OVERLAY_HELP;
}

static bool needs_list(struct app *app)
{
    app->overlay = OVERLAY_NONE;
    if (app_here(app)->view->columns)
        return true;
    app_refuse(app, "There is no list on this screen.");
    return false;
}

static void do_search(struct app *app, enum request request)
{
    if (!needs_list(app))
        return;
    if (request == REQUEST_SEARCH || !app->search[0])
        app_prompt_open(app, PROMPT_SEARCH);
    else if (!select_match(app, request == REQUEST_SEARCH_NEXT ? 1 : -1, false))
        app_refuse(app, "No row contains that.");
}

static void do_filter(struct app *app, enum request request)
{
    (void)request;
    if (needs_list(app))
        app_prompt_open(app, PROMPT_FILTER);
}

static void do_menu(struct app *app, enum request request)
{
    if (needs_list(app))
        menu_open(app, request == REQUEST_COLUMNS);
}

static void do_sort_step(struct app *app, enum request request)
{
    if (!needs_list(app))
        return;
    const struct view *view = app_here(app)->view;
    struct view_settings *settings = app_view_settings(app, view);
    const struct column *columns[SETTINGS_COLUMNS_MAX];
    unsigned count = columns_chosen(view, settings, columns), at = 0;
    while (at < count && strcmp(columns[at]->id, settings->sort) != 0)
        at++;
    at = at == count ? 0 : (at + (request == REQUEST_SORT_NEXT ? 1 : count - 1)) % count;
    snprintf(settings->sort, sizeof(settings->sort), "%s", columns[at]->id);
    settings->is_ascending = columns[at]->unit == UNIT_TEXT;
    app->effects.save_settings = true;
}

static void do_invert(struct app *app, enum request request)
{
    (void)request;
    if (!needs_list(app))
        return;
    struct view_settings *settings = app_view_settings(app, app_here(app)->view);
    settings->is_ascending = !settings->is_ascending;
    app->effects.save_settings = true;
}

static void do_tree(struct app *app, enum request request)
{
    (void)request;
    const struct view *view = app_here(app)->view;
    if (!view->has_tree) {
        app_refuse(app, "The rows of this screen are no tree.");
        return;
    }
    struct view_settings *settings = app_view_settings(app, view);
    settings->is_tree = !settings->is_tree;
    app->effects.save_settings = true;
}

static void do_pause(struct app *app, enum request request)
{
    (void)request;
    app->effects.toggle_pause = true;
}

static bool needs_file(struct app *app)
{
    if (app->feed->kind == FEED_FILE)
        return true;
    app_refuse(app, "Only a trace file can be replayed at another speed or time.");
    return false;
}

static void do_speed(struct app *app, enum request request)
{
    unsigned speed = app->feed->speed_percent;
    if (!needs_file(app))
        return;
    speed = request == REQUEST_FASTER ? speed * 2 : speed / 2;
    app->effects.speed_percent = speed < SPEED_LEAST  ? SPEED_LEAST
                                 : speed > SPEED_MOST ? SPEED_MOST
                                                      : speed;
}

static void do_seek(struct app *app, enum request request)
{
    uint64_t at = app->feed->position_ns, end = app->feed->length_ns;
    if (!needs_file(app))
        return;
    if (request == REQUEST_SEEK) {
        app_prompt_open(app, PROMPT_SEEK);
        return;
    }
    app->effects.seek = true;
    if (request == REQUEST_SEEK_BACK)
        app->effects.seek_ns = at > SEEK_STEP_NS ? at - SEEK_STEP_NS : 0;
    else
        app->effects.seek_ns = end > at + SEEK_STEP_NS ? at + SEEK_STEP_NS : end;
}

static void do_file(struct app *app, enum request request)
{
    if (request == REQUEST_SAVE_SCREEN || request == REQUEST_EXPORT)
        app_prompt_open(app, request == REQUEST_EXPORT ? PROMPT_EXPORT : PROMPT_SAVE);
    app->effects.redraw_all |= request == REQUEST_REDRAW;
    app->effects.suspend |= request == REQUEST_SUSPEND;
    app->effects.quit |= request == REQUEST_QUIT;
}

typedef void (*request_handler)(struct app *app, enum request request);
static const request_handler handlers[REQUEST_COUNT] = {
    [REQUEST_UP... REQUEST_DOWN] = do_move,
    [REQUEST_LEFT... REQUEST_RIGHT] = do_sideways,
    [REQUEST_PAGE_UP... REQUEST_LAST] = do_move,
    [REQUEST_OPEN] = do_follow,
    [REQUEST_BACK] = do_back,
    [REQUEST_NEXT_VIEW... REQUEST_VIEW_8] = do_view,
    [REQUEST_HELP] = do_help,
    [REQUEST_COLUMNS] = do_menu,
    [REQUEST_SEARCH... REQUEST_SEARCH_PREVIOUS] = do_search,
    [REQUEST_FILTER] = do_filter,
    [REQUEST_TREE] = do_tree,
    [REQUEST_FOLD] = do_fold,
    [REQUEST_SORT] = do_menu,
    [REQUEST_SORT_NEXT... REQUEST_SORT_PREVIOUS] = do_sort_step,
    [REQUEST_INVERT] = do_invert,
    [REQUEST_GO_TASK... REQUEST_GO_THREAD] = do_follow,
    [REQUEST_SLOWER... REQUEST_FASTER] = do_speed,
    [REQUEST_PAUSE] = do_pause,
    [REQUEST_SEEK_BACK... REQUEST_SEEK] = do_seek,
    [REQUEST_EXPORT... REQUEST_QUIT] = do_file,
};

void app_request(struct app *app, enum request request)
{
    if (handlers[request])
        handlers[request](app, request);
}
