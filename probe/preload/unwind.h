/* SPDX-License-Identifier: MIT */
/* Stacks of the calling thread with libunwind, which is loaded when needed and kept out of the
 * global scope: it exports a backtrace() that must not replace the program's. */
#ifndef LSC_UNWIND_H
#define LSC_UNWIND_H

#include "loop.h"

/* Loads the unwinder; idempotent, any thread, not in a signal handler. False: no stacks. */
bool unwind_load(void);

/* The unwinder's first run on a thread allocates and takes 100 microseconds and more: make it at a
 * harmless moment, the wait of the loop whose caller is `caller`, and learn its home (home.h). */
void unwind_warm(struct loop *loop, uintptr_t caller);

/* The stack of the calling thread from the frame with return address (or interrupted address)
 * `anchor` outwards, interned: a stack id. Without an unwinder the anchor alone; 0 when full.
 * Async-signal-safe on a warm thread. */
uint32_t unwind_intern(struct loop *loop, uintptr_t anchor);

/* The same for interposers: leaves errno alone. */
uint32_t unwind_intern_caller(struct loop *loop, uintptr_t caller);

/* The same on any thread, `loop` NULL when it is none: from calls that the program makes in its
 * ordinary course, never in a signal handler, since the unwinder may have to be loaded first. */
uint32_t unwind_intern_place(struct loop *loop, uintptr_t caller);

/* The stack of the calling thread, this library's own frames included, innermost first; how many.
 * 0 without an unwinder. In the ordinary course of the program, not in a signal handler. */
int unwind_here(void *frames[LOOP_STACK_ROOM]);

/* Stands in for the write to a pipe by which libunwind asks whether an address can be read. */
long unwind_probe_address(const void *address);

#endif
