/* SPDX-License-Identifier: MIT */
/* Before the process gives up rights: do now what will not be possible later. */
#ifndef LSC_RIGHTS_H
#define LSC_RIGHTS_H

#include <stdbool.h>

/* An epoll descriptor was made here or in an ancestor: this process will loop. */
void rights_note_epoll(void);
/* A seccomp filter closes around the calling thread or the process. */
void rights_before_filter(void);
void rights_before_prctl(unsigned long option, unsigned long what, unsigned long argument);
/* From now on the kernel makes reading the counter a fault (SECCOMP_MODE_STRICT, PR_TSC_SIGSEGV):
 * nothing is observed any more. */
void rights_before_counter_fault(void);

#endif
