/* SPDX-License-Identifier: MIT */
/* What the program that the console runs prints: it has a terminal of its own, what comes out of
 * that goes into a file as it is, and its latest lines into a pane, cleaned. Not thread-safe. */
#ifndef LSC_TOP_OUTPUT_H
#define LSC_TOP_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>

#define OUTPUT_LINES 2000
#define OUTPUT_LINE_BYTES 1024

/* Lines as text: no escape sequences, no control characters; what came after a carriage return has
 * replaced what was before it. Bytes that are not UTF-8 may be inside. */
struct output_pane;
struct output_pane *output_pane_new(void);
void output_pane_delete(struct output_pane *pane);
void output_pane_add(struct output_pane *pane, const char *bytes, size_t count);
unsigned output_pane_count(const struct output_pane *pane); /* lines held */
/* Line `index`, 0 the oldest held. Valid until the next add. */
const char *output_pane_line(const struct output_pane *pane, unsigned index);
/* Lines that are held no more. */
size_t output_pane_dropped(const struct output_pane *pane);

struct output {
    int master, terminal; /* the two sides; the terminal's is closed once the program has it */
    int file;
    char path[4096]; /* of the file */
    bool is_named;   /* by the caller */
    struct output_pane *pane;
    int file_error; /* negative: since then nothing was written */
    bool is_over;   /* nobody has the terminal open any more */
};
/* Makes the terminal and the file; `path` NULL: a new one in $TMPDIR for a program of this name. 0,
 * or -errno with half a sentence in `why`. */
int output_open(struct output *output, const char *path, const char *program, char *why,
                size_t why_bytes);
void output_close(struct output *output);
/* The program's terminal gets this size. */
void output_resize(struct output *output, unsigned columns, unsigned rows);
/* Takes what there is, at most some 256 KiB. True when there was something. */
bool output_take(struct output *output);

#endif
