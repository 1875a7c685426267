/* SPDX-License-Identifier: MIT */
/* Which row is selected and which rows are on the screen. */
#include "cell.h"
#include "head.h"
#include "state.h"

unsigned list_page(const struct app *app)
{
    struct frame_areas areas = frame_of(app, app->columns, app->rows);
    return areas.body.rows;
}

void select_row(struct app *app, size_t row)
{
    struct place *here = app_place(app);
    size_t count = app->list.count, page = list_page(app);
    if (row >= count)
        row = count ? count - 1 : 0;
    here->selected_at = row;
    if (count)
        here->selected = *list_entity(&app->list, row);
    if (here->top > row)
        here->top = row;
    if (page && row >= here->top + page)
        here->top = row - page + 1;
    if (here->top + page > count)
        here->top = count > page ? count - page : 0;
}

void select_step(struct app *app, int64_t rows)
{
    struct place *here = app_place(app);
    int64_t at = (int64_t)here->selected_at + rows;
    here->is_chosen = true;
    select_row(app, at < 0 ? 0 : (size_t)at);
}

bool select_match(struct app *app, int step, bool from_here)
{
    struct place *here = app_place(app);
    const struct view_settings *settings = app_view_settings(app, here->view);
    size_t count = app->list.count;
    for (size_t i = from_here ? 0 : 1; i < count + !from_here; i++) {
        size_t at = step > 0 ? (here->selected_at + i) % count
                             : (here->selected_at + count - i % count) % count;
        if (!row_contains(app, here->view, settings, list_entity(&app->list, at), app->search))
            continue;
        here->is_chosen = true;
        select_row(app, at);
        return true;
    }
    return false;
}

static unsigned clamped(unsigned scroll, int64_t rows, unsigned most)
{
    int64_t at = (int64_t)scroll + rows;
    return at < 0 ? 0 : at > most ? most : (unsigned)at;
}

void scroll_text(struct app *app, int64_t rows)
{
    struct place *here = app_place(app);
    struct frame_areas areas = frame_of(app, app->columns, app->rows);
    if (app->overlay == OVERLAY_HELP) {
        unsigned page = app->rows > areas.tabs.rows + 2 ? app->rows - areas.tabs.rows - 2 : 1;
        unsigned height = help_rows(app, app->columns);
        app->help_scroll = clamped(app->help_scroll, rows, height > page ? height - page : 0);
    } else if (head_is_text(app)) {
        unsigned page = areas.head.rows, height = head_text_rows(app, areas.head.columns);
        rows = here->view->is_read_from_end ? -rows : rows;
        here->scroll = clamped(here->scroll, rows, height > page ? height - page : 0);
    }
}
