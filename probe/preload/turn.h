/* SPDX-License-Identifier: MIT */
/* Turns: from the return of a loop's wait to the entry of its next one. Called by the loop's own
 * thread only; wait-free except for the records of a stalled turn. */
#ifndef LSC_TURN_H
#define LSC_TURN_H

#include "loop.h"

/* What the wait before a turn told. */
struct turn_start {
    uint64_t now;
    uint64_t lateness; /* ticks after its timeout, when it timed out */
    uint32_t ready;
    uint16_t flags; /* LSC_TURN_* */
    bool is_after_empty;
};

/* Opens a turn and the thread's gate, unless recording is switched off for now. */
void turn_begin(struct loop *loop, const struct turn_start *start);

/* Closes the open turn, if any, as of `now`: writes CALLS and TURN, shuts the gate. */
void turn_end(struct loop *loop, uint64_t now, uint16_t flags);

/* Forgets the open turn without a record: it was no turn at all. */
void turn_drop(struct loop *loop);

/* A blocking call of this turn took `ticks`, less than the threshold. */
void turn_count_call(struct loop *loop, uint32_t call, uint64_t ticks, int fd, uintptr_t caller);

/* Adds to a total of the thread that only this thread writes. */
static inline void total_add(_Atomic uint64_t *total, uint64_t n)
{
    uint64_t value = atomic_load_explicit(total, memory_order_relaxed);
    atomic_store_explicit(total, value + n, memory_order_relaxed);
}

#endif
