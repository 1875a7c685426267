/* SPDX-License-Identifier: MIT */
/* Workers of a reactor that several threads share, before they have waited on it themselves: one
 * of them holds the reactor, the others park, and one that always parked has yet to be known as a
 * loop. It is told from other threads with the same start, such as those of a pool for blocking
 * work, by its stack: most of it is that of a worker that did wait on the reactor. */
#ifndef LSC_KIN_H
#define LSC_KIN_H

#include <stdbool.h>

/* Asks at the end of a park of a thread that is no loop, a few times per thread, which costs an
 * unwinding each. True: the thread is a loop now, outside of a turn. */
bool kin_adopt(void);

#endif
