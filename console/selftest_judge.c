/* SPDX-License-Identifier: MIT */
/* Proves from the records of loopscope-selftest that every hook of the probe fires: the helper
 * writes a mark with a call's name and then makes the call, so the records after the mark must show
 * it. */
#include "selftest_judge.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzers/source/text.h"
#include "selftest/rows.h"

#define QUEUE_KINDS_MOST 16
#define LOOP_TURNS_LEAST 4 /* of the helper's dozen waits; the first make it a loop */

/* A mark that was seen, by the string id of its name, and what was recorded until the next one. */
struct sighting {
    uint32_t mark;
    uint32_t thread;
    bool has_sample;
    bool has_poll;
    uint8_t calls[LSC_CALL_LIMIT];
};

struct text {
    uint32_t id;
    char *bytes;
};

/* What a thread has shown itself to be. */
struct role {
    uint32_t thread, roles;
    uint64_t turns;
};

struct evidence {
    struct sighting *sightings;
    size_t sighting_count;
    struct text *texts;
    size_t text_count;
    struct role *roles; /* by thread */
    size_t role_count;
    uint32_t queue_kinds[QUEUE_KINDS_MOST]; /* string ids, of the queues that were recorded */
    size_t queue_count;
    uint32_t limits;
};

static bool add_sighting(struct evidence *evidence, uint32_t mark, uint32_t thread)
{
    struct sighting *grown =
        realloc(evidence->sightings, (evidence->sighting_count + 1) * sizeof *evidence->sightings);
    if (!grown)
        return false;
    evidence->sightings = grown;
    evidence->sightings[evidence->sighting_count++] =
        (struct sighting){.mark = mark, .thread = thread};
    return true;
}

static void note_event(struct sighting *sighting, const struct event *event)
{
    uint64_t call = event->arg2 & 0xffff;
    bool is_call = event->type == LSC_RECORD_CALL || event->type == LSC_RECORD_CALLS;
    if (is_call && call < LSC_CALL_LIMIT)
        sighting->calls[call] = 1;
    if (event->type == LSC_RECORD_STALL_SAMPLE)
        sighting->has_sample = true;
    if (event->type == LSC_RECORD_POLL)
        sighting->has_poll = true;
}

static bool take_events(struct evidence *evidence, const struct events_item *events)
{
    for (size_t i = 0; i < events->count; i++) {
        const struct event *event = &events->events[i];
        if (event->type == LSC_RECORD_MARK) {
            if (!add_sighting(evidence, (uint32_t)event->arg, event->thread))
                return false;
            continue;
        }
        struct sighting *latest =
            evidence->sighting_count ? &evidence->sightings[evidence->sighting_count - 1] : NULL;
        if (latest && event->thread == latest->thread)
            note_event(latest, event);
    }
    return true;
}

static bool take_string(struct evidence *evidence, const struct string_item *string)
{
    struct text *grown =
        realloc(evidence->texts, (evidence->text_count + 1) * sizeof *evidence->texts);
    if (!grown)
        return false;
    evidence->texts = grown;
    char *bytes = strndup(string->bytes, string->length);
    if (!bytes)
        return false;
    evidence->texts[evidence->text_count++] = (struct text){string->id, bytes};
    return true;
}

/* The latest item of a thread holds for it. */
static bool take_thread(struct evidence *evidence, const struct thread_item *thread)
{
    size_t i = 0;
    while (i < evidence->role_count && evidence->roles[i].thread != thread->thread)
        i++;
    if (i == evidence->role_count) {
        struct role *grown = realloc(evidence->roles, (i + 1) * sizeof *evidence->roles);
        if (!grown)
            return false;
        evidence->roles = grown;
        evidence->role_count++;
    }
    evidence->roles[i] = (struct role){thread->thread, thread->roles, thread->turns};
    return true;
}

static void take_resource(struct evidence *evidence, const struct resource_item *resource)
{
    if (evidence->queue_count < QUEUE_KINDS_MOST)
        evidence->queue_kinds[evidence->queue_count++] = resource->kind;
}

static bool take_item(struct evidence *evidence, const struct item *item)
{
    if (item->kind == ITEM_EVENTS)
        return take_events(evidence, &item->events);
    if (item->kind == ITEM_STRING)
        return take_string(evidence, &item->string);
    if (item->kind == ITEM_THREAD)
        return take_thread(evidence, &item->thread);
    if (item->kind == ITEM_RESOURCE)
        take_resource(evidence, &item->resource);
    if (item->kind == ITEM_PROCESS)
        evidence->limits = item->process_info.limits;
    return true;
}

static bool is_text(const struct evidence *evidence, uint32_t id, const char *text)
{
    for (size_t i = 0; i < evidence->text_count; i++)
        if (evidence->texts[i].id == id && strcmp(evidence->texts[i].bytes, text) == 0)
            return true;
    return false;
}

static const struct sighting *find_sighting(const struct evidence *evidence, const char *mark)
{
    for (size_t i = 0; i < evidence->sighting_count; i++)
        if (is_text(evidence, evidence->sightings[i].mark, mark))
            return &evidence->sightings[i];
    return NULL;
}

/* What the helper said when it could not try `symbol`, or NULL. */
static const char *find_excuse(const struct evidence *evidence, const char *symbol)
{
    char prefix[96];
    int length = snprintf(prefix, sizeof prefix, SELFTEST_UNTESTED "%s:", symbol);
    for (size_t i = 0; i < evidence->text_count; i++)
        if (strncmp(evidence->texts[i].bytes, prefix, (size_t)length) == 0)
            return evidence->texts[i].bytes + length;
    return NULL;
}

/* Not proved, but the helper could not try it. */
static void excuse_row(const struct evidence *evidence, struct selftest_row *row)
{
    const char *excuse = find_excuse(evidence, row->symbol);
    if (row->verdict != VERDICT_FAIL || !excuse)
        return;
    row->verdict = VERDICT_UNTESTED;
    text_clean(row->why, sizeof row->why, excuse, strlen(excuse));
}

static void judge_call(const struct evidence *evidence, struct selftest_row *row)
{
    const struct sighting *sighting = find_sighting(evidence, row->symbol);
    row->verdict = sighting && sighting->calls[row->call] ? VERDICT_PASS : VERDICT_FAIL;
    excuse_row(evidence, row);
}

/* The role of the thread that wrote mark `mark`, or none. */
static struct role role_of(const struct evidence *evidence, const char *mark)
{
    const struct sighting *sighting = find_sighting(evidence, mark);
    for (size_t i = 0; sighting && i < evidence->role_count; i++)
        if (evidence->roles[i].thread == sighting->thread)
            return evidence->roles[i];
    return (struct role){0};
}

static bool is_loop(const struct evidence *evidence, const char *symbol)
{
    char mark[64];
    snprintf(mark, sizeof mark, SELFTEST_LOOP_PREFIX "%s", symbol);
    struct role role = role_of(evidence, mark);
    return (role.roles & LSC_ROLE_LOOP) && role.turns >= LOOP_TURNS_LEAST;
}

static bool has_queue(const struct evidence *evidence, const char *kind)
{
    for (size_t i = 0; i < evidence->queue_count; i++)
        if (is_text(evidence, evidence->queue_kinds[i], kind))
            return true;
    return false;
}

static void judge_queue(const struct evidence *evidence, struct selftest_row *row)
{
    static const struct {
        const char *symbol, *kind;
    } queues[] = {
#define X(symbol, kind) {#symbol, kind},
        SELFTEST_QUEUES(X)
#undef X
    };
    row->verdict = VERDICT_FAIL;
    for (size_t i = 0; i < sizeof queues / sizeof queues[0]; i++)
        if (strcmp(queues[i].symbol, row->symbol) == 0 && has_queue(evidence, queues[i].kind))
            row->verdict = VERDICT_PASS;
    if (row->verdict == VERDICT_FAIL && (evidence->limits & LSC_LIMIT_NO_SOCKET_DIAG)) {
        row->verdict = VERDICT_UNTESTED;
        snprintf(row->why, sizeof row->why, "the kernel gives no sock_diag");
    }
    excuse_row(evidence, row);
}

static const struct selftest_row all_rows[] = {
#define X(symbol, number, class) {"call", #symbol, number, VERDICT_FAIL, ""},
    LSC_CALLS(X)
#undef X
#define X(symbol, call) {"call", #symbol, LSC_CALL_##call, VERDICT_FAIL, ""},
        SELFTEST_ALIASES(X)
#undef X
#define X(symbol) {"loop", #symbol, 0, VERDICT_FAIL, ""},
            SELFTEST_LOOPS(X)
#undef X
#define X(symbol, kind) {"queue", #symbol, 0, VERDICT_FAIL, ""},
                SELFTEST_QUEUES(X)
#undef X
                    {"pool", "threads that wait for work", 0, VERDICT_FAIL, ""},
    {"libuv", SELFTEST_LIBUV, 0, VERDICT_FAIL, ""},
    {"stall", "stack of a spinning loop", 0, VERDICT_FAIL, ""},
};

static void judge_row(const struct evidence *evidence, struct selftest_row *row)
{
    const struct sighting *stall = find_sighting(evidence, SELFTEST_STALL);
    const struct sighting *libuv = find_sighting(evidence, SELFTEST_LIBUV);
    bool is_proved;
    if (strcmp(row->kind, "call") == 0) {
        judge_call(evidence, row);
        return;
    }
    if (strcmp(row->kind, "queue") == 0) {
        judge_queue(evidence, row);
        return;
    }
    if (strcmp(row->kind, "loop") == 0)
        is_proved = is_loop(evidence, row->symbol);
    else if (strcmp(row->kind, "pool") == 0)
        is_proved = role_of(evidence, SELFTEST_POOL).roles & LSC_ROLE_POOL;
    else if (strcmp(row->kind, "libuv") == 0)
        is_proved = libuv && libuv->has_poll;
    else
        is_proved = stall && stall->has_sample;
    row->verdict = is_proved ? VERDICT_PASS : VERDICT_FAIL;
    excuse_row(evidence, row);
}

static bool collect(struct source *source, struct evidence *evidence)
{
    struct item item;
    int outcome;
    while ((outcome = source->ops->next(source, &item)) == 1)
        if (!take_item(evidence, &item))
            return false;
    return outcome == 0;
}

bool selftest_judge(struct source *source, struct selftest_table *table)
{
    struct evidence evidence = {0};
    *table = (struct selftest_table){0};
    bool is_judged = collect(source, &evidence);
    if (is_judged)
        table->rows = malloc(sizeof all_rows);
    if (table->rows) {
        memcpy(table->rows, all_rows, sizeof all_rows);
        table->count = sizeof all_rows / sizeof all_rows[0];
        table->is_complete = find_sighting(&evidence, SELFTEST_DONE) != NULL;
        for (size_t i = 0; i < table->count; i++)
            judge_row(&evidence, &table->rows[i]);
    }
    for (size_t i = 0; i < evidence.text_count; i++)
        free(evidence.texts[i].bytes);
    free(evidence.texts);
    free(evidence.sightings);
    free(evidence.roles);
    return table->rows != NULL;
}

void selftest_table_free(struct selftest_table *table)
{
    free(table->rows);
    *table = (struct selftest_table){0};
}
