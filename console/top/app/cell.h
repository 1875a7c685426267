/* SPDX-License-Identifier: MIT */
/* Cells of lists: how their numbers are written and drawn. */
#ifndef LSC_TOP_CELL_H
#define LSC_TOP_CELL_H

#include "view.h"

/* An empty cell: only what is read of it is written. */
void cell_clear(struct row_cell *cell);
void cell_fill(const struct app *app, const struct column *column, const struct entity *row,
               struct row_cell *out);
/* What it says, in words; "" for bars and strips without. `narrow`: the width there is. */
void cell_text(const struct screen *screen, const struct row_cell *cell, unsigned narrow,
               char out[CELL_TEXT_BYTES]);
/* Draws it; `find` is marked where the text has it ("": nothing). `skip`: columns of text that are
 * scrolled out to the left. */
void cell_draw(struct screen *screen, const struct area *place, const struct row_cell *cell,
               const char *find, unsigned skip);
bool cell_is_right(enum cell_unit unit);
/* Does text contain `find`? ASCII letters match in either case. The place, or NULL. */
const char *text_find(const char *text, const char *find);

/* For free-form text: figures as the screen can show them ("85 us" without Unicode). */
char *words_duration(const struct screen *screen, char out[DURATION_BYTES], uint64_t ns);
/* "just now", "12 s ago", "3 min ago": no finer than anybody can follow. */
char *words_ago(char out[DURATION_BYTES], uint64_t ns);
#define COUNT_BYTES 32
/* "12 345"; where it does not fit into `narrow` columns, "1.2M". */
char *words_count(char out[COUNT_BYTES], uint64_t count, unsigned narrow);
#define TIMES_BYTES (COUNT_BYTES + 8)
/* "once", "12 345 times". */
char *words_times(char out[TIMES_BYTES], uint64_t count);

#endif
