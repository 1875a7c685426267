/* SPDX-License-Identifier: MIT */
/* What the program that the console runs has printed lately. It is read from its end. */
#include <inttypes.h>
#include <stdio.h>

#include "console/top/feed/output.h"
#include "names.h"
#include "views.h"

static const struct output_pane *pane_of(const struct app *app)
{
    return app_feed(app)->output;
}

static unsigned text_rows(const struct app *app, unsigned columns)
{
    const struct output_pane *pane = pane_of(app);
    (void)columns;
    return pane ? output_pane_count(pane) + 1 : 1; /* and where it is in full */
}

static void tell_file(const struct app *app, struct screen *screen, const struct area *area)
{
    const struct feed *feed = app_feed(app);
    char text[300], end[END_BYTES];
    if (!feed->output_path)
        snprintf(text, sizeof(text), "The console runs no program: loopscope top -- PROG");
    else if (feed->child_has_ended)
        snprintf(text, sizeof(text), "Everything is in %s; it %s", feed->output_path,
                 name_end(end, feed->child_status));
    else
        snprintf(text, sizeof(text), "Everything is in %s", feed->output_path);
    screen_put(screen, area, 0, 0, STYLE_DIM, text);
}

static void draw_head(const struct app *app, struct screen *screen, const struct area *area)
{
    const struct output_pane *pane = pane_of(app);
    unsigned count = pane ? output_pane_count(pane) : 0;
    unsigned room = area->rows ? area->rows - 1 : 0;
    unsigned after = app_scroll(app) < count ? app_scroll(app) : count; /* lines under the area */
    unsigned shown = count - after < room ? count - after : room;
    tell_file(app, screen, area);
    for (unsigned i = 0; i < shown; i++)
        screen_put(screen, area, 1 + i, 0, STYLE_TEXT,
                   output_pane_line(pane, count - after - shown + i));
}

const struct view view_output = {
    .id = "output",
    .title = "Output",
    .help = "What the program that the console runs has printed lately, without escape sequences. "
            "The latest lines stay in sight; scroll up to read back. The file on top has "
            "everything, as it was printed.",
    .tab = "Output",
    .is_read_from_end = true,
    .draw_head = draw_head,
    .text_rows = text_rows,
};
