/* SPDX-License-Identifier: MIT */
/* Emitting on behalf of a program that knows nothing of loopscope: what the preload library saw of
 * its handles, requests and queues. The caller has looked whether its thread records. */
#include "task.h"

uint32_t lsc__task_spawn(struct lsc_writer *w, const struct lsc__task_spec *spec, uint64_t now)
{
    struct task_facts facts = {
        .kind = spec->kind, .name = spec->name, .stack = spec->stack, .parent = spec->parent};
    uint32_t handle = task_new(&facts, now);
    if (handle != 0)
        lsc__ring_put(w, now, LSC_RECORD_SPAWN, 0, handle, spec->parent, 0);
    return handle;
}

void lsc__task_end(struct lsc_writer *w, uint32_t task, uint64_t now)
{
    if (task_finish(task))
        lsc__ring_put(w, now, LSC_RECORD_END, 0, task, 0, 0);
}

void lsc__task_finish(uint32_t task)
{
    task_finish(task);
}

void lsc__task_rename(uint32_t task, uint32_t name)
{
    struct lsc_task *entry = task_find(task);
    if (entry != NULL)
        __atomic_store_n(&entry->name, name, __ATOMIC_RELAXED);
}

void lsc__task_wake(struct lsc_writer *w, uint32_t task, uint32_t stack, uint64_t now)
{
    if (task == 0)
        return;
    uint32_t waker = atomic_load_explicit(&w->shared->current_task, memory_order_relaxed);
    lsc__ring_put(w, now, LSC_RECORD_WAKE, LSC_WAKE_STACK, task, waker, stack);
}

void lsc__task_count_wake(uint32_t task)
{
    struct lsc_task *entry = task_find(task);
    if (entry != NULL)
        add_relaxed(&entry->wakes, 1);
}

uint32_t lsc__resource_new(uint32_t kind, uint32_t name, uint64_t capacity, uint64_t now)
{
    return resource_new(kind, name, 0, capacity, now);
}

void lsc__resource_delete(uint32_t resource)
{
    resource_finish(resource);
}

void lsc__resource_depth(struct lsc_writer *w, uint32_t resource, uint64_t depth, uint64_t capacity,
                         uint64_t now)
{
    struct lsc_resource *entry = resource_find(resource);
    if (entry == NULL)
        return;
    if (capacity != 0)
        atomic_store_explicit(&entry->capacity, capacity, memory_order_relaxed);
    capacity = resource_depth(resource, depth, 1);
    lsc__ring_put(w, now, LSC_RECORD_DEPTH, 0, resource, depth, capacity);
}

void lsc__resource_filled(struct lsc_writer *w, uint32_t resource, uint64_t depth, uint32_t stack,
                          uint64_t now)
{
    if (stack == 0 || (uint64_t)stack >> (64 - LSC_DEPTH_CAPACITY_BITS) != 0) {
        lsc__resource_depth(w, resource, depth, 0, now);
        return;
    }
    if (resource_find(resource) == NULL)
        return;
    uint64_t capacity = resource_depth(resource, depth, 1);
    if (capacity > LSC_DEPTH_CAPACITY_MAX)
        capacity = LSC_DEPTH_CAPACITY_MAX;
    lsc__ring_put(w, now, LSC_RECORD_DEPTH, LSC_DEPTH_FILLED, resource, depth,
                  capacity | (uint64_t)stack << LSC_DEPTH_CAPACITY_BITS);
}

void lsc__resource_hold(uint32_t resource, uint32_t task)
{
    struct lsc_resource *entry = resource_find(resource);
    if (entry != NULL)
        atomic_store_explicit(&entry->holder, task, memory_order_relaxed);
}

void lsc__resource_drop(struct lsc_writer *w, uint32_t resource, uint64_t count, uint64_t now)
{
    if (resource_find(resource) == NULL)
        return;
    resource_dropped(resource, count);
    lsc__ring_put(w, now, LSC_RECORD_DROP, 0, resource, count, 0);
}
