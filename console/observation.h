/* SPDX-License-Identifier: MIT */
/* Where the items of a source go: into a session to be judged, into a trace file, or both, while it
 * is noted which processes were seen and how many records there were. */
#ifndef LSC_OBSERVATION_H
#define LSC_OBSERVATION_H

#include <stdbool.h>
#include <stdint.h>

#include "analyzers/model/session.h"
#include "analyzers/trace/trace.h"

struct seen_process {
    uint32_t pid;
    bool has_ended;
    bool still_runs; /* observation of it stopped before its end */
};

struct observation {
    struct session *session;    /* or NULL */
    struct trace_writer *trace; /* or NULL */
    const char *trace_path;
    int trace_error; /* the first one, negative; writing the trace stops at it */
    uint64_t records, lost;
    struct seen_process *processes; /* by the index of the stream */
    uint32_t process_count, process_room;
};

/* Begins; with a session of its own when `judges`, and a trace file when `trace_path` is not NULL.
 * False after a line on stderr. */
bool observation_init(struct observation *observation, bool judges, const char *trace_path);
void observation_free(struct observation *observation);

/* Takes up to `most` items of the source. How many it took; fewer than `most` when there are none
 * at present; -errno, with a text in source->error, when the source broke. */
int observation_take(struct observation *observation, struct source *source, unsigned most);

/* Takes everything that the trace file at `path` holds. The source, still open (for trace_damage;
 * the caller closes it), or NULL after a line on stderr. */
struct source *observation_open_file(struct observation *observation, const char *path);

/* Finishes the trace file, if there is one. False after a line on stderr. `stats` may be NULL. */
bool observation_close_trace(struct observation *observation, struct trace_stats *stats);

/* How many of the processes still ran when observation stopped. */
unsigned observation_still_running(const struct observation *observation);

#endif
