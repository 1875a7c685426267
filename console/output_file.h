/* SPDX-License-Identifier: MIT */
/* A file that appears whole or not at all: written beside its final name and renamed when finished.
 */
#ifndef LSC_OUTPUT_FILE_H
#define LSC_OUTPUT_FILE_H

#include <stdio.h>

struct output_file {
    FILE *stream;         /* write here */
    const char *path;     /* final name, borrowed; NULL for a standard stream */
    char temporary[4096]; /* "" when written in place (a device, a pipe) or to a standard stream */
};

/* Begins `path`: NULL is `standard` (stdout or stderr), "-" is stdout; what exists and is not a
 * regular file is written in place. 0, or -errno. */
int output_file_open(struct output_file *file, const char *path, FILE *standard);

/* Finishes it: the final name now holds everything. 0, or -errno and nothing was changed. */
int output_file_commit(struct output_file *file);

/* Gives it up. */
void output_file_discard(struct output_file *file);

#endif
