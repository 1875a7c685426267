/* SPDX-License-Identifier: MIT */
/* Columns get the width they want as long as it lasts. */
#include "layout.h"

#include <string.h>

#define GAP 1           /* between columns */
#define FREE_LEAST 24   /* a column that takes what is left is worth showing from here on */
#define SHIFT_COLUMNS 8 /* of text, a step */

const struct column *column_find(const struct view *view, const char *id)
{
    for (const struct column *c = view->columns; c && c->id; c++)
        if (strcmp(c->id, id) == 0)
            return c;
    return NULL;
}

unsigned columns_chosen(const struct view *view, const struct view_settings *settings,
                        const struct column *out[SETTINGS_COLUMNS_MAX])
{
    unsigned count = 0;
    for (unsigned i = 0; i < SETTINGS_COLUMNS_MAX && settings->columns[i][0]; i++) {
        const struct column *column = column_find(view, settings->columns[i]);
        if (column)
            out[count++] = column;
    }
    if (count)
        return count;
    for (const struct column *c = view->columns; c && c->id && count < SETTINGS_COLUMNS_MAX; c++)
        if (!c->is_optional)
            out[count++] = c;
    return count;
}

/* Takes out what has left on the left; columns that always stay do so here, too, and steps that
 * remain scroll text. */
static unsigned shift_out(const struct column **columns, unsigned count, unsigned *shift)
{
    for (unsigned at = 0; *shift && at < count;) {
        if (columns[at]->priority == 0 || count == 1) {
            at++;
            continue;
        }
        memmove(columns + at, columns + at + 1, (count - at - 1) * sizeof(*columns));
        count--;
        --*shift;
    }
    return count;
}

static unsigned wanted(const struct column *column)
{
    return column->width ? column->width : FREE_LEAST;
}

static unsigned total(const struct column *const *columns, unsigned count)
{
    unsigned width = 0;
    for (unsigned i = 0; i < count; i++)
        width += wanted(columns[i]) + (i ? GAP : 0);
    return width;
}

/* The one that goes first; count: all have to stay. */
static unsigned least_wanted(const struct column *const *columns, unsigned count)
{
    unsigned least = count;
    for (unsigned i = 0; i < count; i++)
        if (columns[i]->priority &&
            (least == count || columns[i]->priority >= columns[least]->priority))
            least = i;
    return least;
}

static void place(struct layout *layout, const struct column *const *columns, unsigned count,
                  unsigned width)
{
    unsigned used = total(columns, count), spare = width > used ? width - used : 0, at = 0;
    unsigned free_count = 0;
    for (unsigned i = 0; i < count; i++)
        free_count += columns[i]->width == 0;
    for (unsigned i = 0; i < count && at < width; i++) {
        struct layout_column *out = &layout->columns[layout->count++];
        *out = (struct layout_column){columns[i], at, wanted(columns[i])};
        if (columns[i]->width == 0 && free_count) {
            unsigned share = spare / free_count--;
            out->width += share;
            spare -= share;
        }
        if (out->width > width - at)
            out->width = width - at;
        at += out->width + GAP;
    }
}

struct layout layout_of(const struct view *view, const struct view_settings *settings,
                        unsigned width, unsigned shift)
{
    struct layout layout = {.count = 0};
    const struct column *columns[SETTINGS_COLUMNS_MAX];
    unsigned count = columns_chosen(view, settings, columns);
    count = shift_out(columns, count, &shift);
    layout.skip = shift * SHIFT_COLUMNS;
    while (total(columns, count) > width) {
        unsigned goes = least_wanted(columns, count);
        if (goes == count)
            break;
        memmove(columns + goes, columns + goes + 1, (count - goes - 1) * sizeof(*columns));
        count--;
    }
    place(&layout, columns, count, width);
    return layout;
}
