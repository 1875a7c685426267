/* SPDX-License-Identifier: MIT */
/* What a view of the console is: one const table of functions and columns. The app, help, the
 * function bar and the manual page know views by these tables alone.
 *
 * A view is a list (columns and rows; sorting, filtering, searching, trees, scrolling, selection
 * and the mouse are the app's: list.c), or free-form (it draws and scrolls by itself), or both: a
 * detail view draws a head and may have a list under it.
 *
 * To add a view: write views/<id>.c, and append its table to views/views.c. */
#ifndef LSC_TOP_VIEW_H
#define LSC_TOP_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "app.h"
#include "page.h"
#include "request.h"

/* How a number is shown; sorting is by the number. */
enum cell_unit {
    UNIT_TEXT,     /* `text` alone; sorted by it */
    UNIT_RANK,     /* `text`; sorted by the number */
    UNIT_DURATION, /* ns: "85 µs" */
    UNIT_COUNT,    /* "12 345", "1.2M" where narrow */
    UNIT_PERCENT,  /* hundredths */
    UNIT_BYTES,
    UNIT_BAR,   /* number / full as a bar */
    UNIT_STRIP, /* `strip`: a history */
};
#define CELL_TEXT_BYTES 256
#define CELL_STRIP_MAX 64
struct row_cell {
    enum cell_unit unit;
    bool is_known; /* false: shown as a dash, sorted last */
    uint64_t number, full;
    unsigned style;             /* enum screen_style */
    char text[CELL_TEXT_BYTES]; /* untrusted bytes */
    unsigned strip_count;
    uint64_t strip[CELL_STRIP_MAX];
};

struct column {
    const char *id, *title, *help; /* help: one sentence for the columns' page and the manual */
    enum cell_unit unit;
    unsigned width;    /* wanted; a text column with 0 takes what is left */
    unsigned priority; /* when there is no room, the highest number goes first; 0 stays */
    bool is_optional;  /* not shown until it is chosen */
    /* Fills an empty cell (of `text` and `strip` the first element is zero). Called for sorting
     * and filtering too: must be cheap. */
    void (*value)(const struct app *app, const struct entity *row, struct row_cell *out);
};

/* Collects the rows of a view for the app's present process (or all): calls row_add. */
struct rows_out;
void row_add(struct rows_out *rows, const struct entity *row);
/* With a parent, for the tree; NULL or one that is no row: none. */
void row_add_under(struct rows_out *rows, const struct entity *row, const struct entity *parent);

struct view {
    const char *id, *title, *help; /* help: a few sentences that explain the screen */
    const char *tab;               /* short title in the line of tabs; NULL: opened by entities */
    const struct column *columns;  /* id == NULL ends them; NULL: no list */
    const char *sort;              /* id of the column sorted by at first; NULL: as collected */
    bool is_ascending;             /* at first */
    bool has_tree;
    enum entity_kind opens; /* it is the detail view of such entities; ENTITY_NONE */
    const char *when_empty; /* one sentence when the list has no rows */
    void (*collect)(const struct app *app, struct rows_out *rows);
    /* Rows that the head needs at this size, and its drawing; NULL: no head. A free-form view takes
     * everything as head. `scroll` is in lines, for free-form views. */
    unsigned (*head_rows)(const struct app *app, const struct area *room);
    void (*draw_head)(const struct app *app, struct screen *screen, const struct area *area);
    /* The same under the list, which has at least three rows before it. */
    unsigned (*foot_rows)(const struct app *app, const struct area *room);
    void (*draw_foot)(const struct app *app, struct screen *screen, const struct area *area);
    /* A free-form view tells its text, which is drawn and scrolled for it, or has a draw_head and
     * says how high what it draws from is. Both NULL: it is a list. */
    void (*tell)(const struct app *app, struct page *page);
    unsigned (*text_rows)(const struct app *app, unsigned columns);
    bool is_read_from_end; /* app_scroll counts from its last line then */
    /* Where a request leads from the selected row or from the view's subject: the entity to open.
     * False: nowhere. REQUEST_OPEN, _GO_WAKER, _GO_WAITERS, _GO_TASK, _GO_QUEUE, _GO_PROCESS… */
    bool (*link)(const struct app *app, enum request request, struct entity *out);
};
extern const struct view *const views[]; /* NULL-terminated, in the order of tabs */

/* For views. */
const struct feed *app_feed(const struct app *app);
/* The process chosen, index in the feed; UINT32_MAX: all. */
uint32_t app_process(const struct app *app);
/* Whether rows of this process (index in the feed) belong on the screen. */
bool app_shows_process(const struct app *app, uint32_t process);
/* Of the process; the first one where all are shown; NULL: none yet. */
const struct model *app_model(const struct app *app, uint32_t process);
/* What the detail view on top is about; kind NONE otherwise. */
const struct entity *app_subject(const struct app *app);
const struct entity *app_selected(const struct app *app); /* kind NONE: no rows */
size_t app_row_count(const struct app *app);              /* rows of the list, filtered */
unsigned app_scroll(const struct app *app);
bool app_shows_tree(const struct app *app); /* the list on top is shown as a tree */
bool app_is_paused(const struct app *app);

#endif
