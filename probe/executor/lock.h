/* SPDX-License-Identifier: MIT */
/* A lock of four bytes for the few instructions that lists need: a futex with three states
 * (Drepper, "Futexes are tricky", 2011, mutex 2). Not for signal handlers, not recursive. */
#ifndef LSC_EXECUTOR_LOCK_H
#define LSC_EXECUTOR_LOCK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct lock {
    _Atomic uint32_t
        state; /* 0 free, 1 held, 2 held and somebody sleeps; all zero is a free lock */
};

void lock_wait(struct lock *lock);
void lock_release_sleeper(struct lock *lock);

static inline bool lock_try(struct lock *lock)
{
    uint32_t expected = 0;
    return atomic_compare_exchange_strong_explicit(&lock->state, &expected, 1, memory_order_acquire,
                                                   memory_order_relaxed);
}

static inline void lock_take(struct lock *lock)
{
    if (__builtin_expect(!lock_try(lock), 0))
        lock_wait(lock);
}

static inline void lock_drop(struct lock *lock)
{
    if (__builtin_expect(atomic_exchange_explicit(&lock->state, 0, memory_order_release) == 2, 0))
        lock_release_sleeper(lock);
}

#endif
