/* SPDX-License-Identifier: MIT */
/* Numbers as people read them, cut to the room there is. Integer arithmetic only: no locale. */
#include "cell.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void cell_clear(struct row_cell *cell)
{
    cell->unit = UNIT_TEXT;
    cell->is_known = false;
    cell->number = cell->full = 0;
    cell->style = STYLE_TEXT;
    cell->text[0] = '\0';
    cell->strip_count = 0;
    cell->strip[0] = 0;
}

void cell_fill(const struct app *app, const struct column *column, const struct entity *row,
               struct row_cell *out)
{
    cell_clear(out);
    out->unit = column->unit;
    column->value(app, row, out);
}

bool cell_is_right(enum cell_unit unit)
{
    return unit == UNIT_DURATION || unit == UNIT_COUNT || unit == UNIT_PERCENT ||
           unit == UNIT_BYTES;
}

char *words_duration(const struct screen *screen, char out[DURATION_BYTES], uint64_t ns)
{
    duration_text(out, ns);
    char *micro = screen->use_unicode ? NULL : strstr(out, "µ");
    if (micro) {
        const char *glyph = screen_glyph(screen, GLYPH_MICRO);
        memmove(micro + strlen(glyph), micro + strlen("µ"), strlen(micro + strlen("µ")) + 1);
        memcpy(micro, glyph, strlen(glyph));
    }
    return out;
}

char *words_ago(char out[DURATION_BYTES], uint64_t ns)
{
    static const struct {
        const char *word;
        uint64_t seconds;
    } units[] = {{"d", 86400}, {"h", 3600}, {"min", 60}, {"s", 1}};
    uint64_t seconds = ns / 1000000000;
    snprintf(out, DURATION_BYTES, "just now");
    for (unsigned i = 0; i < sizeof(units) / sizeof(units[0]); i++)
        if (seconds >= units[i].seconds) {
            snprintf(out, DURATION_BYTES, "%" PRIu64 " %s ago", seconds / units[i].seconds,
                     units[i].word);
            break;
        }
    return out;
}

static void grouped(char out[COUNT_BYTES], uint64_t count)
{
    char digits[COUNT_BYTES];
    int length = snprintf(digits, sizeof(digits), "%" PRIu64, count);
    unsigned used = 0;
    for (int i = 0; i < length; i++) {
        if (i && (length - i) % 3 == 0 && length > 4)
            out[used++] = ' ';
        out[used++] = digits[i];
    }
    out[used] = '\0';
}

/* "1.2M", "345k". */
static void shortened(char out[COUNT_BYTES], uint64_t count, uint64_t base, const char *units)
{
    uint64_t unit = base;
    while (units[1] && count / unit >= base) {
        unit *= base;
        units++;
    }
    uint64_t whole = count / unit;
    unsigned tenth = (unsigned)(count % unit / (unit / 10 ? unit / 10 : 1));
    if (whole < 10)
        snprintf(out, COUNT_BYTES, "%" PRIu64 ".%u%c", whole, tenth > 9 ? 9 : tenth, *units);
    else
        snprintf(out, COUNT_BYTES, "%" PRIu64 "%c", whole, *units);
}

char *words_count(char out[COUNT_BYTES], uint64_t count, unsigned narrow)
{
    grouped(out, count);
    if (strlen(out) > narrow && count >= 1000)
        shortened(out, count, 1000, "kMGTPE");
    return out;
}

char *words_times(char out[TIMES_BYTES], uint64_t count)
{
    char number[COUNT_BYTES];
    if (count == 1)
        snprintf(out, TIMES_BYTES, "once");
    else
        snprintf(out, TIMES_BYTES, "%s times", words_count(number, count, COUNT_BYTES));
    return out;
}

static void bytes_text(char out[COUNT_BYTES], uint64_t bytes)
{
    if (bytes < 1024)
        snprintf(out, COUNT_BYTES, "%" PRIu64 " B", bytes);
    else
        shortened(out, bytes, 1024, "kMGTPE");
}

void cell_text(const struct screen *screen, const struct row_cell *cell, unsigned narrow,
               char out[CELL_TEXT_BYTES])
{
    char number[DURATION_BYTES > COUNT_BYTES ? DURATION_BYTES : COUNT_BYTES] = "";
    out[0] = '\0';
    if (!cell->is_known && cell->unit != UNIT_STRIP) {
        memcpy(out, "-", sizeof("-"));
        return;
    }
    if (cell->unit == UNIT_TEXT || cell->unit == UNIT_RANK || cell->text[0]) {
        memcpy(out, cell->text, CELL_TEXT_BYTES);
        return;
    }
    if (cell->unit == UNIT_DURATION)
        words_duration(screen, number, cell->number);
    else if (cell->unit == UNIT_COUNT)
        words_count(number, cell->number, narrow);
    else if (cell->unit == UNIT_BYTES)
        bytes_text(number, cell->number);
    else if (cell->unit == UNIT_PERCENT)
        snprintf(number, sizeof(number), "%" PRIu64 ".%" PRIu64 "%%", cell->number / 100,
                 cell->number % 100 / 10);
    snprintf(out, CELL_TEXT_BYTES, "%s", number);
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

const char *text_find(const char *text, const char *find)
{
    if (!*find)
        return NULL;
    for (; *text; text++) {
        size_t i = 0;
        while (find[i] && lower(text[i]) == lower(find[i]))
            i++;
        if (!find[i])
            return text;
    }
    return NULL;
}

/* Restyles the columns of each match. */
static void mark(struct screen *screen, const struct area *place, const char *text,
                 const char *find)
{
    char before[CELL_TEXT_BYTES];
    const char *at = text;
    while ((at = text_find(at, find))) {
        memcpy(before, text, (size_t)(at - text));
        before[at - text] = '\0';
        unsigned from = screen_text_width(screen, before, place->columns);
        unsigned width = screen_text_width(screen, find, place->columns);
        if (from >= place->columns)
            return;
        struct area match = {place->row, place->column + from, 1, width};
        if (from + width > place->columns)
            match.columns = place->columns - from;
        screen_restyle(screen, &match, STYLE_MATCH);
        at += strlen(find);
    }
}

/* Without the first `skip` columns of it. */
static const char *skipped(const struct screen *screen, const char *text, unsigned skip)
{
    char one[8];
    while (skip && *text) {
        size_t bytes = 1;
        while (((unsigned char)text[bytes] & 0xc0) == 0x80 && bytes < sizeof(one) - 1)
            bytes++;
        memcpy(one, text, bytes);
        one[bytes] = '\0';
        unsigned width = screen_text_width(screen, one, 2);
        skip = width < skip ? skip - width : 0;
        text += bytes;
    }
    return text;
}

static void draw_bar(struct screen *screen, const struct area *place, const struct row_cell *cell)
{
    unsigned words = cell->text[0] ? screen_text_width(screen, cell->text, place->columns) + 1 : 0;
    struct area bar = *place;
    if (words < bar.columns)
        bar.columns -= words;
    screen_bar(screen, &bar, cell->number, cell->full);
    if (words && words < place->columns)
        screen_put_right(screen, place, 0, cell->style, cell->text);
}

void cell_draw(struct screen *screen, const struct area *place, const struct row_cell *cell,
               const char *find, unsigned skip)
{
    char text[CELL_TEXT_BYTES];
    cell_text(screen, cell, place->columns, text);
    unsigned style = cell->is_known || cell->unit == UNIT_STRIP ? cell->style : STYLE_DIM;
    if (cell->unit == UNIT_STRIP)
        screen_strip(screen, place, cell->strip, cell->strip_count, cell->full);
    else if (cell->unit == UNIT_BAR && cell->is_known)
        draw_bar(screen, place, cell);
    else if (cell_is_right(cell->unit))
        screen_put_right(screen, place, 0, style, text);
    else {
        const char *shown = skipped(screen, text, skip);
        screen_put(screen, place, 0, 0, style, shown);
        mark(screen, place, shown, find);
    }
}
