/* SPDX-License-Identifier: MIT */
/* The list as it is seen: header, the rows on the screen, the branches of a tree. */
#include <stdio.h>
#include <string.h>

#include "cell.h"
#include "layout.h"
#include "state.h"

static struct layout layout_here(const struct app *app, unsigned columns)
{
    const struct place *here = app_here(app);
    return layout_of(here->view, app_view_chosen(app, here->view), columns, here->shift);
}

static void draw_header(const struct app *app, struct screen *screen, const struct area *area,
                        const struct layout *layout)
{
    const struct view_settings *settings = app_view_chosen(app, app_here(app)->view);
    screen_fill(screen, area, " ", STYLE_HEADER);
    for (unsigned i = 0; i < layout->count; i++) {
        const struct layout_column *c = &layout->columns[i];
        struct area at = {area->row, area->column + c->at, 1, c->width};
        bool is_sorted = strcmp(settings->sort, c->column->id) == 0;
        char title[64];
        snprintf(title, sizeof(title), "%s%s", c->column->title,
                 !is_sorted               ? ""
                 : settings->is_ascending ? screen_glyph(screen, GLYPH_ARROW_UP)
                                          : screen_glyph(screen, GLYPH_ARROW_DOWN));
        if (cell_is_right(c->column->unit))
            screen_put_right(screen, &at, 0, is_sorted ? STYLE_SORTED : STYLE_HEADER, title);
        else
            screen_put(screen, &at, 0, 0, is_sorted ? STYLE_SORTED : STYLE_HEADER, title);
    }
}

/* How far the branch moves the text in. */
static unsigned draw_branch(struct screen *screen, const struct area *place,
                            const struct list_entry *entry)
{
    unsigned used = 0;
    for (unsigned d = 1; d <= entry->depth && used < place->columns; d++) {
        bool goes_on = entry->more >> d & 1;
        const char *glyph = "  ";
        if (d == entry->depth)
            glyph = screen_glyph(screen, goes_on ? GLYPH_TREE_MIDDLE : GLYPH_TREE_LAST);
        else if (goes_on)
            glyph = screen_glyph(screen, GLYPH_TREE_PASS);
        used += screen_put(screen, place, 0, used, STYLE_DIM, glyph);
    }
    if (entry->is_folded && used < place->columns)
        used += screen_put(screen, place, 0, used, STYLE_STRONG, "+");
    return used;
}

/* The tree is drawn in the first column of text. */
static bool is_branch_column(const struct layout *layout, unsigned at)
{
    for (unsigned i = 0; i < at; i++)
        if (layout->columns[i].column->unit == UNIT_TEXT)
            return false;
    return layout->columns[at].column->unit == UNIT_TEXT;
}

static void draw_row(const struct app *app, struct screen *screen, const struct area *area,
                     const struct layout *layout, const struct list_entry *entry)
{
    struct row_cell cell;
    bool is_tree = app_view_chosen(app, app_here(app)->view)->is_tree;
    for (unsigned i = 0; i < layout->count; i++) {
        const struct layout_column *c = &layout->columns[i];
        struct area at = {area->row, area->column + c->at, 1, c->width};
        cell_fill(app, c->column, &app->list.all.rows[entry->row].entity, &cell);
        unsigned branch =
            is_tree && is_branch_column(layout, i) ? draw_branch(screen, &at, entry) : 0;
        at.column += branch;
        at.columns -= branch < at.columns ? branch : at.columns;
        cell_draw(screen, &at, &cell, app->search, c->column->width ? 0 : layout->skip);
    }
}

static void draw_empty(const struct app *app, struct screen *screen, const struct area *body)
{
    const struct place *here = app_here(app);
    if (here->filter[0])
        screen_print(screen, body, 0, 0, STYLE_DIM, "No row contains '%s' (Esc: all rows).",
                     here->filter);
    else if (here->view->when_empty)
        screen_put(screen, body, 0, 0, STYLE_DIM, here->view->when_empty);
}

void list_draw(const struct app *app, struct screen *screen, const struct frame_areas *areas)
{
    const struct place *here = app_here(app);
    const struct area *body = &areas->body;
    struct layout layout = layout_here(app, body->columns);
    draw_header(app, screen, &areas->header, &layout);
    if (app->list.count == 0)
        draw_empty(app, screen, body);
    for (unsigned i = 0; i < body->rows && here->top + i < app->list.count; i++) {
        struct area row = {body->row + i, body->column, 1, body->columns};
        draw_row(app, screen, &row, &layout, &app->list.entries[here->top + i]);
        if (here->top + i == here->selected_at)
            screen_select(screen, &row);
    }
}

const struct column *list_hit(const struct app *app, unsigned column)
{
    struct layout layout = layout_here(app, app->columns);
    for (unsigned i = 0; i < layout.count; i++)
        if (column >= layout.columns[i].at &&
            column < layout.columns[i].at + layout.columns[i].width)
            return layout.columns[i].column;
    return NULL;
}
