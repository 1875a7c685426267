/* SPDX-License-Identifier: MIT */
/* The slow path of a ring, once every CORE_FOLD_RECORDS records: wraps, folds and grows. */
#include "state.h"

#define FIRST_GROWTH_BYTES (16u * 1024)
#define GROWTH_BYTES (64u * 1024)

/* Records dropped for want of memory before it is asked for again. */
#define MEMORY_BACKOFF 4096

#define SEALED_SPARE_THREADS 4
#define SEALED_SPARE_BYTES (256u * 1024)

void ring_raise_reserved(struct lsc_writer *w, uint64_t records)
{
    uint64_t now = __atomic_load_n(&w->reserved_records, __ATOMIC_RELAXED);
    while (now < records && !__atomic_compare_exchange_n(&w->reserved_records, &now, records, true,
                                                         __ATOMIC_RELEASE, __ATOMIC_RELAXED))
        ;
}

static uint64_t reserved_of(const struct lsc_writer *w)
{
    return __atomic_load_n(&w->reserved_records, __ATOMIC_ACQUIRE);
}

/* Backs the ring up to `index` and a step beyond. */
static bool grow(struct lsc_writer *w, uint64_t index)
{
    uint64_t from = reserved_of(w);
    uint64_t step = (from == 0 ? FIRST_GROWTH_BYTES : GROWTH_BYTES) / sizeof(struct lsc_record);
    uint64_t to = index + step - index % step;
    to = to > w->mask + 1 ? w->mask + 1 : to;
    if (w->backoff > 0) {
        w->backoff--;
        return false;
    }
    if (lsc__reserve(&w->ring[from], (to - from) * sizeof(struct lsc_record)) < 0) {
        w->backoff = MEMORY_BACKOFF;
        atomic_fetch_or_explicit(&core_header()->limits, LSC_LIMIT_NO_MEMORY, memory_order_relaxed);
        return false;
    }
    ring_raise_reserved(w, to);
    atomic_store_explicit(&w->shared->reserved_until, to, memory_order_relaxed);
    return true;
}

/* Where the next record goes, with *end set to the end of its batch; 0 without memory. */
static uintptr_t make_room(struct lsc_writer *w, uintptr_t *end)
{
    uint64_t index = (w->cursor - (uintptr_t)w->ring) / sizeof(struct lsc_record);
    fold_polls(w);
    if (index > w->mask)
        index = 0;
    if (index >= reserved_of(w) && !grow(w, index))
        return 0;
    uint64_t stop = index + CORE_FOLD_RECORDS;
    stop = stop < reserved_of(w) ? stop : reserved_of(w);
    *end = (uintptr_t)&w->ring[stop];
    return (uintptr_t)&w->ring[index];
}

/* Entered claimed; leaves the claim to the caller when it gives a slot. */
uintptr_t lsc__ring_slow(struct lsc_writer *w, uintptr_t *end)
{
    if (w->shared == NULL)
        return 0; /* a forked child's, or not attached */
    if (*end == 0) {
        add_relaxed(&w->shared->dropped_nested, 1);
        return 0;
    }
    uintptr_t at = make_room(w, end);
    if (at != 0)
        return at;
    add_relaxed(&w->shared->dropped_memory, 1);
    atomic_signal_fence(memory_order_seq_cst);
    w->end = *end;
    return 0;
}

static void seal_rings(struct lsc_segment_header *header)
{
    uint32_t capacity = segment_map.parts[LSC_PART_THREADS].capacity;
    uint32_t count = atomic_load_explicit(&header->thread_count, memory_order_relaxed);
    count = count < capacity - SEALED_SPARE_THREADS ? count + SEALED_SPARE_THREADS : capacity;
    if (part_reserve(LSC_PART_THREADS, count) < 0)
        return;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t stride = segment_map.parts[LSC_PART_RINGS].stride;
        if (lsc__reserve(part_at(LSC_PART_RINGS, i), stride) < 0)
            return;
        ring_raise_reserved(&core_private->writers[i], core_ring_records());
    }
}

static void seal_table(enum lsc_segment_part part, uint32_t used)
{
    const struct lsc_part *p = &segment_map.parts[part];
    uint64_t count = (uint64_t)used + SEALED_SPARE_BYTES / p->stride;
    part_reserve(part, count < p->capacity ? count : p->capacity);
}

void lsc__seal(void)
{
    struct lsc_segment_header *header = core_header();
    if (header != NULL && *lsc__fork_canary != 0) {
        seal_rings(header);
        seal_table(LSC_PART_STRINGS, atomic_load(&header->string_bytes));
        seal_table(LSC_PART_SITES, atomic_load(&header->site_count));
        seal_table(LSC_PART_STACKS, atomic_load(&header->stack_count));
        seal_table(LSC_PART_FRAMES, atomic_load(&header->frame_count));
        seal_table(LSC_PART_TASKS, atomic_load(&header->task_count));
        seal_table(LSC_PART_RESOURCES, atomic_load(&header->resource_count));
        seal_table(LSC_PART_MODULES, atomic_load(&header->module_count));
        for (uint32_t i = 0; i < CORE_HASHES; i += 1024)
            part_reserve_page(LSC_PART_HASHES, i);
        atomic_fetch_or(&header->limits, LSC_LIMIT_SANDBOXED);
    }
    atomic_store(&core_is_sealed, true);
}
