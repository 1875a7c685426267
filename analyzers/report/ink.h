/* SPDX-License-Identifier: MIT */
/* Writing for a terminal: words wrapped to a width, colour by meaning, foreign bytes made safe, and
 * a plain ASCII form of everything. */
#ifndef LSC_INK_H
#define LSC_INK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum style {
    STYLE_PLAIN,
    STYLE_DIM,
    STYLE_STRONG,
    STYLE_CULPRIT,
    STYLE_NOTE,
    STYLE_WARNING,
    STYLE_CRITICAL,
    STYLE_GOOD,
    STYLE_COUNT
};

struct ink {
    FILE *out;
    bool use_color, use_unicode;
    unsigned columns;
};

#define INK_TEXT_BYTES 4096

/* One paragraph. `lead` opens its first line, in `style`, and is padded to `indent` columns, where
 * the text stands, also on its further lines. Both may hold foreign bytes. */
void ink_paragraph(const struct ink *ink, enum style style, const char *lead, unsigned indent,
                   const char *text);
/* One line in one style: cut to the width. */
void ink_line(const struct ink *ink, enum style style, unsigned indent, const char *text);
/* printf into one of them. */
__attribute__((format(printf, 4, 5))) void ink_print(const struct ink *ink, const char *lead,
                                                     unsigned indent, const char *format, ...);
void ink_break(const struct ink *ink); /* an empty line */

#endif
