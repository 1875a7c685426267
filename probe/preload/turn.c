/* SPDX-License-Identifier: MIT */
/* Opening and closing turns, and the blocking calls counted inside them. */
#include "turn.h"

#include <sys/resource.h>
#include <time.h>

#include "call.h"
#include "process.h"
#include "self.h"
#include "unwind.h"

/* Nanoseconds of CPU time and page faults of this thread, for the end of a turn that was seen
 * stalled: the watchdog may be too late to see how it ended. */
static void record_own_usage(struct loop *loop, uint64_t now)
{
    if (process_is_sandboxed())
        return;
    struct timespec cpu;
    struct rusage usage;
    if (clock_gettime(CLOCK_THREAD_CPUTIME_ID, &cpu) == 0)
        lsc__ring_put(loop->writer, now, LSC_RECORD_USAGE, 0, loop->writer->slot,
                      (uint64_t)cpu.tv_sec * 1000000000u + (uint64_t)cpu.tv_nsec, UINT64_MAX);
    if (getrusage(RUSAGE_THREAD, &usage) == 0)
        lsc__ring_put(loop->writer, now, LSC_RECORD_FAULTS, 0, loop->writer->slot,
                      (uint64_t)usage.ru_majflt, UINT64_MAX);
}

static void flush_call(struct loop *loop, uint32_t call, uint64_t now)
{
    struct loop_call *c = &loop->calls[call];
    total_add(&loop->shared->calls[call].count, c->count);
    total_add(&loop->shared->calls[call].ticks, c->ticks);
    if (c->ticks >= process.block_ticks)
        lsc__ring_put(loop->writer, now, LSC_RECORD_CALLS, c->flags, c->stack, c->ticks,
                      (uint64_t)call | (uint64_t)c->count << 16);
    *c = (struct loop_call){0};
}

static void flush_calls(struct loop *loop, uint64_t now)
{
    for (uint32_t word = 0; word < LOOP_CALL_WORDS; word++) {
        uint64_t bits = loop->touched[word];
        loop->touched[word] = 0;
        for (; bits; bits &= bits - 1)
            flush_call(loop, word * 64 + (uint32_t)__builtin_ctzll(bits), now);
    }
}

void turn_begin(struct loop *loop, const struct turn_start *start)
{
    struct lsc_thread *shared = loop->shared;
    if (atomic_load_explicit(&shared->recording, memory_order_relaxed) != 1)
        return;
    loop->is_open = true;
    loop->turn_begin = start->now;
    loop->lateness = start->lateness;
    loop->ready = start->ready;
    loop->flags = start->flags;
    loop->is_after_empty = start->is_after_empty;
    loop->has_calls = false;
    total_add(&shared->turn_number, 1);
    total_add(&shared->ready_events, start->ready);
    atomic_store_explicit(&shared->turn_since, start->now, memory_order_release);
    self.gate = GATE_TIMED;
}

/* Closes the thread's view of the turn: what the watchdog and the readers look at. */
static void shut(struct loop *loop)
{
    loop->is_open = false;
    self.gate = GATE_SHUT;
    atomic_store_explicit(&loop->shared->turn_since, 0, memory_order_relaxed);
    atomic_store_explicit(&loop->shared->stall_stack, 0, memory_order_relaxed);
}

/* A short gap after a zero-timeout wait that found nothing: the two waits around it are one, as
 * Node makes them with UV_METRICS_IDLE_TIME; and a spinning loop does not fill its ring with
 * nothing. */
static bool is_mere_gap(const struct loop *loop, uint64_t ticks)
{
    return loop->is_after_empty && !loop->has_calls && ticks < process.merge_ticks;
}

void turn_end(struct loop *loop, uint64_t now, uint16_t flags)
{
    if (!loop->is_open)
        return;
    struct lsc_thread *shared = loop->shared;
    uint64_t ticks = now - loop->turn_begin;
    if (is_mere_gap(loop, ticks)) {
        turn_drop(loop);
        total_add(&shared->idle_ticks, ticks);
        return;
    }
    uint64_t number = atomic_load_explicit(&shared->turn_number, memory_order_relaxed);
    flags |= loop->flags;
    shut(loop);
    if (__builtin_expect(atomic_load_explicit(&loop->stalled_turn, memory_order_relaxed) == number,
                         0)) {
        flags |= LSC_TURN_STALLED;
        record_own_usage(loop, now);
    }
    if (loop->has_calls)
        flush_calls(loop, now);
    lsc__ring_put(loop->writer, now, LSC_RECORD_TURN, flags, loop->ready, ticks, loop->lateness);
    total_add(&shared->turns, 1);
    total_add(&shared->busy_ticks, ticks);
}

void turn_drop(struct loop *loop)
{
    shut(loop);
    for (uint32_t word = 0; word < LOOP_CALL_WORDS; word++)
        loop->touched[word] = 0;
    if (loop->has_calls)
        __builtin_memset(loop->calls, 0, sizeof(loop->calls));
    loop->has_calls = false;
}

void turn_count_call(struct loop *loop, uint32_t call, uint64_t ticks, int fd, uintptr_t caller)
{
    struct loop_call *c = &loop->calls[call];
    c->ticks += ticks;
    c->count++;
    loop->touched[call / 64] |= 1ull << (call % 64);
    loop->has_calls = true;
    if (__builtin_expect(c->ticks >= process.block_ticks, 0) && c->stack == 0) {
        c->stack = unwind_intern_caller(loop, caller);
        c->flags = call_mode(fd);
    }
}
