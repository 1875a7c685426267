/* SPDX-License-Identifier: MIT */
/* How many instructions a child executes between two breakpoints, exactly: it is single-stepped.
 * The number depends on the compiler alone. x86-64 only. */
#ifndef LSC_BENCH_STEP_COUNT_H
#define LSC_BENCH_STEP_COUNT_H

#define STEP_SKIPPED 77

#if defined(__x86_64__)

/* Opens and closes a region. */
#define STEP_BREAKPOINT() __asm__ volatile("int3" : : : "memory")

/* Forks a child that runs `run`, which passes `regions` regions, and counts the instructions of
 * each. 0; STEP_SKIPPED when the system does not allow it; else the child failed. */
int step_count(void (*run)(void), long *counts, int regions);

#endif
#endif
