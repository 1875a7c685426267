/* SPDX-License-Identifier: MIT */
/* Flowing text: counted or drawn by the same steps. */
#include "page.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define LINE_BYTES 1024

/* Widths are needed when nothing is drawn, too. */
static const struct screen measure = {
    .columns = SCREEN_COLUMNS_MAX, .rows = 1, .use_unicode = true};

struct page page_begin(struct screen *screen, const struct area *area, unsigned scroll)
{
    return (struct page){.screen = screen, .area = *area, .scroll = scroll};
}

struct page page_count(unsigned columns)
{
    return (struct page){.area = {.columns = columns, .rows = 1}};
}

bool page_row(struct page *page, struct area *out)
{
    unsigned row = page->row++;
    if (!page->screen || row < page->scroll || row - page->scroll >= page->area.rows)
        return false;
    *out = (struct area){.row = page->area.row + row - page->scroll,
                         .column = page->area.column,
                         .rows = 1,
                         .columns = page->area.columns};
    return true;
}

void page_gap(struct page *page)
{
    if (page->row)
        page->row++;
}

void page_title(struct page *page, const char *title)
{
    struct area at;
    page_gap(page);
    if (page_row(page, &at))
        screen_put(page->screen, &at, 0, 0, STYLE_TITLE, title);
}

void page_line(struct page *page, unsigned indent, unsigned style, const char *text)
{
    struct area at;
    if (page_row(page, &at))
        screen_put(page->screen, &at, 0, indent, style, text);
}

static const struct screen *measure_of(const struct page *page)
{
    return page->screen ? page->screen : &measure;
}

/* How many bytes of text go into `columns`, broken after a word where one ends; at least one
 * character, so that it always gets on. */
static size_t line_bytes(const struct page *page, const char *text, unsigned columns)
{
    size_t fits = 0, word_end = 0;
    char line[LINE_BYTES];
    while (text[fits] && text[fits] != '\n' && fits + 5 < sizeof(line)) {
        size_t next = fits + 1;
        while (((unsigned char)text[next] & 0xc0) == 0x80 && next + 5 < sizeof(line))
            next++;
        memcpy(line, text, next);
        line[next] = '\0';
        if (screen_text_width(measure_of(page), line, columns + 1) > columns && fits)
            return text[fits] == ' ' || !word_end ? fits : word_end;
        if (text[fits] == ' ')
            word_end = fits;
        fits = next;
    }
    return fits;
}

static void put_line(struct page *page, unsigned indent, unsigned style, const char *text,
                     size_t bytes)
{
    struct area at;
    if (!page_row(page, &at))
        return;
    struct area place = {.row = at.row, .column = at.column + indent, .rows = 1};
    place.columns = at.columns > indent ? at.columns - indent : 0;
    screen_put_bytes(page->screen, &place, style, text, bytes);
}

void page_text(struct page *page, unsigned indent, unsigned style, const char *text)
{
    unsigned columns = page->area.columns > indent + 1 ? page->area.columns - indent : 1;
    do {
        size_t bytes = line_bytes(page, text, columns);
        put_line(page, indent, style, text, bytes);
        text += bytes;
        text += *text == '\n';
        while (*text == ' ')
            text++;
    } while (*text);
}

void page_print(struct page *page, unsigned indent, unsigned style, const char *format, ...)
{
    char text[LINE_BYTES];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    page_text(page, indent, style, text);
}

void page_pair(struct page *page, unsigned indent, const char *label, unsigned style,
               const char *text)
{
    struct page at = *page;
    struct area first;
    if (page_row(&at, &first)) {
        struct area margin = first;
        margin.columns = indent < first.columns ? indent : first.columns;
        screen_put(page->screen, &margin, 0, 0, STYLE_DIM, label);
    }
    page_text(page, indent, style, text);
}
