/* SPDX-License-Identifier: MIT */
/* Flows through the console: keys in, what is selected, shown and asked for out. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "console/top/app/app.h"
#include "console/top/app/view.h"
#include "console/top/screen/keys.h"
#include "top_feed.h"

static struct stream *stream;
static struct feed *feed;
static struct app *app;
static struct effects effects;
static char *picture;
static unsigned columns = 80, rows = 24;

static void send(const struct top_event *event)
{
    effects = app_update(app, event);
}

static void begin(void)
{
    static const struct settings unset;
    feed = top_feed_new(stream, FEED_LIVE, 400);
    app = app_new(feed, &unset);
    send(&(struct top_event){.kind = EVENT_RESIZE, .columns = columns, .rows = rows});
    send(&(struct top_event){.kind = EVENT_TIME, .time_ns = feed->now_ns});
    send(&(struct top_event){.kind = EVENT_NEWS});
}

static void end(void)
{
    app_delete(app);
    top_feed_delete(feed);
    stream_delete(stream);
    free(picture);
}

static void press(const char *keys)
{
    for (;;) {
        struct key_step step;
        cr_assert_eq(key_step_next(&keys, &step), 0);
        if (step.kind == STEP_END)
            return;
        if (step.kind == STEP_MOUSE)
            send(&(struct top_event){.kind = step.mouse, .row = step.row, .column = step.column});
        else
            send(&(struct top_event){.kind = EVENT_KEY, .key = step.key});
    }
}

static const char *draw(void)
{
    struct screen screen;
    size_t bytes;
    free(picture);
    FILE *out = open_memstream(&picture, &bytes);
    screen_init(&screen, columns, rows);
    screen.use_unicode = true;
    app_render(app, &screen);
    screen_dump(&screen, out, SCREEN_DUMP_TEXT);
    screen_free(&screen);
    fclose(out);
    return picture;
}

static bool shows(const char *text)
{
    return strstr(draw(), text) != NULL;
}

/* Tasks 1…count under the first, each with one run of its number of milliseconds. */
static void tasks(unsigned count)
{
    static char names[64][16];
    stream = stream_new();
    stream_process(stream, 77, "prog", "prog --serve");
    stream_thread(stream, 0, 77, "prog", LSC_ROLE_LOOP);
    stream_string(stream, 1, "task");
    for (uint32_t i = 1; i <= count; i++) {
        snprintf(names[i], sizeof(names[i]), "job-%u", i);
        stream_string(stream, 1 + i, names[i]);
        stream_item(stream, &(struct item){.kind = ITEM_TASK,
                                           .task = {.handle = i,
                                                    .id = i,
                                                    .kind = 1,
                                                    .name = 1 + i,
                                                    .parent = i > 1,
                                                    .spawned_ns = 1000000,
                                                    .state = LSC_TASK_IDLE}});
        stream_poll(stream, &(struct polled){.task = i, .from_ms = i * 100, .to_ms = i * 101});
    }
}

static void add_run(uint32_t task, uint64_t ns)
{
    struct event event = {.type = LSC_RECORD_POLL, .task = task, .time_ns = 9000000000, .arg = ns};
    struct item item = {.kind = ITEM_EVENTS, .events = {.events = &event, .count = 1}};
    session_apply((struct session *)(uintptr_t)feed->session, &item);
    send(&(struct top_event){.kind = EVENT_NEWS});
}

TestSuite(app, .fini = end);

Test(app, the_selection_follows_the_task_when_rows_are_sorted_anew)
{
    tasks(6);
    begin();
    cr_assert(app_open_view(app, "tasks"));
    press("<Down><Down>");
    cr_assert_eq(app_selected(app)->id, 4);
    add_run(1, UINT64_C(3000000000));
    cr_assert_eq(app_selected(app)->id, 4, "it jumped to another task");
}

Test(app, a_selection_that_nobody_made_stays_at_the_top)
{
    tasks(6);
    begin();
    app_open_view(app, "tasks");
    cr_assert_eq(app_selected(app)->id, 6);
    add_run(2, UINT64_C(3000000000));
    cr_assert_eq(app_selected(app)->id, 2);
}

Test(app, enter_opens_and_escape_goes_back_to_the_same_row)
{
    tasks(6);
    begin();
    app_open_view(app, "tasks");
    press("<Down><Enter>");
    cr_assert(shows("→Task"));
    cr_assert_eq(app_subject(app)->id, 5);
    press("<Esc>");
    cr_assert_eq(app_subject(app)->kind, ENTITY_NONE);
    cr_assert_eq(app_selected(app)->id, 5);
}

Test(app, a_task_leads_to_the_one_that_spawned_it_and_back)
{
    tasks(4);
    begin();
    app_open_view(app, "tasks");
    press("<Enter>T");
    cr_assert_eq(app_subject(app)->id, 1);
    press("<Esc>");
    cr_assert_eq(app_subject(app)->id, 4);
    press("<Esc>");
    cr_assert(shows("2Tasks"));
}

Test(app, where_a_key_leads_nowhere_it_is_said)
{
    tasks(2);
    begin();
    app_open_view(app, "tasks");
    press("Q");
    cr_assert(effects.bell);
    cr_assert(shows("From here one cannot go to the resource"));
}

Test(app, typing_a_filter_leaves_only_what_contains_it_and_escape_brings_all_back)
{
    tasks(12);
    begin();
    app_open_view(app, "tasks");
    press("\\job-1");
    cr_assert_eq(app_row_count(app), 4);
    press("<Enter>");
    cr_assert(shows("4 of 12 with 'job-1'"));
    press("<Esc>");
    cr_assert_eq(app_row_count(app), 12);
    press("\\job-1<Esc>");
    cr_assert_eq(app_row_count(app), 12, "a filter that was given up stays");
}

Test(app, searching_goes_from_match_to_match_and_around)
{
    tasks(12);
    begin();
    app_open_view(app, "tasks");
    press("/job-1<Enter>");
    cr_assert_eq(app_selected(app)->id, 12);
    press("n");
    cr_assert_eq(app_selected(app)->id, 11);
    press("nn");
    cr_assert_eq(app_selected(app)->id, 1);
    press("n");
    cr_assert_eq(app_selected(app)->id, 12);
    press("N");
    cr_assert_eq(app_selected(app)->id, 1);
}

Test(app, the_sort_menu_and_inverting_change_the_order_and_are_remembered)
{
    tasks(3);
    begin();
    app_open_view(app, "tasks");
    press("<F6><Home><Enter>");
    cr_assert(effects.save_settings);
    cr_assert_eq(app_selected(app)->id, 1);
    press("I");
    cr_assert(effects.save_settings);
    cr_assert_eq(app_selected(app)->id, 3);
    const struct settings *settings = app_settings(app);
    unsigned at = 0;
    while (strcmp(settings->views[at].view, "tasks") != 0)
        at++;
    cr_assert_str_eq(settings->views[at].sort, "name");
    cr_assert(!settings->views[at].is_ascending);
}

Test(app, columns_are_hidden_and_moved_in_their_menu)
{
    tasks(3);
    begin();
    app_open_view(app, "tasks");
    cr_assert(shows("Waits for"));
    press("<F2><Down><Down><Enter><Esc>");
    cr_assert(!shows("Waits for"));
    cr_assert_lt(strstr(picture, "Task "), strstr(picture, "State"));
    press("<F2><Right><Esc>");
    draw();
    cr_assert_gt(strstr(picture, "Task "), strstr(picture, "State"));
}

Test(app, a_tree_folds_to_the_left_and_unfolds_to_the_right)
{
    tasks(4);
    begin();
    app_open_view(app, "tasks");
    press("t<Home>");
    cr_assert_eq(app_selected(app)->id, 1);
    press("<Left>");
    cr_assert_eq(app_row_count(app), 1);
    press("<Right>");
    cr_assert_eq(app_row_count(app), 4);
    press("<End><Left>");
    cr_assert_eq(app_selected(app)->id, 1, "left leads to the parent");
}

Test(app, space_asks_for_a_pause_and_that_is_seen)
{
    tasks(1);
    begin();
    press(" ");
    cr_assert(effects.toggle_pause);
    feed->state = FEED_PAUSED;
    feed->held = 1234567;
    send(&(struct top_event){.kind = EVENT_NEWS});
    cr_assert(shows("PAUSED +1.2M"));
}

Test(app, what_a_pause_holds_back_is_counted_while_it_lasts)
{
    tasks(1);
    begin();
    uint64_t second = UINT64_C(1000000000) * 100;
    feed->state = FEED_PAUSED;
    send(&(struct top_event){.kind = EVENT_TIME, .time_ns = second});
    cr_assert(!effects.draw, "nothing is held, nothing changes");
    feed->held = 12;
    send(&(struct top_event){.kind = EVENT_TIME, .time_ns = second + 1000000});
    cr_assert(effects.draw);
    feed->held = 34;
    send(&(struct top_event){.kind = EVENT_TIME, .time_ns = second + 250000000});
    cr_assert(!effects.draw, "once a second is enough");
    send(&(struct top_event){.kind = EVENT_TIME, .time_ns = second + 1000000000});
    cr_assert(effects.draw);
    send(&(struct top_event){.kind = EVENT_TIME, .time_ns = second + 2000000000});
    cr_assert(!effects.draw);
}

Test(app, lost_records_full_tables_loading_symbols_and_stale_data_are_always_seen)
{
    tasks(1);
    begin();
    feed->lost = 42;
    feed->symbols_pending = 3;
    feed->now_ns += UINT64_C(9000000000);
    columns = 80;
    cr_assert(shows("42 lost") && shows("symbols loading") && shows("stale for 9.0 s"));
    press("<F1>");
    cr_assert(shows("42 lost"), "help hides it");
}

Test(app, only_a_file_is_replayed_at_another_speed)
{
    tasks(1);
    begin();
    press("]");
    cr_assert_eq(effects.speed_percent, 0);
    cr_assert(shows("Only a trace file"));
    feed->kind = FEED_FILE;
    press("]");
    cr_assert_eq(effects.speed_percent, 200);
    press("[");
    cr_assert_eq(effects.speed_percent, 50);
    press(":1:05<Enter>");
    cr_assert(effects.seek && effects.seek_ns == UINT64_C(65000000000));
}

Test(app, the_screen_and_the_trace_go_to_files_with_names_that_hold_no_path)
{
    stream = stream_new();
    stream_process(stream, 5, "../we/ird\x1b[m", "x");
    begin();
    press("w<Enter>");
    cr_assert(effects.export_trace);
    cr_assert_str_eq(effects.path, "___we_ird__m-5.lsc");
    press("S<C-u>a.txt<Enter>");
    cr_assert(effects.save_screen);
    cr_assert_str_eq(effects.path, "a.txt");
    press("w<Esc>");
    cr_assert(!effects.export_trace);
}

Test(app, tabs_remember_where_one_was)
{
    tasks(6);
    begin();
    app_open_view(app, "tasks");
    press("<Down><Down>1");
    cr_assert(shows("Nothing is stalled now"));
    press("2");
    cr_assert_eq(app_selected(app)->id, 4);
    press("<S-Tab>");
    cr_assert(shows("Nothing is stalled now"));
}

Test(app, the_mouse_selects_opens_and_sorts)
{
    tasks(6);
    begin();
    app_open_view(app, "tasks");
    press("<Click:6,3>");
    cr_assert_eq(app_selected(app)->id, 4);
    press("<Click:3,3>");
    cr_assert(effects.save_settings);
    press("<Home>");
    cr_assert_eq(app_selected(app)->id, 1, "the header sorts by name");
    press("<DoubleClick:5,3>");
    cr_assert_eq(app_subject(app)->id, 2);
    press("<Click:2,3>");
    cr_assert(shows("Nothing is stalled now"), "a tab is clicked");
    press("<Click:24,1>");
    cr_assert(shows("What is wrong."), "F1 in the function bar is clicked");
}

Test(app, time_alone_draws_once_a_second_at_most)
{
    tasks(1);
    stream_end(stream, END_EXITED, 0, 5000);
    begin();
    uint64_t second = UINT64_C(1000000000) * 100;
    send(&(struct top_event){.kind = EVENT_TIME, .time_ns = second});
    cr_assert(effects.draw);
    send(&(struct top_event){.kind = EVENT_TIME, .time_ns = second + 250000000});
    cr_assert(!effects.draw);
}

Test(app, a_stall_in_progress_counts_up_with_time)
{
    stream = stream_new();
    stream_process(stream, 77, "prog", "prog");
    stream_thread(stream, 0, 77, "prog", LSC_ROLE_LOOP);
    stream_turns(stream, 0, 10, 20, 0.1, 1);
    stream_now(stream, 0, 1000, 600);
    begin();
    cr_assert(shows("1 stalled now") && shows("800 ms"));
    feed->now_ns += 250000000;
    send(&(struct top_event){.kind = EVENT_TIME, .time_ns = feed->now_ns});
    cr_assert(effects.draw);
    cr_assert(shows("1.1 s"));
}

Test(app, a_process_is_chosen_and_escape_shows_all_again)
{
    stream = stream_new();
    stream_process(stream, 10, "first", "first");
    stream_process_index(stream, 1);
    stream_process(stream, 11, "second", "second");
    begin();
    cr_assert(shows("2 processes"));
    app_open_view(app, "processes");
    press("/second<Enter><Enter>");
    cr_assert_eq(app_process(app), 1);
    cr_assert(shows("second 11"));
    press("<Esc>");
    cr_assert_eq(app_process(app), UINT32_MAX);
}

/* Two processes, each with a channel; the first one ended after a second. */
static void two_processes(void)
{
    stream = stream_new();
    for (uint32_t i = 0; i < 2; i++) {
        stream_process_index(stream, i);
        stream_process(stream, 10 + i, "prog", "prog");
        stream_thread(stream, 0, 20 + i, "prog", LSC_ROLE_LOOP);
        stream_string(stream, 1, "channel");
        stream_string(stream, 2, "jobs");
        stream_resource(stream, 1, 1, 2, 0);
        stream_depth(stream, 1, 950, 3, 8);
        stream_poll(stream, &(struct polled){.from_ms = 900, .to_ms = i ? 7000 : 1000});
    }
    stream_process_index(stream, 0);
    stream_end(stream, END_SIGNALED, 9, 1000);
}

Test(app, of_several_processes_each_queue_says_whose_it_is)
{
    two_processes();
    begin();
    app_open_view(app, "queues");
    cr_assert(shows("10: channel 'jobs'") && shows("11: channel 'jobs'"), "%s", picture);
    app_open_view(app, "processes");
    press("<Home><Enter>");
    app_open_view(app, "queues");
    cr_assert(shows("channel 'jobs'") && !shows(": channel 'jobs'"), "%s", picture);
}

Test(app, the_clock_of_several_processes_does_not_stand_still_with_a_dead_one)
{
    two_processes();
    begin();
    cr_assert(shows("2 processes  7."), "%s", picture);
    cr_assert(shows("1 of 2 ended"));
}

Test(app, no_key_and_no_size_disturbs_it)
{
    tasks(20);
    begin();
    static const unsigned sizes[][2] = {{1, 1}, {2, 3}, {7, 4}, {20, 5}, {40, 10}, {300, 90}};
    for (unsigned s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
        columns = sizes[s][0];
        rows = sizes[s][1];
        send(&(struct top_event){.kind = EVENT_RESIZE, .columns = columns, .rows = rows});
        for (uint32_t key = 1; key < 127; key++) {
            send(&(struct top_event){.kind = EVENT_KEY, .key = key});
            draw();
        }
        for (uint32_t key = TOP_KEY_UP; key <= TOP_KEY_F12; key++) {
            send(&(struct top_event){.kind = EVENT_KEY, .key = key});
            draw();
        }
        for (unsigned at = 0; at < 100; at++) {
            send(&(struct top_event){
                .kind = EVENT_CLICK + at % 4, .row = at % (rows + 1), .column = at * 7 % 90});
            draw();
        }
    }
}
