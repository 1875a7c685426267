/* SPDX-License-Identifier: MIT */
/* Text that flows down an area: paragraphs, labelled figures, rows that the caller draws. The same
 * code draws it and, without a screen, counts its rows, so that views and help scroll alike. */
#ifndef LSC_TOP_PAGE_H
#define LSC_TOP_PAGE_H

#include <stdbool.h>

#include "console/top/screen/screen.h"

struct page {
    struct screen *screen; /* NULL: only counts */
    struct area area;      /* rows do not matter when counting */
    unsigned scroll;       /* rows that are above the area */
    unsigned row;          /* rows used so far, from the text's begin on */
};

struct page page_begin(struct screen *screen, const struct area *area, unsigned scroll);
/* Only counts, at this width. */
struct page page_count(unsigned columns);

void page_gap(struct page *page); /* an empty row, unless it would be the first */
void page_title(struct page *page, const char *title);
/* Wrapped between words from `indent` on. */
void page_text(struct page *page, unsigned indent, unsigned style, const char *text);
__attribute__((format(printf, 4, 5))) void page_print(struct page *page, unsigned indent,
                                                      unsigned style, const char *format, ...);
/* The label at the margin, the text wrapped from `indent` on. */
void page_pair(struct page *page, unsigned indent, const char *label, unsigned style,
               const char *text);
/* One row that is cut, not wrapped. */
void page_line(struct page *page, unsigned indent, unsigned style, const char *text);
/* The next row for the caller to draw into; false: it is not on the screen. */
bool page_row(struct page *page, struct area *out);

#endif
