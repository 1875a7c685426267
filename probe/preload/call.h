/* SPDX-License-Identifier: MIT */
/* A blocking call inside a turn, as the interposers see it:
 *
 *     if (!self_is_timed()) return real.read(fd, to, n);
 *     struct call call;
 *     call_begin(&call, LSC_CALL_read, frame);
 *     ssize_t result = real.read(fd, to, n);
 *     call_end(&call, LSC_CALL_read, fd, caller);
 *
 * Nothing needs undoing when the call does not return (longjmp, cancellation): the next wait of the
 * loop puts everything right. */
#ifndef LSC_CALL_H
#define LSC_CALL_H

#include "loop.h"
#include "process.h"
#include "sample.h"
#include "self.h"
#include "turn.h"

/* LSC_CALL_NONBLOCKING if `fd` is in that mode. Keeps errno. */
uint16_t call_mode(int fd);

struct call {
    struct loop *loop; /* NULL: not timed after all */
    uint64_t begin;
};

/* A call that took at least the threshold: the CALL record, with stack and kind of descriptor. */
void call_report(struct loop *loop, uint32_t id, int fd, uintptr_t caller, uint64_t now,
                 uint64_t ticks);

/* Enters the kernel, so to speak: no sampling signal from here to call_leave. */
static inline void call_enter(struct loop *loop)
{
    atomic_store_explicit(&loop->is_in_call, 1, memory_order_relaxed);
    /* Pairs with the watchdog's membarrier between its request and its look at is_in_call. */
    atomic_signal_fence(memory_order_seq_cst);
    if (__builtin_expect(atomic_load_explicit(&loop->request, memory_order_relaxed) != SAMPLE_NONE,
                         0))
        sample_settle(loop);
}

static inline void call_leave(struct loop *loop)
{
    atomic_signal_fence(memory_order_seq_cst);
    atomic_store_explicit(&loop->is_in_call, 0, memory_order_relaxed);
}

static inline void call_begin(struct call *call, uint32_t id, uintptr_t frame)
{
    struct loop *loop = self.loop;
    self.gate = GATE_SHUT;
    if (__builtin_expect(!loop || !loop->shared, 0)) {
        /* A child that no fork handler told of: this memory was wiped for it. */
        call->loop = NULL;
        process_forget_parent();
        return;
    }
    call->loop = loop;
    loop->call_frame = frame;
    call_enter(loop);
    call->begin = lsc__now();
    atomic_store_explicit(&loop->shared->call, id, memory_order_relaxed);
    atomic_store_explicit(&loop->shared->call_since, call->begin, memory_order_release);
}

static inline void call_end(const struct call *call, uint32_t id, int fd, uintptr_t caller)
{
    struct loop *loop = call->loop;
    if (__builtin_expect(!loop || !loop->shared, 0))
        return;
    uint64_t now = lsc__now();
    uint64_t ticks = now - call->begin;
    atomic_store_explicit(&loop->shared->call_since, 0, memory_order_relaxed);
    if (__builtin_expect(ticks >= process.block_ticks, 0))
        call_report(loop, id, fd, caller, now, ticks);
    else
        turn_count_call(loop, id, ticks, fd, caller);
    call_leave(loop);
    self.gate = GATE_TIMED;
}

/* Where an interposer stands: its caller's address and its frame, which only it can tell. */
#define CALL_HERE ((uintptr_t)__builtin_return_address(0))
#define CALL_FRAME ((uintptr_t)__builtin_frame_address(0))

#endif
