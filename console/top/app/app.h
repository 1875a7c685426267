/* SPDX-License-Identifier: MIT */
/* The console without its terminal: `app_update` takes an event and says what is to be done,
 * `app_render` draws. Both are pure: they read the feed and know no clock, locale, file or curses.
 * Not thread-safe. */
#ifndef LSC_TOP_APP_H
#define LSC_TOP_APP_H

#include <stdbool.h>
#include <stdint.h>

#include "console/top/feed/feed.h"
#include "console/top/screen/event.h"
#include "console/top/screen/screen.h"
#include "entity.h"
#include "settings.h"

struct app;

/* What the main loop has to do after an update, in this order. */
struct effects {
    bool draw; /* something changed on the screen */
    bool redraw_all, bell, suspend, quit;
    bool save_settings; /* app_settings() */
    bool toggle_pause;  /* of a file's replay, or of applying what is drained */
    bool seek;
    uint64_t seek_ns;       /* position in the file */
    unsigned speed_percent; /* 0: unchanged */
    bool save_screen;       /* as text, into `path` */
    bool export_trace;      /* what is in memory, into `path` */
    char path[256];
};

/* `settings` is copied. NULL: out of memory. */
struct app *app_new(const struct feed *feed, const struct settings *settings);
void app_delete(struct app *app);
/* By id ("tasks"), as --view gives it; false: there is no such view. */
bool app_open_view(struct app *app, const char *id);
struct effects app_update(struct app *app, const struct top_event *event);
void app_render(struct app const *app, struct screen *screen);
const struct settings *app_settings(const struct app *app);

#endif
