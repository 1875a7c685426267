/* SPDX-License-Identifier: MIT */
/* What is drawn rather than written: bars, strips, panels, and glyphs with their ASCII twins. */
#include <stdlib.h>
#include <string.h>

#include "screen.h"

static const struct {
    const char *unicode, *ascii;
} glyphs[GLYPH_COUNT] = {
    [GLYPH_ELLIPSIS] = {"…", "~"},    [GLYPH_ARROW_RIGHT] = {"→", ">"},
    [GLYPH_ARROW_UP] = {"↑", "^"},    [GLYPH_ARROW_DOWN] = {"↓", "v"},
    [GLYPH_BULLET] = {"•", "*"},      [GLYPH_TREE_MIDDLE] = {"├─", "|-"},
    [GLYPH_TREE_LAST] = {"└─", "`-"}, [GLYPH_TREE_PASS] = {"│ ", "| "},
    [GLYPH_RULE] = {"─", "-"},        [GLYPH_MICRO] = {"µ", "u"},
};

/* By eighths of a cell. */
static const char *const across[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"};
static const char *const upward[] = {"·", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
static const char *const upward_ascii[] = {".", "_", "-", "=", "+", "o", "*", "%", "#"};
#define EIGHTHS 8

const char *screen_glyph(const struct screen *screen, enum glyph glyph)
{
    return screen->use_unicode ? glyphs[glyph].unicode : glyphs[glyph].ascii;
}

/* value / full in so many steps, rounded up: something is never shown as nothing. */
static unsigned share(uint64_t value, uint64_t full, unsigned steps)
{
    if (value == 0 || full == 0)
        return 0;
    if (value >= full)
        return steps;
    return (unsigned)(((unsigned __int128)value * steps + full - 1) / full);
}

static unsigned style_of(uint64_t value, uint64_t full)
{
    unsigned __int128 hundredfold = (unsigned __int128)value * 100;
    if (value == 0 || full == 0)
        return STYLE_BAR_EMPTY;
    if (hundredfold >= (unsigned __int128)full * 85)
        return STYLE_BAR_HIGH;
    return hundredfold >= (unsigned __int128)full * 60 ? STYLE_BAR_MIDDLE : STYLE_BAR_LOW;
}

void screen_bar(struct screen *screen, const struct area *place, uint64_t value, uint64_t full)
{
    struct area line = screen_clip(screen, place);
    unsigned per_cell = screen->use_unicode ? EIGHTHS : 1;
    unsigned filled = share(value, full, line.columns * per_cell);
    unsigned style = style_of(value, full);
    for (unsigned column = 0; column < line.columns; column++, filled -= per_cell) {
        if (filled == 0) {
            struct area rest = {line.row, line.column + column, line.rows, line.columns - column};
            rest.rows = 1;
            screen_fill(screen, &rest, screen->use_unicode ? "·" : ".", STYLE_BAR_EMPTY);
            return;
        }
        if (filled < per_cell) {
            screen_put(screen, &line, 0, column, style, across[filled]);
            filled = per_cell;
        } else {
            screen_put(screen, &line, 0, column, style, screen->use_unicode ? "█" : "#");
        }
    }
}

void screen_strip(struct screen *screen, const struct area *place, const uint64_t *values,
                  unsigned count, uint64_t full)
{
    struct area line = screen_clip(screen, place);
    line.rows = line.rows > 0;
    screen_fill(screen, &line, " ", STYLE_BAR_EMPTY);
    unsigned shown = count < line.columns ? count : line.columns;
    const char *const *steps = screen->use_unicode ? upward : upward_ascii;
    for (unsigned i = 0; i < shown; i++) {
        uint64_t value = values[count - shown + i];
        screen_put(screen, &line, 0, line.columns - shown + i, style_of(value, full),
                   steps[share(value, full, EIGHTHS)]);
    }
}

struct area screen_panel(struct screen *screen, const struct area *area, const char *title)
{
    struct area inside = screen_clip(screen, area);
    if (inside.rows == 0 || inside.columns == 0)
        return (struct area){0};
    struct area rule = {inside.row, inside.column, 1, inside.columns};
    screen_fill(screen, &rule, screen_glyph(screen, GLYPH_RULE), STYLE_DIM);
    if (*title && inside.columns > 6) {
        struct area middle = {rule.row, rule.column + 3, 1, rule.columns - 6};
        unsigned width = screen_put(screen, &middle, 0, 0, STYLE_TITLE, title);
        screen_put(screen, &rule, 0, 2, STYLE_DIM, " ");
        screen_put(screen, &rule, 0, 3 + width, STYLE_DIM, " ");
    }
    inside.row++;
    inside.rows--;
    return inside;
}
