/* SPDX-License-Identifier: MIT */
/* The workers' rings and the global queue. */
#include "queue.h"

#include <stddef.h>

#include "task.h"

void chain_add(struct task_chain *chain, struct task *task)
{
    task->next = NULL;
    if (chain->last)
        chain->last->next = task;
    else
        chain->first = task;
    chain->last = task;
    chain->count++;
}

static struct task *slot(const struct task_ring *ring, uint32_t index)
{
    return atomic_load_explicit(&ring->slots[index % RING_TASKS], memory_order_relaxed);
}

/* Makes room by giving half away. False: thieves made room meanwhile. */
static bool give_half(struct task_ring *ring, uint32_t head, struct task_chain *overflow)
{
    struct task *half[RING_TASKS / 2];
    for (uint32_t i = 0; i < RING_TASKS / 2; i++)
        half[i] = slot(ring, head + i);
    if (!atomic_compare_exchange_strong_explicit(&ring->head, &head, head + RING_TASKS / 2,
                                                 memory_order_acq_rel, memory_order_relaxed))
        return false;
    for (uint32_t i = 0; i < RING_TASKS / 2; i++)
        chain_add(overflow, half[i]);
    return true;
}

void ring_push(struct task_ring *ring, struct task *task, struct task_chain *overflow)
{
    uint32_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);
    /* Acquire: a thief has read a slot before it is written again; pairs with the thief's swap. */
    uint32_t head = atomic_load_explicit(&ring->head, memory_order_acquire);
    if (tail - head == RING_TASKS && give_half(ring, head, overflow)) {
        chain_add(overflow, task);
        return;
    }
    atomic_store_explicit(&ring->slots[tail % RING_TASKS], task, memory_order_relaxed);
    atomic_store_explicit(&ring->tail, tail + 1, memory_order_release); /* with the thief's load */
}

struct task *ring_take(struct task_ring *ring)
{
    uint32_t head = atomic_load_explicit(&ring->head, memory_order_relaxed);
    uint32_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);
    if (ring->is_private && head != tail) {
        atomic_store_explicit(&ring->head, head + 1, memory_order_relaxed);
        return slot(ring, head);
    }
    while (head != tail) {
        struct task *task = slot(ring, head);
        if (atomic_compare_exchange_weak_explicit(&ring->head, &head, head + 1,
                                                  memory_order_acq_rel, memory_order_relaxed))
            return task;
    }
    return NULL;
}

struct task *ring_steal(struct task_ring *from, struct task_ring *to, uint32_t *moved)
{
    uint32_t tail_to = atomic_load_explicit(&to->tail, memory_order_relaxed);
    uint32_t head = atomic_load_explicit(&from->head, memory_order_acquire);
    for (;;) {
        uint32_t tail = atomic_load_explicit(&from->tail, memory_order_acquire);
        uint32_t count = (tail - head) - (tail - head) / 2;
        if (count == 0)
            return NULL;
        if (count > RING_TASKS / 2) { /* head and tail were not read at one time */
            head = atomic_load_explicit(&from->head, memory_order_acquire);
            continue;
        }
        struct task *first = slot(from, head);
        for (uint32_t i = 1; i < count; i++)
            atomic_store_explicit(&to->slots[(tail_to + i - 1) % RING_TASKS], slot(from, head + i),
                                  memory_order_relaxed);
        /* Release: the slots were read before the owner may fill them again. */
        if (!atomic_compare_exchange_strong_explicit(&from->head, &head, head + count,
                                                     memory_order_acq_rel, memory_order_acquire))
            continue;
        atomic_store_explicit(&to->tail, tail_to + count - 1, memory_order_release);
        *moved = count;
        return first;
    }
}

bool ring_is_empty(const struct task_ring *ring)
{
    return atomic_load_explicit(&ring->head, memory_order_seq_cst) ==
           atomic_load_explicit(&ring->tail, memory_order_seq_cst);
}

void global_push(struct global_queue *queue, struct task *task)
{
    struct task *newest = atomic_load_explicit(&queue->incoming, memory_order_relaxed);
    do
        task->next = newest;
    while (!atomic_compare_exchange_weak_explicit(&queue->incoming, &newest, task,
                                                  memory_order_seq_cst, memory_order_relaxed));
    atomic_fetch_add_explicit(&queue->pushed, 1, memory_order_relaxed);
}

static void append(struct global_queue *queue, struct task *first, struct task *last,
                   uint64_t count)
{
    if (queue->chain.last)
        queue->chain.last->next = first;
    else
        queue->chain.first = first;
    queue->chain.last = last;
    queue->chain.count += count;
    atomic_store_explicit(&queue->count, queue->chain.count, memory_order_seq_cst);
}

/* What came in, oldest first, to the end of the chain. With the lock. */
static void collect(struct global_queue *queue)
{
    struct task *newest = atomic_exchange_explicit(&queue->incoming, NULL, memory_order_seq_cst);
    struct task *first = NULL, *last = newest;
    uint64_t count = 0;
    while (newest) {
        struct task *older = newest->next;
        newest->next = first;
        first = newest;
        newest = older;
        count++;
    }
    if (count > 0)
        append(queue, first, last, count);
}

void global_push_chain(struct global_queue *queue, struct task_chain *chain)
{
    lock_take(&queue->lock);
    collect(queue);
    append(queue, chain->first, chain->last, chain->count);
    lock_drop(&queue->lock);
    atomic_fetch_add_explicit(&queue->pushed, chain->count, memory_order_relaxed);
}

struct task_chain global_take(struct global_queue *queue, uint64_t most)
{
    struct task_chain taken = {NULL, NULL, 0};
    lock_take(&queue->lock);
    collect(queue);
    struct task *task = queue->chain.first;
    while (task && taken.count < most) {
        struct task *next = task->next;
        chain_add(&taken, task);
        task = next;
    }
    queue->chain.first = task;
    if (!task)
        queue->chain.last = NULL;
    queue->chain.count -= taken.count;
    atomic_store_explicit(&queue->count, queue->chain.count, memory_order_seq_cst);
    lock_drop(&queue->lock);
    return taken;
}

bool global_is_empty(struct global_queue *queue)
{
    return atomic_load_explicit(&queue->incoming, memory_order_seq_cst) == NULL &&
           atomic_load_explicit(&queue->count, memory_order_seq_cst) == 0;
}
