/* SPDX-License-Identifier: MIT */
/* Which signals sent to loopscope are passed on to the program it runs. The terminal and the shell
 * address the whole process group, in which the program is too; it must not get such a signal
 * twice: a second interrupt means "at once" to many programs. */
#include "pass_signal.h"

#include <stdbool.h>
#include <stdint.h>

#include "process_stat.h"

void pass_signal_set(sigset_t *set)
{
    static const int never[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGABRT, SIGSYS};
    sigfillset(set);
    for (size_t i = 0; i < sizeof never / sizeof never[0]; i++)
        sigdelset(set, never[i]);
}

static bool is_stopped(pid_t pid)
{
    struct process_stat now;
    return process_stat_read((uint32_t)pid, &now) && now.state == 'T';
}

static bool has_got_it(pid_t child, const struct signalfd_siginfo *info)
{
    if (info->ssi_code == SI_KERNEL) /* the terminal: it addressed the group */
        return true;
    if ((pid_t)info->ssi_pid == child) /* the program signals its own group */
        return true;
    /* A shell's "fg" addresses the group. */
    return info->ssi_signo == SIGCONT && !is_stopped(child);
}

void pass_signal(pid_t child, const struct signalfd_siginfo *info)
{
    int number = (int)info->ssi_signo;
    if (number == SIGCHLD || number == SIGPIPE || has_got_it(child, info))
        return;
    if (info->ssi_code == SI_QUEUE)
        sigqueue(child, number, (union sigval){.sival_ptr = (void *)(uintptr_t)info->ssi_ptr});
    else
        kill(child, number);
}
