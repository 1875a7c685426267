/* SPDX-License-Identifier: MIT */
/* A trace file, replayed at any speed: items are applied up to a position that moves with the
 * clock. Forward is applying; backward is beginning anew. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "analyzers/trace/trace.h"
#include "feeder_state.h"

#define SPEED_MAX 100000
#define EVENTS_AT_ONCE 4096

static int open_source(struct feeder *feeder, char *why, size_t why_bytes)
{
    if (feeder->source)
        feeder->source->ops->close(feeder->source);
    feeder->source = NULL;
    feeder->replay.has_item = feeder->replay.is_at_end = false;
    feeder->replay.used = 0;
    feeder->feed.position_ns = 0;
    return trace_reader_open(feeder->replay.path, &feeder->source, why, why_bytes);
}

static void rewind_all(struct feeder *feeder)
{
    char why[128] = "";
    intake_end(feeder);
    int error = intake_begin(feeder);
    if (error == 0)
        error = open_source(feeder, why, sizeof(why));
    if (error < 0) {
        snprintf(feeder->feed.error, sizeof(feeder->feed.error), "%s",
                 why[0] ? why : strerror(-error));
        feeder->feed.state = FEED_BROKEN;
    }
}

int replay_open(struct feeder *feeder, const struct feeder_options *options, char *why,
                size_t why_bytes)
{
    struct replay *replay = &feeder->replay;
    int length = snprintf(replay->path, sizeof(replay->path), "%s", options->path);
    if (length < 0 || (size_t)length >= sizeof(replay->path)) {
        snprintf(why, why_bytes, "%s", strerror(ENAMETOOLONG));
        return -ENAMETOOLONG;
    }
    replay->is_skimming = options->at_ns != FEEDER_END;
    replay->is_playing = options->plays;
    replay->start_ns = options->at_ns;
    replay->target_ns = FEEDER_END;
    feeder->feed.path = replay->path;
    feeder->feed.kind = FEED_FILE;
    feeder->feed.state = FEED_LOADING;
    feeder->feed.speed_percent = options->speed_percent ? options->speed_percent : 100;
    return open_source(feeder, why, why_bytes);
}

/* The next item into replay->item, unless one is in use. False: there is none. */
static bool have_item(struct feeder *feeder)
{
    struct replay *replay = &feeder->replay;
    if (replay->has_item)
        return true;
    if (replay->is_at_end)
        return false;
    int outcome = feeder->source->ops->next(feeder->source, &replay->item);
    replay->has_item = outcome == 1;
    replay->used = 0;
    if (outcome < 0)
        feeder_break(feeder, outcome);
    replay->is_at_end = outcome != 1;
    if (replay->is_at_end)
        feeder->feed.damage = trace_damage(feeder->source);
    return replay->has_item;
}

static void reach(struct feeder *feeder, uint64_t position)
{
    struct feed *feed = &feeder->feed;
    if (position == UINT64_MAX)
        return;
    if (position > feed->position_ns)
        feed->position_ns = position;
    if (position > feed->length_ns)
        feed->length_ns = position;
}

/* Applies the events of the item up to the target. True: all of them. */
static bool apply_events(struct feeder *feeder)
{
    struct replay *replay = &feeder->replay;
    size_t to = replay->used, most = replay->used + EVENTS_AT_ONCE;
    while (to < replay->item.events.count && to < most) {
        uint64_t position = intake_position(feeder, &replay->item, to);
        if (position > replay->target_ns && position != UINT64_MAX)
            break;
        reach(feeder, position);
        to++;
    }
    if (replay->item.process < FEEDER_PROCESSES_MAX &&
        feeder->placed[replay->item.process].is_known)
        intake_events(feeder, replay->item.process, replay->item.events.events + replay->used,
                      to - replay->used);
    replay->used = to;
    return to == replay->item.events.count;
}

/* Applies a piece. False: the target is reached, or the end. */
static bool apply_piece(struct feeder *feeder)
{
    struct replay *replay = &feeder->replay;
    if (!have_item(feeder))
        return false;
    if (replay->item.kind == ITEM_EVENTS) {
        size_t before = replay->used;
        replay->has_item = !apply_events(feeder);
        return !replay->has_item || replay->used > before;
    }
    uint64_t position = intake_position(feeder, &replay->item, 0);
    if (position != UINT64_MAX && position > replay->target_ns)
        return false;
    reach(feeder, position);
    intake_item(feeder, &replay->item);
    replay->has_item = false;
    return true;
}

/* A piece of the first look through the file. False: it is over. */
static bool skim_piece(struct feeder *feeder)
{
    struct replay *replay = &feeder->replay;
    if (!have_item(feeder))
        return false;
    const struct item *item = &replay->item;
    if (item->kind == ITEM_PROCESS)
        intake_item(feeder, item);
    size_t last = item->kind == ITEM_EVENTS && item->events.count ? item->events.count - 1 : 0;
    reach(feeder, intake_position(feeder, item, last));
    replay->has_item = false;
    return true;
}

static void end_skimming(struct feeder *feeder)
{
    struct replay *replay = &feeder->replay;
    replay->is_skimming = false;
    replay->knows_length = true;
    rewind_all(feeder);
    replay->target_ns = replay->start_ns;
    replay->moved_ns = feeder->feed.now_ns;
}

static void move_target(struct feeder *feeder)
{
    struct replay *replay = &feeder->replay;
    uint64_t now = feeder->feed.now_ns;
    uint64_t past = now > replay->moved_ns ? now - replay->moved_ns : 0;
    replay->moved_ns = now;
    if (!replay->is_playing || replay->target_ns >= feeder->feed.length_ns)
        return;
    replay->target_ns += (uint64_t)((unsigned __int128)past * feeder->feed.speed_percent / 100);
}

/* What the position has come to be. */
static void settle(struct feeder *feeder)
{
    struct replay *replay = &feeder->replay;
    struct feed *feed = &feeder->feed;
    if (replay->is_at_end && !replay->has_item) {
        replay->knows_length = true;
        if (replay->has_wish) {
            replay->has_wish = false;
            feeder_seek(feeder, replay->start_ns);
            return;
        }
        feed->state = FEED_ENDED;
        feed->position_ns = feed->length_ns;
        replay->is_playing = false;
        return;
    }
    if (replay->target_ns != FEEDER_END && replay->target_ns > feed->position_ns)
        feed->position_ns =
            replay->target_ns < feed->length_ns ? replay->target_ns : feed->length_ns;
    feed->state = replay->is_playing ? FEED_RUNNING : FEED_PAUSED;
    replay->moved_ns = feed->state == FEED_RUNNING ? replay->moved_ns : feed->now_ns;
}

bool replay_advance(struct feeder *feeder, uint64_t until_ns)
{
    struct feed *feed = &feeder->feed;
    if (feed->state == FEED_RUNNING)
        move_target(feeder);
    else if (feed->state != FEED_LOADING)
        return false;
    for (unsigned i = 0; i % 16 != 15 || feeder_clock_ns() < until_ns; i++) {
        if (feeder->replay.is_skimming && !skim_piece(feeder) && feed->state != FEED_BROKEN) {
            end_skimming(feeder);
            return true;
        }
        if (feed->state == FEED_BROKEN)
            return true;
        if (!feeder->replay.is_skimming && !apply_piece(feeder)) {
            if (feed->state == FEED_BROKEN)
                return true;
            settle(feeder);
            return true;
        }
    }
    return true;
}

void replay_toggle(struct feeder *feeder)
{
    struct replay *replay = &feeder->replay;
    if (feeder->feed.state == FEED_BROKEN || replay->is_skimming)
        return;
    if (feeder->feed.state == FEED_ENDED)
        feeder_seek(feeder, 0);
    replay->is_playing = !replay->is_playing;
    replay->moved_ns = feeder->feed.now_ns;
    if (feeder->feed.state != FEED_LOADING)
        feeder->feed.state = replay->is_playing ? FEED_RUNNING : FEED_PAUSED;
}

void feeder_seek(struct feeder *feeder, uint64_t position_ns)
{
    struct feed *feed = &feeder->feed;
    struct replay *replay = &feeder->replay;
    if (feed->kind != FEED_FILE || feed->state == FEED_BROKEN)
        return;
    if (!replay->knows_length) { /* the whole file is looked at first */
        replay->start_ns = position_ns;
        replay->has_wish = !replay->is_skimming;
        return;
    }
    if (position_ns < feed->position_ns)
        rewind_all(feeder);
    replay->target_ns = position_ns;
    replay->moved_ns = feed->now_ns;
    if (feed->state != FEED_BROKEN)
        feed->state = FEED_LOADING;
}

void feeder_set_speed(struct feeder *feeder, unsigned percent)
{
    if (percent)
        feeder->feed.speed_percent = percent < SPEED_MAX ? percent : SPEED_MAX;
}
