/* SPDX-License-Identifier: MIT */
/* The feeder's inside, shared by the files of this folder. */
#ifndef LSC_TOP_FEEDER_STATE_H
#define LSC_TOP_FEEDER_STATE_H

#include <limits.h>

#include "feeder.h"
#include "hold.h"
#include "judging.h"

#define FEEDER_PROCESSES_MAX 4096 /* as many as a session takes */

/* Where a process of the stream went, and how its time lies to the first one's. */
struct placed {
    bool is_known;
    uint32_t place; /* index in the session */
    int64_t offset_ns;
    uint64_t step_ns; /* start of its history's next step */
};

struct replay {
    char path[PATH_MAX];
    bool is_skimming;  /* the file is read once for its length */
    bool is_playing;   /* the position moves with the clock */
    bool is_at_end;    /* the source has no more */
    bool knows_length; /* it was at the end once */
    bool has_wish;     /* asked to go to `start_ns` before that */
    uint64_t start_ns; /* where to go once the length is known */
    uint64_t target_ns;
    uint64_t moved_ns; /* monotonic time of the target */
    struct item item;  /* taken from the source, applied up to `used` events */
    bool has_item;
    size_t used;
};

struct feeder {
    struct feed feed;
    struct session *session;
    struct source *source;
    struct placed placed[FEEDER_PROCESSES_MAX];
    int64_t first_started_ns;
    struct judged judged[FEEDER_PROCESSES_MAX]; /* by place */
    uint64_t news[FEEDER_PROCESSES_MAX];        /* by place: items that told something new */
    struct judging judging;
    struct replay replay;
    struct hold *hold; /* NULL: items are applied as they come */
    bool is_alone;     /* live: nothing can come after what is observed has ended */
};

/* ---- intake.c ---- */

/* Applies one item, of events the first `count`, to everything the feed shows. */
void intake_item(struct feeder *feeder, const struct item *item);
void intake_events(struct feeder *feeder, uint32_t process, const struct event *events,
                   size_t count);
/* The time of an item as a position; UINT64_MAX for one without. Of events: of the one at `index`.
 */
uint64_t intake_position(const struct feeder *feeder, const struct item *item, size_t index);
/* Everything applied so far is forgotten. -ENOMEM, or 0. */
int intake_begin(struct feeder *feeder);
void intake_end(struct feeder *feeder);

/* ---- replay.c ---- */

int replay_open(struct feeder *feeder, const struct feeder_options *options, char *why,
                size_t why_bytes);
bool replay_advance(struct feeder *feeder, uint64_t until_ns);
void replay_toggle(struct feeder *feeder);

/* ---- feeder.c ---- */

void feeder_break(struct feeder *feeder, int error);

#endif
