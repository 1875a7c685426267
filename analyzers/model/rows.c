/* SPDX-License-Identifier: MIT */
/* Rows in one growing array; the hash holds only key and position. */
#include "rows.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "job_queue.h"
#include "table.h"

struct row_entry {
    unsigned char key[ROWS_KEY_BYTES];
    uint32_t position;
    UT_hash_handle hh;
};

_Static_assert(sizeof(struct blocked_key) == ROWS_KEY_BYTES, "keys fill a row's key");
_Static_assert(sizeof(struct short_key) == ROWS_KEY_BYTES, "keys fill a row's key");
_Static_assert(sizeof(struct cause_key) == ROWS_KEY_BYTES, "keys fill a row's key");
_Static_assert(sizeof(struct submitter_key) == ROWS_KEY_BYTES, "keys fill a row's key");

void *rows_at(const struct rows *rows, size_t index)
{
    return (char *)rows->items + index * rows->stride;
}

static int grow(struct rows *rows)
{
    size_t room = rows->room ? rows->room * 2 : 16;
    void *items = realloc(rows->items, room * rows->stride);
    if (!items)
        return -ENOMEM;
    rows->items = items;
    rows->room = room;
    return 0;
}

static void *append(struct rows *rows, const void *key)
{
    if (rows->count >= rows->limit || (rows->count == rows->room && grow(rows) < 0))
        return NULL;
    struct row_entry *entry = calloc(1, sizeof(*entry));
    if (!entry)
        return NULL;
    memcpy(entry->key, key, ROWS_KEY_BYTES);
    entry->position = (uint32_t)rows->count;
    HASH_ADD(hh, rows->index, key, ROWS_KEY_BYTES, entry);
    if (!entry->hh.tbl) {
        free(entry);
        return NULL;
    }
    void *row = rows_at(rows, rows->count++);
    memset(row, 0, rows->stride);
    memcpy(row, key, ROWS_KEY_BYTES);
    return row;
}

void *rows_get(struct rows *rows, const void *key)
{
    struct row_entry *entry;
    HASH_FIND(hh, rows->index, key, ROWS_KEY_BYTES, entry);
    return entry ? rows_at(rows, entry->position) : append(rows, key);
}

void rows_free(struct rows *rows)
{
    struct row_entry *entry, *next;
    HASH_ITER(hh, rows->index, entry, next)
    {
        HASH_DEL(rows->index, entry);
        free(entry);
    }
    free(rows->items);
    rows->items = NULL;
    rows->count = rows->room = 0;
}

int rows_copy(struct rows *copy, const struct rows *rows)
{
    *copy = (struct rows){.stride = rows->stride, .limit = rows->limit};
    for (size_t i = 0; i < rows->count; i++) {
        void *row = rows_get(copy, rows_at(rows, i));
        if (!row) {
            rows_free(copy);
            return -ENOMEM;
        }
        memcpy(row, rows_at(rows, i), rows->stride);
    }
    return 0;
}
