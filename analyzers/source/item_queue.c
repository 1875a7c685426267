/* SPDX-License-Identifier: MIT */
/* The queue of items and its arena. */
#include "item_queue.h"

#include <stdlib.h>
#include <string.h>

#define BLOCK_BYTES ((size_t)64 << 10)
#define CAPACITY_KEPT 1024 /* items are large */

struct arena_block {
    struct arena_block *next;
    size_t used, capacity;
    _Alignas(16) char bytes[];
};

static void free_blocks(struct arena_block *block)
{
    while (block) {
        struct arena_block *next = block->next;
        free(block);
        block = next;
    }
}

void item_queue_free(struct item_queue *queue)
{
    free_blocks(queue->blocks);
    free(queue->items);
    *queue = (struct item_queue){0};
}

static void forget(struct item_queue *queue)
{
    queue->next = queue->count = 0;
    if (queue->capacity > CAPACITY_KEPT) {
        free(queue->items);
        queue->items = NULL;
        queue->capacity = 0;
    }
    if (!queue->blocks)
        return;
    free_blocks(queue->blocks->next);
    queue->blocks->next = NULL;
    queue->blocks->used = 0;
}

bool item_queue_take(struct item_queue *queue, struct item *out)
{
    if (item_queue_is_empty(queue)) {
        forget(queue);
        return false;
    }
    *out = queue->items[queue->next++];
    return true;
}

static bool grow(struct item_queue *queue)
{
    size_t capacity = queue->capacity ? 2 * queue->capacity : 64;
    struct item *items = realloc(queue->items, capacity * sizeof(*items));
    if (!items)
        return false;
    queue->items = items;
    queue->capacity = capacity;
    return true;
}

struct item *item_queue_add(struct item_queue *queue, enum item_kind kind, uint32_t process)
{
    static _Thread_local struct item nowhere;
    struct item *item = &nowhere;
    if (queue->count < queue->capacity || grow(queue))
        item = &queue->items[queue->count++];
    else
        queue->has_failed = true;
    memset(item, 0, sizeof(*item));
    item->kind = kind;
    item->process = process;
    return item;
}

void *item_queue_memory(struct item_queue *queue, size_t bytes)
{
    size_t rounded = (bytes + 15) & ~(size_t)15;
    struct arena_block *block = queue->blocks;
    if (!block || rounded > block->capacity - block->used) {
        size_t capacity = rounded > BLOCK_BYTES ? rounded : BLOCK_BYTES;
        block = malloc(sizeof(*block) + capacity);
        if (!block) {
            queue->has_failed = true;
            return NULL;
        }
        *block = (struct arena_block){.next = queue->blocks, .capacity = capacity};
        queue->blocks = block;
    }
    void *memory = block->bytes + block->used;
    block->used += rounded;
    return memory;
}

const char *item_queue_text(struct item_queue *queue, const char *bytes, size_t n)
{
    char *text = item_queue_memory(queue, n + 1);
    if (!text)
        return "";
    memcpy(text, bytes, n);
    text[n] = '\0';
    return text;
}
