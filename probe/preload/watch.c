/* SPDX-License-Identifier: MIT */
/* One round over the loops: which are late, and why. */
#include "watch.h"

#include <string.h>
#include <time.h>

#include "loop.h"
#include "process.h"
#include "procfs.h"
#include "remote.h"
#include "sample.h"

/* After the first second of a stall its stack is taken five times a second. */
#define EVERY_TICK_NS 1000000000u
#define SLOW_SAMPLE_NS 200000000u

static struct {
    struct lsc_writer *writer;
    bool has_procfs;
    int signal; /* 0: take no stacks */
    bool is_installed;
    uint64_t half_ticks; /* of the stall threshold */
    uint64_t stall_ticks;
    uint64_t every_tick_ticks;
    uint64_t slow_sample_ticks;
} watch;

void watch_init(struct lsc_writer *writer, bool has_procfs, int signal)
{
    uint64_t stall_ns = lsc__config()->stall_ns;
    watch.writer = writer;
    watch.has_procfs = has_procfs;
    watch.signal = signal;
    watch.is_installed = false;
    watch.half_ticks = lsc__ticks_from_ns(stall_ns / 2);
    watch.stall_ticks = lsc__ticks_from_ns(stall_ns);
    watch.every_tick_ticks = lsc__ticks_from_ns(EVERY_TICK_NS);
    watch.slow_sample_ticks = lsc__ticks_from_ns(SLOW_SAMPLE_NS);
    if (signal == 0)
        atomic_fetch_or(&lsc__segment->limits, LSC_LIMIT_NO_SIGNAL);
}

static void put(uint16_t type, uint32_t task, uint64_t arg, uint64_t arg2)
{
    if (watch.writer)
        lsc__ring_put(watch.writer, lsc__now(), type, 0, task, arg, arg2);
}

/* The clock of another thread's CPU time, as the kernel encodes it. */
static uint64_t cpu_time_of(uint32_t tid)
{
    struct timespec t;
    clockid_t clock = (clockid_t)(~tid << 3 | 6);
    if (clock_gettime(clock, &t) != 0)
        return PROCFS_UNKNOWN;
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void record_usage(struct loop *loop, uint32_t tid, const struct procfs_stat *stat)
{
    uint32_t slot = loop->writer->slot;
    uint64_t cpu_ns = 0, wait_ns = PROCFS_UNKNOWN;
    if (!procfs_schedstat(tid, &cpu_ns, &wait_ns)) {
        atomic_fetch_or(&lsc__segment->limits, LSC_LIMIT_NO_SCHEDSTAT);
        wait_ns = PROCFS_UNKNOWN;
    }
    /* schedstat is as old as the thread's last scheduler tick; the clock is exact. */
    uint64_t exact = cpu_time_of(tid);
    put(LSC_RECORD_USAGE, slot, exact == PROCFS_UNKNOWN ? cpu_ns : exact, wait_ns);
    if (stat->state != '?')
        put(LSC_RECORD_FAULTS, slot, stat->major_faults, stat->block_delay_ns);
}

static void record_state(struct loop *loop, uint32_t tid, char state)
{
    char channel[64];
    size_t n = procfs_wait_channel(tid, channel, sizeof(channel));
    uint32_t name = n > 0 ? lsc__string_intern(channel, n) : 0;
    put(LSC_RECORD_STATE, loop->writer->slot, (unsigned char)state, name);
}

/* It sleeps: in what, and whose call it is. The stack of one call is walked once. */
static void look_into_call(struct loop *loop, uint32_t tid, char state)
{
    struct lsc_thread *shared = loop->shared;
    record_state(loop, tid, state);
    uint64_t call = atomic_load_explicit(&shared->call_since, memory_order_acquire);
    if (call == 0 || call == loop->watch.call)
        return;
    loop->watch.call = call;
    uint32_t stack = remote_intern(loop);
    if (stack != 0 && atomic_load_explicit(&shared->call_since, memory_order_acquire) == call)
        atomic_store_explicit(&shared->stall_stack, stack, memory_order_relaxed);
}

/* Without procfs the CPU clock tells whether the thread runs. */
static bool is_on_cpu(struct loop *loop, uint32_t tid, const struct procfs_stat *stat)
{
    if (stat->state != '?')
        return stat->state == 'R';
    uint64_t now = cpu_time_of(tid);
    uint64_t before = loop->watch.cpu_ns;
    loop->watch.cpu_ns = now;
    return now != PROCFS_UNKNOWN && before != 0 && now - before > 1000000u;
}

static bool can_signal(struct loop *loop, uint32_t tid)
{
    if (watch.signal == 0)
        return false;
    if (!watch.is_installed)
        watch.is_installed = sample_install(watch.signal);
    if (!watch.is_installed || !sample_is_installed()) {
        watch.signal = 0;
        atomic_fetch_or(&lsc__segment->limits, LSC_LIMIT_NO_SIGNAL);
        return false;
    }
    if (loop->watch.last_sample == 0)
        loop->watch.is_signal_blocked = watch.has_procfs && procfs_blocks(tid, watch.signal);
    return !loop->watch.is_signal_blocked;
}

static void look_into_stall(struct loop *loop, uint32_t tid, uint64_t age, uint64_t turn)
{
    struct procfs_stat stat;
    uint64_t now = lsc__now();
    bool is_due = age < watch.every_tick_ticks || loop->watch.last_sample == 0 ||
                  now - loop->watch.last_sample >= watch.slow_sample_ticks;
    loop->watch.is_stalled = true;
    atomic_store_explicit(&loop->stalled_turn, turn, memory_order_relaxed);
    if (!is_due)
        return;
    procfs_stat(tid, &stat);
    record_usage(loop, tid, &stat);
    bool is_in_call = atomic_load_explicit(&loop->is_in_call, memory_order_relaxed) != 0;
    if (!is_on_cpu(loop, tid, &stat))
        look_into_call(loop, tid, stat.state);
    else if (!is_in_call && can_signal(loop, tid))
        sample_ask(loop, turn);
    loop->watch.last_sample = now;
}

static void record_baseline(struct loop *loop, uint32_t tid)
{
    struct procfs_stat stat;
    procfs_stat(tid, &stat);
    record_usage(loop, tid, &stat);
    loop->watch.cpu_ns = cpu_time_of(tid);
    loop->watch.has_baseline = true;
}

static void begin_notes(struct loop *loop, uint32_t tid, uint64_t turn)
{
    if (loop->watch.is_stalled)
        record_baseline(loop, tid); /* how the stall that is over ended */
    loop->watch.turn = turn;
    loop->watch.last_sample = 0;
    loop->watch.has_baseline = false;
    loop->watch.is_stalled = false;
}

static void watch_loop(struct loop *loop, uint32_t tid)
{
    struct lsc_thread *shared = loop->shared;
    uint64_t turn = atomic_load_explicit(&shared->turn_number, memory_order_relaxed);
    uint64_t since = atomic_load_explicit(&shared->turn_since, memory_order_acquire);
    if (loop->watch.turn != turn || (since == 0 && loop->watch.is_stalled))
        begin_notes(loop, tid, turn);
    uint64_t now = lsc__now();
    if (since == 0 || since >= now)
        return;
    if (now - since >= watch.stall_ticks)
        look_into_stall(loop, tid, now - since, turn);
    else if (now - since >= watch.half_ticks && !loop->watch.has_baseline)
        record_baseline(loop, tid);
}

bool watch_loops(void)
{
    bool is_stalled = false;
    for (uint32_t i = 0; i < loop_limit(); i++) {
        struct loop *loop = loop_at(i);
        uint32_t tid = atomic_load_explicit(&loop->owner, memory_order_acquire);
        if (tid == 0 || tid == UINT32_MAX || !loop->shared)
            continue;
        watch_loop(loop, tid);
        is_stalled |= loop->watch.is_stalled;
    }
    return is_stalled;
}

void watch_names(void)
{
    const struct lsc_part *part = &lsc__segment->parts[LSC_PART_THREADS];
    uint32_t count = atomic_load_explicit(&lsc__segment->thread_count, memory_order_relaxed);
    for (uint32_t i = 0; i < count && i < part->capacity; i++) {
        struct lsc_thread *t = (struct lsc_thread *)(void *)((char *)lsc__segment + part->offset +
                                                             (uint64_t)i * part->stride);
        char name[16];
        if (atomic_load_explicit(&t->state, memory_order_acquire) == LSC_THREAD_LIVE &&
            procfs_name(t->tid, name))
            memcpy(t->name, name, sizeof(name));
    }
}
