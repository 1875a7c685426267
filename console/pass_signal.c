/* SPDX-License-Identifier: MIT */
/* Which signals sent to loopscope are passed on to the program it runs. The terminal and the shell
 * address the whole process group, in which the program is too; it must not get such a signal
 * twice: a second interrupt means "at once" to many programs. */
#include "pass_signal.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

void pass_signal_set(sigset_t *set)
{
    static const int never[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGABRT, SIGSYS};
    sigfillset(set);
    for (size_t i = 0; i < sizeof never / sizeof never[0]; i++)
        sigdelset(set, never[i]);
}

/* Whether the process is stopped by job control, as field 3 of its stat file says. */
static bool is_stopped(pid_t pid)
{
    char path[64], text[512];
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    FILE *file = fopen(path, "re");
    if (!file)
        return false;
    size_t length = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[length] = '\0';
    const char *state = strrchr(text, ')');
    return state && state[1] == ' ' && state[2] == 'T';
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
