/* SPDX-License-Identifier: MIT */
/* Counting instructions by ptrace. */
#include "step_count.h"

#if defined(__x86_64__)
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/ptrace.h>
#include <sys/reg.h>
#include <sys/wait.h>
#include <unistd.h>

#define BREAKPOINT_BYTE 0xcc

static int wait_stop(pid_t pid)
{
    int status;
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return -1;
    return status;
}

static bool is_trap(int status)
{
    return WIFSTOPPED(status) && WSTOPSIG(status) == SIGTRAP;
}

static int next_byte(pid_t pid)
{
    errno = 0;
    long rip = ptrace(PTRACE_PEEKUSER, pid, (void *)(RIP * sizeof(long)), NULL);
    long word = ptrace(PTRACE_PEEKTEXT, pid, (void *)rip, NULL);
    return errno != 0 ? -1 : (int)(word & 0xff);
}

/* Steps from the opening breakpoint to the closing one; instructions between, or -1. */
static long count_region(pid_t pid)
{
    for (long count = 0;; count++) {
        int byte = next_byte(pid);
        if (byte < 0)
            return -1;
        if (byte == BREAKPOINT_BYTE)
            return count;
        if (ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL) < 0 || !is_trap(wait_stop(pid)))
            return -1;
    }
}

static int count_all(pid_t pid, long *counts, int regions)
{
    for (int i = 0; i < regions; i++) {
        /* To the opening breakpoint; the closing one is passed by the first of these. */
        int status = wait_stop(pid);
        if (WIFEXITED(status))
            return WEXITSTATUS(status) != 0 ? WEXITSTATUS(status) : 1;
        if (!is_trap(status))
            return 1;
        counts[i] = count_region(pid);
        if (counts[i] < 0 || ptrace(PTRACE_CONT, pid, NULL, NULL) < 0 || !is_trap(wait_stop(pid)) ||
            ptrace(PTRACE_CONT, pid, NULL, NULL) < 0)
            return 1;
    }
    return WIFEXITED(wait_stop(pid)) ? 0 : 1;
}

int step_count(void (*run)(void), long *counts, int regions)
{
    pid_t pid = fork();
    if (pid < 0)
        return 1;
    if (pid > 0)
        return count_all(pid, counts, regions);
    if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0)
        _exit(STEP_SKIPPED);
    run();
    _exit(0);
}
#endif
