/* SPDX-License-Identifier: MIT */
/* Hand-made item streams: kept as a list of items, so that they can be applied again and again. */
#include "stream.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzers/report/report.h"

struct step {
    struct item item; /* kind ITEM_EVENTS: one event, below */
    struct event event;
};
struct stream {
    struct step *steps;
    size_t count, room;
    uint32_t process;
    void **owned; /* heap blocks that items point to */
    size_t owned_count;
};

static uint64_t ns(double ms)
{
    return ms < 0 ? UINT64_MAX : (uint64_t)(ms * 1e6 + 0.5);
}

static void *own(struct stream *stream, void *block)
{
    stream->owned = realloc(stream->owned, (stream->owned_count + 1) * sizeof(void *));
    stream->owned[stream->owned_count++] = block;
    return block;
}

struct stream *stream_new(void)
{
    return calloc(1, sizeof(struct stream));
}

void stream_delete(struct stream *stream)
{
    for (size_t i = 0; i < stream->owned_count; i++)
        free(stream->owned[i]);
    free(stream->owned);
    free(stream->steps);
    free(stream);
}

static struct step *add_step(struct stream *stream)
{
    if (stream->count == stream->room) {
        stream->room = stream->room ? stream->room * 2 : 64;
        stream->steps = realloc(stream->steps, stream->room * sizeof(*stream->steps));
    }
    struct step *step = &stream->steps[stream->count++];
    memset(step, 0, sizeof(*step));
    return step;
}

void stream_item(struct stream *stream, const struct item *item)
{
    struct step *step = add_step(stream);
    step->item = *item;
    step->item.process = stream->process;
}

void stream_event(struct stream *stream, const struct event *event)
{
    struct step *step = add_step(stream);
    step->item.kind = ITEM_EVENTS;
    step->item.process = stream->process;
    step->event = *event;
}

void stream_process_index(struct stream *stream, uint32_t process)
{
    stream->process = process;
}

void stream_process(struct stream *stream, uint32_t pid, const char *program, const char *command)
{
    stream_item(stream,
                &(struct item){.kind = ITEM_PROCESS,
                               .process_info = {.pid = pid,
                                                .ppid = 1,
                                                .program = program,
                                                .command = command,
                                                .command_bytes = strlen(command),
                                                .executable = "/usr/bin/program",
                                                .started_real_ns = 1700000000123456789,
                                                .started_mono_ns = 5000000000,
                                                .stall_ns = 20000000,
                                                .block_ns = 1000000,
                                                .depths = LSC_DEPTH_LOOP | LSC_DEPTH_BLOCKING |
                                                          LSC_DEPTH_POOLS}});
}

void stream_thread(struct stream *stream, uint32_t thread, uint32_t tid, const char *name,
                   uint32_t roles)
{
    stream_item(
        stream,
        &(struct item){.kind = ITEM_THREAD,
                       .thread = {.thread = thread, .tid = tid, .name = name, .roles = roles}});
}

void stream_worker(struct stream *stream, uint32_t thread, uint32_t tid, const char *name,
                   uint64_t start_routine, uint64_t wait_object)
{
    stream_item(stream, &(struct item){.kind = ITEM_THREAD,
                                       .thread = {.thread = thread,
                                                  .tid = tid,
                                                  .name = name,
                                                  .roles = LSC_ROLE_POOL,
                                                  .start_routine = start_routine,
                                                  .wait_object = wait_object}});
}

void stream_string(struct stream *stream, uint32_t id, const char *text)
{
    stream_item(stream,
                &(struct item){.kind = ITEM_STRING,
                               .string = {.id = id, .bytes = text, .length = strlen(text)}});
}

static uint64_t pc_of(const struct frame *frame)
{
    uint64_t pc = 0x400000 + frame->line;
    for (const char *at = frame->function; *at; at++)
        pc = pc * 131 + (unsigned char)*at;
    return pc & 0x7fffffffffff;
}

void stream_stack(struct stream *stream, uint32_t id, const struct frame *frames, unsigned count)
{
    uint64_t *pcs = own(stream, calloc(count, sizeof(*pcs)));
    for (unsigned i = 0; i < count; i++) {
        pcs[i] = pc_of(&frames[i]);
        stream_item(stream,
                    &(struct item){.kind = ITEM_FRAMES,
                                   .frames = {.pc = pcs[i], .frames = &frames[i], .count = 1}});
    }
    stream_item(stream, &(struct item){.kind = ITEM_STACK,
                                       .stack = {.id = id, .pcs = pcs, .depth = count}});
}

static void span(struct stream *stream, uint16_t type, uint32_t thread, double from_ms,
                 double to_ms, struct event rest)
{
    rest.type = type;
    rest.thread = thread;
    rest.time_ns = ns(to_ms);
    rest.arg = ns(to_ms) - ns(from_ms);
    stream_event(stream, &rest);
}

void stream_turn(struct stream *stream, uint32_t thread, double from_ms, double to_ms,
                 unsigned flags)
{
    span(stream, LSC_RECORD_TURN, thread, from_ms, to_ms,
         (struct event){.task = 1, .flags = (uint16_t)flags});
}

void stream_turns(struct stream *stream, uint32_t thread, double from_ms, unsigned count,
                  double busy_ms, double every_ms)
{
    for (unsigned i = 0; i < count; i++)
        stream_turn(stream, thread, from_ms + i * every_ms, from_ms + i * every_ms + busy_ms, 0);
}

void stream_call(struct stream *stream, uint32_t thread, enum lsc_call call, uint32_t stack,
                 double from_ms, double to_ms, enum lsc_fd_kind kind, unsigned flags)
{
    span(stream, LSC_RECORD_CALL, thread, from_ms, to_ms,
         (struct event){.task = stack,
                        .arg2 = (uint64_t)call | (uint64_t)kind << 16 | (uint64_t)7 << 32,
                        .flags = (uint16_t)flags});
}

void stream_calls(struct stream *stream, uint32_t thread, enum lsc_call call, uint32_t stack,
                  double at_ms, double total_ms, uint64_t count)
{
    stream_event(stream, &(struct event){.type = LSC_RECORD_CALLS,
                                         .thread = thread,
                                         .time_ns = ns(at_ms),
                                         .arg = ns(total_ms),
                                         .arg2 = (uint64_t)call | count << 16,
                                         .task = stack});
}

void stream_sample(struct stream *stream, uint32_t thread, uint32_t stack, double turn_from_ms,
                   double at_ms)
{
    span(stream, LSC_RECORD_STALL_SAMPLE, thread, turn_from_ms, at_ms,
         (struct event){.task = stack});
}

void stream_samples(struct stream *stream, uint32_t thread, uint32_t stack, double from_ms,
                    double to_ms)
{
    for (double at = from_ms + 20; at < to_ms; at += 10)
        stream_sample(stream, thread, stack, from_ms, at);
}

void stream_usage(struct stream *stream, uint32_t thread, double at_ms, double cpu_ms,
                  double wait_ms)
{
    stream_event(stream, &(struct event){.type = LSC_RECORD_USAGE,
                                         .thread = 99,
                                         .task = thread,
                                         .time_ns = ns(at_ms),
                                         .arg = ns(cpu_ms),
                                         .arg2 = ns(wait_ms)});
}

void stream_faults(struct stream *stream, uint32_t thread, double at_ms, uint64_t count,
                   double io_ms)
{
    stream_event(stream, &(struct event){.type = LSC_RECORD_FAULTS,
                                         .thread = 99,
                                         .task = thread,
                                         .time_ns = ns(at_ms),
                                         .arg = count,
                                         .arg2 = ns(io_ms)});
}

void stream_state(struct stream *stream, uint32_t thread, double at_ms, char state,
                  uint32_t wait_channel)
{
    stream_event(stream, &(struct event){.type = LSC_RECORD_STATE,
                                         .thread = 99,
                                         .task = thread,
                                         .time_ns = ns(at_ms),
                                         .arg = (uint64_t)state,
                                         .arg2 = wait_channel});
}

void stream_work(struct stream *stream, uint32_t thread, double from_ms, double to_ms,
                 uint64_t object)
{
    span(stream, LSC_RECORD_WORK, thread, from_ms, to_ms, (struct event){.arg2 = object});
}

void stream_resource(struct stream *stream, uint32_t resource, uint32_t kind, uint32_t name,
                     uint32_t holder)
{
    stream_item(stream, &(struct item){
                            .kind = ITEM_RESOURCE,
                            .resource = {
                                .handle = resource, .kind = kind, .name = name, .holder = holder}});
}

void stream_depth(struct stream *stream, uint32_t resource, double at_ms, uint64_t depth,
                  uint64_t capacity)
{
    stream_event(stream, &(struct event){.type = LSC_RECORD_DEPTH,
                                         .task = resource,
                                         .time_ns = ns(at_ms),
                                         .arg = depth,
                                         .arg2 = capacity});
}

void stream_fill(struct stream *stream, uint32_t resource, double at_ms, uint64_t depth,
                 uint32_t stack)
{
    stream_event(stream, &(struct event){.type = LSC_RECORD_DEPTH,
                                         .task = resource,
                                         .time_ns = ns(at_ms),
                                         .arg = depth,
                                         .arg2 = (uint64_t)stack << LSC_DEPTH_CAPACITY_BITS,
                                         .flags = LSC_DEPTH_FILLED});
}

void stream_drop(struct stream *stream, uint32_t resource, double at_ms, uint64_t count)
{
    stream_event(
        stream, &(struct event){
                    .type = LSC_RECORD_DROP, .task = resource, .time_ns = ns(at_ms), .arg = count});
}

void stream_request(struct stream *stream, uint32_t task, uint32_t kind, uint32_t stack,
                    double at_ms)
{
    stream_item(stream, &(struct item){.kind = ITEM_TASK,
                                       .task = {.handle = task,
                                                .kind = kind,
                                                .stack = stack,
                                                .state = LSC_TASK_IDLE,
                                                .spawned_ns = ns(at_ms)}});
    stream_event(stream,
                 &(struct event){.type = LSC_RECORD_SPAWN, .task = task, .time_ns = ns(at_ms)});
}

void stream_job(struct stream *stream, uint32_t worker, uint32_t task, double submitted_ms,
                double begun_ms, double done_ms)
{
    span(stream, LSC_RECORD_JOB, worker, begun_ms, done_ms,
         (struct event){.task = task, .arg2 = ns(begun_ms) - ns(submitted_ms)});
}

void stream_task(struct stream *stream, uint32_t task, uint32_t kind, uint32_t name, uint32_t stack,
                 double at_ms)
{
    stream_item(stream, &(struct item){.kind = ITEM_TASK,
                                       .task = {.handle = task,
                                                .id = task,
                                                .kind = kind,
                                                .name = name,
                                                .stack = stack,
                                                .state = LSC_TASK_IDLE,
                                                .spawned_ns = ns(at_ms)}});
    stream_event(stream,
                 &(struct event){.type = LSC_RECORD_SPAWN, .task = task, .time_ns = ns(at_ms)});
}

void stream_task_end(struct stream *stream, uint32_t task, double at_ms)
{
    stream_event(stream,
                 &(struct event){.type = LSC_RECORD_END, .task = task, .time_ns = ns(at_ms)});
}

void stream_poll(struct stream *stream, const struct polled *p)
{
    uint16_t flags = (uint16_t)(LSC_POLL_PHASE_FLAG(p->phase) | LSC_POLL_ROLE_FLAG(p->role));
    span(stream, LSC_RECORD_POLL, p->thread, p->from_ms, p->to_ms,
         (struct event){.task = p->task,
                        .arg2 = ns(p->delay_ms) | (uint64_t)p->callback << LSC_POLL_DELAY_BITS,
                        .flags = flags});
}

void stream_wake(struct stream *stream, uint32_t thread, uint32_t task, uint32_t stack,
                 double at_ms)
{
    stream_event(stream, &(struct event){.type = LSC_RECORD_WAKE,
                                         .flags = LSC_WAKE_STACK,
                                         .thread = thread,
                                         .task = task,
                                         .arg2 = stack,
                                         .time_ns = ns(at_ms)});
}

void stream_now(struct stream *stream, uint32_t thread, double at_ms, double turn_since_ms)
{
    stream_item(stream, &(struct item){.kind = ITEM_NOW,
                                       .now = {.thread = thread,
                                               .time_ns = ns(at_ms),
                                               .turn_since_ns = ns(turn_since_ms),
                                               .busy_since_ns = UINT64_MAX,
                                               .poll_since_ns = UINT64_MAX,
                                               .call_since_ns = UINT64_MAX}});
}

void stream_end(struct stream *stream, enum end_kind kind, int status, double at_ms)
{
    stream_item(stream,
                &(struct item){.kind = ITEM_END,
                               .end = {.kind = kind, .status = status, .time_ns = ns(at_ms)}});
}

/* How many events from `at` on go into one batch. */
static size_t batch_from(const struct stream *stream, size_t at, size_t batch, struct event *events)
{
    size_t count = 0;
    while (at + count < stream->count && count < batch &&
           stream->steps[at + count].item.kind == ITEM_EVENTS &&
           stream->steps[at + count].item.process == stream->steps[at].item.process) {
        events[count] = stream->steps[at + count].event;
        count++;
    }
    return count;
}

void stream_walk(const struct stream *stream, size_t batch, stream_visit visit, void *data)
{
    struct event *events = calloc(batch, sizeof(*events));
    for (size_t at = 0; at < stream->count;) {
        struct item item = stream->steps[at].item;
        size_t count = 1;
        if (item.kind == ITEM_EVENTS) {
            count = batch_from(stream, at, batch, events);
            item.events = (struct events_item){.events = events, .count = count};
        }
        visit(&item, data);
        at += count;
    }
    free(events);
}

static void apply(const struct item *item, void *session)
{
    session_apply(session, item);
}

struct session *stream_apply(const struct stream *stream, size_t batch)
{
    struct session *session = session_new();
    stream_walk(stream, batch, apply, session);
    return session;
}

char *stream_report(const struct stream *stream, size_t batch, const char *format,
                    const struct report_options *options)
{
    char *text = NULL;
    size_t bytes = 0;
    struct session *session = stream_apply(stream, batch);
    FILE *out = open_memstream(&text, &bytes);
    report_format_find(format)->write(out, session, options);
    fclose(out);
    session_delete(session);
    return text;
}
