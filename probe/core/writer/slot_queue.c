/* SPDX-License-Identifier: MIT */
/* A bounded queue of free table slots, see slot_queue.h. */
#include "slot_queue.h"

/* A cell's sequence number as Vyukov counts it: cell i starts at i. */
static uint32_t sequence(uint64_t cell, uint32_t index)
{
    return (uint32_t)(cell >> 32) + index;
}

static uint64_t pack(uint32_t number, uint32_t index, uint32_t slot)
{
    return (uint64_t)(uint32_t)(number - index) << 32 | slot;
}

bool slot_queue_push(struct slot_queue *queue, _Atomic uint64_t *cells, uint32_t capacity,
                     uint32_t slot)
{
    uint32_t at = atomic_load_explicit(&queue->tail, memory_order_relaxed);
    for (;;) {
        uint32_t index = at & (capacity - 1);
        uint64_t cell = atomic_load_explicit(&cells[index], memory_order_acquire);
        int32_t ahead = (int32_t)(sequence(cell, index) - at);
        if (ahead < 0)
            return false;
        if (ahead > 0) {
            at = atomic_load_explicit(&queue->tail, memory_order_relaxed);
            continue;
        }
        if (atomic_compare_exchange_weak_explicit(&queue->tail, &at, at + 1, memory_order_relaxed,
                                                  memory_order_relaxed)) {
            atomic_store_explicit(&cells[index], pack(at + 1, index, slot), memory_order_release);
            return true;
        }
    }
}

bool slot_queue_pop(struct slot_queue *queue, _Atomic uint64_t *cells, uint32_t capacity,
                    uint32_t *slot)
{
    uint32_t at = atomic_load_explicit(&queue->head, memory_order_relaxed);
    for (;;) {
        uint32_t index = at & (capacity - 1);
        uint64_t cell = atomic_load_explicit(&cells[index], memory_order_acquire);
        int32_t ahead = (int32_t)(sequence(cell, index) - (at + 1));
        if (ahead < 0)
            return false;
        if (ahead > 0) {
            at = atomic_load_explicit(&queue->head, memory_order_relaxed);
            continue;
        }
        if (atomic_compare_exchange_weak_explicit(&queue->head, &at, at + 1, memory_order_relaxed,
                                                  memory_order_relaxed)) {
            *slot = (uint32_t)cell;
            atomic_store_explicit(&cells[index], pack(at + capacity, index, 0),
                                  memory_order_release);
            return true;
        }
    }
}

uint32_t slot_queue_count(const struct slot_queue *queue)
{
    uint32_t head = atomic_load_explicit(&queue->head, memory_order_relaxed);
    uint32_t tail = atomic_load_explicit(&queue->tail, memory_order_relaxed);
    return tail - head > UINT32_MAX / 2 ? 0 : tail - head;
}
