/* SPDX-License-Identifier: MIT */
/* The reader object, as the files of this folder share it. */
#ifndef LSC_READER_H
#define LSC_READER_H

#include <sys/types.h>

#include "segment_reader.h"

/* POLL and WAKE records of one task in the ring of one thread that its totals do not contain yet.
 */
struct pending_records {
    uint32_t handle; /* 0: the place is empty */
    uint32_t thread; /* slot */
    uint64_t folded; /* of that thread, when this was collected */
    uint64_t polls, busy_ticks, worst_ticks, last_poll, last_begin;
    uint64_t wakes, self_wakes, last_wake;
    uint64_t await_since; /* 0: none of its polls ended with an await */
    uint64_t awaited;     /* arg2 of the last that did */
};

struct segment_reader {
    int fd;
    dev_t device;
    ino_t inode;
    char *path; /* NULL when opened through a directory */
    struct lsc_segment_header header;
    struct lsc_clock_pair latest; /* the last one read whole */

    /* What segment_reader_task adds to the totals; an open-addressing table by handle, with a
     * place for each thread, made anew after each refresh when it is first asked for. */
    struct pending_records *pending;
    uint32_t pending_places; /* power of two, or 0 */
    uint32_t pending_count;
    bool pending_is_current;
    struct lsc_record *batch; /* scratch of the folding */
};

/* Reads exactly `bytes` at `offset`. 0, or -EPROTO when the file ends before, or the system's. */
int reader_copy(const struct segment_reader *reader, uint64_t offset, void *out, size_t bytes);
/* Reads the first `bytes` of element `index` of `part`; -ENOENT beyond its capacity. */
int reader_element(const struct segment_reader *reader, enum lsc_segment_part part, uint64_t index,
                   void *out, size_t bytes);
/* Between two reads of one file whose order matters. ThreadSanitizer knows no fences, and sees
 * nothing of what the kernel copies. */
static inline void reader_fence(void)
{
#if defined(__SANITIZE_THREAD__)
    atomic_signal_fence(memory_order_seq_cst);
#else
    atomic_thread_fence(memory_order_seq_cst);
#endif
}
/* Opens the file `name` in `directory` (AT_FDCWD allowed), as segment_reader_open does. */
int reader_open_at(int directory, const char *name, struct segment_reader **out, char *why,
                   size_t why_bytes);

/* Adds what is pending of `task` to it. */
void pending_add(struct segment_reader *reader, struct lsc_task *task);
void pending_free(struct segment_reader *reader);

#endif
