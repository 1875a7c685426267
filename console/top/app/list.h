/* SPDX-License-Identifier: MIT */
/* A list: the rows that a view collects, filtered, sorted, as a tree or flat. It is made anew when
 * something changes and kept for drawing; only rows on the screen are written out. Sorting is by
 * keys taken once a row: linear, so that 100 000 rows take a few milliseconds. */
#ifndef LSC_TOP_LIST_H
#define LSC_TOP_LIST_H

#include "settings.h"
#include "view.h"

struct list_row {
    struct entity entity, parent; /* parent kind NONE: none */
};
struct rows_out {
    struct list_row *rows;
    size_t count, room;
    bool is_short; /* memory was: some rows are missing */
};

#define LIST_DEPTH_MAX 32
/* A row that is shown. */
struct list_entry {
    uint32_t row;  /* in the collected ones */
    uint32_t more; /* bit n: a sibling follows further down at depth n */
    uint8_t depth;
    bool has_children, is_folded;
};
struct list {
    struct rows_out all;
    struct list_entry *entries;
    size_t count, room;
    struct entity *folded; /* branches that are closed */
    size_t folded_count, folded_room;
};

void list_free(struct list *list);
/* `settings`: sort, order, tree. `filter` "": all. */
void list_make(struct list *list, const struct app *app, const struct view *view,
               const struct view_settings *settings, const char *filter);
static inline const struct entity *list_entity(const struct list *list, size_t at)
{
    return &list->all.rows[list->entries[at].row].entity;
}
/* The place of an entity; SIZE_MAX: it is not shown. */
size_t list_find(const struct list *list, const struct entity *entity);
bool list_is_folded(const struct list *list, const struct entity *entity);
void list_fold(struct list *list, const struct entity *entity, bool is_folded);
/* Does a row say this in a column of text that is shown? */
bool row_contains(const struct app *app, const struct view *view,
                  const struct view_settings *settings, const struct entity *entity,
                  const char *text);

/* Sorts rows by a column; see sort.c. Unknown values come last. */
struct sort_key {
    uint64_t key;
    uint32_t row;
};
void sort_rows(struct sort_key *keys, size_t count, const struct list *list, const struct app *app,
               const struct column *column, bool is_ascending);

/* Makes the entries of a tree from rows in order; see tree.c. False: no memory. */
bool tree_make(struct list *list, const struct sort_key *keys, size_t count);

#endif
