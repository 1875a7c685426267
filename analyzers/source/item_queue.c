/* SPDX-License-Identifier: MIT */
/* The queue of items and its arena. */
#include "item_queue.h"

#include <stdlib.h>
#include <string.h>

#define BLOCK_BYTES ((size_t)64 << 10)
#define CAPACITY_KEPT 1024

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

/* Items of most kinds are a fraction of the largest, a thread's. */
static size_t bytes_of(enum item_kind kind)
{
#define UP_TO(member) (offsetof(struct item, member) + sizeof(((struct item *)0)->member))
    static const size_t bytes[ITEM_KIND_LIMIT] = {
        [ITEM_STRING] = UP_TO(string), [ITEM_SITE] = UP_TO(site),
        [ITEM_STACK] = UP_TO(stack),   [ITEM_FRAMES] = UP_TO(frames),
        [ITEM_TASK] = UP_TO(task),     [ITEM_RESOURCE] = UP_TO(resource),
        [ITEM_EVENTS] = UP_TO(events), [ITEM_LOST] = UP_TO(lost),
        [ITEM_NOW] = UP_TO(now),       [ITEM_CLOCK] = UP_TO(clock_ns),
        [ITEM_END] = UP_TO(end),
    };
#undef UP_TO
    return bytes[kind] ? bytes[kind] : sizeof(struct item);
}

bool item_queue_take(struct item_queue *queue, struct item *out)
{
    if (item_queue_is_empty(queue)) {
        forget(queue);
        return false;
    }
    const struct item *item = queue->items[queue->next++];
    memcpy(out, item, bytes_of(item->kind));
    return true;
}

static bool grow(struct item_queue *queue)
{
    size_t capacity = queue->capacity ? 2 * queue->capacity : 64;
    void *items = realloc(queue->items, capacity * sizeof(*queue->items));
    if (!items)
        return false;
    queue->items = items;
    queue->capacity = capacity;
    return true;
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

struct item *item_queue_add(struct item_queue *queue, enum item_kind kind, uint32_t process)
{
    static _Thread_local struct item nowhere;
    bool has_place = queue->count < queue->capacity || grow(queue);
    struct item *item = has_place ? item_queue_memory(queue, bytes_of(kind)) : NULL;
    if (item)
        queue->items[queue->count++] = item;
    else
        item = &nowhere;
    queue->has_failed |= item == &nowhere;
    memset((void *)item, 0, bytes_of(kind));
    item->kind = kind;
    item->process = process;
    return item;
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
