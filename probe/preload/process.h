/* SPDX-License-Identifier: MIT */
/* What the preload library knows about the process: whether it may observe at all, and the
 * thresholds in ticks. Set up by the constructor and by the first loop. */
#ifndef LSC_PROCESS_H
#define LSC_PROCESS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct process {
    _Atomic bool is_off;       /* observe nothing: LOOPSCOPE=off, no segment to be had, exit */
    _Atomic bool is_sandboxed; /* a seccomp filter is on: make no system call of our own */
    _Atomic int pid;
    _Atomic uint32_t threads_started;
    /* Thresholds in ticks, set before the first loop exists. */
    uint64_t block_ticks;
    uint64_t merge_ticks;   /* a zero-timeout wait and the wait right after it are one */
    uint64_t at_once_ticks; /* a wait this short did not sleep */
    uint64_t spell_ticks;   /* shortest busy spell of a pool worker worth a record */
};

extern struct process process __attribute__((visibility("hidden")));

static inline bool process_is_off(void)
{
    return atomic_load_explicit(&process.is_off, memory_order_relaxed);
}

static inline bool process_is_sandboxed(void)
{
    return atomic_load_explicit(&process.is_sandboxed, memory_order_relaxed);
}

/* Makes the segment and starts the watchdog if that was not done; false when nothing can be
 * observed. Slow; not in a signal handler; keeps errno. */
bool process_observe(void);

/* The segment and its thresholds without the watchdog, for processes about to give up rights. */
bool process_make_segment(void);

/* In a forked child (also one made by _Fork or clone): forget everything of the parent. */
void process_forget_parent(void);

/* At the end of the process: closes what the calling thread has open and ends the segment. With
 * `may_lock` it also notes modules loaded of late, which takes the loader's lock. */
void process_end(bool may_lock);

#endif
