/* SPDX-License-Identifier: MIT */
/* The screen divided: status, tabs, the view's head, its list, its foot, the function bar. */
#include "head.h"
#include "state.h"

#define LIST_LEAST 4 /* the header and three rows */

static struct area rows_at(unsigned row, unsigned rows, unsigned columns)
{
    return (struct area){.row = row, .rows = rows, .columns = columns};
}

static unsigned smaller(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* The head gets what it needs, as long as the list keeps its least; then the list what it needs,
 * and the foot, right under it, what is left. */
static void divide(const struct app *app, struct frame_areas *areas, const struct area *room)
{
    const struct view *view = app_here(app)->view;
    bool has_list = view->columns && view->collect;
    unsigned least = has_list ? LIST_LEAST : 0, left = room->rows;
    unsigned spare = left > least ? left - least : 0;
    unsigned head = view->head_rows ? smaller(view->head_rows(app, room), spare) : 0;
    if (head_exists(app) && (head_is_text(app) || !has_list))
        head = has_list ? head : left;
    areas->head = rows_at(room->row, head, room->columns);
    left -= head;
    if (!has_list || left == 0)
        return;
    unsigned foot = 0;
    if (view->foot_rows && left > LIST_LEAST) {
        struct area foot_room = rows_at(room->row + head, left - LIST_LEAST, room->columns);
        foot = smaller(view->foot_rows(app, &foot_room), foot_room.rows);
    }
    unsigned body = left - 1 - foot;
    if (foot && app->list.count < body)
        body = app->list.count > LIST_LEAST - 1 ? (unsigned)app->list.count : LIST_LEAST - 1;
    areas->header = rows_at(room->row + head, 1, room->columns);
    areas->body = rows_at(room->row + head + 1, body, room->columns);
    areas->foot = rows_at(areas->body.row + body, foot, room->columns);
}

struct frame_areas frame_of(const struct app *app, unsigned columns, unsigned rows)
{
    struct frame_areas areas = {.status = rows_at(0, rows > 0, columns)};
    unsigned tabs = rows >= 5;
    areas.tabs = rows_at(1, tabs, columns);
    areas.keys = rows_at(rows ? rows - 1 : 0, rows >= 3, columns);
    unsigned above = 1 + tabs, below = rows >= 3;
    struct area room = rows_at(above, rows > above + below ? rows - above - below : 0, columns);
    divide(app, &areas, &room);
    return areas;
}
