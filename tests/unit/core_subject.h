/* SPDX-License-Identifier: MIT */
/* Runs core_subject, a small program under the core, and gives the test what it left behind. */
#ifndef LSC_TEST_CORE_SUBJECT_H
#define LSC_TEST_CORE_SUBJECT_H

#include <stdbool.h>
#include <stddef.h>

#include "segment_reader.h"

struct subject {
    char directory[128]; /* of its segments, made fresh under /dev/shm */
    int status;          /* of waitpid */
    char out[4096];      /* its standard output */
    char err[4096];
};

/* Makes the directory's name (the probe makes the directory) and puts it into LOOPSCOPE_DIR. */
void subject_init(struct subject *s);
/* Removes the directory and what is in it. */
void subject_free(struct subject *s);
/* Runs `core_subject command argument` (argument may be NULL) and waits for it. */
void subject_run(struct subject *s, const char *command, const char *argument);
bool subject_exited_with(const struct subject *s, int code);
/* The same, and opens its segment; fails the test unless it exits with 0. The caller closes it. */
struct segment_reader *subject_read(struct subject *s, const char *command, const char *argument);

/* How many segments there are. */
int subject_segments(const struct subject *s);
/* Opens the segment of the process that was started (or the one that was not, its child): NULL when
 * there is none. The caller closes it. */
struct segment_reader *subject_open(const struct subject *s, bool is_child);

/* All records of thread `slot`, whole and in order, in `out`; what was lost before them in *lost.
 */
size_t subject_records(struct segment_reader *reader, uint32_t slot, struct lsc_record *out,
                       size_t capacity, uint64_t *lost);
/* How many of them are of `type`. */
size_t records_of(const struct lsc_record *records, size_t count, enum lsc_record_type type);

#endif
