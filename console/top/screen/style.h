/* SPDX-License-Identifier: MIT */
/* What a cell means, not what it looks like: colours are chosen where a screen meets a terminal. */
#ifndef LSC_TOP_STYLE_H
#define LSC_TOP_STYLE_H

/* X(name, name in dumps). To add a style: append it here and give it its looks in
 * screen/palette.c. */
#define SCREEN_STYLES(X)                                                                           \
    X(TEXT, '.')                                                                                   \
    X(DIM, 'd')    /* less important: units, hints */                                              \
    X(STRONG, 'b') /* more important */                                                            \
    X(TITLE, 't')  /* of a panel */                                                                \
    X(TAB, 'T')    /* the view one is in */                                                        \
    X(HEADER, 'h') /* column titles */                                                             \
    X(SORTED, 'H') /* title of the column that rows are sorted by */                               \
    X(CRITICAL, 'C')                                                                               \
    X(WARNING, 'W')                                                                                \
    X(NOTE, 'N')                                                                                   \
    X(GOOD, 'G')                                                                                   \
    X(LIVE, 'L')    /* happening now: elapsed times that count up */                               \
    X(BAR_LOW, '1') /* of fill and utilization bars and history strips */                          \
    X(BAR_MIDDLE, '2')                                                                             \
    X(BAR_HIGH, '3')                                                                               \
    X(BAR_EMPTY, '0')                                                                              \
    X(MATCH, 'm')    /* what the search found */                                                   \
    X(KEY, 'k')      /* a key's name */                                                            \
    X(KEY_TEXT, 'K') /* what it does, in the function bar */                                       \
    X(PROMPT, 'p')                                                                                 \
    X(CAVEAT, '!')   /* records lost, table full, stale, dead, paused… */                        \
    X(OWN_CODE, 'o') /* frames by where they come from */                                          \
    X(SCRIPT, 's')                                                                                 \
    X(LIBRARY, 'l')                                                                                \
    X(SYSTEM, 'y')                                                                                 \
    X(ERROR, 'e')

enum screen_style {
#define X(name, letter) STYLE_##name,
    SCREEN_STYLES(X)
#undef X
        STYLE_COUNT
};

/* Added to a style: the selected row. */
#define STYLE_SELECTED 0x80u

#endif
