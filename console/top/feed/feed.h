/* SPDX-License-Identifier: MIT */
/* What the console shows: the session that the source's items add up to, what detectors make of it,
 * how it came about (history, tail), and how far all that can be trusted. The app reads it through
 * a const pointer; only feed_* functions change it. Not thread-safe; symbols are resolved in the
 * source's own thread. */
#ifndef LSC_TOP_FEED_H
#define LSC_TOP_FEED_H

#include <stdbool.h>
#include <stdint.h>

#include "analyzers/detect/detect.h"
#include "analyzers/model/polls.h"
#include "analyzers/model/session.h"
#include "history.h"
#include "tail.h"

enum feed_kind {
    FEED_LIVE,
    FEED_FILE,
};
enum feed_state {
    FEED_LOADING, /* a file is read up to the position that was asked for */
    FEED_RUNNING, /* live, or a file being replayed */
    FEED_PAUSED,
    FEED_ENDED,  /* the file is over, or all processes are and none may come */
    FEED_BROKEN, /* see `error` */
};

/* One process of the session. */
struct feed_process {
    const struct model *model;
    struct findings *findings; /* of the latest judgement; NULL: none yet */
    uint64_t judged_ns;        /* process time of it */
    uint64_t news_ns;          /* monotonic time when its probe was last heard of */
    bool is_alive;             /* as far as known; a process of a file: until its END */
    uint64_t records;          /* applied */
};

struct feed {
    enum feed_kind kind;
    enum feed_state state;
    const struct session *session;
    struct feed_process *processes;
    unsigned process_count;
    struct history *history;
    struct tail *tail;
    uint64_t now_ns;          /* monotonic, of the latest EVENT_TIME */
    uint64_t records, lost;   /* of all processes */
    uint64_t held, held_lost; /* while paused: records drained and kept, and those beyond bounds */
    uint64_t symbols_pending;
    /* A file's: process time 0 of the first process is 0. */
    uint64_t position_ns, length_ns;
    unsigned speed_percent;           /* 100: as it was */
    const char *path;                 /* the file, or NULL */
    const char *damage;               /* one sentence about a cut file, or NULL */
    const char *output_path;          /* of `top -- PROG`: where its output goes; NULL */
    const struct output_pane *output; /* its latest lines, see output.h; NULL */
    bool child_has_ended;
    int child_status; /* as a shell says it: 128 + signal */
    char error[256];
};

/* The process' age now: for a live one time goes on between records. Process time. */
uint64_t feed_process_now(const struct feed *feed, unsigned process);

#endif
