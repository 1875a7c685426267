/* SPDX-License-Identifier: MIT */
/* Reads another process' segment. Every byte of it is untrusted: it is copied with pread (a file
 * cut short gives a short read, never a SIGBUS), and every offset, index, length and state is
 * checked. Not thread-safe: one reader object per thread; any number of readers may read one
 * segment. */
#ifndef LSC_SEGMENT_READER_H
#define LSC_SEGMENT_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../format/segment.h"

struct segment_reader;

/* Opens the segment at `path` (O_NOFOLLOW; a regular file of this user, or any when root).
 * 0 and *out, or -errno: -EPROTO not a segment or a damaged one, -EPROTONOSUPPORT another version,
 * -EAGAIN not complete yet, else the system's. `why` (of `why_bytes`) gets half a sentence. */
int segment_reader_open(const char *path, struct segment_reader **out, char *why, size_t why_bytes);
void segment_reader_close(struct segment_reader *reader);

/* A copy of the header, refreshed. 0, or -EPROTO when it has become nonsense. The pointer lives as
 * long as the reader. Text fields are NUL-terminated copies. */
int segment_reader_refresh(struct segment_reader *reader);
const struct lsc_segment_header *segment_reader_header(const struct segment_reader *reader);

/* Counter value to nanoseconds since clock_start, by clock_start and the latest pair; saturating.
 */
uint64_t segment_reader_ns(const struct segment_reader *reader, uint64_t ticks);
/* A duration in ticks to nanoseconds. */
uint64_t segment_reader_duration_ns(const struct segment_reader *reader, uint64_t ticks);

/* Copies thread slot `slot` (< thread_count). 0 or -ENOENT/-EPROTO. */
int segment_reader_thread(struct segment_reader *reader, uint32_t slot, struct lsc_thread *out);

/* Result of one reading of a ring. */
struct ring_read {
    uint64_t first; /* index of records[0] */
    size_t count;   /* records copied and proved whole */
    uint64_t lost;  /* records between the asked index and `first` that were overwritten: exact */
    uint64_t next;  /* ask from here next time */
};
/* Copies the records of `slot` from index `from` on into `out` (room for `capacity`).
 * 0 or -errno. A `from` beyond the head yields 0 records. */
int segment_reader_ring(struct segment_reader *reader, uint32_t slot, uint64_t from,
                        struct lsc_record *out, size_t capacity, struct ring_read *result);

/* Copies string `id` into `out`, NUL-terminated, cut to fit, raw bytes. Its length, or -errno. */
int segment_reader_string(struct segment_reader *reader, uint32_t id, char *out, size_t out_bytes);
int segment_reader_site(struct segment_reader *reader, uint32_t id, struct lsc_site *out);
/* Copies the program counters of stack `id`; the depth, or -errno. */
int segment_reader_stack(struct segment_reader *reader, uint32_t id,
                         uint64_t pcs[LSC_STACK_FRAMES_MAX], bool *was_cut);
int segment_reader_module(struct segment_reader *reader, uint32_t index, struct lsc_module *out);
int segment_reader_task(struct segment_reader *reader, uint32_t slot, struct lsc_task *out);
/* Copies up to `count` tasks from slot `first` on, in one go; how many. A slot without one has
 * handle 0. Its slot may have gone to another task amid the copy: what is to be used of an entry is
 * good when segment_reader_has_task still finds its handle. */
uint32_t segment_reader_tasks(struct segment_reader *reader, uint32_t first, uint32_t count,
                              struct lsc_task *out);
bool segment_reader_has_task(const struct segment_reader *reader, uint32_t handle);
int segment_reader_resource(struct segment_reader *reader, uint32_t slot, struct lsc_resource *out);

/* Sets the control word (needs write permission): the run-time switch of the probe. 0 or -errno. */
int segment_reader_control(struct segment_reader *reader, bool is_on);

/* One segment file found in a directory. */
struct segment_entry {
    char path[512];
    uint32_t pid, ppid;
    bool is_alive; /* the very process (pid and start time) still runs */
    uint64_t run_id;
    uint64_t bytes;   /* memory it occupies */
    int64_t age_ns;   /* since its last change */
    char program[64]; /* raw bytes */
    enum lsc_segment_state state;
};
/* Lists the segments in `directory` (NULL: the default of this user). Calls `visit` for each that
 * can be opened; stops when it returns nonzero and returns that. -errno when the directory is not
 * one that may be trusted (owner, mode, symlink); 0 also when it does not exist. */
int segment_list(const char *directory, int (*visit)(const struct segment_entry *, void *),
                 void *data);
/* /dev/shm/loopscope-<uid>, or LOOPSCOPE_DIR. */
int segment_directory(char *out, size_t out_bytes);

#endif
