/* SPDX-License-Identifier: MIT */
/* Where one is and how one came there. */
#include <stdio.h>
#include <string.h>

#include "state.h"

unsigned tab_count(void)
{
    unsigned count = 0;
    while (tab_at(count))
        count++;
    return count;
}

const struct view *tab_at(unsigned index)
{
    for (const struct view *const *view = views; *view; view++)
        if ((*view)->tab && index-- == 0)
            return *view;
    return NULL;
}

static unsigned tab_index(const struct view *view)
{
    unsigned at = 0;
    while (tab_at(at) && tab_at(at) != view)
        at++;
    return at;
}

/* Remembers how the tab one is in looks; entities opened from it are left. */
static void leave_tab(struct app *app)
{
    unsigned at = app->depth ? tab_index(app->places[0].view) : TABS_MAX;
    if (at < TABS_MAX)
        app->tabs[at] = app->places[0];
}

void app_go_tab(struct app *app, unsigned index)
{
    const struct view *view = tab_at(index);
    if (!view || index >= TABS_MAX)
        return;
    leave_tab(app);
    app->places[0] = app->tabs[index];
    app->places[0].view = view;
    app->depth = 1;
    app->overlay = OVERLAY_NONE;
    app_refresh(app);
}

void app_step_tab(struct app *app, int step)
{
    unsigned count = tab_count(), at = tab_index(app->places[0].view);
    app_go_tab(app, (at + (step < 0 ? count - 1 : 1)) % count);
}

static const struct view *detail_of(enum entity_kind kind)
{
    for (const struct view *const *view = views; *view; view++)
        if ((*view)->opens == kind && kind != ENTITY_NONE)
            return *view;
    return NULL;
}

static void push(struct app *app, const struct view *view, const struct entity *subject)
{
    if (app->depth == PLACES_MAX) {
        memmove(app->places + 1, app->places + 2, (PLACES_MAX - 2) * sizeof(*app->places));
        app->depth--;
    }
    app->places[app->depth++] = (struct place){.view = view, .subject = *subject};
    app->overlay = OVERLAY_NONE;
    app_refresh(app);
}

static void choose_process(struct app *app, uint32_t process)
{
    app->process = process;
    memset(app->tabs, 0, sizeof(app->tabs));
    app->depth = 0;
    app_go_tab(app, 0);
}

bool app_open_entity(struct app *app, const struct entity *entity)
{
    const struct view *view = detail_of(entity->kind);
    if (entity->kind == ENTITY_PROCESS) {
        choose_process(app, entity->process);
        return true;
    }
    if (!view)
        return false;
    if (app_here(app)->view != view || !entity_same(&app_here(app)->subject, entity))
        push(app, view, entity);
    return true;
}

static bool link_of(const struct app *app, enum request request, struct entity *out)
{
    const struct view *view = app_here(app)->view;
    memset(out, 0, sizeof(*out));
    return view->link && view->link(app, request, out) && out->kind != ENTITY_NONE;
}

bool app_can_follow(const struct app *app, enum request request)
{
    struct entity entity;
    return link_of(app, request, &entity) &&
           (entity.kind == ENTITY_PROCESS || detail_of(entity.kind));
}

bool app_follow(struct app *app, enum request request)
{
    struct entity entity;
    if (link_of(app, request, &entity) && app_open_entity(app, &entity))
        return true;
    char text[128];
    snprintf(text, sizeof(text), "From here one cannot %s.", requests[request].text);
    app_refuse(app, text);
    return false;
}

void app_back(struct app *app)
{
    struct place *here = app_place(app);
    if (app->depth > 1) {
        app->depth--;
    } else if (here->filter[0]) {
        here->filter[0] = '\0';
    } else if (app->process != UINT32_MAX && app->feed->process_count > 1) {
        choose_process(app, UINT32_MAX);
        app_say(app, "All processes.");
    }
    app_refresh(app);
}
