/* SPDX-License-Identifier: MIT */
/* Which signals sent to loopscope are passed on to the program it runs. */
#ifndef LSC_PASS_SIGNAL_H
#define LSC_PASS_SIGNAL_H

#include <signal.h>
#include <sys/signalfd.h>
#include <sys/types.h>

/* Every signal that loopscope holds back: all but those that cannot be and those that report a
 * fault. */
void pass_signal_set(sigset_t *set);

/* Passes one received signal on to `child`, unless the child has got it already. */
void pass_signal(pid_t child, const struct signalfd_siginfo *info);

#endif
