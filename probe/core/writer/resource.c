/* SPDX-License-Identifier: MIT */
/* The table of resources: queues, channels, pools, locks. As the table of tasks, in small. */
#include <string.h>

#include "task.h"

#define QUARANTINE 64

static uint32_t slots(void)
{
    return segment_map.parts[LSC_PART_RESOURCES].capacity;
}

static int64_t take_slot(void)
{
    struct slot_queue *queue = &core_private->free_resources;
    uint32_t slot;
    if (slot_queue_count(queue) > QUARANTINE &&
        slot_queue_pop(queue, core_private->free_resource_cells, slots(), &slot))
        return slot;
    int64_t fresh = part_append(LSC_PART_RESOURCES, &core_header()->resource_count);
    if (fresh < 0 && slot_queue_pop(queue, core_private->free_resource_cells, slots(), &slot))
        return slot;
    return fresh;
}

uint32_t resource_new(uint32_t kind, uint32_t name, uint32_t site, uint64_t capacity, uint64_t now)
{
    int64_t slot = take_slot();
    if (slot < 0) {
        count_lost(&core_header()->lost.resources);
        return 0;
    }
    struct lsc_resource *r = part_at(LSC_PART_RESOURCES, (uint64_t)slot);
    uint32_t last = core_private->resource_handles[slot];
    atomic_store_explicit(&r->handle, 0, memory_order_relaxed);
    lsc__release_fence(); /* as in task_new */
    memset((void *)r, 0, sizeof *r);
    r->kind = kind;
    r->name = name;
    r->site = site;
    r->created = now;
    atomic_store_explicit(&r->capacity, capacity, memory_order_relaxed);
    uint32_t handle = handle_next(last, (uint32_t)slot);
    core_private->resource_handles[slot] = handle;
    atomic_store_explicit(&r->handle, handle, memory_order_release);
    return handle;
}

struct lsc_resource *resource_find(uint32_t handle)
{
    uint32_t slot = LSC_HANDLE_SLOT(handle);
    if (handle == 0 || slot >= slots() || !part_is_reserved(LSC_PART_RESOURCES, (uint64_t)slot + 1))
        return NULL;
    struct lsc_resource *r = part_at(LSC_PART_RESOURCES, slot);
    return atomic_load_explicit(&r->handle, memory_order_acquire) == handle ? r : NULL;
}

void resource_finish(uint32_t handle)
{
    struct lsc_resource *r = resource_find(handle);
    uint32_t expected = handle;
    if (r != NULL && atomic_compare_exchange_strong_explicit(
                         &r->handle, &expected, 0, memory_order_acq_rel, memory_order_relaxed))
        slot_queue_push(&core_private->free_resources, core_private->free_resource_cells, slots(),
                        LSC_HANDLE_SLOT(handle));
}

uint64_t resource_depth(uint32_t handle, uint64_t depth, uint64_t operations)
{
    struct lsc_resource *r = resource_find(handle);
    if (r == NULL)
        return 0;
    atomic_store_explicit(&r->depth, depth, memory_order_relaxed);
    if (atomic_load_explicit(&r->depth_max, memory_order_relaxed) < depth)
        atomic_store_explicit(&r->depth_max, depth, memory_order_relaxed);
    add_relaxed(&r->operations, operations);
    return atomic_load_explicit(&r->capacity, memory_order_relaxed);
}

void resource_dropped(uint32_t handle, uint64_t count)
{
    struct lsc_resource *r = resource_find(handle);
    if (r != NULL)
        add_relaxed(&r->dropped, count);
}

void resource_held(uint32_t handle, uint32_t task)
{
    struct lsc_resource *r = resource_find(handle);
    if (r == NULL)
        return;
    atomic_store_explicit(&r->holder, task, memory_order_relaxed);
    if (task != 0)
        add_relaxed(&r->operations, 1);
}

void resource_waiters(uint32_t handle, uint32_t waiters)
{
    struct lsc_resource *r = resource_find(handle);
    if (r != NULL)
        atomic_store_explicit(&r->waiters, waiters, memory_order_relaxed);
}
