/* SPDX-License-Identifier: MIT */
/* The grid: its cells, and text that is put into them and cut at edges. */
#include "screen.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "grapheme.h"

/* Longer than what any screen can show of a line. */
#define PRINT_BYTES 8192

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

static void blank(struct cell *cell, unsigned style)
{
    *cell = (struct cell){.text = " ", .style = (uint8_t)style, .width = 1};
}

int screen_init(struct screen *screen, unsigned columns, unsigned rows)
{
    *screen = (struct screen){.columns = least(columns, SCREEN_COLUMNS_MAX),
                              .rows = least(rows, SCREEN_ROWS_MAX),
                              .use_unicode = true};
    /* One cell more, so that an empty screen is not taken for a failure. */
    screen->cells = calloc((size_t)screen->columns * screen->rows + 1, sizeof *screen->cells);
    if (!screen->cells)
        return -ENOMEM;
    screen_clear(screen);
    return 0;
}

void screen_free(struct screen *screen)
{
    free(screen->cells);
    *screen = (struct screen){0};
}

void screen_clear(struct screen *screen)
{
    for (size_t i = 0; i < (size_t)screen->columns * screen->rows; i++)
        blank(&screen->cells[i], STYLE_TEXT);
    screen->has_cursor = false;
}

struct area screen_area(const struct screen *screen)
{
    return (struct area){0, 0, screen->rows, screen->columns};
}

static struct cell *cell_at(const struct screen *screen, unsigned row, unsigned column)
{
    return &screen->cells[(size_t)row * screen->columns + column];
}

const struct cell *screen_cell(const struct screen *screen, unsigned row, unsigned column)
{
    return row < screen->rows && column < screen->columns ? cell_at(screen, row, column) : NULL;
}

struct area screen_clip(const struct screen *screen, const struct area *area)
{
    if (area->row >= screen->rows || area->column >= screen->columns)
        return (struct area){0};
    return (struct area){area->row, area->column, least(area->rows, screen->rows - area->row),
                         least(area->columns, screen->columns - area->column)};
}

/* The area's part from (row, column) to the end of that line, as the screen has it. */
static struct area line_from(const struct screen *screen, const struct area *area, unsigned row,
                             unsigned column)
{
    struct area inside = screen_clip(screen, area);
    if (row >= inside.rows || column >= inside.columns)
        return (struct area){0};
    return (struct area){inside.row + row, inside.column + column, 1, inside.columns - column};
}

/* Half a wide character is never left behind. */
static void part_halves(struct screen *screen, unsigned row, unsigned column)
{
    struct cell *cell = cell_at(screen, row, column);
    if (cell->width == 0 && column > 0)
        blank(cell - 1, cell[-1].style);
    if (cell->width == 2 && column + 1 < screen->columns)
        blank(cell + 1, cell[1].style);
}

static void set(struct screen *screen, unsigned row, unsigned column, unsigned style,
                const struct grapheme *grapheme)
{
    part_halves(screen, row, column);
    if (grapheme->width == 2)
        part_halves(screen, row, column + 1);
    struct cell *cell = cell_at(screen, row, column);
    *cell = (struct cell){.style = (uint8_t)style, .width = (uint8_t)grapheme->width};
    memcpy(cell->text, grapheme->text, strlen(grapheme->text));
    if (grapheme->width == 2)
        cell[1] = (struct cell){.style = (uint8_t)style};
}

static void put_ellipsis(struct screen *screen, const struct area *line, unsigned style)
{
    struct grapheme ellipsis = {.width = 1};
    const char *text = screen_glyph(screen, GLYPH_ELLIPSIS);
    memcpy(ellipsis.text, text, strlen(text));
    set(screen, line->row, line->column + line->columns - 1, style, &ellipsis);
}

static unsigned put_line(struct screen *screen, const struct area *line, unsigned style,
                         struct grapheme_reader *reader)
{
    if (line->columns == 0)
        return 0;
    struct grapheme grapheme;
    for (unsigned used = 0; grapheme_next(reader, &grapheme); used += grapheme.width) {
        if (used + grapheme.width > line->columns) {
            /* The last column may be one that a wide character left free. */
            put_ellipsis(screen, line, style);
            return line->columns;
        }
        set(screen, line->row, line->column + used, style, &grapheme);
        if (reader->at == reader->end)
            return used + grapheme.width;
    }
    return 0;
}

unsigned screen_put_bytes(struct screen *screen, const struct area *place, unsigned style,
                          const char *bytes, size_t length)
{
    struct grapheme_reader reader = {bytes, bytes + length, screen->use_unicode};
    struct area line = line_from(screen, place, 0, 0);
    return put_line(screen, &line, style, &reader);
}

unsigned screen_put(struct screen *screen, const struct area *area, unsigned row, unsigned column,
                    unsigned style, const char *text)
{
    struct area line = line_from(screen, area, row, column);
    return screen_put_bytes(screen, &line, style, text, strlen(text));
}

unsigned screen_print(struct screen *screen, const struct area *area, unsigned row, unsigned column,
                      unsigned style, const char *format, ...)
{
    char text[PRINT_BYTES];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return length < 0 ? 0 : screen_put(screen, area, row, column, style, text);
}

unsigned screen_put_right(struct screen *screen, const struct area *area, unsigned row,
                          unsigned style, const char *text)
{
    unsigned columns = screen_clip(screen, area).columns;
    unsigned width = screen_text_width(screen, text, columns);
    return screen_put(screen, area, row, columns - width, style, text);
}

unsigned screen_text_width(const struct screen *screen, const char *text, unsigned most)
{
    struct grapheme_reader reader = {text, text + strlen(text), screen->use_unicode};
    struct grapheme grapheme;
    unsigned width = 0;
    while (width < most && grapheme_next(&reader, &grapheme))
        width += grapheme.width;
    return least(width, most);
}

void screen_fill(struct screen *screen, const struct area *area, const char *text, unsigned style)
{
    struct area inside = screen_clip(screen, area);
    struct grapheme_reader reader = {text, text + strlen(text), screen->use_unicode};
    struct grapheme grapheme = {.text = " ", .width = 1};
    grapheme_next(&reader, &grapheme);
    for (unsigned row = 0; row < inside.rows; row++) {
        for (unsigned column = 0; column + grapheme.width <= inside.columns;
             column += grapheme.width)
            set(screen, inside.row + row, inside.column + column, style, &grapheme);
    }
}

void screen_restyle(struct screen *screen, const struct area *area, unsigned style)
{
    struct area inside = screen_clip(screen, area);
    for (unsigned row = 0; row < inside.rows; row++) {
        struct cell *cells = cell_at(screen, inside.row + row, inside.column);
        for (unsigned column = 0; column < inside.columns; column++)
            cells[column].style = (uint8_t)(style | (cells[column].style & STYLE_SELECTED));
    }
}

void screen_select(struct screen *screen, const struct area *area)
{
    struct area inside = screen_clip(screen, area);
    for (unsigned row = 0; row < inside.rows; row++) {
        struct cell *cells = cell_at(screen, inside.row + row, inside.column);
        for (unsigned column = 0; column < inside.columns; column++)
            cells[column].style |= STYLE_SELECTED;
    }
}
