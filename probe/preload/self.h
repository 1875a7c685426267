/* SPDX-License-Identifier: MIT */
/* What the preload library knows about the calling thread: small, plain thread-local data with the
 * initial-exec model, so that an interposer with nothing to do costs one load and one branch. */
#ifndef LSC_SELF_H
#define LSC_SELF_H

#include <stdbool.h>
#include <stdint.h>

struct loop;

/* The gate, one byte: what interposers on this thread do.
 * GATE_SHUT   forward; outside a turn, inside another interposed call, in the sampling handler.
 * GATE_TIMED  a turn is open: time blocking calls.
 * GATE_VFORK  added for every vfork child that borrows this thread's memory: forward, touch nothing
 *             (also known to vfork_*.S). */
#define GATE_SHUT 0
#define GATE_TIMED 1
#define GATE_VFORK 2

struct self {
    uint8_t gate;  /* at offset 0 for vfork_*.S */
    bool is_ended; /* the thread's destructor has run: record nothing more */
    bool is_ours;  /* the watchdog itself */
    bool is_main;
    bool is_early;     /* began before there was a segment */
    bool is_unwinding; /* inside libunwind, which must not open descriptors (unwind.c) */
    uint8_t site_uses; /* waits of poll and select at `site` in a row */
    uint8_t kin_looks; /* how often it was asked whether it shares a reactor (kin.h) */
    int site_fd;
    struct loop *loop; /* set when the thread is a loop */
    uintptr_t site;    /* call site of the latest poll or select, until the thread is a loop */

    /* Pool workers (pool.c). Counter ticks; 0 busy_since = not known. */
    uintptr_t start_routine;
    uintptr_t idle_object;
    uintptr_t other_object;
    uint32_t idle_waits;
    uint32_t other_waits;
    uint64_t busy_since;
};

extern _Thread_local struct self self
    __attribute__((visibility("hidden"), tls_model("initial-exec")));

static inline bool self_is_timed(void)
{
    return __builtin_expect(self.gate == GATE_TIMED, 0);
}

static inline bool self_is_vforked(void)
{
    return __builtin_expect(self.gate >= GATE_VFORK, 0);
}

#endif
