/* SPDX-License-Identifier: MIT */
/* Feeds from streams. */
#include "top_feed.h"

#include <stdlib.h>

#define BATCH 16

struct taking {
    struct session *session;
    struct feed *feed;
};

static uint64_t stall_ns(const struct session *session, uint32_t process)
{
    return process < session_count(session)
               ? model_process(session_model(session, process))->stall_ns
               : 0;
}

static void take(const struct item *item, void *data)
{
    struct taking *taking = data;
    session_apply(taking->session, item);
    if (item->kind == ITEM_EVENTS) {
        history_note(taking->feed->history, item->process, stall_ns(taking->session, item->process),
                     item->events.events, item->events.count);
        tail_add(taking->feed->tail, item->process, item->events.events, item->events.count);
        taking->feed->records += item->events.count;
    } else if (item->kind == ITEM_LOST) {
        taking->feed->lost += item->lost.count;
    }
    history_advance(taking->feed->history, taking->session);
}

static uint64_t time_now(const struct feed *feed, double later_ms)
{
    uint64_t now = 0;
    for (unsigned i = 0; i < feed->process_count; i++) {
        const struct model *model = feed->processes[i].model;
        uint64_t seen = (uint64_t)model_process(model)->started_mono_ns + model_seen_ns(model);
        now = seen > now ? seen : now;
    }
    return now + (uint64_t)(later_ms * 1e6);
}

struct feed *top_feed_new(const struct stream *stream, enum feed_kind kind, double later_ms)
{
    struct feed *feed = calloc(1, sizeof(*feed));
    struct taking taking = {session_new(), feed};
    feed->kind = kind;
    feed->state = FEED_RUNNING;
    feed->speed_percent = 100;
    feed->history = history_new();
    feed->tail = tail_new();
    stream_walk(stream, BATCH, take, &taking);
    feed->session = taking.session;
    feed->process_count = session_count(feed->session);
    feed->processes = calloc(feed->process_count + 1, sizeof(*feed->processes));
    for (unsigned i = 0; i < feed->process_count; i++) {
        const struct model *model = session_model(feed->session, i);
        feed->processes[i] = (struct feed_process){.model = model,
                                                   .findings = findings_of(model),
                                                   .judged_ns = model_seen_ns(model),
                                                   .is_alive = !model_end(model)};
    }
    feed->now_ns = time_now(feed, later_ms);
    for (unsigned i = 0; i < feed->process_count; i++)
        feed->processes[i].news_ns = feed->now_ns;
    feed->length_ns = feed->position_ns =
        feed->process_count ? model_seen_ns(feed->processes[0].model) : 0;
    return feed;
}

void top_feed_delete(struct feed *feed)
{
    if (!feed)
        return;
    for (unsigned i = 0; i < feed->process_count; i++)
        findings_delete(feed->processes[i].findings);
    history_delete(feed->history);
    tail_delete(feed->tail);
    /* The session is the feed's own here; others read it through a const pointer. */
    session_delete((struct session *)(uintptr_t)feed->session);
    free(feed->processes);
    free(feed);
}
