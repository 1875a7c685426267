/* SPDX-License-Identifier: MIT */
/* Queues in words: their kinds, names and amounts. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "queue.h"

enum queue_sort queue_sort_of(const struct model *model, const struct resource_row *row)
{
    static const struct {
        const char *kind;
        enum queue_sort sort;
    } kinds[] = {{"accept backlog", QUEUE_BACKLOG},
                 {"udp receive queue", QUEUE_DATAGRAMS},
                 {"socket send queue", QUEUE_SENT},
                 {"pipe", QUEUE_PIPE},
                 {"write queue", QUEUE_WRITES}};
    const char *kind = model_string(model, row->info.kind).bytes;
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (strcmp(kind, kinds[i].kind) == 0)
            return kinds[i].sort;
    return QUEUE_OWN;
}

bool queue_counts_bytes(enum queue_sort sort)
{
    return sort != QUEUE_OWN && sort != QUEUE_BACKLOG;
}

void queue_name(const struct model *model, const struct resource_row *row, char *out, size_t bytes)
{
    struct text kind = model_string(model, row->info.kind);
    struct text name = model_string(model, row->info.name);
    snprintf(out, bytes, "%.60s '%.*s'", kind.length ? kind.bytes : "queue",
             name.length ? text_cut(name, 80) : 1, name.length ? name.bytes : "?");
}

char *amount_text(char out[AMOUNT_BYTES], uint64_t amount, bool is_bytes)
{
    static const char *const units[] = {"bytes", "KB", "MB", "GB", "TB"};
    unsigned unit = 0;
    uint64_t whole = amount, tenths = 0;
    while (is_bytes && whole >= 1000 && unit + 1 < sizeof(units) / sizeof(units[0])) {
        tenths = whole % 1000 / 100;
        whole /= 1000;
        unit++;
    }
    if (!is_bytes)
        snprintf(out, AMOUNT_BYTES, "%" PRIu64, amount);
    else if (unit > 0 && whole < 10)
        snprintf(out, AMOUNT_BYTES, "%" PRIu64 ".%" PRIu64 " %s", whole, tenths, units[unit]);
    else
        snprintf(out, AMOUNT_BYTES, "%" PRIu64 " %s", whole, units[unit]);
    return out;
}

char *queue_depth_text(char out[AMOUNT_BYTES], const struct model *model,
                       const struct resource_row *row, uint64_t depth)
{
    return amount_text(out, depth, queue_counts_bytes(queue_sort_of(model, row)));
}
