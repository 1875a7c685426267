/* SPDX-License-Identifier: MIT */
/* A bounded table of rows found by the key they begin with, kept in order of first appearance, so
 * that walking it never depends on a hash. */
#ifndef LSC_ROWS_H
#define LSC_ROWS_H

#include <stddef.h>
#include <stdint.h>

#define ROWS_KEY_BYTES 12

struct row_entry;
struct rows {
    size_t stride; /* bytes of a row; its key is the first ROWS_KEY_BYTES bytes, without padding */
    size_t limit;  /* rows it will hold at most */
    size_t count, room;
    void *items;
    struct row_entry *index;
};

/* The row of `key`, new ones zero but for the key; NULL when full or out of memory. The pointer
 * lives until the next new row. */
void *rows_get(struct rows *rows, const void *key);
void *rows_at(const struct rows *rows, size_t index);
void rows_free(struct rows *rows);
/* 0 or -ENOMEM, with *copy freed. */
int rows_copy(struct rows *copy, const struct rows *rows);

#endif
