/* SPDX-License-Identifier: MIT */
/* Where the items of a source go: into a session to be judged, into a trace file, or both. */
#include "observation.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "complain.h"

/* More processes than this are followed by the session but not listed here. */
#define PROCESSES_MOST (1u << 20)

bool observation_init(struct observation *observation, bool judges, const char *trace_path)
{
    *observation = (struct observation){.trace_path = trace_path};
    if (judges) {
        observation->session = session_new();
        if (!observation->session) {
            complain("cannot begin: %s", strerror(ENOMEM));
            return false;
        }
    }
    if (!trace_path)
        return true;
    int error = trace_writer_open(trace_path, &observation->trace);
    if (error == 0)
        return true;
    complain("cannot write '%s': %s", trace_path, strerror(-error));
    observation_free(observation);
    return false;
}

void observation_free(struct observation *observation)
{
    if (observation->trace)
        trace_writer_close(observation->trace, NULL);
    if (observation->session)
        session_delete(observation->session);
    free(observation->processes);
    *observation = (struct observation){0};
}

/* The entry of the stream's process `index`, or NULL when it is not listed. */
static struct seen_process *find_process(struct observation *observation, uint32_t index)
{
    if (index >= PROCESSES_MOST)
        return NULL;
    if (index >= observation->process_room) {
        uint32_t room = index < 8 ? 16 : 2 * index;
        struct seen_process *grown = realloc(observation->processes, room * sizeof *grown);
        if (!grown)
            return NULL;
        memset(grown + observation->process_room, 0,
               (room - observation->process_room) * sizeof *grown);
        observation->processes = grown;
        observation->process_room = room;
    }
    if (index >= observation->process_count)
        observation->process_count = index + 1;
    return &observation->processes[index];
}

static void note_item(struct observation *observation, const struct item *item)
{
    struct seen_process *process = find_process(observation, item->process);
    if (item->kind == ITEM_EVENTS)
        observation->records += item->events.count;
    else if (item->kind == ITEM_LOST)
        observation->lost += item->lost.count;
    if (!process)
        return;
    if (item->kind == ITEM_PROCESS)
        process->pid = item->process_info.pid;
    if (item->kind != ITEM_END)
        return;
    process->has_ended = true;
    process->still_runs = item->end.kind == END_DETACHED;
}

static void take_item(struct observation *observation, const struct item *item)
{
    note_item(observation, item);
    if (observation->session)
        session_apply(observation->session, item); /* counts what makes no sense by itself */
    if (observation->trace && observation->trace_error == 0) {
        observation->trace_error = trace_writer_put(observation->trace, item);
        if (observation->trace_error < 0)
            complain("cannot write '%s': %s", observation->trace_path,
                     strerror(-observation->trace_error));
    }
}

int observation_take(struct observation *observation, struct source *source, unsigned most)
{
    struct item item;
    for (unsigned taken = 0; taken < most; taken++) {
        int outcome = source->ops->next(source, &item);
        if (outcome < 0)
            return outcome;
        if (outcome == 0)
            return (int)taken;
        take_item(observation, &item);
    }
    return (int)most;
}

struct source *observation_open_file(struct observation *observation, const char *path)
{
    struct source *source;
    char why[256] = "";
    int taken = trace_reader_open(path, &source, why, sizeof why);
    if (taken < 0) {
        complain("cannot read '%s': %s", path, why[0] ? why : strerror(-taken));
        return NULL;
    }
    do
        taken = observation_take(observation, source, 4096);
    while (taken == 4096);
    if (taken >= 0)
        return source;
    complain("cannot read '%s': %s", path, source->error[0] ? source->error : strerror(-taken));
    source->ops->close(source);
    return NULL;
}

bool observation_close_trace(struct observation *observation, struct trace_stats *stats)
{
    struct trace_stats unused;
    struct trace_writer *trace = observation->trace;
    observation->trace = NULL;
    if (!trace)
        return true;
    int error = trace_writer_close(trace, stats ? stats : &unused);
    if (error < 0 && observation->trace_error == 0)
        complain("cannot write '%s': %s", observation->trace_path, strerror(-error));
    return error >= 0 && observation->trace_error == 0;
}

unsigned observation_still_running(const struct observation *observation)
{
    unsigned count = 0;
    for (uint32_t i = 0; i < observation->process_count; i++)
        count += observation->processes[i].still_runs;
    return count;
}
