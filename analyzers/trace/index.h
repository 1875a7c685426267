/* SPDX-License-Identifier: MIT */
/* The index of a trace file: where its chunks are. Written at the end, rebuilt from the chunk
 * headers where it is missing. No thread safety. */
#ifndef LSC_TRACE_INDEX_H
#define LSC_TRACE_INDEX_H

#include "chunk.h"

struct index_entry {
    uint64_t offset; /* of the chunk's header */
    uint32_t bytes;  /* header and payload */
    uint32_t process, items, events;
    uint64_t first_ns, last_ns;
};

struct trace_index {
    struct index_entry *entries;
    size_t count, capacity;
    uint64_t end; /* where the next chunk begins; set before the first is added */
};

void trace_index_free(struct trace_index *index);
/* Adds the chunk that begins at index->end. 0 or -ENOMEM. */
int trace_index_add(struct trace_index *index, const struct chunk_header *header);

/* The index chunk's payload. 0 or -ENOMEM. */
int trace_index_encode(const struct trace_index *index, struct bytes *raw);

/* Loads the index that the footer of `fd` points to, of chunks that begin at `start`: 0, -ENODATA
 * when there is no footer, -EPROTO when it or the index is damaged, or the system's error. */
int trace_index_load(int fd, uint64_t start, struct trace_index *out);
/* Builds it from the headers of the chunks, from `start` on, as far as they are whole by their
 * lengths (payloads are not verified). 0 or -errno. */
int trace_index_rebuild(int fd, uint64_t start, struct trace_index *out);

/* Reads exactly n bytes at `offset`. 0, -ENODATA at the end of the file, or -errno. */
int file_read_at(int fd, uint64_t offset, void *out, size_t n);

#endif
