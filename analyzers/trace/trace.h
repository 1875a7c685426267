/* SPDX-License-Identifier: MIT */
/* The trace file (.lsc): items written down. See format.h for the bytes. */
#ifndef LSC_TRACE_H
#define LSC_TRACE_H

#include "../source/item.h"

struct trace_writer;

/* Creates `path` (0600, truncated if it exists and is a regular file). 0 or -errno. */
int trace_writer_open(const char *path, struct trace_writer **out);
/* Appends one item. 0, or -errno (disk full…): the file stays readable up to the last whole chunk.
 * What the clock items span is readable every 5 s, so that a recorder that is killed leaves all but
 * the last seconds. A batch of more than 65536 events becomes several. */
int trace_writer_put(struct trace_writer *writer, const struct item *item);
/* Makes what was put so far readable by others (ends the chunk). */
int trace_writer_flush(struct trace_writer *writer);
/* Writes the index and closes. 0 or the first error. `stats` may be NULL. */
struct trace_stats {
    uint64_t records, file_bytes;
};
int trace_writer_close(struct trace_writer *writer, struct trace_stats *stats);

/* A source over a file. 0 and *out, or -errno with half a sentence in `why` ("not a loopscope
 * trace", "made by a newer loopscope (version 3)"…). A damaged or cut file opens when its header is
 * whole; next() then yields everything up to the last whole chunk, and trace_damage says what was
 * lost. */
int trace_reader_open(const char *path, struct source **out, char *why, size_t why_bytes);
/* NULL, or one sentence about a cut or corrupted part (after next() has returned 0). */
const char *trace_damage(const struct source *source);

#endif
