/* SPDX-License-Identifier: MIT */
/* The writer's side of the ring: the hot path of the whole system, inline in its callers.
 *
 * Protocol (a sequence lock without the lock; cf. the overwrite mode of LTTng's ring and Boehm,
 * "Can seqlocks get along with programming language memory models?", 2012):
 *   writer of record i:  fence(release); relaxed stores of the 4 words of slot i mod N; store head
 * = i+1 (release) reader:              h1 = head (acquire); copy; fence(acquire); h2 = head
 * (relaxed); keeps only records with index > h2 - N (slot h2 mod N may be half written) The release
 * fence orders the store of head = i before the stores into slot i, so a reader that saw any word
 * of record i sees head >= i. On x86-64 both fences cost nothing. */
#ifndef LSC_RING_PUT_H
#define LSC_RING_PUT_H

#if defined(__has_feature)
#if __has_feature(thread_sanitizer) && !defined(__SANITIZE_THREAD__)
#define __SANITIZE_THREAD__ 1 /* as gcc says it */
#endif
#endif

/* ThreadSanitizer knows no fences; what it can see goes through the stores of head. */
static inline void lsc__release_fence(void)
{
#if defined(__SANITIZE_THREAD__)
    atomic_signal_fence(memory_order_seq_cst);
#else
    atomic_thread_fence(memory_order_release);
#endif
}

/* A writer is claimed by taking its `end` away: a signal handler's emit then falls into the slow
 * path without a check of its own. The claim comes before the cursor is read, so a handler that
 * runs before it has left a finished record and a cursor that is up to date; an `end` that it moved
 * is still memory of the ring, and the slow path puts it right. */
static inline bool lsc__is_emitting(const struct lsc_writer *w)
{
    return w->end == 0;
}

/* The slot for one record, which belongs to the caller until the commit; 0: the record is dropped,
 * and counted. *end is for the commit. */
static inline uintptr_t lsc__ring_claim(struct lsc_writer *w, uintptr_t *end)
{
    *end = w->end;
    w->end = 0;
    atomic_signal_fence(memory_order_seq_cst);
    uintptr_t at = w->cursor;
    if (__builtin_expect(at >= *end, 0))
        at = lsc__ring_slow(w, end);
    lsc__release_fence(); /* pairs with the reader's acquire fence */
    return at;
}

static inline void lsc__ring_commit(struct lsc_writer *w, struct lsc_thread *shared, uintptr_t at,
                                    uintptr_t end)
{
#if defined(__x86_64__) && !defined(__SANITIZE_THREAD__)
    /* One plain addition in memory: only this thread writes head, and x86 keeps stores in order. */
    __asm__ volatile("incq %0" : "+m"(shared->head) : : "memory", "cc");
#else
    uint64_t head = atomic_load_explicit(&shared->head, memory_order_relaxed);
    atomic_store_explicit(&shared->head, head + 1, memory_order_release);
#endif
    atomic_signal_fence(memory_order_seq_cst);
    w->cursor = at + sizeof(struct lsc_record);
    atomic_signal_fence(memory_order_seq_cst);
    w->end = end;
}

static inline void lsc__ring_put(struct lsc_writer *w, uint64_t time, uint16_t type, uint16_t flags,
                                 uint32_t task, uint64_t arg, uint64_t arg2)
{
    uintptr_t end;
    uintptr_t at = lsc__ring_claim(w, &end);
    if (__builtin_expect(at == 0, 0))
        return;
    _Atomic uint64_t *slot = (_Atomic uint64_t *)at;
    atomic_store_explicit(&slot[0], time, memory_order_relaxed);
    atomic_store_explicit(&slot[1], arg, memory_order_relaxed);
    atomic_store_explicit(&slot[2], arg2, memory_order_relaxed);
    atomic_store_explicit(&slot[3], (uint64_t)task | (uint64_t)type << 32 | (uint64_t)flags << 48,
                          memory_order_relaxed);
    lsc__ring_commit(w, w->shared, at, end);
}

#endif
