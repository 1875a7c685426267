/* SPDX-License-Identifier: MIT */
/* A picture of the screen: a grid of cells, each a grapheme and a style. Views draw into it; a
 * terminal paints it. Pure: no locale, clock or terminal in it. Not thread-safe.
 *
 * Text may be any bytes, and never gets out of its place: control characters and what is not UTF-8
 * become '?', and so do bidi controls and other characters that steer instead of being seen;
 * joiners, variation selectors and skin tones are left out. A wide character takes two cells and is
 * left out where only one is free, combining characters stay in their base's cell up to CELL_BYTES,
 * whatever is wider than its area is cut, with an ellipsis. Without Unicode everything outside
 * ASCII is '?', but for what has an ASCII twin. */
#ifndef LSC_TOP_SCREEN_H
#define LSC_TOP_SCREEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "style.h"

#define CELL_BYTES 14
struct cell {
    char text[CELL_BYTES]; /* UTF-8, NUL-terminated; "" is the second half of a wide character */
    uint8_t style;         /* enum screen_style, perhaps with STYLE_SELECTED */
    uint8_t width;         /* 1 or 2; 0 for a second half */
};

#define SCREEN_COLUMNS_MAX 1000
#define SCREEN_ROWS_MAX 500
struct screen {
    unsigned columns, rows;
    bool use_unicode;
    bool has_cursor; /* a prompt is open */
    unsigned cursor_row, cursor_column;
    struct cell *cells; /* rows * columns */
};

/* A rectangle of a screen; whatever is put into it is cut at its edges and at the screen's. */
struct area {
    unsigned row, column, rows, columns;
};

/* Blank; sizes are clamped to the bounds above. 0 or -ENOMEM. */
int screen_init(struct screen *screen, unsigned columns, unsigned rows);
void screen_free(struct screen *screen);
void screen_clear(struct screen *screen);
struct area screen_area(const struct screen *screen);
/* NULL outside the screen. */
const struct cell *screen_cell(const struct screen *screen, unsigned row, unsigned column);
/* What of the area lies on the screen. */
struct area screen_clip(const struct screen *screen, const struct area *area);

/* Puts text at (row, column) of the area; how many columns it took. */
unsigned screen_put(struct screen *screen, const struct area *area, unsigned row, unsigned column,
                    unsigned style, const char *text);
unsigned screen_put_bytes(struct screen *screen, const struct area *place, unsigned style,
                          const char *bytes, size_t length); /* at the area's first cell */
__attribute__((format(printf, 6, 7))) unsigned screen_print(struct screen *screen,
                                                            const struct area *area, unsigned row,
                                                            unsigned column, unsigned style,
                                                            const char *format, ...);
/* Ends at the area's last column. */
unsigned screen_put_right(struct screen *screen, const struct area *area, unsigned row,
                          unsigned style, const char *text);
void screen_fill(struct screen *screen, const struct area *area, const char *text, unsigned style);
/* The style of what stands there is changed, or marked as selected. */
void screen_restyle(struct screen *screen, const struct area *area, unsigned style);
void screen_select(struct screen *screen, const struct area *area);

/* Columns that text takes as it would be put, at most `most`. */
unsigned screen_text_width(const struct screen *screen, const char *text, unsigned most);

/* A bar of `columns`, filled to value / full, with eighths of a cell where Unicode is used; and a
 * strip of one cell a value, each 0…full, oldest first, right-aligned. Styled by height: low,
 * middle from 60 %, high from 85 %. */
void screen_bar(struct screen *screen, const struct area *place, uint64_t value, uint64_t full);
void screen_strip(struct screen *screen, const struct area *place, const uint64_t *values,
                  unsigned count, uint64_t full);
/* A titled rule or box, as panels begin. Gives the area inside. */
struct area screen_panel(struct screen *screen, const struct area *area, const char *title);

enum glyph {
    GLYPH_ELLIPSIS,
    GLYPH_ARROW_RIGHT,
    GLYPH_ARROW_UP,
    GLYPH_ARROW_DOWN,
    GLYPH_BULLET,
    GLYPH_TREE_MIDDLE, /* "├─" */
    GLYPH_TREE_LAST,   /* "└─" */
    GLYPH_TREE_PASS,   /* "│ " */
    GLYPH_RULE,
    GLYPH_MICRO, /* "µ" */
    GLYPH_COUNT,
};
const char *screen_glyph(const struct screen *screen, enum glyph glyph);

enum screen_dump { SCREEN_DUMP_TEXT, SCREEN_DUMP_STYLES };
/* The text, a line a row without blanks at the end; with styles, each row is followed by a row of
 * the styles' letters (selected: upper and lower case as they are, marked by '~' in a third row
 * where any cell is). 0 or -EIO. */
int screen_dump(const struct screen *screen, FILE *out, enum screen_dump what);
/* Whether the text stands in some row as the dump has it. */
bool screen_shows(const struct screen *screen, const char *text, size_t length);

#endif
