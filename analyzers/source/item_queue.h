/* SPDX-License-Identifier: MIT */
/* Items that wait to be given out, with the memory they point to. That memory is given back when
 * the queue has run empty and the next item is asked for. Not thread-safe. */
#ifndef LSC_ITEM_QUEUE_H
#define LSC_ITEM_QUEUE_H

#include "item.h"

struct item_queue {
    struct item **items; /* each as large as its kind needs */
    size_t next, count, capacity;
    struct arena_block *blocks; /* the one being filled first */
    bool has_failed;            /* out of memory: an item is missing */
};

void item_queue_free(struct item_queue *queue);
/* The next item, or false when there is none: then all memory of earlier items is reused. */
bool item_queue_take(struct item_queue *queue, struct item *out);
static inline bool item_queue_is_empty(const struct item_queue *queue)
{
    return queue->next == queue->count;
}

/* A zeroed item at the end to fill in, valid until the next call; never NULL (out of memory is
 * noted in has_failed, and the item goes nowhere). */
struct item *item_queue_add(struct item_queue *queue, enum item_kind kind, uint32_t process);
/* Memory that lives as long as the items in the queue; NULL when out of memory. */
void *item_queue_memory(struct item_queue *queue, size_t bytes);
/* A copy of n bytes, NUL-terminated; "" when out of memory. */
const char *item_queue_text(struct item_queue *queue, const char *bytes, size_t n);

#endif
