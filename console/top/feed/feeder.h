/* SPDX-License-Identifier: MIT */
/* Fills the feed: opens what is observed, drains it, judges it, replays files, and holds back what
 * comes during a pause. Everything is done in pieces bounded by a time budget, so that keys are
 * answered and no ring is lapped. Owned by the main loop, which hands `feeder_feed` to the app. Not
 * thread-safe. */
#ifndef LSC_TOP_FEEDER_H
#define LSC_TOP_FEEDER_H

#include "analyzers/source/item.h"
#include "feed.h"

struct feeder;

#define FEEDER_END UINT64_MAX
struct feeder_options {
    const char *path; /* a trace file is replayed; NULL: what runs is observed */
    /* Live. */
    const char *directory; /* of segments; NULL the user's default */
    uint32_t pid;          /* this process and those that descend from it; 0: all of the user's */
    uint64_t run_id;       /* only processes of this run; 0: any */
    const char *segment;   /* this very segment: what a dead process left; NULL */
    /* A file. */
    uint64_t at_ns;         /* the position to begin at, FEEDER_END: everything is applied */
    unsigned speed_percent; /* of the replay, 0: 100 */
    bool plays;             /* begins at once, else paused */
};

/* 0 and *out, or -errno with half a sentence in `why`. The options' strings are copied. */
int feeder_open(const struct feeder_options *options, struct feeder **out, char *why,
                size_t why_bytes);
void feeder_close(struct feeder *feeder);
/* Lives as long as the feeder. The main loop sets the fields that come from elsewhere: output,
 * output_path, child_has_ended, child_status. */
struct feed *feeder_feed(struct feeder *feeder);

/* The monotonic clock, as the feed counts it. */
uint64_t feeder_clock_ns(void);

/* Takes what there is, or as much of a file as its replay has reached, for up to `budget_ns`. True
 * when something changed. */
bool feeder_advance(struct feeder *feeder, uint64_t budget_ns);
/* Judges one process when it is time: each at most four times a second, and all together no more
 * than a twentieth of the time. `is_forced`: all processes, now. True when something was judged. */
bool feeder_judge(struct feeder *feeder, bool is_forced);
/* How many microseconds may pass until the next feeder_advance. */
uint64_t feeder_pause_us(const struct feeder *feeder);

/* Live: from now on nothing is applied, or what was held is, and on. A file: the replay stops, or
 * goes on; at its end it begins anew. 0, or -errno when there is no place for what is held. */
int feeder_toggle_pause(struct feeder *feeder);
/* A file: goes to a position, forward by applying, backward by beginning anew. */
void feeder_seek(struct feeder *feeder, uint64_t position_ns);
void feeder_set_speed(struct feeder *feeder, unsigned percent);
/* Live: how our own program ended. */
void feeder_child_ended(struct feeder *feeder, uint32_t pid, enum end_kind kind, int status);

#endif
