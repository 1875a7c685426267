/* SPDX-License-Identifier: MIT */
/* The head of a view: the same text is drawn and, for scrolling, counted. */
#include "head.h"

#include "state.h"

bool head_is_text(const struct app *app)
{
    const struct view *view = app_here(app)->view;
    return view->tell || view->text_rows;
}

unsigned head_text_rows(const struct app *app, unsigned columns)
{
    const struct view *view = app_here(app)->view;
    if (!view->tell)
        return view->text_rows(app, columns);
    struct page page = page_count(columns);
    view->tell(app, &page);
    return page.row;
}

bool head_exists(const struct app *app)
{
    const struct view *view = app_here(app)->view;
    return view->tell || view->draw_head;
}

void head_draw(const struct app *app, struct screen *screen, const struct area *area)
{
    const struct view *view = app_here(app)->view;
    if (!view->tell) {
        view->draw_head(app, screen, area);
        return;
    }
    struct page page = page_begin(screen, area, app_scroll(app));
    view->tell(app, &page);
}
