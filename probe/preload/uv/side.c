/* SPDX-License-Identifier: MIT */
/* The tables beside the loops: open addressing, entries that never move. A reader that misses while
 * the table is being exchanged looks again (`version`); removing leaves a mark where a later entry
 * may lie behind it. */
#include "side.h"

#include <string.h>
#include <sys/mman.h>

#include "core/writer/core.h"

#define LOOPS_MAX 512
#define PLACES_FIRST 256
#define ENTRIES_PER_SLAB 128

/* In place of a loop or an entry that went. */
static struct entry gone;
#define GONE_LOOP ((const uv_loop_t *)(const void *)&gone)

static struct side *_Atomic sides;
_Atomic uint32_t side_epoch = 1;

static void *map(size_t bytes)
{
    void *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return at == MAP_FAILED ? NULL : at;
}

/* ---- loops ---- */

static struct side *get_sides(void)
{
    struct side *all = atomic_load_explicit(&sides, memory_order_acquire);
    if (all)
        return all;
    struct side *mine = map(LOOPS_MAX * sizeof(*mine));
    if (!mine || atomic_compare_exchange_strong(&sides, &all, mine))
        return mine;
    munmap(mine, LOOPS_MAX * sizeof(*mine));
    return all;
}

struct side *side_find(const uv_loop_t *loop)
{
    struct side *all = atomic_load_explicit(&sides, memory_order_acquire);
    uint64_t hash = side_hash(loop);
    for (unsigned i = 0; all && i < LOOPS_MAX; i++) {
        struct side *side = &all[(hash + i) % LOOPS_MAX];
        const uv_loop_t *there = atomic_load_explicit(&side->loop, memory_order_acquire);
        if (there == loop)
            return side;
        if (!there)
            break;
    }
    return NULL;
}

struct side *side_of(const uv_loop_t *loop)
{
    struct side *side = side_find(loop);
    struct side *all = side ? NULL : get_sides();
    uint64_t hash = side_hash(loop);
    for (unsigned i = 0; all && i < LOOPS_MAX; i++) {
        side = &all[(hash + i) % LOOPS_MAX];
        const uv_loop_t *there = atomic_load_explicit(&side->loop, memory_order_acquire);
        if ((there == NULL || there == GONE_LOOP) &&
            atomic_compare_exchange_strong(&side->loop, &there, loop))
            return side;
        side = NULL;
    }
    return side;
}

void side_drop(const uv_loop_t *loop)
{
    struct side *side = side_find(loop);
    if (!side)
        return;
    atomic_store(&side->places, NULL);
    for (unsigned i = 0; i < side->regions; i++)
        munmap(side->region[i].at, side->region[i].bytes);
    /* Everything but `loop`, which hands the slot to the next one. */
    memset((char *)side + sizeof(side->loop), 0, sizeof(*side) - sizeof(side->loop));
    atomic_store_explicit(&side->loop, GONE_LOOP, memory_order_release);
}

static void *take_region(struct side *side, size_t bytes)
{
    if (side->regions == sizeof(side->region) / sizeof(side->region[0]))
        return NULL;
    void *at = map(bytes);
    if (!at)
        return NULL;
    side->region[side->regions].at = at;
    side->region[side->regions++].bytes = bytes;
    return at;
}

/* ---- entries ---- */

static bool add_slab(struct side *side)
{
    /* They double every few, so that the regions last for longer than memory does. */
    unsigned doublings = side->regions / 3 < 16 ? side->regions / 3 : 16;
    size_t count = (size_t)ENTRIES_PER_SLAB << doublings;
    struct entry *slab = take_region(side, count * sizeof(*slab));
    for (size_t i = 0; slab && i < count; i++) {
        slab[i].next_free = side->free_entries;
        side->free_entries = &slab[i];
    }
    return slab != NULL;
}

static void put(struct places *places, struct entry *entry)
{
    uint64_t at = side_hash(entry->key);
    while (atomic_load_explicit(&places->at[at & places->mask], memory_order_relaxed))
        at++;
    atomic_store_explicit(&places->at[at & places->mask], entry, memory_order_release);
}

/* Moves what is alive into `fresh`, all zero. Whoever still reads the old buffer finds there what
 * was in it: it is wiped by a later exchange only, and by then the version tells. */
static void exchange(struct side *side, struct places *fresh)
{
    struct places *old = atomic_load_explicit(&side->places, memory_order_relaxed);
    for (uint64_t i = 0; old && i <= old->mask; i++) {
        struct entry *entry = atomic_load_explicit(&old->at[i], memory_order_relaxed);
        if (entry && entry != &gone)
            put(fresh, entry);
    }
    atomic_store(&side->places, fresh);
    atomic_fetch_add(&side->version, 1);
    /* Before the old one is wiped; pairs with the fence of side_search. */
    lsc__release_fence();
    side->left_over = 0;
}

/* A zeroed buffer of `count` places, which may be the one that was in use before the last. */
static struct places *take_places(struct side *side, struct places *old, uint64_t count)
{
    size_t bytes = sizeof(*old) + count * sizeof(old->at[0]);
    struct places *fresh = side->spare;
    bool is_same_size = old && old->mask == count - 1;
    side->spare = is_same_size ? old : NULL;
    if (!is_same_size || !fresh)
        fresh = take_region(side, bytes);
    else
        memset(fresh, 0, bytes);
    if (fresh)
        fresh->mask = count - 1;
    else
        side->spare = NULL;
    return fresh;
}

static bool make_room(struct side *side)
{
    struct places *old = atomic_load_explicit(&side->places, memory_order_relaxed);
    if (old && (side->used + side->left_over + 1) * 2 <= old->mask)
        return true;
    uint64_t count = !old                         ? PLACES_FIRST
                     : side->used * 4 > old->mask ? (old->mask + 1) * 2
                                                  : old->mask + 1;
    struct places *fresh = take_places(side, old, count);
    if (fresh)
        exchange(side, fresh);
    return fresh != NULL;
}

static struct entry *_Atomic *find_place(struct places *places, const void *key)
{
    uint64_t at = side_hash(key);
    for (uint64_t i = 0; places && i <= places->mask; i++, at++) {
        struct entry *_Atomic *place = &places->at[at & places->mask];
        struct entry *entry = atomic_load_explicit(place, memory_order_acquire);
        if (!entry)
            return NULL;
        if (entry->key == key)
            return place;
    }
    return NULL;
}

/* As lsc__release_fence: ThreadSanitizer knows no fences. */
static void acquire_fence(void)
{
#if defined(__SANITIZE_THREAD__)
    atomic_signal_fence(memory_order_seq_cst);
#else
    atomic_thread_fence(memory_order_acquire);
#endif
}

struct entry *side_search(const struct side *side, const void *key)
{
    for (;;) {
        uint32_t version = atomic_load_explicit(&side->version, memory_order_acquire);
        struct places *places = atomic_load_explicit(&side->places, memory_order_acquire);
        struct entry *_Atomic *found = find_place(places, key);
        struct entry *entry = found ? atomic_load_explicit(found, memory_order_acquire) : NULL;
        if (entry && entry->key == key)
            return entry;
        acquire_fence();
        if (atomic_load_explicit(&side->version, memory_order_relaxed) == version)
            return NULL;
    }
}

static void reset(struct entry *entry, const void *key, enum uv_kind kind)
{
    memset(entry, 0, sizeof(*entry));
    entry->key = key;
    entry->kind = (uint8_t)kind;
}

struct entry *side_renew(struct side *side, struct entry *there, const void *key, enum uv_kind kind)
{
    if (there) {
        reset(there, key, kind);
        return there;
    }
    if (!make_room(side) || (!side->free_entries && !add_slab(side)))
        return NULL;
    struct entry *entry = side->free_entries;
    side->free_entries = entry->next_free;
    reset(entry, key, kind);
    put(atomic_load_explicit(&side->places, memory_order_relaxed), entry);
    side->used++;
    return entry;
}

/* Marks with nothing behind them are not needed. */
static void clear_marks(struct side *side, struct places *places, uint64_t index)
{
    if (atomic_load_explicit(&places->at[(index + 1) & places->mask], memory_order_relaxed))
        return;
    while (atomic_load_explicit(&places->at[index & places->mask], memory_order_relaxed) == &gone) {
        atomic_store_explicit(&places->at[index & places->mask], NULL, memory_order_release);
        side->left_over--;
        index--;
    }
}

void side_remove(struct side *side, struct entry *entry)
{
    struct places *places = atomic_load_explicit(&side->places, memory_order_relaxed);
    struct entry *_Atomic *at = find_place(places, entry->key);
    if (!at)
        return;
    side->used--;
    side->left_over++;
    atomic_store_explicit(at, &gone, memory_order_release);
    clear_marks(side, places, (uint64_t)(at - places->at));
    entry->key = NULL;
    entry->next_free = side->free_entries;
    side->free_entries = entry;
}
