/* SPDX-License-Identifier: MIT */
/* The model under bad and endless input: bounded memory, the same bytes whatever the batches, and
 * no crash whatever the items. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analyzers/report/report.h"
#include "stream.h"

static const struct report_options plain = {.columns = 80, .verbose = true};

static uint64_t random_state = 1;
static uint64_t random_number(void)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return random_state >> 13;
}

static uint64_t below(uint64_t limit)
{
    return random_number() % limit;
}

/* Mostly plausible, sometimes wild. */
static uint64_t some_number(uint64_t plausible)
{
    switch (below(16)) {
    case 0:
        return UINT64_MAX;
    case 1:
        return random_number() << below(20);
    default:
        return below(plausible);
    }
}

static struct event some_event(uint64_t time)
{
    return (struct event){.time_ns = below(50) ? time : some_number(1u << 30),
                          .arg = some_number(40000000),
                          .arg2 = below(2) ? below(LSC_CALL_LIMIT)
                                  : below(2)
                                      ? some_number(100)
                                      : some_number(40000000) | below(40) << LSC_POLL_DELAY_BITS,
                          .task = (uint32_t)some_number(40),
                          .thread = (uint32_t)(below(100) ? below(6) : some_number(5000)),
                          .type = (uint16_t)below(LSC_RECORD_TYPE_LIMIT + 2),
                          .flags = (uint16_t)(below(2) ? below(64) : below(65536))};
}

static void apply_events(struct session *session, const struct event *events, size_t count)
{
    struct item item = {.kind = ITEM_EVENTS, .events = {.events = events, .count = count}};
    session_apply(session, &item);
}

static struct session *session_with_process(void)
{
    struct session *session = session_new();
    struct item item = {
        .kind = ITEM_PROCESS,
        .process_info = {.pid = 1, .program = "p", .command = "p", .executable = ""}};
    session_apply(session, &item);
    return session;
}

static long resident_kb(void)
{
    long pages = 0, resident = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (!file || fscanf(file, "%ld %ld", &pages, &resident) != 2)
        resident = -1;
    if (file)
        fclose(file);
    return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

static struct event wide_event(uint64_t i)
{
    static const uint16_t types[] = {LSC_RECORD_TURN,         LSC_RECORD_CALL,  LSC_RECORD_CALLS,
                                     LSC_RECORD_STALL_SAMPLE, LSC_RECORD_WORK,  LSC_RECORD_POLL,
                                     LSC_RECORD_WAKE,         LSC_RECORD_DEPTH, LSC_RECORD_USAGE};
    return (struct event){.time_ns = i * 1000,
                          .arg = i % 7 ? 500 : 30000000,
                          .arg2 = i % 150,
                          .task = (uint32_t)(i * 2654435761u % 3000000),
                          .thread = (uint32_t)(i % 50),
                          .type = types[i % 9]};
}

Test(model_bounds, ten_million_events_of_ever_new_keys_stay_in_bounded_memory, .timeout = 110)
{
#ifdef __SANITIZE_ADDRESS__ /* freed memory lingers in its quarantine: too slow, and no measure */
    enum { BATCH = 10000, BATCHES = 50, ALLOWED_KB = 1 << 20 };
#else
    enum { BATCH = 10000, BATCHES = 1000, ALLOWED_KB = 80 << 10 /* tables are not full at half */ };
#endif
    static struct event events[BATCH];
    struct session *session = session_with_process();
    long early = 0;
    for (uint64_t b = 0; b < BATCHES; b++) {
        for (uint64_t i = 0; i < BATCH; i++)
            events[i] = wide_event(b * BATCH + i);
        apply_events(session, events, BATCH);
        if (b == BATCHES / 2)
            early = resident_kb();
    }
    long late = resident_kb();
    cr_assert(late < 600 * 1024, "%ld KB", late);
    cr_assert(late - early < ALLOWED_KB, "it still grows: %ld to %ld KB", early, late);
    cr_assert(model_unheld(session_model(session, 0))->rows > 0, "what did not fit is counted");
    session_delete(session);
}

Test(model_bounds, the_same_items_in_other_batches_give_the_same_bytes)
{
    static const size_t batches[] = {1, 7, 1000, 100000};
    struct stream *stream = stream_new();
    stream_process(stream, 1, "prog", "prog");
    random_state = 42;
    for (uint64_t i = 0; i < 20000; i++) {
        struct event event = some_event(i * 100000);
        stream_event(stream, &event);
    }
    stream_end(stream, END_EXITED, 0, 3000);
    char *json = stream_report(stream, 64, "json", &plain);
    char *text = stream_report(stream, 64, "text", &plain);
    for (unsigned i = 0; i < sizeof(batches) / sizeof(batches[0]); i++) {
        char *other_json = stream_report(stream, batches[i], "json", &plain);
        char *other_text = stream_report(stream, batches[i], "text", &plain);
        cr_assert_str_eq(json, other_json);
        cr_assert_str_eq(text, other_text);
        free(other_json);
        free(other_text);
    }
    cr_assert(strlen(json) > 10000, "there is something to compare");
    free(json);
    free(text);
    stream_delete(stream);
}

static const char *some_text(void)
{
    static const char *const texts[] = {"",  "main",  "\033[31mred", "\xff\xfe\xc0", "a;b\nc",
                                        "…", "libuv", "node",        "tokio"};
    return texts[below(sizeof(texts) / sizeof(texts[0]))];
}

static void apply_tables(struct session *session)
{
    uint64_t pcs[200];
    struct frame frames[20];
    for (unsigned i = 0; i < 200; i++)
        pcs[i] = below(60);
    for (unsigned i = 0; i < 20; i++)
        frames[i] = (struct frame){.function = below(20) ? some_text() : NULL,
                                   .file = some_text(),
                                   .module = below(20) ? some_text() : NULL,
                                   .line = (uint32_t)below(100),
                                   .kind = (uint8_t)below(9)};
    struct item items[] = {
        {.kind = ITEM_STRING, .string = {.id = (uint32_t)below(40), .bytes = "x\0y", .length = 3}},
        {.kind = ITEM_STRING, .string = {.id = (uint32_t)below(9), .bytes = "timer", .length = 5}},
        {.kind = ITEM_SITE, .site = {.id = (uint32_t)below(40), .file = (uint32_t)below(40)}},
        {.kind = ITEM_STACK,
         .stack = {.id = (uint32_t)below(40), .pcs = pcs, .depth = (unsigned)below(200)}},
        {.kind = ITEM_FRAMES,
         .frames = {.pc = below(60), .frames = frames, .count = (unsigned)below(20)}},
        {.kind = ITEM_LOST, .lost = {.thread = (uint32_t)some_number(8), .count = some_number(9)}},
        {.kind = ITEM_CLOCK, .clock_ns = some_number(1u << 30)},
        {.kind = ITEM_TABLES_LOST, .tables_lost = {.tasks = some_number(9)}},
        {.kind = (enum item_kind)below(20), .process = (uint32_t)some_number(3)},
    };
    /* An item of a random kind must at least have the pointers of its kind: leave those to the
     * others. */
    struct item *wild = &items[sizeof(items) / sizeof(items[0]) - 1];
    if (wild->kind >= ITEM_STRING && wild->kind <= ITEM_EVENTS && wild->kind != ITEM_SITE)
        wild->kind = ITEM_CLOCK;
    for (unsigned i = 0; i < sizeof(items) / sizeof(items[0]); i++)
        session_apply(session, &items[i]);
}

static void apply_entities(struct session *session)
{
    struct item items[] = {
        {.kind = ITEM_THREAD,
         .thread = {.thread = (uint32_t)some_number(8),
                    .tid = (uint32_t)below(1000),
                    .roles = (uint32_t)below(32),
                    .has_ended = below(4) == 0,
                    .name = below(9) ? some_text() : NULL,
                    .start_routine = below(60),
                    .wait_object = below(4),
                    .started_ns = some_number(1u << 30),
                    .busy_ns = some_number(1u << 30),
                    .idle_ns = some_number(1u << 30)}},
        {.kind = ITEM_NOW,
         .now = {.thread = (uint32_t)below(8),
                 .time_ns = some_number(1u << 31),
                 .turn_since_ns = some_number(1u << 31),
                 .busy_since_ns = some_number(1u << 31),
                 .call_since_ns = some_number(1u << 31),
                 .call = (uint32_t)some_number(200),
                 .poll_since_ns = some_number(1u << 31),
                 .current_task = (uint32_t)some_number(50),
                 .stall_stack = (uint32_t)below(40)}},
        {.kind = ITEM_TASK,
         .task = {.handle = (uint32_t)some_number(50),
                  .kind = (uint32_t)some_number(20),
                  .name = (uint32_t)below(40),
                  .stack = (uint32_t)below(40),
                  .site = (uint32_t)below(40),
                  .spawned_ns = some_number(1u << 30),
                  .state = (enum lsc_task_state)below(9)}},
        {.kind = ITEM_RESOURCE,
         .resource = {.handle = (uint32_t)some_number(50), .capacity = some_number(9)}},
        {.kind = ITEM_END,
         .end = {.kind = (enum end_kind)below(7), .status = -1, .time_ns = some_number(1u << 30)}},
    };
    for (unsigned i = 0; i < sizeof(items) / sizeof(items[0]); i++)
        session_apply(session, &items[i]);
}

static void report_all(const struct session *session)
{
    for (const struct report_format *format = report_formats; format->name; format++) {
        char *text = NULL;
        size_t bytes = 0;
        FILE *out = open_memstream(&text, &bytes);
        format->write(out, session, &plain);
        fclose(out);
        cr_assert_null(memchr(text, '\033', bytes), "no escape gets through in %s", format->name);
        free(text);
    }
    for (const struct limit *limit = limits; limit->name; limit++) {
        char line[64];
        limit_check(session, limit, 1, line, sizeof(line));
    }
}

#ifdef __SANITIZE_ADDRESS__
#define SEEDS 8
#else
#define SEEDS 30
#endif

Test(model_bounds, no_items_whatever_crash_it_or_its_reports, .timeout = 110)
{
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        struct session *session = session_with_process();
        random_state = seed * 977 + 5;
        for (unsigned round = 0; round < 30; round++) {
            struct event events[60];
            for (unsigned i = 0; i < 60; i++)
                events[i] = some_event(round * 30000000u + i * 500000u);
            apply_tables(session);
            apply_entities(session);
            apply_events(session, events, 60);
        }
        report_all(session);
        session_delete(session);
    }
}

Test(model_bounds, an_item_of_an_unannounced_process_is_refused)
{
    struct session *session = session_new();
    struct item item = {.kind = ITEM_CLOCK, .process = 3, .clock_ns = 1};
    cr_assert_eq(session_apply(session, &item), -EPROTO);
    item.kind = ITEM_PROCESS;
    item.process = UINT32_MAX;
    cr_assert_eq(session_apply(session, &item), -EPROTO);
    cr_assert_eq(session_count(session), 0);
    session_delete(session);
}
