/* SPDX-License-Identifier: MIT */
/* The latest lines of a program's output as text: a ring of lines, and a small machine that leaves
 * escape sequences out. */
#include <stdlib.h>
#include <string.h>

#include "output.h"

#define TAB 8

enum state {
    PLAIN,
    ESCAPE,       /* after ESC */
    INTERMEDIATE, /* after ESC and one of space … '/' */
    CONTROL,      /* after ESC [ */
    TEXT,         /* after ESC ] and the like, up to BEL or ESC \ */
    TEXT_ESCAPE,
};

struct output_pane {
    char lines[OUTPUT_LINES][OUTPUT_LINE_BYTES];
    size_t begun; /* lines, ever; the last one is being filled */
    size_t used;  /* bytes of it */
    enum state state;
    bool has_returned; /* a carriage return came: the next text replaces the line */
};

struct output_pane *output_pane_new(void)
{
    struct output_pane *pane = calloc(1, sizeof(*pane));
    if (pane)
        pane->begun = 1;
    return pane;
}

void output_pane_delete(struct output_pane *pane)
{
    free(pane);
}

static char *present(struct output_pane *pane)
{
    return pane->lines[(pane->begun - 1) % OUTPUT_LINES];
}

static void begin_line(struct output_pane *pane)
{
    pane->begun++;
    pane->used = 0;
    pane->has_returned = false;
    present(pane)[0] = '\0';
}

static void put(struct output_pane *pane, char byte)
{
    if (pane->has_returned)
        pane->used = 0;
    pane->has_returned = false;
    if (pane->used + 1 < OUTPUT_LINE_BYTES) {
        present(pane)[pane->used++] = byte;
        present(pane)[pane->used] = '\0';
    }
}

static void go_back(struct output_pane *pane)
{
    while (pane->used > 0 && ((unsigned char)present(pane)[--pane->used] & 0xc0) == 0x80)
        ;
    present(pane)[pane->used] = '\0';
}

static void take_plain(struct output_pane *pane, unsigned char byte)
{
    switch (byte) {
    case '\n':
        begin_line(pane);
        break;
    case '\r':
        pane->has_returned = true;
        break;
    case '\t':
        do
            put(pane, ' ');
        while (pane->used % TAB != 0 && pane->used + 1 < OUTPUT_LINE_BYTES);
        break;
    case '\b':
        go_back(pane);
        break;
    case 0x1b:
        pane->state = ESCAPE;
        break;
    default:
        if (byte >= 0x20 && byte != 0x7f)
            put(pane, (char)byte);
    }
}

static enum state after_escape(unsigned char byte)
{
    if (byte == '[')
        return CONTROL;
    if (byte == ']' || byte == 'P' || byte == 'X' || byte == '^' || byte == '_')
        return TEXT;
    if (byte == 0x1b)
        return ESCAPE;
    return byte >= 0x20 && byte < 0x30 ? INTERMEDIATE : PLAIN;
}

/* A line's end is never swallowed: a sequence that is cut there hides no more than that. */
static void take(struct output_pane *pane, unsigned char byte)
{
    if (pane->state != PLAIN && byte == '\n')
        pane->state = PLAIN;
    switch (pane->state) {
    case PLAIN:
        take_plain(pane, byte);
        break;
    case ESCAPE:
        pane->state = after_escape(byte);
        break;
    case INTERMEDIATE:
        pane->state = byte >= 0x20 && byte < 0x30 ? INTERMEDIATE : PLAIN;
        break;
    case CONTROL:
        if (byte >= 0x40 && byte < 0x7f)
            pane->state = PLAIN;
        else if (byte == 0x1b)
            pane->state = ESCAPE;
        break;
    case TEXT:
        if (byte == 0x07)
            pane->state = PLAIN;
        else if (byte == 0x1b)
            pane->state = TEXT_ESCAPE;
        break;
    case TEXT_ESCAPE:
        pane->state = byte == '\\' ? PLAIN : after_escape(byte);
        break;
    }
}

void output_pane_add(struct output_pane *pane, const char *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        take(pane, (unsigned char)bytes[i]);
}

/* The line being filled counts when there is something on it. */
static size_t lines_ever(const struct output_pane *pane)
{
    return pane->begun - (pane->used == 0);
}

unsigned output_pane_count(const struct output_pane *pane)
{
    size_t ever = lines_ever(pane);
    size_t held = pane->begun < OUTPUT_LINES ? 0 : pane->begun - OUTPUT_LINES;
    return (unsigned)(ever > held ? ever - held : 0);
}

size_t output_pane_dropped(const struct output_pane *pane)
{
    return pane->begun < OUTPUT_LINES ? 0 : pane->begun - OUTPUT_LINES;
}

const char *output_pane_line(const struct output_pane *pane, unsigned index)
{
    if (index >= output_pane_count(pane))
        return "";
    return pane->lines[(output_pane_dropped(pane) + index) % OUTPUT_LINES];
}
