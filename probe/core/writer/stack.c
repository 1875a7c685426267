/* SPDX-License-Identifier: MIT */
/* Interned stacks: a stack seen a thousand times is stored once. */
#include <string.h>

#include "hash_index.h"

static bool is_same(uint32_t id, uint32_t hash, const uint64_t *pcs, unsigned depth)
{
    if (id > segment_map.parts[LSC_PART_STACKS].capacity || !part_is_reserved(LSC_PART_STACKS, id))
        return false;
    const struct lsc_stack *s = part_at(LSC_PART_STACKS, id - 1);
    if (atomic_load_explicit(&s->hash, memory_order_acquire) != hash || s->depth != depth ||
        !part_is_reserved(LSC_PART_FRAMES, (uint64_t)s->first + depth))
        return false;
    return memcmp(part_at(LSC_PART_FRAMES, s->first), pcs, depth * sizeof *pcs) == 0;
}

/* Index of the first of `depth` frames, or -1. */
static int64_t allocate_frames(unsigned depth)
{
    _Atomic uint32_t *used = &core_header()->frame_count;
    uint32_t at = atomic_load_explicit(used, memory_order_relaxed);
    do {
        if ((uint64_t)at + depth > segment_map.parts[LSC_PART_FRAMES].capacity ||
            part_reserve(LSC_PART_FRAMES, (uint64_t)at + depth) < 0)
            return -1;
    } while (!atomic_compare_exchange_weak_explicit(used, &at, at + depth, memory_order_relaxed,
                                                    memory_order_relaxed));
    return at;
}

static uint32_t store(uint32_t hash, const uint64_t *pcs, unsigned depth, bool was_cut)
{
    int64_t index = part_append(LSC_PART_STACKS, &core_header()->stack_count);
    int64_t first = index < 0 ? -1 : allocate_frames(depth);
    if (first < 0)
        return 0;
    memcpy(part_at(LSC_PART_FRAMES, (uint64_t)first), pcs, depth * sizeof *pcs);
    struct lsc_stack *s = part_at(LSC_PART_STACKS, (uint64_t)index);
    s->first = (uint32_t)first;
    s->depth = (uint16_t)depth;
    s->cut = was_cut;
    atomic_store_explicit(&s->hash, hash,
                          memory_order_release); /* pairs with is_same and readers */
    return (uint32_t)index + 1;
}

static uint32_t find_or_store(uint32_t hash, const uint64_t *pcs, unsigned depth, bool was_cut)
{
    uint32_t mine = 0;
    for (unsigned probe = 0; probe < HASH_PROBES; probe++) {
        _Atomic uint32_t *place = hash_place(HASH_STACKS, hash, probe);
        if (place == NULL)
            return 0;
        uint32_t id = atomic_load_explicit(place, memory_order_acquire);
        if (id == 0) {
            mine = mine != 0 ? mine : store(hash, pcs, depth, was_cut);
            if (mine == 0 || atomic_compare_exchange_strong_explicit(
                                 place, &id, mine, memory_order_release, memory_order_acquire))
                return mine;
        }
        if (is_same(id, hash, pcs, depth))
            return id;
    }
    return 0;
}

uint32_t lsc__stack_intern(const uint64_t *pcs, unsigned depth, bool was_cut)
{
    struct lsc_segment_header *header = core_header();
    if (header == NULL || depth == 0 || *lsc__fork_canary == 0)
        return 0;
    if (depth > LSC_STACK_FRAMES_MAX) {
        depth = LSC_STACK_FRAMES_MAX;
        was_cut = true;
    }
    uint32_t id = find_or_store(hash_bytes(pcs, depth * sizeof *pcs), pcs, depth, was_cut);
    if (id == 0)
        count_lost(&header->lost.stacks);
    return id;
}
