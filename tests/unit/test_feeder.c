/* SPDX-License-Identifier: MIT */
/* The feed of the console from a trace file: played, paused, wound forward and back, copied. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyzers/trace/trace.h"
#include "console/top/feed/export.h"
#include "console/top/feed/feeder.h"

#define MS UINT64_C(1000000)
#define SECOND (1000 * MS)
#define TURNS 500 /* one every 20 ms: ten seconds */
#define BUDGET_NS (50 * MS)

static char path[64];

static void put_events(struct trace_writer *writer, uint64_t at_ms, unsigned count)
{
    struct event events[64];
    for (unsigned i = 0; i < count; i++)
        events[i] = (struct event){.type = LSC_RECORD_TURN,
                                   .thread = 1,
                                   .time_ns = (at_ms + i * 20 + 20) * MS,
                                   .arg = (i % 10 == 9 ? 15 : 2) * MS};
    struct item item = {.kind = ITEM_EVENTS, .events = {.events = events, .count = count}};
    trace_writer_put(writer, &item);
}

static void write_trace(void)
{
    struct trace_writer *writer;
    snprintf(path, sizeof(path), "/tmp/loopscope-feeder-%d.lsc", (int)getpid());
    cr_assert_eq(trace_writer_open(path, &writer), 0);
    struct item process = {.kind = ITEM_PROCESS,
                           .process_info = {.pid = 7,
                                            .program = "server",
                                            .command = "server",
                                            .executable = "",
                                            .started_mono_ns = 5000,
                                            .stall_ns = 20 * MS,
                                            .block_ns = MS}};
    struct item thread = {
        .kind = ITEM_THREAD,
        .thread = {.thread = 1, .tid = 7, .roles = LSC_ROLE_LOOP, .name = "main"}};
    trace_writer_put(writer, &process);
    trace_writer_put(writer, &thread);
    for (unsigned i = 0; i < TURNS; i += 50)
        put_events(writer, i * 20, 50);
    struct item end = {.kind = ITEM_END,
                       .end = {.kind = END_EXITED, .status = 0, .time_ns = 10 * SECOND}};
    trace_writer_put(writer, &end);
    cr_assert_eq(trace_writer_close(writer, NULL), 0);
}

static void remove_trace(void)
{
    unlink(path);
}

TestSuite(feeder, .init = write_trace, .fini = remove_trace);

static struct feeder *open_at(uint64_t at_ns, unsigned speed, bool plays)
{
    struct feeder_options options = {
        .path = path, .at_ns = at_ns, .speed_percent = speed, .plays = plays};
    struct feeder *feeder;
    char why[128];
    cr_assert_eq(feeder_open(&options, &feeder, why, sizeof(why)), 0, "%s", why);
    return feeder;
}

static void load(struct feeder *feeder)
{
    for (unsigned i = 0; i < 1000 && feeder_feed(feeder)->state == FEED_LOADING; i++)
        feeder_advance(feeder, BUDGET_NS);
}

static uint64_t turns_of(const struct feed *feed)
{
    const struct thread *thread =
        feed->process_count ? model_thread(feed->processes[0].model, 1) : NULL;
    return thread && thread->loop ? thread->loop->turns : 0;
}

Test(feeder, shows_a_file_to_its_end_at_first)
{
    struct feeder *feeder = open_at(FEEDER_END, 0, false);
    const struct feed *feed = feeder_feed(feeder);
    cr_assert_eq(feed->state, FEED_LOADING);
    load(feeder);
    cr_assert_eq(feed->state, FEED_ENDED);
    cr_assert_eq(feed->records, TURNS);
    cr_assert_eq(turns_of(feed), TURNS);
    cr_assert_eq(feed->length_ns, 10 * SECOND);
    cr_assert_eq(feed->position_ns, feed->length_ns);
    cr_assert(!feed->processes[0].is_alive);
    cr_assert_null(feed->damage);
    feeder_close(feeder);
}

Test(feeder, begins_where_it_is_asked_to)
{
    struct feeder *feeder = open_at(3 * SECOND, 0, false);
    const struct feed *feed = feeder_feed(feeder);
    load(feeder);
    cr_assert_eq(feed->state, FEED_PAUSED);
    cr_assert_eq(feed->position_ns, 3 * SECOND);
    cr_assert_eq(feed->length_ns, 10 * SECOND);
    cr_assert_eq(turns_of(feed), 150);
    feeder_close(feeder);
}

Test(feeder, goes_back_and_forward_and_shows_the_same_at_the_same_place)
{
    struct feeder *feeder = open_at(FEEDER_END, 0, false);
    const struct feed *feed = feeder_feed(feeder);
    static const struct {
        uint64_t at, turns;
    } places[] = {{2 * SECOND, 100}, {5 * SECOND, 250}, {SECOND, 50}, {4 * SECOND + 7 * MS, 200}};
    load(feeder);
    for (unsigned i = 0; i < 4; i++) {
        feeder_seek(feeder, places[i].at);
        cr_assert_eq(feed->state, FEED_LOADING);
        load(feeder);
        cr_assert_eq(feed->state, FEED_PAUSED);
        cr_assert_eq(feed->position_ns, places[i].at);
        cr_assert_eq(turns_of(feed), places[i].turns, "%u: %llu", i,
                     (unsigned long long)turns_of(feed));
        cr_assert_eq(feed->records, places[i].turns);
    }
    feeder_seek(feeder, 99 * SECOND);
    load(feeder);
    cr_assert_eq(feed->state, FEED_ENDED);
    cr_assert_eq(turns_of(feed), TURNS);
    feeder_close(feeder);
}

Test(feeder, goes_where_it_was_asked_to_while_it_was_still_loading)
{
    struct feeder *feeder = open_at(FEEDER_END, 0, false);
    const struct feed *feed = feeder_feed(feeder);
    feeder_seek(feeder, 2 * SECOND);
    load(feeder);
    cr_assert_eq(feed->state, FEED_PAUSED);
    cr_assert_eq(feed->position_ns, 2 * SECOND);
    cr_assert_eq(turns_of(feed), 100);
    feeder_close(feeder);
}

Test(feeder, plays_at_the_speed_it_is_told_and_stops_when_paused)
{
    uint64_t opened = feeder_clock_ns();
    struct feeder *feeder = open_at(0, 1000, true);
    const struct feed *feed = feeder_feed(feeder);
    load(feeder);
    cr_assert_eq(feed->state, FEED_RUNNING);
    uint64_t begun = feeder_clock_ns(), played = 0;
    while (played < 200 * MS) {
        played = feeder_clock_ns() - begun;
        feeder_advance(feeder, BUDGET_NS);
        usleep(5000);
    }
    uint64_t position = feed->position_ns, past = feeder_clock_ns() - opened;
    cr_assert_geq(position, played * 10 - 200 * MS, "%llu", (unsigned long long)position);
    cr_assert_leq(position, past * 10);
    cr_assert_eq(turns_of(feed), position / (20 * MS));
    feeder_toggle_pause(feeder);
    cr_assert_eq(feed->state, FEED_PAUSED);
    usleep(20000);
    feeder_advance(feeder, BUDGET_NS);
    cr_assert_eq(feed->position_ns, position);
    feeder_close(feeder);
}

Test(feeder, begins_anew_when_it_is_played_at_its_end)
{
    struct feeder *feeder = open_at(FEEDER_END, 0, false);
    const struct feed *feed = feeder_feed(feeder);
    load(feeder);
    feeder_toggle_pause(feeder);
    load(feeder);
    cr_assert_eq(feed->state, FEED_RUNNING);
    cr_assert_lt(feed->position_ns, SECOND);
    feeder_close(feeder);
}

Test(feeder, judges_what_it_shows_and_keeps_that_apart_from_the_model)
{
    struct feeder *feeder = open_at(FEEDER_END, 0, false);
    const struct feed *feed = feeder_feed(feeder);
    load(feeder);
    cr_assert(feeder_judge(feeder, true));
    cr_assert_not_null(feed->processes[0].findings);
    cr_assert_eq(feed->processes[0].judged_ns, model_seen_ns(feed->processes[0].model));
    cr_assert(!feeder_judge(feeder, false), "nothing has changed since");
    feeder_close(feeder);
}

Test(feeder, tells_of_a_file_that_is_cut)
{
    cr_assert_eq(truncate(path, 200), 0);
    struct feeder *feeder = open_at(FEEDER_END, 0, false);
    load(feeder);
    cr_assert_eq(feeder_feed(feeder)->state, FEED_ENDED);
    cr_assert_not_null(feeder_feed(feeder)->damage);
    feeder_close(feeder);
}

static uint64_t some_time(void)
{
    static uint64_t state = 1;
    state = state * UINT64_C(6364136223846793005) + 1;
    uint64_t shift = state >> 58;
    return state >> 60 == 0 ? UINT64_MAX : state >> shift;
}

static void put_nonsense(struct trace_writer *writer, uint32_t process)
{
    struct event events[64];
    for (unsigned i = 0; i < 64; i++)
        events[i] = (struct event){.type = (uint16_t)(some_time() % LSC_RECORD_TYPE_LIMIT),
                                   .thread = (uint32_t)(some_time() % 8),
                                   .task = (uint32_t)(some_time() % 64),
                                   .time_ns = some_time(),
                                   .arg = some_time(),
                                   .arg2 = some_time()};
    struct item batch = {
        .kind = ITEM_EVENTS, .process = process, .events = {.events = events, .count = 64}};
    struct item now = {.kind = ITEM_NOW,
                       .process = process,
                       .now = {.thread = 1, .time_ns = some_time(), .turn_since_ns = some_time()}};
    struct item clock = {.kind = ITEM_CLOCK, .process = process, .clock_ns = some_time()};
    trace_writer_put(writer, &batch);
    trace_writer_put(writer, &now);
    trace_writer_put(writer, &clock);
}

Test(feeder, survives_times_and_processes_that_make_no_sense)
{
    struct trace_writer *writer;
    cr_assert_eq(trace_writer_open(path, &writer), 0);
    put_nonsense(writer, 5); /* of a process that nobody has announced */
    for (uint32_t process = 0; process < 6; process += 2) {
        struct item item = {.kind = ITEM_PROCESS,
                            .process = process,
                            .process_info = {.pid = 7,
                                             .program = "",
                                             .command = "",
                                             .executable = "",
                                             .started_mono_ns = process ? INT64_MIN : INT64_MAX}};
        trace_writer_put(writer, &item);
    }
    for (unsigned i = 0; i < 200; i++)
        put_nonsense(writer, i % 6);
    cr_assert_eq(trace_writer_close(writer, NULL), 0);
    struct feeder *feeder = open_at(FEEDER_END, 0, false);
    load(feeder);
    cr_assert_eq(feeder_feed(feeder)->state, FEED_ENDED);
    cr_assert_eq(feeder_feed(feeder)->process_count, 3);
    feeder_judge(feeder, true);
    for (unsigned i = 0; i < 20; i++) {
        feeder_seek(feeder, some_time());
        load(feeder);
        cr_assert_neq(feeder_feed(feeder)->state, FEED_BROKEN);
        feeder_judge(feeder, true);
    }
    feeder_close(feeder);
}

Test(feeder, refuses_what_is_no_trace)
{
    struct feeder_options options = {.path = "/dev/null", .at_ns = FEEDER_END};
    struct feeder *feeder;
    char why[128] = "";
    cr_assert_lt(feeder_open(&options, &feeder, why, sizeof(why)), 0);
    cr_assert_null(feeder);
    cr_assert_neq(why[0], '\0');
}

static void export_to(const char *target, char *sentence, size_t bytes)
{
    struct feeder_options options = {.path = path};
    struct export *export;
    cr_assert_eq(export_begin(&options, target, &export), 0);
    while (!export_is_over(export, sentence, bytes))
        usleep(1000);
}

Test(feeder, copies_its_file_but_not_onto_itself)
{
    char sentence[320], copy[80];
    struct stat before, after;
    snprintf(copy, sizeof(copy), "%s.copy", path);
    cr_assert_eq(stat(path, &before), 0);
    export_to(copy, sentence, sizeof(sentence));
    cr_assert_not_null(strstr(sentence, "copied"), "%s", sentence);
    cr_assert_eq(stat(copy, &after), 0);
    cr_assert_eq(after.st_size, before.st_size);
    unlink(copy);
    export_to(path, sentence, sizeof(sentence));
    cr_assert_not_null(strstr(sentence, "cannot write"), "%s", sentence);
    cr_assert_eq(stat(path, &after), 0);
    cr_assert_eq(after.st_size, before.st_size);
}
