/* SPDX-License-Identifier: MIT */
/* The tables of tasks and resources, as the emit functions use them. Any thread; async-signal-safe;
 * handles that are 0, unknown or of another generation do nothing. */
#ifndef LSC_TASK_H
#define LSC_TASK_H

#include "state.h"

/* The handle for the next use of `slot` whose last handle was `last` (0: never used). */
uint32_t handle_next(uint32_t last, uint32_t slot);

/* What is known of a task at its spawn, interned. */
struct task_facts {
    uint32_t kind, name, site, stack, parent;
};
/* 0 when the table is full, which is counted. */
uint32_t task_new(const struct task_facts *facts, uint64_t now);
/* False: it had ended before. */
bool task_finish(uint32_t handle);
void task_awaits(uint32_t handle, uint32_t resource, uint32_t site, uint64_t now);

void task_stranded(uint32_t handle, uint64_t now);
void task_unstrand(struct lsc_task *task);
/* `awaited`: the arg2 of a POLL with LSC_POLL_AWAITS. */
static inline void task_stands_at(struct lsc_task *task, uint64_t awaited)
{
    atomic_store_explicit(&task->awaits, LSC_AWAIT_RESOURCE(awaited), memory_order_relaxed);
    atomic_store_explicit(&task->await_site, LSC_AWAIT_SITE(awaited), memory_order_relaxed);
}

/* `kind` and `name` are string ids. */
uint32_t resource_new(uint32_t kind, uint32_t name, uint32_t site, uint64_t capacity, uint64_t now);
void resource_finish(uint32_t handle);
/* Stores the depth and returns the capacity; 0 when unknown. */
uint64_t resource_depth(uint32_t handle, uint64_t depth, uint64_t operations);
void resource_dropped(uint32_t handle, uint64_t count);
/* Who holds it now (0 nobody), and how many wait for it. */
void resource_held(uint32_t handle, uint32_t task);
void resource_waiters(uint32_t handle, uint32_t waiters);

#endif
