/* SPDX-License-Identifier: MIT */
/* The reference record: what a recorder cannot do without, inline and with every check. A switch, a
 * nesting guard, room in the ring, the counter, 32 bytes, and the index released to readers. */
#ifndef LSC_BENCH_EMIT_REFERENCE_H
#define LSC_BENCH_EMIT_REFERENCE_H

#include <stdatomic.h>
#include <stdint.h>

struct reference_ring {
    _Atomic uint32_t is_on;
    uint32_t is_emitting;
    uint64_t head;
    uint64_t mask;
    uint64_t reserved_until;
    uint64_t nested;
    uint64_t *words;
    _Atomic uint64_t published;
};

static inline uint64_t reference_counter(void)
{
#if defined(__x86_64__)
    return __builtin_ia32_rdtsc();
#else
    uint64_t ticks;
    __asm__ volatile("mrs %0, cntvct_el0" : "=r"(ticks));
    return ticks;
#endif
}

static inline void reference_record(struct reference_ring *r, uint32_t task, uint64_t arg)
{
    if (atomic_load_explicit(&r->is_on, memory_order_relaxed) == 0)
        return;
    if (__builtin_expect(r->is_emitting != 0, 0)) {
        r->nested++;
        return;
    }
    r->is_emitting = 1;
    atomic_signal_fence(memory_order_seq_cst);
    uint64_t head = r->head;
    if (__builtin_expect(head >= r->reserved_until, 0)) {
        r->is_emitting = 0;
        return;
    }
    _Atomic uint64_t *slot = (_Atomic uint64_t *)(void *)&r->words[(head & r->mask) * 4];
    atomic_thread_fence(memory_order_release);
    atomic_store_explicit(&slot[0], reference_counter(), memory_order_relaxed);
    atomic_store_explicit(&slot[1], arg, memory_order_relaxed);
    atomic_store_explicit(&slot[2], 0, memory_order_relaxed);
    atomic_store_explicit(&slot[3], task, memory_order_relaxed);
    r->head = head + 1;
    atomic_store_explicit(&r->published, head + 1, memory_order_release);
    atomic_signal_fence(memory_order_seq_cst);
    r->is_emitting = 0;
}

#endif
