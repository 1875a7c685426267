/* SPDX-License-Identifier: MIT */
/* How large the parts of a segment are and where they lie, see layout.h. */
#include "layout.h"

#include <sys/resource.h>

#include "sys.h"

/* Multiple of every page size of the architectures. */
#define PART_ALIGNMENT (UINT64_C(64) * 1024)

/* Below these sizes a part is not worth having. */
#define LEAST_RING_RECORDS 512u
#define LEAST_TASKS 4096u
#define LEAST_THREADS 32u
#define LEAST_FRAMES 32768u

/* Of a limited address space, this share is taken at most. */
#define ADDRESS_SPACE_SHARE 16

struct sizes {
    uint32_t threads, ring_records, frames, tasks;
};

/* The parts that a forked child need not read (header, threads, rings) come first. */
static uint64_t place(struct segment_map *map, const struct sizes *sizes)
{
    const struct {
        enum lsc_segment_part part;
        uint32_t stride, capacity;
    } parts[] = {
        {LSC_PART_THREADS, sizeof(struct lsc_thread), sizes->threads},
        {LSC_PART_RINGS, sizes->ring_records * (uint32_t)sizeof(struct lsc_record), sizes->threads},
        {LSC_PART_STRINGS, 1, CORE_STRING_BYTES},
        {LSC_PART_SITES, sizeof(struct lsc_site), CORE_SITES},
        {LSC_PART_STACKS, sizeof(struct lsc_stack), CORE_STACKS},
        {LSC_PART_FRAMES, sizeof(uint64_t), sizes->frames},
        {LSC_PART_TASKS, sizeof(struct lsc_task), sizes->tasks},
        {LSC_PART_RESOURCES, sizeof(struct lsc_resource), CORE_RESOURCES},
        {LSC_PART_MODULES, sizeof(struct lsc_module), CORE_MODULES},
        {LSC_PART_HASHES, sizeof(uint32_t), CORE_HASHES},
    };
    uint64_t at = PART_ALIGNMENT; /* the header's */
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        map->parts[parts[i].part] = (struct lsc_part){
            .offset = at, .stride = parts[i].stride, .capacity = parts[i].capacity};
        at += (uint64_t)parts[i].stride * parts[i].capacity;
        at = (at + PART_ALIGNMENT - 1) & ~(PART_ALIGNMENT - 1);
    }
    map->bytes = at;
    return at;
}

static bool halve(uint32_t *value, uint32_t least)
{
    if (*value / 2 < least)
        return false;
    *value /= 2;
    return true;
}

uint32_t layout_fit(struct segment_map *map, uint32_t ring_records, uint64_t budget)
{
    struct sizes sizes = {CORE_THREADS, ring_records, CORE_FRAMES, CORE_TASKS};
    while (place(map, &sizes) > budget)
        if (!halve(&sizes.ring_records, LEAST_RING_RECORDS) && !halve(&sizes.tasks, LEAST_TASKS) &&
            !halve(&sizes.threads, LEAST_THREADS) && !halve(&sizes.frames, LEAST_FRAMES))
            return 0;
    return sizes.ring_records;
}

static uint64_t limit_of(int resource)
{
    struct rlimit64 limit = {0};
    long error = sys_call(SYS_prlimit64, 0, resource, 0, (long)&limit, 0, 0);
    return error < 0 || limit.rlim_cur == RLIM64_INFINITY ? UINT64_MAX : limit.rlim_cur;
}

uint64_t layout_budget(void)
{
    uint64_t file = limit_of(RLIMIT_FSIZE);
    uint64_t space = limit_of(RLIMIT_AS);
    if (space != UINT64_MAX)
        space /= ADDRESS_SPACE_SHARE;
    return file < space ? file : space;
}
