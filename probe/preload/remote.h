/* SPDX-License-Identifier: MIT */
/* The stack of a loop thread that sleeps in an interposed call, walked by the watchdog: no signal
 * reaches the sleeping thread, so its EINTR behaviour stays what it is. */
#ifndef LSC_REMOTE_H
#define LSC_REMOTE_H

#include "loop.h"

/* Finds the stepping functions of the libunwind that unwind_load has loaded. */
void remote_load(void *library);

/* The stack of `loop` from the caller of the interposed call outwards, interned: a stack id, 0 when
 * it is not in such a call (any more) or nothing can be told. The watchdog's thread only. */
uint32_t remote_intern(struct loop *loop);

/* Returns when the watchdog does not read this thread's stack any more (bounded wait): the memory
 * of the stack is about to go. */
void remote_settle(struct loop *loop);

#endif
