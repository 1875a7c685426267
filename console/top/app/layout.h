/* SPDX-License-Identifier: MIT */
/* Which columns of a list are shown, where, and how wide: those chosen, as many as there is room
 * for by priority; what is left goes to the text column that takes it. */
#ifndef LSC_TOP_LAYOUT_H
#define LSC_TOP_LAYOUT_H

#include "settings.h"
#include "view.h"

struct layout_column {
    const struct column *column;
    unsigned at, width;
};
struct layout {
    struct layout_column columns[SETTINGS_COLUMNS_MAX];
    unsigned count;
    unsigned skip; /* columns by which text is scrolled */
};
/* `shift`: how far one has scrolled to the right; columns leave on the left, except the first that
 * always stays. */
struct layout layout_of(const struct view *view, const struct view_settings *settings,
                        unsigned width, unsigned shift);
/* NULL: the view has no such column. */
const struct column *column_find(const struct view *view, const char *id);
/* The columns chosen, in order: at most SETTINGS_COLUMNS_MAX. */
unsigned columns_chosen(const struct view *view, const struct view_settings *settings,
                        const struct column *out[SETTINGS_COLUMNS_MAX]);

#endif
