/* SPDX-License-Identifier: MIT */
/* The mouse: rows are selected and opened, headers sort, tabs and the function bar do what they
 * say, the wheel scrolls. */
#include <stdio.h>
#include <string.h>

#include "state.h"

#define WHEEL_ROWS 3

static bool is_in(const struct area *area, unsigned row)
{
    return row >= area->row && row < area->row + area->rows;
}

static void click_header(struct app *app, unsigned at)
{
    struct view_settings *settings = app_view_settings(app, app_here(app)->view);
    const struct column *column = list_hit(app, at);
    if (!column)
        return;
    if (strcmp(settings->sort, column->id) == 0) {
        app_request(app, REQUEST_INVERT);
        return;
    }
    snprintf(settings->sort, sizeof(settings->sort), "%s", column->id);
    settings->is_ascending = column->unit == UNIT_TEXT;
    app->effects.save_settings = true;
}

static void click_row(struct app *app, size_t row, bool is_double)
{
    if (row >= app->list.count)
        return;
    app_place(app)->is_chosen = true;
    select_row(app, row);
    if (is_double)
        app_request(app, REQUEST_OPEN);
}

static void click(struct app *app, const struct top_event *event)
{
    struct frame_areas areas = frame_of(app, app->columns, app->rows);
    if (is_in(&areas.keys, event->row)) {
        app_request(app, bar_hit(app, event->column));
    } else if (is_in(&areas.tabs, event->row)) {
        int tab = tabs_hit(app, event->column);
        if (tab >= 0)
            app_go_tab(app, (unsigned)tab);
    } else if (app->overlay != OVERLAY_NONE) {
        app->overlay = OVERLAY_NONE;
    } else if (is_in(&areas.header, event->row)) {
        click_header(app, event->column);
    } else if (is_in(&areas.body, event->row)) {
        click_row(app, app_here(app)->top + event->row - areas.body.row,
                  event->kind == EVENT_DOUBLE_CLICK);
    }
}

void app_mouse(struct app *app, const struct top_event *event)
{
    if (app->prompt.kind != PROMPT_NONE)
        return;
    if (event->kind == EVENT_CLICK || event->kind == EVENT_DOUBLE_CLICK) {
        click(app, event);
        return;
    }
    enum request request = event->kind == EVENT_WHEEL_UP ? REQUEST_UP : REQUEST_DOWN;
    for (unsigned i = 0; i < WHEEL_ROWS && app->overlay != OVERLAY_MENU; i++)
        app_request(app, request);
}
