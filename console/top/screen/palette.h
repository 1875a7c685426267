/* SPDX-License-Identifier: MIT */
/* What styles look like, by what a terminal can do. Pure. */
#ifndef LSC_TOP_PALETTE_H
#define LSC_TOP_PALETTE_H

enum palette_depth { PALETTE_MONO, PALETTE_8, PALETTE_16, PALETTE_256 };
enum look_attribute { LOOK_BOLD = 1, LOOK_DIM = 2, LOOK_UNDERLINE = 4, LOOK_REVERSE = 8 };
struct look {
    short foreground, background; /* the terminal's colour number; -1: its default */
    unsigned attributes;
};
/* `style`: enum screen_style, perhaps with STYLE_SELECTED. */
struct look palette_look(unsigned style, enum palette_depth depth);

#endif
