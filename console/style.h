/* SPDX-License-Identifier: MIT */
/* What may be printed where: colours, box characters and width, from the terminal and environment.
 */
#ifndef LSC_STYLE_H
#define LSC_STYLE_H

#include <stdbool.h>

enum color_wish { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

/* The names of `enum color_wish`, for an option's choices. */
extern const char *const color_choices[];

struct style {
    bool use_color;
    bool use_unicode;
    unsigned columns; /* 60…200 */
};

/* The style for output on descriptor `fd`. Colours by themselves only on a terminal, and neither
 * with NO_COLOR (https://no-color.org) nor with TERM=dumb. Uses the locale set by the caller. */
struct style style_for(int fd, enum color_wish wish);

#endif
