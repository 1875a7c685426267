/* SPDX-License-Identifier: MIT */
/* Rows are collected, filtered, sorted and put in place. */
#include "list.h"

#include <stdlib.h>
#include <string.h>

#include "cell.h"
#include "layout.h"

void list_free(struct list *list)
{
    free(list->all.rows);
    free(list->entries);
    free(list->folded);
    *list = (struct list){0};
}

static const struct entity none;

void row_add_under(struct rows_out *rows, const struct entity *row, const struct entity *parent)
{
    if (rows->count == rows->room) {
        size_t room = rows->room ? rows->room * 2 : 64;
        struct list_row *more =
            room > UINT32_MAX ? NULL : realloc(rows->rows, room * sizeof(*more));
        if (!more) {
            rows->is_short = true;
            return;
        }
        rows->rows = more;
        rows->room = room;
    }
    rows->rows[rows->count++] = (struct list_row){*row, parent ? *parent : none};
}

void row_add(struct rows_out *rows, const struct entity *row)
{
    row_add_under(rows, row, NULL);
}

bool list_is_folded(const struct list *list, const struct entity *entity)
{
    for (size_t i = 0; i < list->folded_count; i++)
        if (entity_same(&list->folded[i], entity))
            return true;
    return false;
}

static void unfold(struct list *list, const struct entity *entity)
{
    for (size_t i = 0; i < list->folded_count; i++)
        if (entity_same(&list->folded[i], entity)) {
            list->folded[i] = list->folded[--list->folded_count];
            return;
        }
}

void list_fold(struct list *list, const struct entity *entity, bool is_folded)
{
    unfold(list, entity);
    if (!is_folded)
        return;
    if (list->folded_count == list->folded_room) {
        size_t room = list->folded_room ? list->folded_room * 2 : 16;
        struct entity *more = realloc(list->folded, room * sizeof(*more));
        if (!more)
            return;
        list->folded = more;
        list->folded_room = room;
    }
    list->folded[list->folded_count++] = *entity;
}

bool row_contains(const struct app *app, const struct view *view,
                  const struct view_settings *settings, const struct entity *entity,
                  const char *text)
{
    const struct column *columns[SETTINGS_COLUMNS_MAX];
    unsigned count = columns_chosen(view, settings, columns);
    struct row_cell cell;
    for (unsigned i = 0; i < count; i++) {
        if (columns[i]->unit != UNIT_TEXT && columns[i]->unit != UNIT_RANK)
            continue;
        cell_fill(app, columns[i], entity, &cell);
        if (cell.is_known && text_find(cell.text, text))
            return true;
    }
    return false;
}

/* The rows that pass the filter, as they were collected. NULL: no memory. */
static struct sort_key *filtered(const struct list *list, const struct app *app,
                                 const struct view *view, const struct view_settings *settings,
                                 const char *filter, size_t *count)
{
    struct sort_key *keys = malloc((list->all.count + 1) * sizeof(*keys));
    *count = 0;
    for (size_t i = 0; keys && i < list->all.count; i++)
        if (!*filter || row_contains(app, view, settings, &list->all.rows[i].entity, filter))
            keys[(*count)++] = (struct sort_key){.row = (uint32_t)i};
    return keys;
}

static bool entries_reserve(struct list *list, size_t count)
{
    if (count <= list->room)
        return true;
    struct list_entry *entries = realloc(list->entries, count * sizeof(*entries));
    if (!entries)
        return false;
    list->entries = entries;
    list->room = count;
    return true;
}

void list_make(struct list *list, const struct app *app, const struct view *view,
               const struct view_settings *settings, const char *filter)
{
    list->all.count = list->count = 0;
    list->all.is_short = false;
    if (!view->columns || !view->collect)
        return;
    view->collect(app, &list->all);
    size_t count;
    struct sort_key *keys = filtered(list, app, view, settings, filter, &count);
    const struct column *sort = column_find(view, settings->sort);
    if (!keys || !entries_reserve(list, count)) {
        list->all.is_short = true;
        free(keys);
        return;
    }
    if (sort)
        sort_rows(keys, count, list, app, sort, settings->is_ascending);
    if (view->has_tree && settings->is_tree) {
        list->all.is_short |= !tree_make(list, keys, count);
    } else {
        for (size_t i = 0; i < count; i++)
            list->entries[i] = (struct list_entry){.row = keys[i].row};
        list->count = count;
    }
    free(keys);
}

size_t list_find(const struct list *list, const struct entity *entity)
{
    for (size_t i = 0; i < list->count; i++)
        if (entity_same(list_entity(list, i), entity))
            return i;
    return SIZE_MAX;
}
