/* SPDX-License-Identifier: MIT */
/* The line on top: what is watched, how old it is, and whatever makes what is shown less than the
 * whole truth. That always has room: names give way to it. */
#include <stdio.h>
#include <string.h>

#include "cell.h"
#include "state.h"

#define STALE_NS UINT64_C(3000000000)
#define BADGES_MAX 16
#define BADGE_BYTES 48
#define SECOND_NS UINT64_C(1000000000)
#define SUBJECT_LEAST 16 /* columns that names keep before badges become short */

/* Each in full, and short for where there is no room. */
struct badges {
    char text[2][BADGES_MAX][BADGE_BYTES];
    unsigned count;
};

static void badge(struct badges *badges, const char *in_full, const char *in_short)
{
    if (badges->count == BADGES_MAX)
        return;
    snprintf(badges->text[0][badges->count], BADGE_BYTES, "%s", in_full);
    snprintf(badges->text[1][badges->count++], BADGE_BYTES, "%s", in_short);
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

struct processes_seen {
    unsigned shown, dead;
    bool is_full;
    uint64_t stale_ns; /* the longest silence of one that lives */
    const struct model *last_dead;
};

static struct processes_seen look_at_processes(const struct app *app)
{
    const struct feed *feed = app->feed;
    struct processes_seen seen = {.shown = 0};
    for (uint32_t i = 0; i < feed->process_count; i++) {
        const struct feed_process *process = &feed->processes[i];
        if (!app_shows_process(app, i))
            continue;
        seen.shown++;
        seen.is_full |= are_tables_full(process->model);
        if (model_end(process->model)) {
            seen.dead++;
            seen.last_dead = process->model;
        } else if (feed->kind == FEED_LIVE && feed->state != FEED_PAUSED &&
                   feed->now_ns > process->news_ns) {
            uint64_t silent = feed->now_ns - process->news_ns;
            seen.stale_ns = silent > seen.stale_ns ? silent : seen.stale_ns;
        }
    }
    return seen;
}

static void process_badges(const struct app *app, const struct screen *screen,
                           struct badges *badges)
{
    char words[BADGE_BYTES], age[DURATION_BYTES];
    struct processes_seen seen = look_at_processes(app);
    if (seen.dead && seen.shown == 1) {
        end_words(words, seen.last_dead);
        badge(badges, words, "ended");
    } else if (seen.dead) {
        snprintf(words, sizeof(words), "%u of %u ended", seen.dead, seen.shown);
        badge(badges, words, words);
    }
    if (seen.stale_ns >= STALE_NS) {
        snprintf(words, sizeof(words), "stale for %s",
                 words_duration(screen, age, seen.stale_ns / SECOND_NS * SECOND_NS));
        badge(badges, words, "stale");
    }
    if (seen.is_full)
        badge(badges, "tables full", "full");
}

static void pause_badge(const struct feed *feed, struct badges *badges)
{
    char number[COUNT_BYTES], in_full[BADGE_BYTES], in_short[BADGE_BYTES];
    snprintf(in_full, sizeof(in_full), "PAUSED +%s", words_count(number, feed->held, 8));
    snprintf(in_short, sizeof(in_short), "PAUSED +%s", words_count(number, feed->held, 3));
    badge(badges, feed->held ? in_full : "PAUSED", feed->held ? in_short : "PAUSED");
}

static void lost_badge(uint64_t lost, struct badges *badges)
{
    char number[COUNT_BYTES], in_full[BADGE_BYTES], in_short[BADGE_BYTES];
    snprintf(in_full, sizeof(in_full), "%s lost", words_count(number, lost, 8));
    snprintf(in_short, sizeof(in_short), "%s lost", words_count(number, lost, 3));
    badge(badges, in_full, in_short);
}

static void feed_badges(const struct app *app, struct badges *badges)
{
    const struct feed *feed = app->feed;
    char words[BADGE_BYTES];
    snprintf(words, sizeof(words), "broken: %.36s", feed->error);
    if (feed->state == FEED_BROKEN)
        badge(badges, words, "broken");
    if (feed->damage)
        badge(badges, "damaged file", "damaged");
    if (feed->state == FEED_LOADING)
        badge(badges, "loading", "loading");
    if (feed->state == FEED_ENDED && feed->kind == FEED_FILE)
        badge(badges, "end of file", "end");
    if (feed->state == FEED_PAUSED)
        pause_badge(feed, badges);
    if (feed->lost + feed->held_lost)
        lost_badge(feed->lost + feed->held_lost, badges);
    if (feed->symbols_pending)
        badge(badges, "symbols loading", "symbols");
    if (app->list.all.is_short)
        badge(badges, "out of memory: rows missing", "rows missing");
}

static unsigned badges_width(const struct screen *screen, const struct badges *badges,
                             unsigned is_short)
{
    unsigned width = 0;
    for (unsigned i = 0; i < badges->count; i++)
        width += screen_text_width(screen, badges->text[is_short][i], SCREEN_COLUMNS_MAX) + 2;
    return width;
}

/* How many columns they took, from the right. */
static unsigned draw_badges(struct screen *screen, const struct area *area,
                            const struct badges *badges)
{
    unsigned width = badges_width(screen, badges, 0);
    unsigned is_short = width + SUBJECT_LEAST > area->columns;
    if (is_short)
        width = badges_width(screen, badges, 1);
    unsigned from = width < area->columns ? area->columns - width : 0, at = from;
    for (unsigned i = 0; i < badges->count; i++) {
        at += screen_put(screen, area, 0, at, STYLE_CAVEAT, " ");
        at += screen_put(screen, area, 0, at, STYLE_CAVEAT, badges->text[is_short][i]);
        at += screen_put(screen, area, 0, at, STYLE_CAVEAT, i + 1 == badges->count ? " " : ",");
    }
    return area->columns - from;
}

/* Of several processes the oldest one's, dead ones' clocks stand still. */
static uint64_t longest_age(const struct app *app)
{
    uint64_t longest = 0;
    for (uint32_t i = 0; i < app->feed->process_count; i++) {
        uint64_t age = app_shows_process(app, i) ? feed_process_now(app->feed, i) : 0;
        longest = age > longest ? age : longest;
    }
    return longest;
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
    return at + screen_put(screen, area, 0, at, STYLE_TEXT,
                           words_duration(screen, now, longest_age(app)));
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
    feed_badges(app, &badges);
    process_badges(app, screen, &badges);
    unsigned taken = badges.count ? draw_badges(screen, area, &badges) : 0;
    struct area left = *area;
    left.columns = area->columns > taken + 1 ? area->columns - taken - 1 : 0;
    if (left.columns)
        draw_subject(app, screen, &left);
}
