/* SPDX-License-Identifier: MIT */
/* Stacks by signal. The watchdog asks, the stalled thread takes its own stack in the handler.
 *
 * The signal must never reach a thread inside a system call: it would show as EINTR, or cut a sleep
 * short. So the two sides agree first:
 *   watchdog: request = WANTED; membarrier; if the thread is in a call: take the request back;
 *             else WANTED -> SENDING by compare-and-swap, tgkill.
 *   thread, at the entry of every interposed call: is_in_call = 1; if there is a request,
 *             WANTED -> NONE by compare-and-swap, or, when SENDING, wait for the handler to run.
 * The membarrier orders the watchdog's store before its load for a thread that executes no barrier
 * at all, so either the watchdog sees is_in_call or the thread sees the request. */
#ifndef LSC_SAMPLE_H
#define LSC_SAMPLE_H

#include "loop.h"

/* Watchdog: prepares the handler and the barrier. False: no stacks by signal in this process. */
bool sample_install(int signal);

/* Watchdog: the handler is still ours. */
bool sample_is_installed(void);

/* Watchdog: asks the thread of `loop`, seen running turn `turn`, for its stack. True when a signal
 * was sent. */
bool sample_ask(struct loop *loop, uint64_t turn);

/* Thread: resolves a pending request before it enters the kernel. Slow path of call_enter. */
void sample_settle(struct loop *loop);

#endif
