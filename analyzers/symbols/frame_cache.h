/* SPDX-License-Identifier: MIT */
/* What program counters were found to mean, in bounded memory: a full cache is emptied, since the
 * stacks of one program meet the same few thousand addresses again and again. */
#ifndef LSC_FRAME_CACHE_H
#define LSC_FRAME_CACHE_H

#include "../source/item.h"

#define FRAME_CACHE_PCS_MAX 32768
#define FRAME_CACHE_FRAMES_MAX (2 * FRAME_CACHE_PCS_MAX)

struct frame_cache;

/* NULL when out of memory. Not thread-safe. */
struct frame_cache *frame_cache_new(void);
void frame_cache_delete(struct frame_cache *cache);
void frame_cache_clear(struct frame_cache *cache);

/* The frames kept for `pc`, *count of them; NULL when there are none. Valid until the next put. */
const struct frame *frame_cache_find(const struct frame_cache *cache, uint64_t pc, unsigned *count);

/* Keeps a copy of the frames (not of their strings), 1 to 255. Without memory it keeps nothing. */
void frame_cache_put(struct frame_cache *cache, uint64_t pc, const struct frame *frames,
                     unsigned count);

#endif
