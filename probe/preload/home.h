/* SPDX-License-Identifier: MIT */
/* The loop's home: the stack its waits are made from. A call whose stack shares nothing with it but
 * the start of the thread was made outside the function that loops: before the loop waits again
 * that is ordinary (some programs wait and dispatch in two functions), but when it never waits
 * again the program is shutting down, and nobody was kept waiting. */
#ifndef LSC_HOME_H
#define LSC_HOME_H

#include "loop.h"

/* Finds the code that threads start in. Once, in the constructor. */
void home_init(void);

/* Notes the stack of a wait, innermost frame first. */
void home_learn(struct loop *loop, void *const *frames, int depth);

/* Whether the stack taken last (loop->stack, loop->stack_depth) is away from home. False when it
 * cannot be told. Async-signal-safe. */
bool home_is_away(const struct loop *loop);

/* Whether a stack (innermost first) has more than half of the loop's home in common with it, beyond
 * the start of the thread: its thread runs the same loop. Another thread's home may be read: at
 * worst, while it is being learned, the answer is no. */
bool home_is_shared(const struct loop *loop, void *const *frames, int depth);

#endif
