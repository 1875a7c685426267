/* SPDX-License-Identifier: MIT */
/* Beginning and end of a thread. */
#ifndef LSC_THREAD_H
#define LSC_THREAD_H

/* Once, in the constructor. */
void thread_init(void);
/* The calling thread has something to close when it ends. */
void thread_arm_exit(void);
/* Closes the turn or busy spell of the calling thread, because it or the process ends. */
void thread_close(void);

#endif
