/* SPDX-License-Identifier: MIT */
/* Sorting by one column. Keys are taken once; numbers are sorted digit by digit, eight bits at a
 * time, leaving out digits that are alike in all rows. Text goes by its first eight bytes, and
 * what is alike there by all of it. Rows that compare alike stay as they were collected. */
#include "list.h"

#include <stdlib.h>
#include <string.h>

#include "cell.h"

#define DIGITS 8

/* Counts of each digit's values, of all digits in one pass. */
static void count_digits(const struct sort_key *keys, size_t count, size_t counts[DIGITS][256])
{
    memset(counts, 0, sizeof(size_t) * DIGITS * 256);
    for (size_t i = 0; i < count; i++)
        for (unsigned d = 0; d < DIGITS; d++)
            counts[d][keys[i].key >> (d * 8) & 0xff]++;
}

static void sort_digit(const struct sort_key *from, struct sort_key *to, size_t count,
                       unsigned digit, const size_t counts[256])
{
    size_t starts[256], at = 0;
    for (unsigned v = 0; v < 256; v++) {
        starts[v] = at;
        at += counts[v];
    }
    for (size_t i = 0; i < count; i++)
        to[starts[from[i].key >> (digit * 8) & 0xff]++] = from[i];
}

/* Stable, ascending. `keys` stays in place; without memory the order stays as it is. */
static void sort_keys(struct sort_key *keys, size_t count)
{
    struct sort_key *other = count ? malloc(count * sizeof(*other)) : NULL;
    size_t counts[DIGITS][256];
    if (!other)
        return;
    count_digits(keys, count, counts);
    struct sort_key *from = keys, *to = other;
    for (unsigned d = 0; d < DIGITS; d++) {
        if (counts[d][from[0].key >> (d * 8) & 0xff] == count)
            continue;
        sort_digit(from, to, count, d, counts[d]);
        struct sort_key *swap = from;
        from = to;
        to = swap;
    }
    if (from != keys)
        memcpy(keys, from, count * sizeof(*keys));
    free(other);
}

static uint64_t prefix_of(const char *text)
{
    uint64_t key = 0;
    for (unsigned i = 0; i < 8; i++) {
        key = key << 8 | (unsigned char)*text;
        text += *text != '\0';
    }
    return key;
}

struct long_text {
    char text[CELL_TEXT_BYTES];
    struct sort_key key;
    size_t at;
    bool is_ascending;
};

static int by_text(const void *left, const void *right)
{
    const struct long_text *a = left, *b = right;
    int order = strcmp(a->text, b->text);
    if (order == 0)
        return a->at < b->at ? -1 : 1;
    return a->is_ascending ? order : -order;
}

#define LONG_RUN_MAX 4096 /* longer runs of the same eight bytes stay as they are: 1 MiB a run */

static void sort_run(struct sort_key *keys, size_t count, const struct list *list,
                     const struct app *app, const struct column *column, bool is_ascending)
{
    struct long_text *run = count <= LONG_RUN_MAX ? malloc(count * sizeof(*run)) : NULL;
    struct row_cell cell;
    if (!run)
        return;
    for (size_t i = 0; i < count; i++) {
        cell_fill(app, column, &list->all.rows[keys[i].row].entity, &cell);
        memcpy(run[i].text, cell.text, sizeof(cell.text));
        run[i].key = keys[i];
        run[i].at = i;
        run[i].is_ascending = is_ascending;
    }
    qsort(run, count, sizeof(*run), by_text);
    for (size_t i = 0; i < count; i++)
        keys[i] = run[i].key;
    free(run);
}

/* What is alike in its first eight bytes, and goes on after them. */
static void sort_runs(struct sort_key *keys, size_t count, const struct list *list,
                      const struct app *app, const struct column *column, bool is_ascending)
{
    for (size_t i = 0; i < count;) {
        size_t end = i + 1;
        while (end < count && keys[end].key == keys[i].key)
            end++;
        uint64_t prefix = is_ascending ? keys[i].key : ~keys[i].key;
        if (end - i > 1 && (prefix & 0xff))
            sort_run(keys + i, end - i, list, app, column, is_ascending);
        i = end;
    }
}

void sort_rows(struct sort_key *keys, size_t count, const struct list *list, const struct app *app,
               const struct column *column, bool is_ascending)
{
    struct row_cell cell;
    size_t known = 0, unknown = 0;
    uint32_t *last = malloc((count + 1) * sizeof(*last));
    bool is_text = column->unit == UNIT_TEXT;
    for (size_t i = 0; last && i < count; i++) {
        cell_fill(app, column, &list->all.rows[keys[i].row].entity, &cell);
        uint64_t key = is_text ? prefix_of(cell.text) : cell.number;
        if (cell.is_known)
            keys[known++] = (struct sort_key){is_ascending ? key : ~key, keys[i].row};
        else
            last[unknown++] = keys[i].row;
    }
    if (last) {
        sort_keys(keys, known);
        if (is_text)
            sort_runs(keys, known, list, app, column, is_ascending);
        for (size_t i = 0; i < unknown; i++)
            keys[known + i] = (struct sort_key){0, last[i]};
    }
    free(last);
}
