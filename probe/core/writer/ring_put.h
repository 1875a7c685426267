/* SPDX-License-Identifier: MIT */
/* The writer's side of the ring: the hot path of the whole system, inline in its callers.
 *
 * Protocol (a sequence lock without the lock; cf. the overwrite mode of LTTng's ring and Boehm,
 * "Can seqlocks get along with programming language memory models?", 2012):
 *   writer of record i:  fence(release); relaxed stores of the 4 words of slot i mod N; store head = i+1 (release)
 *   reader:              h1 = head (acquire); copy; fence(acquire); h2 = head (relaxed);
 *                        keeps only records with index > h2 - N (slot h2 mod N may be half written)
 * The release fence orders the store of head = i before the stores into slot i, so a reader that saw any word
 * of record i sees head >= i. On x86-64 both fences cost nothing. */
#ifndef LSC_RING_PUT_H
#define LSC_RING_PUT_H

static inline void lsc__ring_put(struct lsc_writer *w, uint64_t time, uint16_t type, uint16_t flags,
                                 uint32_t task, uint64_t arg, uint64_t arg2)
{
    if (__builtin_expect(w->is_emitting != 0, 0)) {
        /* Only this thread's signal handlers get here, so the plain add is enough. */
        uint64_t n = atomic_load_explicit(&w->shared->dropped_nested, memory_order_relaxed);
        atomic_store_explicit(&w->shared->dropped_nested, n + 1, memory_order_relaxed);
        return;
    }
    w->is_emitting = 1;
    atomic_signal_fence(memory_order_seq_cst);
    uint64_t head = w->head;
    if (__builtin_expect(head >= w->reserved_until, 0) && !lsc__ring_grow(w)) {
        atomic_signal_fence(memory_order_seq_cst);
        w->is_emitting = 0;
        return;
    }
    _Atomic uint64_t *slot = (_Atomic uint64_t *)(void *)&w->ring[head & w->mask];
    atomic_thread_fence(memory_order_release); /* pairs with the reader's acquire fence */
    atomic_store_explicit(&slot[0], time, memory_order_relaxed);
    atomic_store_explicit(&slot[1], arg, memory_order_relaxed);
    atomic_store_explicit(&slot[2], arg2, memory_order_relaxed);
    atomic_store_explicit(&slot[3], (uint64_t)task | (uint64_t)type << 32 | (uint64_t)flags << 48,
                          memory_order_relaxed);
    w->head = head + 1;
    atomic_store_explicit(&w->shared->head, head + 1, memory_order_release);
    atomic_signal_fence(memory_order_seq_cst);
    w->is_emitting = 0;
}

#endif
