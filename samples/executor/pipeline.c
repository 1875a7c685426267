/* SPDX-License-Identifier: MIT */
/* An event-sourcing pipeline: `pipeline EVENTS JOURNAL [slow]`.
 *
 * Bank accounts are told by events, one a line: "deposit ACCOUNT CENTS", "withdraw ACCOUNT CENTS".
 *
 *     ingest ─ lines ─> validate ─ events ─> batch ─ batches ─┬─> balances
 *                                              │              ├─> turnover
 *                                              └─> JOURNAL    └─> busiest accounts
 *
 * Valid events are numbered and written to the journal in batches, before anybody is told of them;
 * projections are what can be read from them, and are printed at the end. Every stage is a task,
 * with a bounded channel before it that makes the sender wait: the slowest stage sets the pace of
 * all, and memory does not depend on how many events there are. With `slow` the last projection
 * takes its time, and every channel before it is full. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loopscope/channel.h"
#include "loopscope/fs.h"
#include "loopscope/time.h"

#define LINE_BYTES 64u
#define BLOCK_BYTES 65536u
#define BATCH_EVENTS 64u
#define BATCH_MS 20u /* a batch waits no longer than this for more events */
#define ACCOUNTS 1024u
#define SLOW_MS 25u

struct line {
    char text[LINE_BYTES];
};
enum event_kind { EVENT_DEPOSIT, EVENT_WITHDRAW, EVENT_KINDS };
static const char *const kind_names[EVENT_KINDS] = {"deposit", "withdraw"};
struct event {
    uint64_t number;
    int64_t cents;
    uint32_t account;
    enum event_kind kind;
};
struct batch {
    uint32_t count;
    struct event events[BATCH_EVENTS];
};

/* ---- ingest: lines of the file ---- */

struct ingest {
    struct lsc_frame frame;
    struct lsc_file file;
    struct lsc_mpsc_sender lines;
    struct lsc_cleanup cleanup;
    char *block;
    size_t used, at;
    struct line line;
};

static void end_ingest(void *data)
{
    struct ingest *self = data;
    free(self->block);
    lsc_file_close(&self->file);
    lsc_mpsc_sender_drop(&self->lines);
}

/* Takes the next whole line from the block; false: it holds no more. What is too long for a line is
 * cut, and so will not be valid. */
static bool take_line(struct ingest *self, bool is_last)
{
    const char *start = self->block + self->at;
    size_t left = self->used - self->at;
    const char *end = memchr(start, '\n', left);
    if (!end && (left == 0 || (!is_last && left < BLOCK_BYTES)))
        return false;
    size_t length = end ? (size_t)(end - start) : left;
    snprintf(self->line.text, LINE_BYTES, "%.*s", (int)length, start);
    self->at += length + (end != NULL);
    return true;
}

static lsc_result ingest(struct lsc_context *cx, void *state)
{
    struct ingest *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    lsc_cleanup_push(cx, &self->cleanup, end_ingest, self);
    self->block = malloc(BLOCK_BYTES);
    if (!self->block)
        LSC_RETURN(-ENOMEM);
    do {
        LSC_AWAIT(r, lsc_file_read(cx, &self->file, self->block + self->used,
                                   BLOCK_BYTES - self->used, -1));
        if (r < 0)
            LSC_RETURN(r);
        self->used += (size_t)r;
        self->at = 0;
        while (take_line(self, r == 0)) {
            LSC_AWAIT(r, lsc_mpsc_send(cx, &self->lines, &self->line));
            if (r < 0)
                LSC_RETURN(r);
            r = 1; /* there may be more */
        }
        self->used -= self->at;
        memmove(self->block, self->block + self->at, self->used);
    } while (r > 0);
    LSC_END(0);
}

/* ---- validate: lines to events ---- */

struct validate {
    struct lsc_frame frame;
    struct lsc_mpsc_receiver lines;
    struct lsc_mpsc_sender events;
    struct lsc_cleanup cleanup;
    uint64_t *accepted, *rejected;
    struct line line;
    struct event event;
};

static void end_validate(void *data)
{
    struct validate *self = data;
    lsc_mpsc_receiver_drop(&self->lines);
    lsc_mpsc_sender_drop(&self->events);
}

/* Whether the line is an event. */
static bool parse(const char *text, struct event *event)
{
    char kind[16];
    int end = 0;
    if (sscanf(text, "%15s %" SCNu32 " %" SCNd64 "%n", kind, &event->account, &event->cents,
               &end) != 3 ||
        text[end] != '\0' || event->account >= ACCOUNTS || event->cents <= 0)
        return false;
    for (unsigned i = 0; i < EVENT_KINDS; i++) {
        event->kind = (enum event_kind)i;
        if (strcmp(kind, kind_names[i]) == 0)
            return true;
    }
    return false;
}

static lsc_result validate(struct lsc_context *cx, void *state)
{
    struct validate *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    lsc_cleanup_push(cx, &self->cleanup, end_validate, self);
    for (;;) {
        LSC_AWAIT(r, lsc_mpsc_receive(cx, &self->lines, &self->line));
        if (r <= 0)
            LSC_RETURN(r);
        if (!parse(self->line.text, &self->event)) {
            ++*self->rejected;
            continue;
        }
        self->event.number = ++*self->accepted;
        LSC_AWAIT(r, lsc_mpsc_send(cx, &self->events, &self->event));
        if (r < 0)
            LSC_RETURN(r);
    }
    LSC_END(0);
}

/* ---- batch: events to the journal, then to the projections ---- */

#define PROJECTIONS 3
struct batcher {
    struct lsc_frame frame;
    struct lsc_mpsc_receiver events;
    struct lsc_mpsc_sender projections[PROJECTIONS];
    struct lsc_file journal;
    struct lsc_cleanup cleanup;
    struct lsc_deadline deadline;
    struct event event;
    struct batch batch;
    unsigned next;
    bool is_over;
    size_t text_bytes, written;
    char text[BATCH_EVENTS * LINE_BYTES];
};

static void end_batcher(void *data)
{
    struct batcher *self = data;
    lsc_mpsc_receiver_drop(&self->events);
    lsc_file_close(&self->journal);
    for (unsigned i = 0; i < PROJECTIONS; i++)
        lsc_mpsc_sender_drop(&self->projections[i]);
}

static void write_down(struct batcher *self)
{
    self->text_bytes = self->written = 0;
    for (uint32_t i = 0; i < self->batch.count; i++) {
        const struct event *event = &self->batch.events[i];
        self->text_bytes += (size_t)snprintf(
            self->text + self->text_bytes, LINE_BYTES, "%" PRIu64 " %s %" PRIu32 " %" PRId64 "\n",
            event->number, kind_names[event->kind], event->account, event->cents);
    }
}

static lsc_result batch(struct lsc_context *cx, void *state)
{
    struct batcher *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    lsc_cleanup_push(cx, &self->cleanup, end_batcher, self);
    while (!self->is_over) {
        self->batch.count = 0;
        LSC_AWAIT(r, lsc_mpsc_receive(cx, &self->events, &self->event));
        lsc_deadline_push(cx, &self->deadline, BATCH_MS);
        while (r > 0) {
            self->batch.events[self->batch.count++] = self->event;
            if (self->batch.count == BATCH_EVENTS)
                break;
            LSC_AWAIT(r, lsc_mpsc_receive(cx, &self->events, &self->event));
        }
        lsc_deadline_pop(cx, &self->deadline);
        if (r < 0 && r != -ETIMEDOUT)
            LSC_RETURN(r);
        self->is_over = r == 0;
        write_down(self);
        while (self->written < self->text_bytes) {
            LSC_AWAIT(r, lsc_file_write(cx, &self->journal, self->text + self->written,
                                        self->text_bytes - self->written, -1));
            if (r < 0)
                LSC_RETURN(r);
            self->written += (size_t)r;
        }
        for (self->next = 0; self->batch.count > 0 && self->next < PROJECTIONS; self->next++) {
            LSC_AWAIT(r, lsc_mpsc_send(cx, &self->projections[self->next], &self->batch));
            if (r < 0)
                LSC_RETURN(r);
        }
    }
    LSC_AWAIT(r, lsc_file_sync(cx, &self->journal));
    LSC_END(r);
}

/* ---- projections: what events add up to ---- */

struct projection {
    struct lsc_frame frame;
    struct lsc_mpsc_receiver batches;
    struct lsc_cleanup cleanup;
    void (*apply)(const struct event *event);
    uint64_t pause_ms;
    struct batch batch;
};

/* Each is written by its own projection only. */
static int64_t balances[ACCOUNTS];
static uint64_t event_counts[EVENT_KINDS];
static int64_t turnover[EVENT_KINDS];
static uint64_t account_events[ACCOUNTS];

static void apply_to_balances(const struct event *event)
{
    balances[event->account] += event->kind == EVENT_DEPOSIT ? event->cents : -event->cents;
}

static void apply_to_turnover(const struct event *event)
{
    event_counts[event->kind]++;
    turnover[event->kind] += event->cents;
}

static void apply_to_busiest(const struct event *event)
{
    account_events[event->account]++;
}

static void end_projection(void *data)
{
    struct projection *self = data;
    lsc_mpsc_receiver_drop(&self->batches);
}

static lsc_result project(struct lsc_context *cx, void *state)
{
    struct projection *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    lsc_cleanup_push(cx, &self->cleanup, end_projection, self);
    for (;;) {
        LSC_AWAIT(r, lsc_mpsc_receive(cx, &self->batches, &self->batch));
        if (r <= 0)
            LSC_RETURN(r);
        for (uint32_t i = 0; i < self->batch.count; i++)
            self->apply(&self->batch.events[i]);
        if (self->pause_ms > 0) {
            LSC_AWAIT(r, lsc_sleep(cx, self->pause_ms));
            if (r < 0)
                LSC_RETURN(r);
        }
    }
    LSC_END(0);
}

/* ---- the whole ---- */

struct pipeline {
    struct lsc_frame frame;
    const char *events_path, *journal_path;
    bool is_slow;
    struct lsc_scope scope;
    struct ingest ingest;
    struct validate validate;
    struct batcher batcher;
    uint64_t accepted, rejected;
};

static const struct {
    const char *name;
    void (*apply)(const struct event *event);
} projections[PROJECTIONS] = {
    {"balances", apply_to_balances},
    {"turnover", apply_to_turnover},
    {"busiest", apply_to_busiest},
};

static lsc_result spawn_projection(struct lsc_context *cx, struct pipeline *self, unsigned which)
{
    struct projection state = {.apply = projections[which].apply,
                               .pause_ms = self->is_slow && which == PROJECTIONS - 1 ? SLOW_MS : 0};
    lsc_result r = lsc_mpsc_new(lsc_context_executor(cx), &self->batcher.projections[which],
                                &state.batches, .name = projections[which].name, .capacity = 4,
                                .item_bytes = sizeof(struct batch));
    if (r < 0)
        return r;
    r = lsc_spawn(cx, project, &state, .name = projections[which].name, .scope = &self->scope);
    if (r < 0)
        end_projection(&state);
    return r;
}

/* Makes the channels and starts the tasks, last stage first. What a task was given is its own to
 * clean up; what no task got, ours. */
static lsc_result spawn_stages(struct lsc_context *cx, struct pipeline *self)
{
    struct lsc_executor *executor = lsc_context_executor(cx);
    lsc_result r = 0;
    for (unsigned i = 0; r == 0 && i < PROJECTIONS; i++)
        r = spawn_projection(cx, self, i);
    if (r == 0)
        r = lsc_mpsc_new(executor, &self->validate.events, &self->batcher.events, .name = "events",
                         .capacity = 256, .item_bytes = sizeof(struct event));
    if (r < 0 || (r = lsc_spawn(cx, batch, &self->batcher, .scope = &self->scope)) < 0) {
        end_batcher(&self->batcher);
        end_validate(&self->validate);
        end_ingest(&self->ingest);
        return r;
    }
    r = lsc_mpsc_new(executor, &self->ingest.lines, &self->validate.lines, .name = "lines",
                     .capacity = 256, .item_bytes = sizeof(struct line));
    if (r < 0 || (r = lsc_spawn(cx, validate, &self->validate, .scope = &self->scope)) < 0) {
        end_validate(&self->validate);
        end_ingest(&self->ingest);
        return r;
    }
    r = lsc_spawn(cx, ingest, &self->ingest, .scope = &self->scope);
    if (r < 0)
        end_ingest(&self->ingest);
    return r;
}

static lsc_result run_pipeline(struct lsc_context *cx, void *state)
{
    struct pipeline *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    LSC_AWAIT(r, lsc_file_open(cx, &self->ingest.file, self->events_path, O_RDONLY, 0));
    if (r < 0)
        LSC_RETURN(r);
    LSC_AWAIT(r, lsc_file_open(cx, &self->batcher.journal, self->journal_path,
                               O_WRONLY | O_CREAT | O_TRUNC, 0644));
    if (r < 0) {
        lsc_file_close(&self->ingest.file);
        LSC_RETURN(r);
    }
    self->validate.accepted = &self->accepted;
    self->validate.rejected = &self->rejected;
    lsc_scope_begin(cx, &self->scope, LSC_SCOPE_FAIL_FAST);
    if (spawn_stages(cx, self) < 0)
        lsc_scope_cancel(cx, &self->scope);
    LSC_AWAIT(r, lsc_scope_end(cx, &self->scope));
    if (r == 0)
        printf("%" PRIu64 " events, %" PRIu64 " lines rejected\n", self->accepted, self->rejected);
    LSC_END(r);
}

static void print_projections(void)
{
    int64_t sum = 0;
    unsigned busiest = 0;
    for (unsigned i = 0; i < ACCOUNTS; i++) {
        sum += balances[i];
        if (account_events[i] > account_events[busiest])
            busiest = i;
    }
    printf("balances: %" PRId64 " cents on all accounts\n", sum);
    for (unsigned i = 0; i < EVENT_KINDS; i++)
        printf("turnover: %" PRIu64 " times %s, %" PRId64 " cents\n", event_counts[i],
               kind_names[i], turnover[i]);
    printf("busiest: account %u with %" PRIu64 " events\n", busiest, account_events[busiest]);
}

int main(int count, char **arguments)
{
    bool is_slow = count == 4 && strcmp(arguments[3], "slow") == 0;
    if (count != 3 && !is_slow) {
        fprintf(stderr, "usage: pipeline EVENTS JOURNAL [slow]\n");
        return 2;
    }
    struct pipeline *pipeline = calloc(1, sizeof(*pipeline));
    struct lsc_executor *executor = NULL;
    lsc_result r = pipeline ? lsc_executor_new(&executor, NULL) : -ENOMEM;
    if (r == 0) {
        pipeline->events_path = arguments[1];
        pipeline->journal_path = arguments[2];
        pipeline->is_slow = is_slow;
        r = lsc_executor_run(executor, run_pipeline, pipeline);
    }
    lsc_executor_delete(executor);
    free(pipeline);
    if (r < 0)
        fprintf(stderr, "pipeline: %s\n", strerror((int)-r));
    else
        print_projections();
    return r < 0;
}
