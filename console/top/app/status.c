/* SPDX-License-Identifier: MIT */
/* The line on top: what is watched, how old it is, and whatever makes what is shown less than the
 * whole truth. That always has room: names give way to it. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cell.h"
#include "state.h"

#define STALE_NS UINT64_C(3000000000)
#define BADGES_MAX 16
#define BADGE_BYTES 48

struct badges {
    char text[BADGES_MAX][BADGE_BYTES];
    unsigned count;
};

__attribute__((format(printf, 2, 3))) static void badge(struct badges *badges, const char *format,
                                                        ...)
{
    if (badges->count == BADGES_MAX)
        return;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(badges->text[badges->count++], BADGE_BYTES, format, arguments);
    va_end(arguments);
}

static bool are_tables_full(const struct model *model)
{
    const struct tables_lost_item *lost = model_tables_lost(model);
    const struct unheld *unheld = model_unheld(model);
    return lost->threads || lost->tasks || lost->resources || lost->strings || lost->sites ||
           lost->stacks || lost->modules || unheld->threads || unheld->strings || unheld->sites ||
           unheld->stacks || unheld->frames || unheld->tasks || unheld->resources ||
           unheld->pools || unheld->rows;
}

/* How it ended, in a word or two. */
static void end_words(char out[BADGE_BYTES], const struct model *model)
{
    const struct end_item *end = model_end(model);
    out[0] = '\0';
    if (!end)
        return;
    if (end->kind == END_EXITED && end->status < 0)
        snprintf(out, BADGE_BYTES, "exited");
    else if (end->kind == END_EXITED)
        snprintf(out, BADGE_BYTES, "exited %d", end->status);
    else if (end->kind == END_SIGNALED)
        snprintf(out, BADGE_BYTES, "killed by signal %d", end->status);
    else if (end->kind == END_REPLACED)
        snprintf(out, BADGE_BYTES, "replaced by exec");
    else if (end->kind == END_VANISHED)
        snprintf(out, BADGE_BYTES, "dead");
    else
        snprintf(out, BADGE_BYTES, "no longer watched");
}

static void process_badges(const struct app *app, const struct screen *screen,
                           struct badges *badges)
{
    const struct feed *feed = app->feed;
    char words[BADGE_BYTES], age[DURATION_BYTES];
    unsigned dead = 0, shown = 0;
    bool is_full = false;
    uint64_t stale_ns = 0;
    for (uint32_t i = 0; i < feed->process_count; i++) {
        const struct feed_process *process = &feed->processes[i];
        if (!app_shows_process(app, i))
            continue;
        shown++;
        is_full |= are_tables_full(process->model);
        dead += model_end(process->model) != NULL;
        bool is_live = feed->kind == FEED_LIVE && !model_end(process->model);
        uint64_t silent = feed->now_ns > process->news_ns ? feed->now_ns - process->news_ns : 0;
        if (is_live && silent > stale_ns)
            stale_ns = silent;
        end_words(words, process->model);
    }
    if (dead && shown == 1)
        badge(badges, "%s", words);
    else if (dead)
        badge(badges, "%u of %u ended", dead, shown);
    if (stale_ns >= STALE_NS)
        badge(badges, "stale for %s",
              words_duration(screen, age, stale_ns / 1000000000 * 1000000000));
    if (is_full)
        badge(badges, "tables full");
}

static void feed_badges(const struct app *app, const struct screen *screen, struct badges *badges)
{
    const struct feed *feed = app->feed;
    char number[COUNT_BYTES];
    (void)screen;
    if (feed->state == FEED_BROKEN)
        badge(badges, "broken: %.36s", feed->error);
    if (feed->damage)
        badge(badges, "damaged file");
    if (feed->state == FEED_LOADING)
        badge(badges, "loading");
    if (feed->state == FEED_ENDED && feed->kind == FEED_FILE)
        badge(badges, "end of file");
    if (feed->state == FEED_PAUSED && feed->held)
        badge(badges, "PAUSED +%s", words_count(number, feed->held, 8));
    else if (feed->state == FEED_PAUSED)
        badge(badges, "PAUSED");
    if (feed->lost + feed->held_lost)
        badge(badges, "%s lost", words_count(number, feed->lost + feed->held_lost, 8));
    if (feed->symbols_pending)
        badge(badges, "symbols loading");
    if (app->list.all.is_short)
        badge(badges, "out of memory: rows missing");
}

static unsigned draw_badges(struct screen *screen, const struct area *area,
                            const struct badges *badges)
{
    unsigned width = 0;
    for (unsigned i = 0; i < badges->count; i++)
        width += screen_text_width(screen, badges->text[i], area->columns) + 2;
    unsigned from = width < area->columns ? area->columns - width : 0, at = from;
    for (unsigned i = 0; i < badges->count; i++) {
        at += screen_put(screen, area, 0, at, STYLE_CAVEAT, " ");
        at += screen_put(screen, area, 0, at, STYLE_CAVEAT, badges->text[i]);
        at += screen_put(screen, area, 0, at, STYLE_CAVEAT, i + 1 == badges->count ? " " : ",");
    }
    return area->columns - from;
}

static unsigned draw_time(const struct app *app, struct screen *screen, const struct area *area,
                          unsigned at)
{
    const struct feed *feed = app->feed;
    char now[DURATION_BYTES], length[DURATION_BYTES];
    if (feed->kind == FEED_FILE) {
        at += screen_print(screen, area, 0, at, STYLE_TEXT, "%s of %s",
                           words_duration(screen, now, feed->position_ns),
                           words_duration(screen, length, feed->length_ns));
        if (feed->speed_percent != 100)
            at += screen_print(screen, area, 0, at, STYLE_TEXT, "  at %u %%", feed->speed_percent);
        return at;
    }
    uint32_t process = app->process != UINT32_MAX ? app->process : 0;
    if (process < feed->process_count)
        at += screen_put(screen, area, 0, at, STYLE_TEXT,
                         words_duration(screen, now, feed_process_now(feed, process)));
    return at;
}

static void draw_subject(const struct app *app, struct screen *screen, const struct area *area)
{
    const struct feed *feed = app->feed;
    unsigned at = 0;
    if (feed->process_count == 0) {
        screen_put(screen, area, 0, 0, STYLE_STRONG,
                   feed->kind == FEED_FILE ? "loopscope" : "loopscope: no process yet");
        return;
    }
    if (app->process == UINT32_MAX && feed->process_count > 1) {
        at += screen_print(screen, area, 0, 0, STYLE_STRONG, "%u processes", feed->process_count);
    } else {
        const struct process_facts *facts = model_process(app_model(app, app->process));
        at += screen_print(screen, area, 0, 0, STYLE_STRONG, "%.40s", facts->program);
        at += screen_print(screen, area, 0, at, STYLE_TEXT, " %u", facts->pid);
    }
    at = draw_time(app, screen, area, at + 2);
    if (feed->kind == FEED_FILE && feed->path)
        screen_print(screen, area, 0, at, STYLE_DIM, "  %s", path_base(feed->path));
    else if (app->process != UINT32_MAX || feed->process_count == 1)
        screen_print(screen, area, 0, at, STYLE_DIM, "  %s",
                     model_process(app_model(app, app->process))->command);
}

void status_draw(const struct app *app, struct screen *screen, const struct area *area)
{
    struct badges badges = {.count = 0};
    feed_badges(app, screen, &badges);
    process_badges(app, screen, &badges);
    unsigned taken = badges.count ? draw_badges(screen, area, &badges) : 0;
    struct area left = *area;
    left.columns = area->columns > taken + 1 ? area->columns - taken - 1 : 0;
    if (left.columns)
        draw_subject(app, screen, &left);
}
