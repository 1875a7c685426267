/* SPDX-License-Identifier: MIT */
/* The table of tasks: a slot is found for each, named by a handle with a generation, and goes to
 * the back of a queue when its task ends, so that short-lived tasks stay readable for a while. */
#include "task.h"

/* Slots that wait at the end of the queue before a used one is taken again. */
#define QUARANTINE 1024

static uint32_t capacity(void)
{
    return segment_map.parts[LSC_PART_TASKS].capacity;
}

/* A generation is never 0, so a handle never is. */
uint32_t handle_next(uint32_t last, uint32_t slot)
{
    uint32_t generation = last == 0 ? core_first_generation : LSC_HANDLE_GENERATION(last) + 1;
    if (generation >= 1u << (32 - LSC_HANDLE_SLOT_BITS))
        generation = 1;
    return generation << LSC_HANDLE_SLOT_BITS | slot;
}

static int64_t take_slot(void)
{
    struct slot_queue *queue = &core_private->free_tasks;
    uint32_t slot;
    if (slot_queue_count(queue) > QUARANTINE &&
        slot_queue_pop(queue, core_private->free_task_cells, capacity(), &slot))
        return slot;
    int64_t fresh = part_append(LSC_PART_TASKS, &core_header()->task_count);
    if (fresh < 0 && slot_queue_pop(queue, core_private->free_task_cells, capacity(), &slot))
        return slot;
    return fresh;
}

static void fill(struct lsc_task *task, const struct task_facts *facts, uint64_t now)
{
    task->id = atomic_fetch_add_explicit(&core_private->tasks_spawned, 1, memory_order_relaxed) + 1;
    task->kind = facts->kind;
    task->name = facts->name;
    task->site = facts->site;
    task->stack = facts->stack;
    task->parent = facts->parent;
    task->spawned = now;
    atomic_store_explicit(&task->state, LSC_TASK_IDLE, memory_order_relaxed);
    atomic_store_explicit(&task->awaits, 0, memory_order_relaxed);
    atomic_store_explicit(&task->await_site, 0, memory_order_relaxed);
    atomic_store_explicit(&task->owner, 0, memory_order_relaxed);
    _Atomic uint64_t *const totals[] = {&task->polls,     &task->busy_ticks, &task->worst_ticks,
                                        &task->wakes,     &task->self_wakes, &task->last_wake,
                                        &task->last_poll, &task->last_begin, &task->await_since};
    for (size_t i = 0; i < sizeof totals / sizeof totals[0]; i++)
        atomic_store_explicit(totals[i], 0, memory_order_relaxed);
}

uint32_t task_new(const struct task_facts *facts, uint64_t now)
{
    int64_t slot = take_slot();
    if (slot < 0) {
        count_lost(&core_header()->lost.tasks);
        return 0;
    }
    struct lsc_task *task = part_at(LSC_PART_TASKS, (uint64_t)slot);
    uint32_t last = atomic_load_explicit(&task->handle, memory_order_relaxed);
    /* Readers take an entry only if its handle is the same before and after they copied it. */
    atomic_store_explicit(&task->handle, 0, memory_order_relaxed);
    lsc__release_fence();
    fill(task, facts, now);
    uint32_t handle = handle_next(last, (uint32_t)slot);
    atomic_store_explicit(&task->handle, handle, memory_order_release);
    return handle;
}

struct lsc_task *task_find(uint32_t handle)
{
    uint32_t slot = LSC_HANDLE_SLOT(handle);
    if (handle == 0 || slot >= capacity() || !part_is_reserved(LSC_PART_TASKS, (uint64_t)slot + 1))
        return NULL;
    struct lsc_task *task = part_at(LSC_PART_TASKS, slot);
    return atomic_load_explicit(&task->handle, memory_order_acquire) == handle ? task : NULL;
}

bool task_finish(uint32_t handle)
{
    struct lsc_task *task = task_find(handle);
    if (task == NULL || atomic_exchange_explicit(&task->state, LSC_TASK_ENDED,
                                                 memory_order_acq_rel) == LSC_TASK_ENDED)
        return false;
    slot_queue_push(&core_private->free_tasks, core_private->free_task_cells, capacity(),
                    LSC_HANDLE_SLOT(handle));
    return true;
}

void task_stranded(uint32_t handle, uint64_t now)
{
    struct lsc_task *task = task_find(handle);
    if (task == NULL)
        return;
    atomic_store_explicit(&task->await_since, now, memory_order_relaxed);
    uint32_t state = atomic_load_explicit(&task->state, memory_order_relaxed);
    while ((state == LSC_TASK_IDLE || state == LSC_TASK_READY) &&
           !atomic_compare_exchange_weak_explicit(&task->state, &state, LSC_TASK_STRANDED,
                                                  memory_order_relaxed, memory_order_relaxed))
        ;
}

void task_unstrand(struct lsc_task *task)
{
    uint32_t stranded = LSC_TASK_STRANDED;
    atomic_compare_exchange_strong_explicit(&task->state, &stranded, LSC_TASK_IDLE,
                                            memory_order_relaxed, memory_order_relaxed);
}

void task_awaits(uint32_t handle, uint32_t resource, uint32_t site, uint64_t now)
{
    struct lsc_task *task = task_find(handle);
    if (task == NULL)
        return;
    if (atomic_load_explicit(&task->state, memory_order_relaxed) == LSC_TASK_STRANDED)
        task_unstrand(task);
    task_stands_at(task, (uint64_t)site << 32 | resource);
    atomic_store_explicit(&task->await_since, now, memory_order_relaxed);
}
