/* SPDX-License-Identifier: MIT */
/* Interned strings: each text is stored once and named by the offset of its entry. */
#include <string.h>

#include "hash_index.h"

#define STRING_BYTES_MAX 4095u

static uint32_t entry_bytes(size_t length)
{
    return (uint32_t)(sizeof(struct lsc_string) + length + 1 + 7) & ~7u;
}

static bool is_same(uint32_t id, uint32_t hash, const char *bytes, size_t length)
{
    if (id % 8 != 0 || !part_is_reserved(LSC_PART_STRINGS, (uint64_t)id + entry_bytes(length)))
        return false;
    const struct lsc_string *s = part_at(LSC_PART_STRINGS, id);
    return atomic_load_explicit(&s->hash, memory_order_acquire) == hash && s->length == length &&
           memcmp(s->bytes, bytes, length) == 0;
}

/* Room for an entry; its id, or 0. */
static uint32_t allocate(uint32_t bytes)
{
    _Atomic uint32_t *used = &core_header()->string_bytes;
    uint32_t at = atomic_load_explicit(used, memory_order_relaxed);
    do {
        if (at % 8 != 0 || (uint64_t)at + bytes > segment_map.parts[LSC_PART_STRINGS].capacity ||
            part_reserve(LSC_PART_STRINGS, (uint64_t)at + bytes) < 0)
            return 0;
    } while (!atomic_compare_exchange_weak_explicit(used, &at, at + bytes, memory_order_relaxed,
                                                    memory_order_relaxed));
    return at;
}

static uint32_t store(uint32_t hash, const char *bytes, size_t length)
{
    uint32_t id = allocate(entry_bytes(length));
    if (id == 0)
        return 0;
    struct lsc_string *s = part_at(LSC_PART_STRINGS, id);
    s->length = (uint32_t)length;
    memcpy(s->bytes, bytes, length);
    s->bytes[length] = '\0';
    atomic_store_explicit(&s->hash, hash,
                          memory_order_release); /* pairs with is_same and readers */
    return id;
}

static uint32_t find_or_store(uint32_t hash, const char *bytes, size_t length)
{
    uint32_t mine = 0;
    for (unsigned probe = 0; probe < HASH_PROBES; probe++) {
        _Atomic uint32_t *place = hash_place(HASH_STRINGS, hash, probe);
        if (place == NULL)
            return 0;
        uint32_t id = atomic_load_explicit(place, memory_order_acquire);
        if (id == 0) {
            mine = mine != 0 ? mine : store(hash, bytes, length);
            if (mine == 0 || atomic_compare_exchange_strong_explicit(
                                 place, &id, mine, memory_order_release, memory_order_acquire))
                return mine;
        }
        if (is_same(id, hash, bytes, length))
            return id;
    }
    return 0;
}

uint32_t lsc__string_intern(const char *bytes, size_t length)
{
    struct lsc_segment_header *header = core_header();
    if (header == NULL || bytes == NULL || *lsc__fork_canary == 0)
        return 0;
    length = length < STRING_BYTES_MAX ? length : STRING_BYTES_MAX;
    uint32_t id = find_or_store(hash_bytes(bytes, length), bytes, length);
    if (id == 0)
        count_lost(&header->lost.strings);
    return id;
}
