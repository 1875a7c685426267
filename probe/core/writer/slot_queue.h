/* SPDX-License-Identifier: MIT */
/* A bounded queue of free table slots: first in, first out, so that an ended task's entry stays
 * readable for a while before its slot is used again. Lock-free in effect: an operation that meets
 * a peer interrupted half-way gives up instead of waiting. Any thread, also in signal handlers.
 * After Vyukov's bounded MPMC queue, with sequence numbers relative to the cell so that zeroed
 * memory is an empty queue. */
#ifndef LSC_SLOT_QUEUE_H
#define LSC_SLOT_QUEUE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* The cells lie beside it: each holds a sequence number (high half) and a slot (low half). */
struct slot_queue {
    _Atomic uint32_t head __attribute__((aligned(64)));
    _Atomic uint32_t tail __attribute__((aligned(64)));
};

/* `capacity` is a power of two. False: full, or a peer is in the way. */
bool slot_queue_push(struct slot_queue *queue, _Atomic uint64_t *cells, uint32_t capacity,
                     uint32_t slot);
/* False: empty, or a peer is in the way. */
bool slot_queue_pop(struct slot_queue *queue, _Atomic uint64_t *cells, uint32_t capacity,
                    uint32_t *slot);
uint32_t slot_queue_count(const struct slot_queue *queue);

#endif
