/* SPDX-License-Identifier: MIT */
/* The line editor: Unicode code points in, UTF-8 in the line. */
#include "prompt.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "console/top/screen/event.h"

#define NS_A_SECOND UINT64_C(1000000000)
#define CONTROL(letter) ((letter)-96)

static const char *const titles[] = {
    [PROMPT_NONE] = "",
    [PROMPT_SEARCH] = "Search: ",
    [PROMPT_FILTER] = "Filter: ",
    [PROMPT_SEEK] = "Go to time (90, 1:30, 2m): ",
    [PROMPT_SAVE] = "Copy the screen to file: ",
    [PROMPT_EXPORT] = "Write the trace to file: ",
};

void prompt_open(struct prompt *prompt, enum prompt_kind kind, const char *text)
{
    *prompt = (struct prompt){.kind = kind};
    snprintf(prompt->text, sizeof(prompt->text), "%s", text);
    memcpy(prompt->before, prompt->text, sizeof(prompt->before));
    prompt->cursor = (unsigned)strlen(prompt->text);
}

static unsigned encode(uint32_t point, char out[4])
{
    if (point < 0x80) {
        out[0] = (char)point;
        return 1;
    }
    unsigned more = point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
    static const unsigned char leads[] = {0, 0xc0, 0xe0, 0xf0};
    for (unsigned i = more; i; i--, point >>= 6)
        out[i] = (char)(0x80 | (point & 0x3f));
    out[0] = (char)(leads[more] | point);
    return more + 1;
}

static bool is_inside(char c)
{
    return ((unsigned char)c & 0xc0) == 0x80;
}

static unsigned left_of(const struct prompt *prompt, unsigned at)
{
    while (at && is_inside(prompt->text[--at]))
        ;
    return at;
}

static unsigned right_of(const struct prompt *prompt, unsigned at)
{
    if (prompt->text[at])
        at++;
    while (is_inside(prompt->text[at]))
        at++;
    return at;
}

static enum prompt_answer insert(struct prompt *prompt, uint32_t point)
{
    char bytes[4];
    unsigned count = encode(point, bytes);
    size_t length = strlen(prompt->text);
    if (length + count >= sizeof(prompt->text))
        return PROMPT_GOES_ON;
    char *at = prompt->text + prompt->cursor;
    memmove(at + count, at, length - prompt->cursor + 1);
    memcpy(at, bytes, count);
    prompt->cursor += count;
    return PROMPT_CHANGED;
}

static enum prompt_answer cut(struct prompt *prompt, unsigned from, unsigned to)
{
    if (from == to)
        return PROMPT_GOES_ON;
    memmove(prompt->text + from, prompt->text + to, strlen(prompt->text + to) + 1);
    prompt->cursor = from;
    return PROMPT_CHANGED;
}

static enum prompt_answer move(struct prompt *prompt, unsigned to)
{
    prompt->cursor = to;
    return PROMPT_GOES_ON;
}

enum prompt_answer prompt_key(struct prompt *prompt, uint32_t key)
{
    unsigned cursor = prompt->cursor, end = (unsigned)strlen(prompt->text);
    switch (key) {
    case TOP_KEY_ENTER:
        return PROMPT_DONE;
    case TOP_KEY_ESCAPE:
    case CONTROL('c'):
        return PROMPT_GIVEN_UP;
    case TOP_KEY_LEFT:
        return move(prompt, left_of(prompt, cursor));
    case TOP_KEY_RIGHT:
        return move(prompt, right_of(prompt, cursor));
    case TOP_KEY_HOME:
    case CONTROL('a'):
        return move(prompt, 0);
    case TOP_KEY_END:
    case CONTROL('e'):
        return move(prompt, end);
    case TOP_KEY_BACKSPACE:
        return cut(prompt, left_of(prompt, cursor), cursor);
    case TOP_KEY_DELETE:
        return cut(prompt, cursor, right_of(prompt, cursor));
    case CONTROL('u'):
        return cut(prompt, 0, cursor);
    case CONTROL('k'):
        return cut(prompt, cursor, end);
    default:
        return key >= ' ' && key != 0x7f && key < KEYS_SPECIAL ? insert(prompt, key)
                                                               : PROMPT_GOES_ON;
    }
}

/* The line's end stays in sight, with the cursor in it. */
void prompt_draw(const struct prompt *prompt, struct screen *screen, const struct area *area)
{
    unsigned title = screen_put(screen, area, 0, 0, STYLE_KEY, titles[prompt->kind]);
    char before[PROMPT_BYTES];
    unsigned from = 0, room = area->columns > title + 1 ? area->columns - title - 1 : 1, width;
    do {
        snprintf(before, sizeof(before), "%.*s", (int)(prompt->cursor - from), prompt->text + from);
        width = screen_text_width(screen, before, SCREEN_COLUMNS_MAX);
        if (width > room)
            from = right_of(prompt, from);
    } while (width > room && from < prompt->cursor);
    screen_put(screen, area, 0, title, STYLE_PROMPT, prompt->text + from);
    screen->has_cursor = true;
    screen->cursor_row = area->row;
    screen->cursor_column = area->column + title + width;
    if (screen->cursor_column >= screen->columns)
        screen->cursor_column = screen->columns - 1;
}

/* Digits up to the next separator; false: there is none, or too many. */
static bool take_number(const char **text, uint64_t *out)
{
    unsigned digits = 0;
    *out = 0;
    for (; **text >= '0' && **text <= '9' && digits < 9; ++*text, digits++)
        *out = *out * 10 + (uint64_t)(**text - '0');
    return digits > 0;
}

/* What stands after the digits: ".25" as millionths of a thousandth. */
static uint64_t take_fraction(const char **text)
{
    uint64_t fraction = 0, unit = NS_A_SECOND;
    if (**text != '.')
        return 0;
    for (++*text; **text >= '0' && **text <= '9'; ++*text) {
        unit /= 10;
        fraction += (uint64_t)(**text - '0') * unit;
    }
    return fraction;
}

/* 0: no such unit. */
static uint64_t unit_of(const char *text)
{
    static const struct {
        const char *word;
        uint64_t ns;
    } units[] = {{"", NS_A_SECOND},       {"s", NS_A_SECOND},        {"ms", NS_A_SECOND / 1000},
                 {"m", NS_A_SECOND * 60}, {"min", NS_A_SECOND * 60}, {"h", NS_A_SECOND * 3600}};
    text += strspn(text, " ");
    for (unsigned i = 0; i < sizeof(units) / sizeof(units[0]); i++)
        if (strcmp(text, units[i].word) == 0)
            return units[i].ns;
    return 0;
}

int prompt_time(const char *text, uint64_t *ns)
{
    uint64_t whole = 0, part;
    unsigned parts = 0;
    for (;; text++) {
        if (++parts > 3 || !take_number(&text, &part))
            return -EINVAL;
        whole = whole * 60 + part;
        if (*text != ':')
            break;
    }
    uint64_t fraction = take_fraction(&text), unit = unit_of(text);
    if (unit == 0 || (parts > 1 && *text) || whole >= UINT64_MAX / unit)
        return -EINVAL;
    *ns = whole * unit + fraction * (unit / 1000000) / 1000;
    return 0;
}
