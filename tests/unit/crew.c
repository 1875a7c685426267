/* SPDX-License-Identifier: MIT */
/* Two workers and their tasks: see crew.h. */
#include "crew.h"

enum { KIND_TASK = 1, KIND_CHANNEL, KIND_MUTEX, KIND_NOTIFY, FILE_CREW, IN_MAIN, IN_WORK };
enum { NAME_ANN = 10, NAME_BOB, NAME_CAT };

static void site(uint32_t id, uint32_t function, uint32_t line)
{
    stream_item(
        stream,
        &(struct item){.kind = ITEM_SITE,
                       .site = {.id = id, .file = FILE_CREW, .function = function, .line = line}});
}

static void names(void)
{
    stream_string(stream, KIND_TASK, "task");
    stream_string(stream, KIND_CHANNEL, "channel");
    stream_string(stream, KIND_MUTEX, "mutex");
    stream_string(stream, KIND_NOTIFY, "notify");
    stream_string(stream, FILE_CREW, "/src/crew.c");
    stream_string(stream, IN_MAIN, "main");
    stream_string(stream, IN_WORK, "work");
    stream_string(stream, NAME_ANN, "ann");
    stream_string(stream, NAME_BOB, "bob");
    stream_string(stream, NAME_CAT, "cat");
    site(CREW_SITE_SPAWN, IN_MAIN, 10);
    site(CREW_SITE_AWAIT, IN_WORK, 20);
}

void crew_begin(void)
{
    static const uint32_t kinds[] = {KIND_CHANNEL, KIND_MUTEX, KIND_NOTIFY};
    stream = stream_new();
    stream_process(stream, 1, "prog", "prog");
    stream_thread(stream, WORKER_0, 70, "executor-0", 0);
    stream_thread(stream, WORKER_1, 71, "executor-1", 0);
    stream_thread(stream, OUTSIDE, 72, "prog", 0);
    names();
    for (uint32_t i = 0; i < 3; i++) {
        stream_item(stream, &(struct item){.kind = ITEM_TASK,
                                           .task = {.handle = ANN + i,
                                                    .id = ANN + i,
                                                    .kind = KIND_TASK,
                                                    .name = NAME_ANN + i,
                                                    .site = CREW_SITE_SPAWN,
                                                    .state = LSC_TASK_IDLE}});
        stream_resource(stream, CREW_QUEUE + i, kinds[i], 0, 0);
    }
}

static uint64_t ns(double ms)
{
    return (uint64_t)(ms * 1e6 + 0.5);
}

void crew_poll(uint32_t thread, uint32_t task, double from_ms, double to_ms, unsigned flags)
{
    stream_event(stream, &(struct event){.type = LSC_RECORD_POLL,
                                         .thread = thread,
                                         .task = task,
                                         .time_ns = ns(to_ms),
                                         .arg = ns(to_ms) - ns(from_ms),
                                         .flags = (uint16_t)flags});
}

void crew_wake(uint32_t thread, uint32_t task, uint32_t by, double at_ms)
{
    crew_event(LSC_RECORD_WAKE, thread, task, by, CREW_SITE_AWAIT, at_ms);
}

void crew_park(uint32_t thread, double from_ms, double to_ms)
{
    crew_event(LSC_RECORD_PARK, thread, 0, ns(to_ms) - ns(from_ms), 0, to_ms);
}

void crew_event(uint16_t type, uint32_t thread, uint32_t task, uint64_t arg, uint64_t arg2,
                double at_ms)
{
    stream_event(stream, &(struct event){.type = type,
                                         .thread = thread,
                                         .task = task,
                                         .arg = arg,
                                         .arg2 = arg2,
                                         .time_ns = ns(at_ms)});
}

void crew_judge(double at_ms)
{
    stream_end(stream, END_DETACHED, -1, at_ms);
    judge();
}
