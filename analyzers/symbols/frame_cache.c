/* SPDX-License-Identifier: MIT */
/* The cache of resolved program counters: open addressing over one array of frames. */
#include "frame_cache.h"

#include <stdlib.h>
#include <string.h>

#define SLOTS (2 * FRAME_CACHE_PCS_MAX) /* a power of two, at most half full */

struct slot {
    uint64_t pc;
    uint32_t first; /* index of its innermost frame */
    uint32_t count; /* 0: free */
};

struct frame_cache {
    struct slot *slots;
    struct frame *frames;
    size_t frame_capacity;
    size_t frame_count;
    size_t pc_count;
};

static size_t find_slot(const struct frame_cache *cache, uint64_t pc)
{
    size_t i = (size_t)((pc * 0x9e3779b97f4a7c15u) >> 32) & (SLOTS - 1);
    while (cache->slots[i].count && cache->slots[i].pc != pc)
        i = (i + 1) & (SLOTS - 1);
    return i;
}

static bool make_room(struct frame_cache *cache, unsigned count)
{
    if (cache->pc_count >= FRAME_CACHE_PCS_MAX ||
        cache->frame_count + count > FRAME_CACHE_FRAMES_MAX)
        frame_cache_clear(cache);
    if (cache->frame_count + count <= cache->frame_capacity)
        return true;
    size_t capacity = cache->frame_capacity ? cache->frame_capacity * 2 : 512;
    struct frame *frames = realloc(cache->frames, capacity * sizeof *frames);
    if (!frames)
        return false;
    cache->frames = frames;
    cache->frame_capacity = capacity;
    return true;
}

struct frame_cache *frame_cache_new(void)
{
    struct frame_cache *cache = calloc(1, sizeof *cache);
    if (!cache)
        return NULL;
    cache->slots = calloc(SLOTS, sizeof *cache->slots);
    if (!cache->slots) {
        free(cache);
        return NULL;
    }
    return cache;
}

void frame_cache_delete(struct frame_cache *cache)
{
    if (!cache)
        return;
    free(cache->frames);
    free(cache->slots);
    free(cache);
}

void frame_cache_clear(struct frame_cache *cache)
{
    if (cache->pc_count == 0)
        return;
    memset(cache->slots, 0, SLOTS * sizeof *cache->slots);
    cache->pc_count = 0;
    cache->frame_count = 0;
}

const struct frame *frame_cache_find(const struct frame_cache *cache, uint64_t pc, unsigned *count)
{
    const struct slot *slot = &cache->slots[find_slot(cache, pc)];
    *count = slot->count;
    return slot->count ? cache->frames + slot->first : NULL;
}

void frame_cache_put(struct frame_cache *cache, uint64_t pc, const struct frame *frames,
                     unsigned count)
{
    if (count == 0 || count > 255 || !make_room(cache, count))
        return;
    struct slot *slot = &cache->slots[find_slot(cache, pc)];
    if (!slot->count)
        cache->pc_count++;
    *slot = (struct slot){pc, (uint32_t)cache->frame_count, count};
    memcpy(cache->frames + cache->frame_count, frames, count * sizeof *frames);
    cache->frame_count += count;
}
