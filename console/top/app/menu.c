/* SPDX-License-Identifier: MIT */
/* The box in which a column is chosen to sort by, or columns to show and their order. */
#include <stdio.h>
#include <string.h>

#include "layout.h"
#include "state.h"

#define MENU_COLUMNS 76
#define TITLE_COLUMNS 18

static unsigned count_of(const struct view *view)
{
    unsigned count = 0;
    while (view->columns[count].id)
        count++;
    return count;
}

/* All columns: those that are shown first, in their order. */
static unsigned ordered(const struct app *app, const struct column *out[SETTINGS_COLUMNS_MAX],
                        unsigned *shown)
{
    const struct view *view = app_here(app)->view;
    unsigned count = columns_chosen(view, app_view_chosen(app, view), out), all = count_of(view);
    *shown = count;
    for (unsigned i = 0; i < all && count < SETTINGS_COLUMNS_MAX; i++) {
        unsigned at = 0;
        while (at < *shown && out[at] != &view->columns[i])
            at++;
        if (at == *shown)
            out[count++] = &view->columns[i];
    }
    return count;
}

void menu_open(struct app *app, bool is_columns)
{
    const struct column *columns[SETTINGS_COLUMNS_MAX];
    const struct view_settings *settings = app_view_settings(app, app_here(app)->view);
    unsigned shown, count = ordered(app, columns, &shown);
    app->menu = (struct menu){.is_columns = is_columns};
    for (unsigned i = 0; !is_columns && i < count; i++)
        if (strcmp(columns[i]->id, settings->sort) == 0)
            app->menu.at = i;
    app->overlay = OVERLAY_MENU;
}

static void choose_sort(struct app *app, const struct column *column)
{
    struct view_settings *settings = app_view_settings(app, app_here(app)->view);
    snprintf(settings->sort, sizeof(settings->sort), "%s", column->id);
    settings->is_ascending = column->unit == UNIT_TEXT;
    app->effects.save_settings = true;
    app->overlay = OVERLAY_NONE;
}

static void write_columns(struct app *app, const struct column *const *columns, unsigned count)
{
    struct view_settings *settings = app_view_settings(app, app_here(app)->view);
    memset(settings->columns, 0, sizeof(settings->columns));
    for (unsigned i = 0; i < count; i++)
        snprintf(settings->columns[i], sizeof(settings->columns[i]), "%s", columns[i]->id);
    app->effects.save_settings = true;
}

/* Shows a column that is not, or the other way round; the last one stays. */
static void toggle(struct app *app)
{
    const struct column *columns[SETTINGS_COLUMNS_MAX];
    unsigned shown, count = ordered(app, columns, &shown), at = app->menu.at;
    if (at >= count || (at < shown && shown == 1))
        return;
    const struct column *column = columns[at];
    if (at < shown) {
        memmove(columns + at, columns + at + 1, (shown - at - 1) * sizeof(*columns));
        shown--;
    } else {
        columns[shown++] = column;
        app->menu.at = shown - 1;
    }
    write_columns(app, columns, shown);
}

static void move_column(struct app *app, int step)
{
    const struct column *columns[SETTINGS_COLUMNS_MAX];
    unsigned shown, at = app->menu.at, to = at + (unsigned)step;
    ordered(app, columns, &shown);
    if (at >= shown || to >= shown)
        return;
    const struct column *column = columns[at];
    columns[at] = columns[to];
    columns[to] = column;
    app->menu.at = to;
    write_columns(app, columns, shown);
}

static void accept(struct app *app)
{
    const struct column *columns[SETTINGS_COLUMNS_MAX];
    unsigned shown, count = ordered(app, columns, &shown);
    if (app->menu.is_columns)
        toggle(app);
    else if (app->menu.at < count)
        choose_sort(app, columns[app->menu.at]);
}

void menu_request(struct app *app, uint32_t key)
{
    unsigned last = count_of(app_here(app)->view) - 1;
    enum request request = request_of_key(key);
    if (last >= SETTINGS_COLUMNS_MAX)
        last = SETTINGS_COLUMNS_MAX - 1;
    if (request == REQUEST_UP)
        app->menu.at -= app->menu.at > 0;
    else if (request == REQUEST_DOWN)
        app->menu.at += app->menu.at < last;
    else if (request == REQUEST_FIRST || request == REQUEST_LAST)
        app->menu.at = request == REQUEST_FIRST ? 0 : last;
    else if (request == REQUEST_OPEN || (key == ' ' && app->menu.is_columns))
        accept(app);
    else if (app->menu.is_columns && (request == REQUEST_LEFT || request == REQUEST_RIGHT))
        move_column(app, request == REQUEST_LEFT ? -1 : 1);
    else if (request == REQUEST_QUIT)
        app->effects.quit = true;
    else
        app->overlay = OVERLAY_NONE;
}

static void draw_line(const struct app *app, struct screen *screen, const struct area *line,
                      const struct column *column, bool is_shown)
{
    unsigned at = 0;
    if (app->menu.is_columns)
        at = screen_put(screen, line, 0, 0, STYLE_TEXT, is_shown ? "[x] " : "[ ] ");
    screen_put(screen, line, 0, at, STYLE_STRONG, column->title);
    screen_put(screen, line, 0, at + TITLE_COLUMNS, STYLE_DIM, column->help);
}

void menu_draw(const struct app *app, struct screen *screen, const struct area *area)
{
    const struct column *columns[SETTINGS_COLUMNS_MAX];
    unsigned shown, count = ordered(app, columns, &shown);
    struct area box = *area;
    if (box.columns > MENU_COLUMNS) {
        box.column += (box.columns - MENU_COLUMNS) / 2;
        box.columns = MENU_COLUMNS;
    }
    if (box.rows > count + 1)
        box.rows = count + 1;
    struct area behind = {area->row, area->column, box.rows, area->columns};
    screen_fill(screen, &behind, " ", STYLE_TEXT);
    struct area inside = screen_panel(
        screen, &box,
        app->menu.is_columns ? "Columns: Enter shows or hides, Left and Right move" : "Sort by");
    unsigned top = app->menu.at >= inside.rows && inside.rows ? app->menu.at - inside.rows + 1 : 0;
    for (unsigned i = 0; i < inside.rows && top + i < count; i++) {
        struct area line = {inside.row + i, inside.column, 1, inside.columns};
        draw_line(app, screen, &line, columns[top + i], top + i < shown);
        if (top + i == app->menu.at)
            screen_select(screen, &line);
    }
}
