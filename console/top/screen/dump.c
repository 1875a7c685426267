/* SPDX-License-Identifier: MIT */
/* Screens as text: for tests, --once, and copies of a screen. */
#include <errno.h>
#include <string.h>

#include "screen.h"

static const char letters[STYLE_COUNT] = {
#define X(name, letter) [STYLE_##name] = letter,
    SCREEN_STYLES(X)
#undef X
};

#define LINE_BYTES ((size_t)SCREEN_COLUMNS_MAX * CELL_BYTES + 1)

/* The row's text without blanks at its end; how many bytes. */
static size_t row_text(const struct screen *screen, unsigned row, char out[LINE_BYTES])
{
    size_t length = 0, end = 0;
    for (unsigned column = 0; column < screen->columns; column++) {
        const char *text = screen_cell(screen, row, column)->text;
        size_t bytes = strlen(text);
        memcpy(out + length, text, bytes);
        length += bytes;
        if (bytes > 0 && strcmp(text, " ") != 0)
            end = length;
    }
    return end;
}

static size_t row_styles(const struct screen *screen, unsigned row, char out[LINE_BYTES])
{
    size_t end = 0;
    for (unsigned column = 0; column < screen->columns; column++) {
        unsigned style = screen_cell(screen, row, column)->style & ~STYLE_SELECTED;
        out[column] = style < STYLE_COUNT ? letters[style] : '?';
        if (style != STYLE_TEXT)
            end = column + 1;
    }
    return end;
}

static size_t row_selected(const struct screen *screen, unsigned row, char out[LINE_BYTES])
{
    size_t end = 0;
    for (unsigned column = 0; column < screen->columns; column++) {
        bool is_selected = screen_cell(screen, row, column)->style & STYLE_SELECTED;
        out[column] = is_selected ? '~' : ' ';
        if (is_selected)
            end = column + 1;
    }
    return end;
}

static void write_line(FILE *out, const char *line, size_t length)
{
    fwrite(line, 1, length, out);
    fputc('\n', out);
}

int screen_dump(const struct screen *screen, FILE *out, enum screen_dump what)
{
    char line[LINE_BYTES];
    for (unsigned row = 0; row < screen->rows; row++) {
        write_line(out, line, row_text(screen, row, line));
        if (what != SCREEN_DUMP_STYLES)
            continue;
        write_line(out, line, row_styles(screen, row, line));
        size_t selected = row_selected(screen, row, line);
        if (selected > 0)
            write_line(out, line, selected);
    }
    return fflush(out) == 0 && !ferror(out) ? 0 : -EIO;
}

bool screen_shows(const struct screen *screen, const char *text, size_t length)
{
    char line[LINE_BYTES];
    for (unsigned row = 0; row < screen->rows; row++) {
        if (memmem(line, row_text(screen, row, line), text, length))
            return true;
    }
    return false;
}
