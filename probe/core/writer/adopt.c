/* SPDX-License-Identifier: MIT */
/* A forked child begins with its parent's strings, sites, stacks and modules: the program keeps
 * their ids in static variables, and its code lies at the same addresses. */
#include <string.h>

#include "state.h"

static const void *inherited_at(enum lsc_segment_part part)
{
    return segment_inheritance.map.base + segment_inheritance.map.parts[part].offset;
}

/* True when `part` now holds the inherited elements. */
static bool copy_part(enum lsc_segment_part part)
{
    uint32_t used = segment_inheritance.used[part];
    const struct lsc_part *p = &segment_map.parts[part];
    if (used > p->capacity || part_reserve(part, used) < 0)
        return false;
    memcpy(part_at(part, 0), inherited_at(part), (size_t)used * p->stride);
    return true;
}

static bool copy_index(void)
{
    const uint32_t entries_per_page = 4096 / sizeof(uint32_t);
    for (uint32_t i = 0; i < CORE_HASHES; i += entries_per_page) {
        if (!reserve_inherited_page(i / entries_per_page))
            continue;
        if (part_reserve_page(LSC_PART_HASHES, i) < 0)
            return false;
        memcpy(part_at(LSC_PART_HASHES, i), (const uint32_t *)inherited_at(LSC_PART_HASHES) + i,
               4096);
    }
    return true;
}

void tables_adopt(struct lsc_segment_header *header)
{
    const uint32_t *used = segment_inheritance.used;
    if (used[LSC_PART_STRINGS] < 8 || !copy_part(LSC_PART_STRINGS) || !copy_part(LSC_PART_SITES) ||
        !copy_part(LSC_PART_STACKS) || !copy_part(LSC_PART_FRAMES) ||
        !copy_part(LSC_PART_MODULES) || !copy_index())
        return;
    atomic_store(&header->string_bytes, used[LSC_PART_STRINGS] & ~7u);
    atomic_store(&header->site_count, used[LSC_PART_SITES]);
    atomic_store(&header->stack_count, used[LSC_PART_STACKS]);
    atomic_store(&header->frame_count, used[LSC_PART_FRAMES]);
    atomic_store(&header->module_count, used[LSC_PART_MODULES]);
}
