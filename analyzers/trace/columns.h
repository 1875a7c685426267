/* SPDX-License-Identifier: MIT */
/* The events of a chunk as columns: lossless for any events, small for those that programs make.
 * Whatever may be dropped for the sake of size was dropped before (source/quantize.h). No thread
 * safety. */
#ifndef LSC_TRACE_COLUMNS_H
#define LSC_TRACE_COLUMNS_H

#include "../source/item.h"
#include "bytes.h"

/* A run of events of one process: one batch as it was put. */
struct event_run {
    uint32_t process, count;
};

/* Where the compressor should begin afresh, as bytes after one column plane differ in nature from
 * the next. Offsets into the output of columns_encode. */
#define COLUMN_CUTS_MAX 4096
struct column_cuts {
    unsigned count;
    size_t at[COLUMN_CUTS_MAX];
};

struct columns; /* working memory of either direction, reused from chunk to chunk */
struct columns *columns_new(void); /* NULL: out of memory */
void columns_delete(struct columns *columns);

/* Appends `count` events (1 … TRACE_CHUNK_EVENTS), which are those of `runs` in order, and adds to
 * `cuts`. `reserved` of an event is not kept. 0, -EINVAL for a thread id out of bounds, -ENOMEM. */
int columns_encode(struct columns *columns, const struct event *events, size_t count,
                   const struct event_run *runs, struct bytes *out, struct column_cuts *cuts);

/* Reads exactly `count` events from all that `in` holds. The result lives until the next call.
 * 0, -EPROTO on nonsense, -ENOMEM. */
int columns_decode(struct columns *columns, struct cursor *in, size_t count,
                   const struct event **out);

#endif
