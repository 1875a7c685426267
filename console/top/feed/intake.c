/* SPDX-License-Identifier: MIT */
/* Takes items into everything that the feed shows: session, history, tail and counts. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "feeder_state.h"

int intake_begin(struct feeder *feeder)
{
    struct feed *feed = &feeder->feed;
    feeder->session = session_new();
    feed->session = feeder->session;
    feed->history = history_new();
    feed->tail = tail_new();
    memset(feeder->placed, 0, sizeof(feeder->placed));
    feed->records = feed->lost = 0;
    return feeder->session && feed->history && feed->tail ? 0 : -ENOMEM;
}

void intake_end(struct feeder *feeder)
{
    struct feed *feed = &feeder->feed;
    for (unsigned i = 0; i < feed->process_count; i++)
        judged_free(&feeder->judged[i]);
    free(feed->processes);
    feed->processes = NULL;
    feed->process_count = 0;
    history_delete(feed->history);
    tail_delete(feed->tail);
    session_delete(feeder->session);
    feed->history = NULL;
    feed->tail = NULL;
    feed->session = feeder->session = NULL;
}

/* A process that the session has just taken. */
static bool place(struct feeder *feeder, const struct item *item)
{
    struct feed *feed = &feeder->feed;
    struct placed *placed = &feeder->placed[item->process];
    unsigned count = session_count(feeder->session);
    void *processes = realloc(feed->processes, count * sizeof(*feed->processes));
    if (!processes)
        return false;
    feed->processes = processes;
    feed->process_count = count;
    feed->processes[count - 1] =
        (struct feed_process){.model = session_model(feeder->session, count - 1), .is_alive = true};
    if (count == 1)
        feeder->first_started_ns = item->process_info.started_mono_ns;
    *placed = (struct placed){
        .is_known = true,
        .place = count - 1,
    };
    if (__builtin_sub_overflow(item->process_info.started_mono_ns, feeder->first_started_ns,
                               &placed->offset_ns) ||
        placed->offset_ns == INT64_MIN)
        placed->offset_ns = 0; /* nonsense */
    return true;
}

/* NULL: nothing is known of the item's process. */
static struct feed_process *process_of(struct feeder *feeder, const struct item *item)
{
    if (item->process >= FEEDER_PROCESSES_MAX || !feeder->placed[item->process].is_known)
        return NULL;
    return &feeder->feed.processes[feeder->placed[item->process].place];
}

/* Applies events that lie in one step of the history. */
static void take_piece(struct feeder *feeder, uint32_t process, const struct event *events,
                       size_t count)
{
    const struct placed *placed = &feeder->placed[process];
    struct feed_process *at = &feeder->feed.processes[placed->place];
    struct item piece = {
        .kind = ITEM_EVENTS, .process = process, .events = {.events = events, .count = count}};
    session_apply(feeder->session, &piece); /* what makes no sense is counted there */
    history_note(feeder->feed.history, placed->place, model_process(at->model)->stall_ns, events,
                 count);
    tail_add(feeder->feed.tail, placed->place, events, count);
    at->records += count;
    feeder->feed.records += count;
}

/* Samples of depths are taken at steps' ends, so batches are cut there. */
void intake_events(struct feeder *feeder, uint32_t process, const struct event *events,
                   size_t count)
{
    struct placed *placed = &feeder->placed[process];
    size_t from = 0;
    for (size_t i = 0; i < count; i++) {
        if (events[i].time_ns < placed->step_ns)
            continue;
        take_piece(feeder, process, events + from, i - from);
        history_advance(feeder->feed.history, feeder->session);
        placed->step_ns = (events[i].time_ns / HISTORY_STEP_NS + 1) * HISTORY_STEP_NS;
        from = i;
    }
    take_piece(feeder, process, events + from, count - from);
}

/* Totals are told from time to time, and change no judgement by themselves. */
static bool is_news(enum item_kind kind)
{
    return kind != ITEM_CLOCK && kind != ITEM_TASK && kind != ITEM_THREAD;
}

void intake_item(struct feeder *feeder, const struct item *item)
{
    struct feed_process *process = process_of(feeder, item);
    if (!process && item->kind != ITEM_PROCESS)
        return;
    if (item->kind == ITEM_EVENTS)
        intake_events(feeder, item->process, item->events.events, item->events.count);
    else if (session_apply(feeder->session, item) == -ENOMEM)
        return;
    if (!process && (item->process >= FEEDER_PROCESSES_MAX || !place(feeder, item)))
        return;
    process = process_of(feeder, item);
    feeder->news[feeder->placed[item->process].place] += is_news(item->kind);
    if (item->kind == ITEM_LOST)
        feeder->feed.lost += item->lost.count;
    if (item->kind == ITEM_END)
        process->is_alive = item->end.kind == END_DETACHED && feeder->feed.kind == FEED_LIVE;
    if (item->kind == ITEM_CLOCK || item->kind == ITEM_NOW)
        history_advance(feeder->feed.history, feeder->session);
}

static uint64_t time_of(const struct item *item, size_t index)
{
    switch ((unsigned)item->kind) {
    case ITEM_EVENTS:
        return index < item->events.count ? item->events.events[index].time_ns : UINT64_MAX;
    case ITEM_NOW:
        return item->now.time_ns;
    case ITEM_CLOCK:
        return item->clock_ns;
    case ITEM_END:
        return item->end.time_ns;
    default:
        return UINT64_MAX;
    }
}

uint64_t intake_position(const struct feeder *feeder, const struct item *item, size_t index)
{
    uint64_t time = time_of(item, index);
    if (time == UINT64_MAX || item->process >= FEEDER_PROCESSES_MAX ||
        !feeder->placed[item->process].is_known)
        return UINT64_MAX;
    int64_t offset = feeder->placed[item->process].offset_ns;
    if (offset < 0)
        return time > (uint64_t)-offset ? time - (uint64_t)-offset : 0;
    return time > UINT64_MAX - 1 - (uint64_t)offset ? UINT64_MAX - 1 : time + (uint64_t)offset;
}
