/* SPDX-License-Identifier: MIT */
/* Events come in, effects go out; everything the screen needs is ready afterwards. */
#include "app.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "head.h"
#include "now.h"
#include "state.h"

#define SECOND_NS UINT64_C(1000000000)

struct app *app_new(const struct feed *feed, const struct settings *settings)
{
    struct app *app = calloc(1, sizeof(*app));
    if (!app)
        return NULL;
    app->feed = feed;
    app->settings = *settings;
    app->columns = 80;
    app->rows = 24;
    app->process = UINT32_MAX;
    app_go_tab(app, 0);
    return app;
}

void app_delete(struct app *app)
{
    if (!app)
        return;
    list_free(&app->list);
    free(app);
}

const struct settings *app_settings(const struct app *app)
{
    return &app->settings;
}

static struct view_settings *settings_find(struct settings *settings, const char *view)
{
    for (unsigned i = 0; i < SETTINGS_VIEWS_MAX && settings->views[i].view[0]; i++)
        if (strcmp(settings->views[i].view, view) == 0)
            return &settings->views[i];
    return NULL;
}

/* When there are too many views the last one's are given up. */
struct view_settings *app_view_settings(struct app *app, const struct view *view)
{
    struct view_settings *found = settings_find(&app->settings, view->id);
    if (found) {
        if (!found->sort[0] && view->sort)
            snprintf(found->sort, sizeof(found->sort), "%s", view->sort);
        return found;
    }
    unsigned at = 0;
    while (at < SETTINGS_VIEWS_MAX - 1 && app->settings.views[at].view[0])
        at++;
    found = &app->settings.views[at];
    *found = (struct view_settings){.is_ascending = view->is_ascending};
    snprintf(found->view, sizeof(found->view), "%s", view->id);
    snprintf(found->sort, sizeof(found->sort), "%s", view->sort ? view->sort : "");
    return found;
}

const struct view_settings *app_view_chosen(const struct app *app, const struct view *view)
{
    static const struct view_settings unset;
    for (unsigned i = 0; i < SETTINGS_VIEWS_MAX; i++)
        if (strcmp(app->settings.views[i].view, view->id) == 0)
            return &app->settings.views[i];
    return &unset;
}

void app_say(struct app *app, const char *notice)
{
    snprintf(app->notice, sizeof(app->notice), "%s", notice);
    app->notice_until = app->time_ns + NOTICE_NS;
    app->effects.draw = true;
}

void app_refuse(struct app *app, const char *why)
{
    app_say(app, why);
    app->effects.bell = true;
}

void app_refresh(struct app *app)
{
    struct place *here = app_place(app);
    if (app->process != UINT32_MAX && app->process >= app->feed->process_count)
        app->process = UINT32_MAX;
    list_make(&app->list, app, here->view, app_view_settings(app, here->view), here->filter);
    size_t at = here->is_chosen ? list_find(&app->list, &here->selected) : 0;
    select_row(app, at == SIZE_MAX ? here->selected_at : at);
    scroll_text(app, 0);
}

static void on_key(struct app *app, uint32_t key)
{
    app->notice[0] = '\0';
    app->effects.draw = true;
    if (app->prompt.kind != PROMPT_NONE)
        app_prompt_key(app, key);
    else if (app->overlay == OVERLAY_MENU)
        menu_request(app, key);
    else
        app_request(app, request_of_key(key));
}

/* A picture changes with time when something counts up in it, else once a second at most. */
static void on_time(struct app *app, uint64_t time_ns)
{
    struct now_stall stall;
    app->time_ns = time_ns;
    if (app->notice[0] && time_ns >= app->notice_until) {
        app->notice[0] = '\0';
        app->effects.draw = true;
    }
    bool is_paused = app->feed->state == FEED_PAUSED;
    uint64_t held = app->feed->held + app->feed->held_lost;
    if (app->feed->state == FEED_ENDED || (is_paused && held == app->drawn_held))
        return;
    bool is_new = time_ns / SECOND_NS != app->drawn_second;
    if (!is_new && (is_paused || now_stalls(app->feed, app->process, &stall, 1) == 0))
        return;
    app->drawn_held = held;
    app->drawn_second = time_ns / SECOND_NS;
    app->effects.draw = true;
}

static void on_resize(struct app *app, unsigned columns, unsigned rows)
{
    app->columns = columns;
    app->rows = rows;
    app->effects.draw = app->effects.redraw_all = true;
}

struct effects app_update(struct app *app, const struct top_event *event)
{
    app->effects = (struct effects){.draw = false};
    app->has_moved_only = false;
    switch (event->kind) {
    case EVENT_KEY:
        on_key(app, event->key);
        break;
    case EVENT_CLICK:
    case EVENT_DOUBLE_CLICK:
    case EVENT_WHEEL_UP:
    case EVENT_WHEEL_DOWN:
        app->effects.draw = true;
        app_mouse(app, event);
        break;
    case EVENT_RESIZE:
        on_resize(app, event->columns, event->rows);
        break;
    case EVENT_TIME:
        on_time(app, event->time_ns);
        break;
    case EVENT_NEWS:
        app->effects.draw = true;
        break;
    case EVENT_NOTICE:
        app_say(app, event->notice);
        break;
    case EVENT_QUIT:
        app->effects.quit = true;
        break;
    case EVENT_NONE:
        break;
    }
    /* Rows come and go with news, and with what is asked for; time and moves change none. */
    bool are_same = event->kind == EVENT_NOTICE || event->kind == EVENT_TIME || app->has_moved_only;
    if (app->effects.draw && !are_same)
        app_refresh(app);
    return app->effects;
}

static void draw_view(const struct app *app, struct screen *screen, const struct frame_areas *areas)
{
    const struct view *view = app_here(app)->view;
    if (head_exists(app) && areas->head.rows)
        head_draw(app, screen, &areas->head);
    if (areas->header.rows)
        list_draw(app, screen, areas);
    if (view->draw_foot && areas->foot.rows)
        view->draw_foot(app, screen, &areas->foot);
}

void app_render(struct app const *app, struct screen *screen)
{
    screen_clear(screen);
    screen->has_cursor = false;
    struct frame_areas areas = frame_of(app, screen->columns, screen->rows);
    struct area body = screen_area(screen);
    body.row = areas.tabs.row + areas.tabs.rows;
    body.rows = areas.keys.row > body.row ? areas.keys.row - body.row : 0;
    status_draw(app, screen, &areas.status);
    if (areas.tabs.rows)
        tabs_draw(app, screen, &areas.tabs);
    if (app->overlay == OVERLAY_HELP)
        help_draw(app, screen, &body);
    else
        draw_view(app, screen, &areas);
    if (app->overlay == OVERLAY_MENU)
        menu_draw(app, screen, &body);
    if (!areas.keys.rows)
        return;
    if (app->prompt.kind != PROMPT_NONE)
        prompt_draw(&app->prompt, screen, &areas.keys);
    else if (app->notice[0])
        screen_put(screen, &areas.keys, 0, 0, STYLE_STRONG, app->notice);
    else
        bar_draw(app, screen, &areas.keys);
}

const struct feed *app_feed(const struct app *app)
{
    return app->feed;
}

uint32_t app_process(const struct app *app)
{
    return app->process;
}

bool app_shows_process(const struct app *app, uint32_t process)
{
    return app->process == UINT32_MAX || app->process == process;
}

const struct model *app_model(const struct app *app, uint32_t process)
{
    if (process == UINT32_MAX)
        process = 0;
    return process < app->feed->process_count ? app->feed->processes[process].model : NULL;
}

const struct entity *app_subject(const struct app *app)
{
    return &app_here(app)->subject;
}

const struct entity *app_selected(const struct app *app)
{
    static const struct entity none;
    size_t at = app_here(app)->selected_at;
    return at < app->list.count ? list_entity(&app->list, at) : &none;
}

size_t app_row_count(const struct app *app)
{
    return app->list.count;
}

unsigned app_scroll(const struct app *app)
{
    return app_here(app)->scroll;
}

bool app_shows_tree(const struct app *app)
{
    return app_view_chosen(app, app_here(app)->view)->is_tree;
}

bool app_is_paused(const struct app *app)
{
    return app->feed->state == FEED_PAUSED;
}

bool app_open_view(struct app *app, const char *id)
{
    for (unsigned i = 0; tab_at(i); i++)
        if (strcmp(tab_at(i)->id, id) == 0) {
            app_go_tab(app, i);
            return true;
        }
    return false;
}
