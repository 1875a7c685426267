/* SPDX-License-Identifier: MIT */
/* What styles look like. Where there are no colours, attributes tell what must be told: what is
 * wrong, what is selected, where one is. */
#include "palette.h"

#include "style.h"

enum {
    NONE = -1,
    BLACK,
    RED,
    GREEN,
    YELLOW,
    BLUE,
    MAGENTA,
    CYAN,
    WHITE,
    BRIGHT = 8,
};

/* Colours of the eight, the sixteen and the 256; `attributes` with colours, `mono` without. */
static const struct {
    short eight, sixteen, many;
    short back, many_back;
    unsigned attributes, mono;
} looks[STYLE_COUNT] = {
    [STYLE_TEXT] = {NONE, NONE, NONE, NONE, NONE, 0, 0},
    [STYLE_DIM] = {NONE, BRIGHT + BLACK, 244, NONE, NONE, 0, 0},
    [STYLE_STRONG] = {NONE, NONE, NONE, NONE, NONE, LOOK_BOLD, LOOK_BOLD},
    [STYLE_TITLE] = {CYAN, CYAN, 80, NONE, NONE, LOOK_BOLD, LOOK_BOLD},
    [STYLE_TAB] = {BLACK, BLACK, 16, CYAN, 80, LOOK_BOLD, LOOK_REVERSE | LOOK_BOLD},
    [STYLE_HEADER] = {BLACK, BLACK, 16, GREEN, 108, 0, LOOK_REVERSE},
    [STYLE_SORTED] = {BLACK, BLACK, 16, CYAN, 80, LOOK_BOLD, LOOK_REVERSE | LOOK_BOLD},
    [STYLE_CRITICAL] = {RED, BRIGHT + RED, 203, NONE, NONE, LOOK_BOLD, LOOK_BOLD | LOOK_UNDERLINE},
    [STYLE_WARNING] = {YELLOW, BRIGHT + YELLOW, 221, NONE, NONE, LOOK_BOLD, LOOK_BOLD},
    [STYLE_NOTE] = {CYAN, BRIGHT + CYAN, 117, NONE, NONE, 0, 0},
    [STYLE_GOOD] = {GREEN, BRIGHT + GREEN, 114, NONE, NONE, 0, 0},
    [STYLE_LIVE] = {MAGENTA, BRIGHT + MAGENTA, 213, NONE, NONE, LOOK_BOLD,
                    LOOK_BOLD | LOOK_UNDERLINE},
    [STYLE_BAR_LOW] = {GREEN, GREEN, 71, NONE, NONE, 0, 0},
    [STYLE_BAR_MIDDLE] = {YELLOW, YELLOW, 178, NONE, NONE, 0, 0},
    [STYLE_BAR_HIGH] = {RED, RED, 160, NONE, NONE, LOOK_BOLD, LOOK_BOLD},
    [STYLE_BAR_EMPTY] = {NONE, BRIGHT + BLACK, 239, NONE, NONE, 0, 0},
    [STYLE_MATCH] = {BLACK, BLACK, 16, YELLOW, 221, 0, LOOK_UNDERLINE},
    [STYLE_KEY] = {NONE, NONE, NONE, NONE, NONE, LOOK_BOLD, LOOK_BOLD},
    [STYLE_KEY_TEXT] = {BLACK, BLACK, 16, CYAN, 80, 0, LOOK_REVERSE},
    [STYLE_PROMPT] = {BLACK, BLACK, 16, YELLOW, 221, LOOK_BOLD, LOOK_REVERSE},
    [STYLE_CAVEAT] = {WHITE, BRIGHT + WHITE, 231, RED, 124, LOOK_BOLD, LOOK_REVERSE | LOOK_BOLD},
    [STYLE_OWN_CODE] = {GREEN, BRIGHT + GREEN, 114, NONE, NONE, LOOK_BOLD, LOOK_BOLD},
    [STYLE_SCRIPT] = {YELLOW, BRIGHT + YELLOW, 186, NONE, NONE, 0, LOOK_BOLD},
    [STYLE_LIBRARY] = {NONE, NONE, 250, NONE, NONE, 0, 0},
    [STYLE_SYSTEM] = {BLUE, BRIGHT + BLUE, 110, NONE, NONE, 0, 0},
    [STYLE_ERROR] = {RED, BRIGHT + RED, 203, NONE, NONE, LOOK_BOLD, LOOK_BOLD | LOOK_UNDERLINE},
};

#define MANY_SELECTED 24 /* a deep blue that all foregrounds can be read on */

static struct look plain_look(unsigned style, enum palette_depth depth)
{
    if (depth == PALETTE_MONO)
        return (struct look){NONE, NONE, looks[style].mono};
    if (depth == PALETTE_256)
        return (struct look){looks[style].many, looks[style].many_back, looks[style].attributes};
    short front = depth == PALETTE_16 ? looks[style].sixteen : looks[style].eight;
    return (struct look){front, looks[style].back, looks[style].attributes};
}

struct look palette_look(unsigned style, enum palette_depth depth)
{
    unsigned bare = style & ~STYLE_SELECTED;
    struct look look = plain_look(bare < STYLE_COUNT ? bare : STYLE_TEXT, depth);
    if (!(style & STYLE_SELECTED))
        return look;
    if (depth == PALETTE_MONO) {
        look.attributes ^= LOOK_REVERSE;
    } else if (depth == PALETTE_256) {
        look.foreground =
            look.background == NONE && look.foreground != NONE ? look.foreground : 231;
        look.background = MANY_SELECTED;
    } else {
        /* Eight colours leave none that every other one can be read on. */
        look.foreground = look.background == WHITE ? WHITE : BLACK;
        look.background = look.background == WHITE ? BLACK : WHITE;
    }
    return look;
}
