/* SPDX-License-Identifier: MIT */
/* The console's state, for the files of this folder alone. Updates change it, rendering reads it:
 * whatever a picture needs (rows in order, what is scrolled out) is ready before it is drawn. */
#ifndef LSC_TOP_STATE_H
#define LSC_TOP_STATE_H

#include "app.h"
#include "list.h"
#include "prompt.h"
#include "view.h"

/* Where one is, or was: a view with all that one has done to it. */
struct place {
    const struct view *view;
    struct entity subject, selected;
    bool is_chosen;         /* by the person; else the first row is selected whatever it is */
    size_t selected_at;     /* row of `selected`, for when it goes */
    size_t top;             /* first row on the screen */
    unsigned scroll, shift; /* rows of text; columns to the right */
    char filter[PROMPT_BYTES];
};
#define PLACES_MAX 32
#define TABS_MAX 12
#define NOTICE_NS UINT64_C(6000000000)

enum overlay { OVERLAY_NONE, OVERLAY_HELP, OVERLAY_MENU };

/* Chooses the column to sort by, or columns. */
struct menu {
    bool is_columns;
    unsigned at;
};

struct app {
    const struct feed *feed;
    struct settings settings;
    unsigned columns, rows;
    uint32_t process;
    uint64_t time_ns, drawn_second, drawn_held;
    struct place places[PLACES_MAX]; /* the way here: the tab first */
    unsigned depth;
    struct place tabs[TABS_MAX]; /* how each tab was left; view NULL: not been there */
    struct list list;            /* of the place on top */
    char search[PROMPT_BYTES];
    struct prompt prompt;
    enum overlay overlay;
    unsigned help_scroll;
    struct menu menu;
    char notice[256];
    uint64_t notice_until;
    struct effects effects; /* of the event that is being handled */
    bool has_moved_only;    /* the same: the rows are as they were */
};

static inline struct place *app_place(struct app *app)
{
    return &app->places[app->depth - 1];
}
static inline const struct place *app_here(const struct app *app)
{
    return &app->places[app->depth - 1];
}

/* app.c */
void app_say(struct app *app, const char *notice);
/* The same for what cannot be done: it can be heard, too. */
void app_refuse(struct app *app, const char *why);
/* Collects and orders the list anew, keeps the selection and what is on the screen right. */
void app_refresh(struct app *app);
/* What the person has chosen for a view; made when it is new. Never NULL. */
struct view_settings *app_view_settings(struct app *app, const struct view *view);
const struct view_settings *app_view_chosen(const struct app *app, const struct view *view);

/* places.c */
unsigned tab_count(void);
const struct view *tab_at(unsigned index); /* NULL: there are fewer */
void app_go_tab(struct app *app, unsigned index);
void app_step_tab(struct app *app, int step);
/* Opens an entity's detail view, or chooses the process; false: nothing shows such things. */
bool app_open_entity(struct app *app, const struct entity *entity);
/* Asks the view where a request leads, and goes there. */
bool app_follow(struct app *app, enum request request);
bool app_can_follow(const struct app *app, enum request request);
void app_back(struct app *app);

/* selection.c */
void select_row(struct app *app, size_t row);
void select_step(struct app *app, int64_t rows);
/* Selects the next row that contains the search, from the selected one on; false: none does. */
bool select_match(struct app *app, int step, bool from_here);
/* Rows of the list's body on the screen. */
unsigned list_page(const struct app *app);
void scroll_text(struct app *app, int64_t rows);

/* frame.c: how the screen is divided. Areas without rows are not there. */
struct frame_areas {
    struct area status, tabs, head, header, body, foot, keys;
};
struct frame_areas frame_of(const struct app *app, unsigned columns, unsigned rows);

/* list_draw.c */
void list_draw(const struct app *app, struct screen *screen, const struct frame_areas *areas);
const struct column *list_hit(const struct app *app, unsigned column); /* of the header, or NULL */

/* status.c, bar.c, help.c, menu.c draw their part; *_hit says what stands there. */
void status_draw(const struct app *app, struct screen *screen, const struct area *area);
void tabs_draw(const struct app *app, struct screen *screen, const struct area *area);
int tabs_hit(const struct app *app, unsigned column); /* -1: none */
void bar_draw(const struct app *app, struct screen *screen, const struct area *area);
enum request bar_hit(const struct app *app, unsigned column);
void help_draw(const struct app *app, struct screen *screen, const struct area *area);
unsigned help_rows(const struct app *app, unsigned columns);
void menu_open(struct app *app, bool is_columns);
void menu_request(struct app *app, uint32_t key);
void menu_draw(const struct app *app, struct screen *screen, const struct area *area);
/* prompts.c; the first handles a key while a prompt is open. */
void app_prompt_key(struct app *app, uint32_t key);
void app_prompt_open(struct app *app, enum prompt_kind kind);
/* mouse.c */
void app_mouse(struct app *app, const struct top_event *event);
/* requests.c */
void app_request(struct app *app, enum request request);

#endif
