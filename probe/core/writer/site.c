/* SPDX-License-Identifier: MIT */
/* Call sites. A site is interned when its line first runs, and kept in a static variable by its
 * caller, so the index is searched rarely; it is private memory. */
#include <string.h>

#include "state.h"

#define SITE_INDEX (2 * CORE_SITES)
#define SITE_PROBES 64

struct site_key {
    uint32_t file, line, function, parent;
};

static uint32_t site_hash(const struct site_key *key)
{
    uint64_t mixed = (key->file ^ (uint64_t)key->line << 32 ^ (uint64_t)key->function << 16 ^
                      (uint64_t)key->parent << 40) *
                     0x9e3779b97f4a7c15u;
    return (uint32_t)(mixed >> 40);
}

static bool is_same(uint32_t id, const struct site_key *key)
{
    const struct lsc_site *s = part_at(LSC_PART_SITES, id - 1);
    return atomic_load_explicit(&s->file, memory_order_acquire) == key->file &&
           s->line == key->line && s->function == key->function && s->parent == key->parent;
}

static uint32_t store(const struct site_key *key)
{
    int64_t index = part_append(LSC_PART_SITES, &core_header()->site_count);
    if (index < 0)
        return 0;
    struct lsc_site *s = part_at(LSC_PART_SITES, (uint64_t)index);
    s->line = key->line;
    s->function = key->function;
    s->parent = key->parent;
    atomic_store_explicit(&s->file, key->file,
                          memory_order_release); /* pairs with is_same and readers */
    return (uint32_t)index + 1;
}

static uint32_t find_or_store(const struct site_key *key)
{
    uint32_t hash = site_hash(key);
    uint32_t mine = 0;
    for (unsigned probe = 0; probe < SITE_PROBES; probe++) {
        _Atomic uint32_t *place = &core_private->site_index[(hash + probe) % SITE_INDEX];
        uint32_t id = atomic_load_explicit(place, memory_order_acquire);
        if (id == 0) {
            mine = mine != 0 ? mine : store(key);
            if (mine == 0 || atomic_compare_exchange_strong_explicit(
                                 place, &id, mine, memory_order_release, memory_order_acquire))
                return mine;
        }
        if (is_same(id, key))
            return id;
    }
    return 0;
}

void sites_reindex(struct lsc_segment_header *header)
{
    uint32_t count = atomic_load_explicit(&header->site_count, memory_order_relaxed);
    for (uint32_t i = 0; i < count; i++) {
        const struct lsc_site *s = part_at(LSC_PART_SITES, i);
        const struct site_key key = {atomic_load(&s->file), s->line, s->function, s->parent};
        uint32_t hash = site_hash(&key);
        for (unsigned probe = 0; probe < SITE_PROBES; probe++) {
            _Atomic uint32_t *place = &core_private->site_index[(hash + probe) % SITE_INDEX];
            if (atomic_load_explicit(place, memory_order_relaxed) != 0)
                continue;
            atomic_store_explicit(place, i + 1, memory_order_relaxed);
            break;
        }
    }
}

lsc_site lsc_site_intern_under(const char *file, uint32_t line, const char *function,
                               lsc_site parent)
{
    if (file == NULL || lsc__segment_ensure(LSC_DEPTH_EXPLICIT) < 0)
        return 0;
    uint32_t function_id = function == NULL ? 0 : lsc__string_intern(function, strlen(function));
    uint32_t file_id = lsc__string_intern(file, strlen(file));
    uint32_t id = file_id == 0
                      ? 0
                      : find_or_store(&(const struct site_key){file_id, line, function_id, parent});
    if (id == 0)
        count_lost(&core_header()->lost.sites);
    return id;
}

lsc_site lsc_site_intern(const char *file, uint32_t line, const char *function)
{
    return lsc_site_intern_under(file, line, function, 0);
}
