/* SPDX-License-Identifier: MIT */
/* Backs pages of the segment with memory before they are touched. A page of a full tmpfs would
 * raise SIGBUS in the program; MADV_POPULATE_WRITE reports it as an error instead. */
#include <errno.h>
#include <sys/auxv.h>
#include <sys/mman.h>

#include "state.h"
#include "sys.h"

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

#define PAGE 4096u /* of the hash part's marks; the machine's pages may be larger */
#define STEP_BYTES (16u * 1024)
#define HASH_PAGES (CORE_HASHES * sizeof(uint32_t) / PAGE)

_Atomic bool core_is_sealed;

/* How many bytes at the start of each part have memory. */
static _Atomic uint64_t reserved[LSC_PART_COUNT];
static _Atomic bool hash_page_is_reserved[HASH_PAGES];

int lsc__reserve(void *at, size_t bytes)
{
    if (segment_map.is_reserved)
        return 0;
    if (atomic_load_explicit(&core_is_sealed, memory_order_relaxed))
        return -EPERM;
    uintptr_t page = getauxval(AT_PAGESZ);
    uintptr_t first = (uintptr_t)at & ~(page - 1);
    uintptr_t last = ((uintptr_t)at + bytes + page - 1) & ~(page - 1);
    long error = sys_madvise((void *)first, last - first, MADV_POPULATE_WRITE);
    return error == -EFAULT ? -ENOSPC : (int)error;
}

/* Full memory stays full for a while: a program that makes tasks all the time must not pay a system
 * call for each that has no room. */
#define REST_AFTER_REFUSAL 1024
static _Atomic uint32_t rest;

static int reserve_unless_resting(void *at, size_t bytes)
{
    uint32_t left = atomic_load_explicit(&rest, memory_order_relaxed);
    if (left > 0) {
        atomic_store_explicit(&rest, left - 1, memory_order_relaxed);
        return -ENOSPC;
    }
    int error = lsc__reserve(at, bytes);
    if (error == -ENOSPC)
        atomic_store_explicit(&rest, REST_AFTER_REFUSAL, memory_order_relaxed);
    return error;
}

static uint64_t part_bytes(enum lsc_segment_part part)
{
    return (uint64_t)segment_map.parts[part].stride * segment_map.parts[part].capacity;
}

uint64_t part_reserved(enum lsc_segment_part part)
{
    const struct lsc_part *p = &segment_map.parts[part];
    if (segment_map.is_reserved)
        return p->capacity;
    uint64_t elements =
        atomic_load_explicit(&reserved[part], memory_order_acquire) / (p->stride ? p->stride : 1);
    return elements < p->capacity ? elements : p->capacity;
}

bool part_is_reserved(enum lsc_segment_part part, uint64_t count)
{
    return count <= part_reserved(part);
}

int part_reserve(enum lsc_segment_part part, uint64_t count)
{
    uint64_t end = count * segment_map.parts[part].stride;
    uint64_t begin = atomic_load_explicit(&reserved[part], memory_order_acquire);
    if (end <= begin || segment_map.is_reserved)
        return 0;
    end = (end + STEP_BYTES - 1) & ~(uint64_t)(STEP_BYTES - 1);
    uint64_t most = (part_bytes(part) + PAGE - 1) & ~(uint64_t)(PAGE - 1);
    end = end < most ? end : most;
    int error = reserve_unless_resting(segment_map.base + segment_map.parts[part].offset + begin,
                                       end - begin);
    if (error < 0)
        return error;
    /* Threads that race here reserve the same pages, which does no harm; the mark only grows. */
    while (begin < end &&
           !atomic_compare_exchange_weak_explicit(&reserved[part], &begin, end,
                                                  memory_order_release, memory_order_relaxed))
        ;
    return 0;
}

int part_reserve_page(enum lsc_segment_part part, uint64_t index)
{
    uint64_t page = index * segment_map.parts[part].stride / PAGE;
    if (page >= HASH_PAGES)
        return -ERANGE;
    if (atomic_load_explicit(&hash_page_is_reserved[page], memory_order_acquire))
        return 0;
    int error = reserve_unless_resting(
        segment_map.base + segment_map.parts[part].offset + page * PAGE, PAGE);
    if (error == 0)
        atomic_store_explicit(&hash_page_is_reserved[page], true, memory_order_release);
    return error;
}

/* Of the segment that a forked child inherited, so that it can copy what has memory and no more. */
static uint64_t inherited[LSC_PART_COUNT];
static bool inherited_hash_page[HASH_PAGES];

void reserve_inherit(void)
{
    for (unsigned i = 0; i < LSC_PART_COUNT; i++)
        inherited[i] = segment_map.is_reserved
                           ? part_bytes((enum lsc_segment_part)i)
                           : atomic_load_explicit(&reserved[i], memory_order_relaxed);
    for (unsigned i = 0; i < HASH_PAGES; i++)
        inherited_hash_page[i] =
            segment_map.is_reserved ||
            atomic_load_explicit(&hash_page_is_reserved[i], memory_order_relaxed);
}

uint64_t reserve_inherited(enum lsc_segment_part part)
{
    return inherited[part];
}

bool reserve_inherited_page(uint64_t page)
{
    return page < HASH_PAGES && inherited_hash_page[page];
}

void reserve_reset(bool is_reserved)
{
    segment_map.is_reserved = is_reserved;
    atomic_store_explicit(&rest, 0, memory_order_relaxed);
    for (unsigned i = 0; i < LSC_PART_COUNT; i++)
        atomic_store_explicit(&reserved[i], 0, memory_order_relaxed);
    for (unsigned i = 0; i < HASH_PAGES; i++)
        atomic_store_explicit(&hash_page_is_reserved[i], false, memory_order_relaxed);
}

int64_t part_append(enum lsc_segment_part part, _Atomic uint32_t *counter)
{
    uint32_t index = atomic_load_explicit(counter, memory_order_relaxed);
    do {
        if (index >= segment_map.parts[part].capacity ||
            part_reserve(part, (uint64_t)index + 1) < 0)
            return -1;
    } while (!atomic_compare_exchange_weak_explicit(counter, &index, index + 1,
                                                    memory_order_relaxed, memory_order_relaxed));
    return index;
}
