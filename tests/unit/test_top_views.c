/* SPDX-License-Identifier: MIT */
/* Views of loops, blocking calls and stalls: what they add up, and how they follow what goes on. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "console/top/app/app.h"
#include "console/top/app/page.h"
#include "console/top/screen/keys.h"
#include "console/top/views/call_lines.h"
#include "console/top/views/page_histogram.h"
#include "console/top/views/stall_words.h"
#include "top_feed.h"

static const struct settings no_settings;

/* A console over a story. */
struct shown {
    struct stream *stream;
    struct feed *feed;
    struct app *app;
    struct screen screen;
    char text[1 << 16];
};

static void happen(struct shown *shown, struct top_event event)
{
    app_update(shown->app, &event);
}

static struct shown *begin(void (*story)(struct stream *stream), const char *view)
{
    struct shown *shown = calloc(1, sizeof(*shown));
    shown->stream = stream_new();
    story(shown->stream);
    shown->feed = top_feed_new(shown->stream, FEED_LIVE, 100);
    shown->app = app_new(shown->feed, &no_settings);
    cr_assert(eq(int, screen_init(&shown->screen, 120, 40), 0));
    happen(shown, (struct top_event){.kind = EVENT_RESIZE, .columns = 120, .rows = 40});
    cr_assert(app_open_view(shown->app, view));
    happen(shown, (struct top_event){.kind = EVENT_NEWS});
    return shown;
}

static void end(struct shown *shown)
{
    app_delete(shown->app);
    top_feed_delete(shown->feed);
    stream_delete(shown->stream);
    screen_free(&shown->screen);
    free(shown);
}

static void press(struct shown *shown, uint32_t key)
{
    happen(shown, (struct top_event){.kind = EVENT_KEY, .key = key});
}

static const char *look(struct shown *shown)
{
    app_render(shown->app, &shown->screen);
    FILE *out = fmemopen(shown->text, sizeof(shown->text), "w");
    cr_assert(eq(int, screen_dump(&shown->screen, out, SCREEN_DUMP_TEXT), 0));
    fclose(out);
    return shown->text;
}

static void expect_shown(struct shown *shown, const char *wanted)
{
    cr_expect(strstr(look(shown), wanted) != NULL, "'%s' is not shown:\n%s", wanted, shown->text);
}

#define APP "/srv/app/server"
static const struct frame slow_by_a[] = {
    FRAME("fsync", "", 0, "/lib/libc.so.6", FRAME_SYSTEM),
    FRAME("save", "/srv/app/save.c", 12, APP, FRAME_NATIVE),
    FRAME("on_a", "/srv/app/save.c", 40, APP, FRAME_NATIVE),
};
static const struct frame slow_by_b[] = {
    FRAME("fsync", "", 0, "/lib/libc.so.6", FRAME_SYSTEM),
    FRAME("save", "/srv/app/save.c", 12, APP, FRAME_NATIVE),
    FRAME("on_b", "/srv/app/save.c", 50, APP, FRAME_NATIVE),
};
static const struct frame other_line[] = {
    FRAME("fsync", "", 0, "/lib/libc.so.6", FRAME_SYSTEM),
    FRAME("commit", "/srv/app/commit.c", 7, APP, FRAME_NATIVE),
};

/* One line reached by two ways, and another line. */
static void slow_disk(struct stream *s)
{
    stream_process(s, 100, "server", APP);
    stream_thread(s, 0, 100, "server", LSC_ROLE_LOOP);
    stream_stack(s, 1, slow_by_a, 3);
    stream_stack(s, 2, slow_by_b, 3);
    stream_stack(s, 3, other_line, 2);
    stream_call(s, 0, LSC_CALL_fsync, 1, 100, 130, LSC_FD_FILE, 0);
    stream_turn(s, 0, 99, 131, 0);
    stream_call(s, 0, LSC_CALL_fsync, 2, 200, 210, LSC_FD_FILE, 0);
    stream_turn(s, 0, 199, 211, 0);
    stream_call(s, 0, LSC_CALL_fsync, 3, 300, 305, LSC_FD_FILE, 0);
    stream_turn(s, 0, 299, 306, 0);
    stream_now(s, 0, 1000, NEVER_MS);
}

static const struct call_line *find_line(const struct call_line *lines, size_t count,
                                         uint64_t total_ns)
{
    for (size_t i = 0; i < count; i++)
        if (lines[i].total_ns == total_ns)
            return &lines[i];
    return NULL;
}

Test(top_views, calls_are_added_up_by_culprit_line_and_by_call)
{
    struct shown *shown = begin(slow_disk, "calls");
    size_t count;
    struct call_line *lines = call_lines(shown->feed->processes[0].model, 0, &count);
    cr_assert(eq(sz, count, 3));
    const struct call_line *line = find_line(lines, count, 40000000);
    const struct call_line *whole = find_line(lines, count, 45000000);
    cr_assert(line && whole);
    cr_expect(line->count == 2 && line->stacks == 2 && line->worst_ns == 30000000);
    cr_expect(line->stack == 1, "the worst one stands for the line");
    cr_expect(whole->count == 3 && whole->parent.kind == ENTITY_NONE);
    cr_expect(entity_same(&line->parent, &whole->entity));
    struct weighted_stack *stacks =
        call_line_stacks(shown->feed->processes[0].model, &line->entity, &count);
    cr_expect(count == 2 && stacks[0].weight + stacks[1].weight == 40000000);
    free(stacks);
    free(lines);
    end(shown);
}

static void many_reads(struct stream *s)
{
    slow_disk(s);
    stream_calls(s, 0, LSC_CALL_read, 3, 395, 8, 400);
    stream_calls(s, 0, LSC_CALL_read, 3, 595, 3, 100);
    stream_turn(s, 0, 590, 596, 0);
}

Test(top_views, short_calls_that_add_up_have_lines_of_their_own)
{
    struct shown *shown = begin(many_reads, "calls");
    expect_shown(shown, "read (many)      commit (commit.c:7)");
    size_t count;
    struct call_line *lines = call_lines(shown->feed->processes[0].model, 0, &count);
    const struct call_line *line = find_line(lines, count, 11000000);
    cr_assert(line && line->is_short);
    cr_expect(line->count == 500 && line->worst_ns == 8000000);
    free(lines);
    end(shown);
}

Test(top_views, the_tree_of_stacks_has_the_share_of_each_way)
{
    struct shown *shown = begin(slow_disk, "calls");
    expect_shown(shown, "save (save.c:12)");
    press(shown, TOP_KEY_ENTER);
    expect_shown(shown, " 75.0 % on_a (save.c:40)");
    expect_shown(shown, " 25.0 % on_b (save.c:50)");
    end(shown);
}

static const struct frame spin[] = {
    FRAME("spin", "/srv/app/spin.c", 3, APP, FRAME_NATIVE),
    FRAME("main", "/srv/app/main.c", 9, APP, FRAME_NATIVE),
};

static void goes_on(struct stream *s)
{
    stream_process(s, 100, "server", APP);
    stream_thread(s, 0, 100, "server", LSC_ROLE_LOOP);
    stream_stack(s, 1, spin, 2);
    stream_turns(s, 0, 10, 100, 0.5, 5);
    stream_usage(s, 0, 1020, 10, 0);
    stream_samples(s, 0, 1, 1000, 1400);
    stream_usage(s, 0, 1400, 390, 0);
    stream_now(s, 0, 1400, 1000);
}

Test(top_views, the_time_of_a_stall_that_goes_on_counts_up)
{
    struct shown *shown = begin(goes_on, "stalls");
    expect_shown(shown, "now          500 ms spin (spin.c:3)");
    shown->feed->now_ns += 2000000000;
    happen(shown, (struct top_event){.kind = EVENT_TIME, .time_ns = shown->feed->now_ns});
    expect_shown(shown, "now           2.5 s spin (spin.c:3)");
    press(shown, TOP_KEY_ENTER);
    expect_shown(shown, "Stalled now, for 2.5 s so far");
    shown->feed->now_ns += 1000000000;
    happen(shown, (struct top_event){.kind = EVENT_TIME, .time_ns = shown->feed->now_ns});
    expect_shown(shown, "Stalled now, for 3.5 s so far");
    end(shown);
}

Test(top_views, a_stall_is_the_same_one_when_it_is_over)
{
    struct stall before = {.thread = 3, .start_ns = 1000000000, .in_progress = true};
    struct stall after = {.thread = 3, .start_ns = 1000000700, .end_ns = 1500000000};
    struct stall other = {.thread = 3, .start_ns = 1200000000, .end_ns = 1500000000};
    struct entity entity = stall_entity(0, &before);
    cr_expect(stall_is(&after, &entity));
    cr_expect(not(stall_is(&other, &entity)));
    after.thread = 4;
    cr_expect(not(stall_is(&after, &entity)));
}

Test(top_views, causes_are_told_largest_first)
{
    struct stall stall = {.wall_ns = 100, .part = {[PART_BLOCKED] = 30, [PART_CPU] = 60}};
    char text[128], narrow[12];
    stall_cause_text(text, sizeof(text), &stall, 25);
    cr_expect(strcmp(text, "on CPU, blocking call") == 0, "%s", text);
    stall_cause_text(narrow, sizeof(narrow), &stall, 25);
    cr_expect(strcmp(narrow, "on CPU, blo") == 0, "%s", narrow);
    stall_cause_text(text, sizeof(text), &(struct stall){.wall_ns = 100}, 25);
    cr_expect(strcmp(text, "unexplained") == 0, "%s", text);
}

Test(top_views, a_loop_that_is_gone_says_so)
{
    struct shown *shown = begin(goes_on, "loops");
    press(shown, TOP_KEY_ENTER);
    expect_shown(shown, "in a turn for 500 ms");
    shown->feed->process_count = 0;
    happen(shown, (struct top_event){.kind = EVENT_NEWS});
    expect_shown(shown, "Esc goes back");
    shown->feed->process_count = 1;
    end(shown);
}

/* Functions, threads, tasks and queues whose names are anything but names. */
static void hostile(struct stream *s)
{
    static char longest[10001];
    for (size_t i = 0; i + 1 < sizeof(longest); i++)
        longest[i] = "\x1b[2J\xf0\x9f\x98\x80\xcc\x81\r\xff"[i % 12];
    static const struct frame frames[] = {
        FRAME("\x1b[2J\x1b[Hread\xff\xc3", "\x1b]0;t\a.c", 1, "\x1b[31m", FRAME_NATIVE),
        FRAME("", "", 0, "", FRAME_UNKNOWN),
    };
    stream_process(s, 100, "\x1b[2J", "\x1b[2J");
    stream_thread(s, 0, 100, "\x1b[2J\xe2\x80\xae", LSC_ROLE_LOOP);
    stream_stack(s, 1, frames, 2);
    stream_call(s, 0, LSC_CALL_fsync, 1, 100, 130, LSC_FD_FILE, 0);
    stream_samples(s, 0, 1, 99, 131);
    stream_turn(s, 0, 99, 131, 0);
    stream_string(s, 1, longest);
    stream_string(s, 2, "\x1b]0;kind\a\xe2\x80\xae");
    stream_task(s, 7, 2, 1, 1, 200);
    stream_poll(
        s, &(struct polled){.thread = 0, .task = 7, .callback = 1, .from_ms = 300, .to_ms = 330});
    stream_turn(s, 0, 299, 331, 0);
    stream_resource(s, 9, 2, 1, 7);
    stream_depth(s, 9, 400, 5, 8);
    stream_now(s, 0, 1000, NEVER_MS);
}

Test(top_views, hostile_names_stay_in_their_cells)
{
    static const char *const names[] = {"overview", "tasks",  "loops",    "calls",
                                        "stalls",   "queues", "processes"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct shown *shown = begin(hostile, names[i]);
        for (unsigned opened = 0; opened < 2; opened++) {
            for (const char *byte = look(shown); *byte; byte++)
                cr_assert(byte[0] == '\n' || (unsigned char)byte[0] >= ' ', "in %s", names[i]);
            cr_assert(strstr(shown->text, "\xe2\x80\xae") == NULL);
            press(shown, TOP_KEY_ENTER);
        }
        end(shown);
    }
}

#define WAYS 900
/* More different stacks than a tree takes. */
static void many_stacks(struct stream *s)
{
    static struct frame frames[WAYS][4];
    static char names[WAYS][4][24];
    stream_process(s, 100, "server", APP);
    stream_thread(s, 0, 100, "server", LSC_ROLE_LOOP);
    for (unsigned i = 0; i < WAYS; i++) {
        for (unsigned k = 0; k < 4; k++) {
            snprintf(names[i][k], sizeof(names[i][k]), "way_%u_%u", i, k);
            frames[i][k] = (struct frame)FRAME(names[i][k], "", 0, APP, FRAME_NATIVE);
        }
        stream_stack(s, i + 1, frames[i], 4);
        stream_call(s, 0, LSC_CALL_fsync, i + 1, 100 + i * 10, 102 + i * 10, LSC_FD_FILE, 0);
        stream_turn(s, 0, 99 + i * 10, 103 + i * 10, 0);
    }
}

Test(top_views, a_tree_says_when_it_does_not_hold_all_stacks)
{
    struct shown *shown = begin(many_stacks, "calls");
    press(shown, 't');
    press(shown, TOP_KEY_HOME);
    expect_shown(shown, "all of them, from 900 places");
    press(shown, TOP_KEY_ENTER);
    press(shown, TOP_KEY_END);
    expect_shown(shown, "There are more different stacks than are shown.");
    end(shown);
}

/* The strip of a distribution, and where its marks are. */
static void strip_of(const struct histogram *histogram, uint64_t limit_ns, char text[400])
{
    struct screen screen;
    cr_assert(eq(int, screen_init(&screen, 44, 3), 0));
    struct area all = screen_area(&screen);
    struct page page = page_begin(&screen, &all, 0);
    page_histogram(&page, 12, "Turns", histogram, limit_ns);
    struct page counted = page_count(44);
    page_histogram(&counted, 12, "Turns", histogram, limit_ns);
    cr_expect(eq(u32, page.row, counted.row), "drawn and counted alike");
    FILE *out = fmemopen(text, 400, "w");
    screen_dump(&screen, out, SCREEN_DUMP_STYLES);
    fclose(out);
    screen_free(&screen);
}

Test(top_views, one_outlier_among_millions_is_seen_in_a_distribution)
{
    struct histogram histogram = {0};
    char text[400];
    histogram_add(&histogram, 1000, 5000000);
    histogram_add(&histogram, 60000000, 1);
    strip_of(&histogram, 20000000, text);
    cr_expect(strstr(text, "11\n") == NULL && strstr(text, "1000000") != NULL, "%s", text);
    cr_expect(strstr(text, "3\n") != NULL, "what is over the limit is marked:\n%s", text);
    histogram_free(&histogram);
}

Test(top_views, distributions_take_any_values)
{
    const uint64_t values[] = {0, 1, 63, 64, 65, UINT64_MAX, UINT64_MAX - 1};
    struct histogram histogram = {0};
    char text[400];
    strip_of(&histogram, 0, text);
    cr_expect(strstr(text, "none yet") != NULL);
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        histogram_add(&histogram, values[i], UINT64_MAX / 8);
        strip_of(&histogram, values[i], text);
    }
    histogram_free(&histogram);
}
