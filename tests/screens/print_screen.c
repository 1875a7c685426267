/* SPDX-License-Identifier: MIT */
/* print_screen SCENARIO STATES SIZE KEYS text|styles: what the console shows of a story, after keys
 * (see console/top/screen/keys.h), at a size. STATES is a comma-separated list, or "-"; "view:ID"
 * in it opens a view before the keys. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "console/top/app/app.h"
#include "console/top/feed/output.h"
#include "console/top/screen/keys.h"
#include "stories.h"
#include "tests/golden/scenarios.h"
#include "tests/unit/top_feed.h"

#define FILE_NS UINT64_C(60000000000)

/* What a feed may be in besides its story. */
static void set_paused(struct feed *feed)
{
    feed->state = FEED_PAUSED;
    feed->held = 123456;
}
static void set_lost(struct feed *feed)
{
    feed->lost = 12345;
}
static void set_symbols(struct feed *feed)
{
    feed->symbols_pending = 7;
}
static void set_stale(struct feed *feed)
{
    feed->now_ns += UINT64_C(12000000000);
}
static void set_file(struct feed *feed)
{
    feed->kind = FEED_FILE;
    feed->path = "story.lsc";
    feed->length_ns = FILE_NS;
    feed->speed_percent = 200;
}
static void set_damaged(struct feed *feed)
{
    set_file(feed);
    feed->damage = "the file ends in the middle of a chunk";
}
static void set_ended(struct feed *feed)
{
    set_file(feed);
    feed->state = FEED_ENDED;
}
static void set_loading(struct feed *feed)
{
    set_file(feed);
    feed->state = FEED_LOADING;
}
static void set_broken(struct feed *feed)
{
    feed->state = FEED_BROKEN;
    snprintf(feed->error, sizeof(feed->error), "the segment is gone");
}

/* A program of the console's own that has printed something. */
static void set_output(struct feed *feed)
{
    static struct output_pane *pane;
    char line[64];
    pane = output_pane_new();
    for (int i = 1; pane && i <= 70; i++) {
        int length = snprintf(line, sizeof(line), "\033[32mrequest %d\033[0m\tGET /\r\n", i);
        output_pane_add(pane, line, (size_t)length);
    }
    feed->output = pane;
    feed->output_path = "/tmp/loopscope-server-a1b2c3.out";
    feed->child_has_ended = true;
    feed->child_status = 143;
}

static const struct {
    const char *name;
    void (*set)(struct feed *feed);
} states[] = {
    {"paused", set_paused}, {"lost", set_lost},       {"symbols", set_symbols},
    {"stale", set_stale},   {"file", set_file},       {"damaged", set_damaged},
    {"ended", set_ended},   {"loading", set_loading}, {"broken", set_broken},
    {"output", set_output},
};

static bool has_state(const char *list, const char *name)
{
    size_t length = strlen(name);
    for (const char *at = list; (at = strstr(at, name)); at += length)
        if ((at == list || at[-1] == ',') && (at[length] == ',' || at[length] == '\0'))
            return true;
    return false;
}

/* "view:ID": the view that is opened at first; false: there is no such view. */
static bool open_view(struct app *app, const char *list)
{
    const char *at = strstr(list, "view:");
    char id[SETTINGS_ID_BYTES];
    return !at || (sscanf(at, "view:%23[a-z]", id) == 1 && app_open_view(app, id));
}

static const struct scenario *find(const struct scenario *table, const char *name)
{
    for (; table->name; table++)
        if (strcmp(table->name, name) == 0)
            return table;
    return NULL;
}

static void press(struct app *app, struct feed *feed, const struct top_event *event)
{
    struct effects effects = app_update(app, event);
    if (effects.toggle_pause)
        feed->state = feed->state == FEED_PAUSED ? FEED_RUNNING : FEED_PAUSED;
    if (effects.speed_percent)
        feed->speed_percent = effects.speed_percent;
    if (effects.seek)
        feed->position_ns = effects.seek_ns;
    if (effects.toggle_pause || effects.speed_percent || effects.seek)
        app_update(app, &(struct top_event){.kind = EVENT_NEWS});
}

/* 0, or -EINVAL for keys that are none. */
static int play(struct app *app, struct feed *feed, const char *keys, unsigned *columns,
                unsigned *rows)
{
    for (;;) {
        struct key_step step;
        int error = key_step_next(&keys, &step);
        if (error || step.kind == STEP_END)
            return error;
        struct top_event event = {.kind = EVENT_KEY, .key = step.key};
        if (step.kind == STEP_MOUSE)
            event = (struct top_event){.kind = step.mouse, .row = step.row, .column = step.column};
        if (step.kind == STEP_SIZE) {
            *columns = step.columns;
            *rows = step.rows;
            event = (struct top_event){
                .kind = EVENT_RESIZE, .rows = step.rows, .columns = step.columns};
        }
        if (step.kind == STEP_KEY || step.kind == STEP_MOUSE || step.kind == STEP_SIZE)
            press(app, feed, &event);
    }
}

static int show(struct feed *feed, char **argv)
{
    static const struct settings settings;
    unsigned columns, rows;
    if (sscanf(argv[3], "%ux%u", &columns, &rows) != 2)
        return 2;
    struct app *app = app_new(feed, &settings);
    app_update(app, &(struct top_event){.kind = EVENT_RESIZE, .columns = columns, .rows = rows});
    app_update(app, &(struct top_event){.kind = EVENT_TIME, .time_ns = feed->now_ns});
    app_update(app, &(struct top_event){.kind = EVENT_NEWS});
    if (!open_view(app, argv[2]) || play(app, feed, argv[4], &columns, &rows))
        return 2;
    struct screen screen;
    if (screen_init(&screen, columns, rows))
        return 2;
    screen.use_unicode = !has_state(argv[2], "ascii");
    app_render(app, &screen);
    int error = screen_dump(&screen, stdout,
                            strcmp(argv[5], "styles") == 0 ? SCREEN_DUMP_STYLES : SCREEN_DUMP_TEXT);
    screen_free(&screen);
    app_delete(app);
    return error ? 2 : 0;
}

int main(int argc, char **argv)
{
    const struct scenario *scenario = argc == 6 ? find(stories, argv[1]) : NULL;
    if (argc == 6 && !scenario)
        scenario = find(scenarios, argv[1]);
    if (!scenario) {
        fprintf(stderr, "usage: print_screen SCENARIO STATES SIZE KEYS text|styles\n");
        return 2;
    }
    struct stream *stream = stream_new();
    scenario->build(stream);
    struct feed *feed = top_feed_new(stream, FEED_LIVE, 400);
    for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++)
        if (has_state(argv[2], states[i].name))
            states[i].set(feed);
    int status = show(feed, argv);
    top_feed_delete(feed);
    stream_delete(stream);
    return status;
}
