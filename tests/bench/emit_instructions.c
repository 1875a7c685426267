/* SPDX-License-Identifier: MIT */
/* How many instructions an emitted poll costs, exactly: a child is single-stepped over unrolled
 * calls between two breakpoints. The argument set-up, the inline check, the call and the return
 * count; nothing else stands in the region. Fails when a limit is broken: the number depends on the
 * compiler alone. */
#include <errno.h>
#include <loopscope/probe.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#define LIMIT_ON 35.0
#define LIMIT_OFF 4.0

#if defined(__x86_64__)

#define BREAKPOINT() __asm__ volatile("int3" : : : "memory")
#define BREAKPOINT_BYTE 0xcc
#define SKIPPED 77

/* One region each: what the child runs between its breakpoints, in this order. */
enum region { REGION_ON, REGION_FOLDED, REGION_OFF, REGIONS };
enum { UNROLLED = 16, FOLDED_ROUNDS = 64, WARM_UP = 1550 };

#define SWITCH() lsc_poll_switch(one, LSC_POLL_RESULT_PENDING, other)
#define SWITCH4() SWITCH(), SWITCH(), SWITCH(), SWITCH()
#define SWITCH16() SWITCH4(), SWITCH4(), SWITCH4(), SWITCH4()

/* The loops must not fall on the end of a batch of records: they start right behind one.
 * Hot and apart, or gcc would compile it as code that runs once, for size. */
static __attribute__((noinline, hot)) void run_regions(lsc_task one, lsc_task other)
{
    lsc_poll_begin(one);
    for (int i = 0; i < WARM_UP; i++)
        SWITCH();
    BREAKPOINT();
    SWITCH16();
    BREAKPOINT();
    BREAKPOINT();
    for (int i = 0; i < FOLDED_ROUNDS; i++)
        SWITCH16();
    BREAKPOINT();
    lsc_probe_enable(false);
    BREAKPOINT();
    SWITCH16();
    BREAKPOINT();
}

static int child(void)
{
    const struct lsc_task_info info = {.kind = "bench"};
    lsc_task one = lsc_task_spawn(&info);
    lsc_task other = lsc_task_spawn(&info);
    if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0)
        return SKIPPED;
    run_regions(one, other);
    return 0;
}

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
    long rip = ptrace(PTRACE_PEEKUSER, pid, (void *)(16 * sizeof(long)), NULL);
    long word = ptrace(PTRACE_PEEKTEXT, pid, (void *)rip, NULL);
    return errno != 0 ? -1 : (int)(word & 0xff);
}

/* Steps from the opening breakpoint to the closing one; instructions between, or -1. */
static long count_region(pid_t pid)
{
    long count = 0;
    for (;;) {
        int byte = next_byte(pid);
        if (byte < 0)
            return -1;
        if (byte == BREAKPOINT_BYTE)
            return count;
        if (ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL) < 0 || !is_trap(wait_stop(pid)))
            return -1;
        count++;
    }
}

static int count_all(pid_t pid, long counts[REGIONS])
{
    for (int i = 0; i < REGIONS; i++) {
        /* To the opening breakpoint; the closing one is passed by the first of these. */
        int status = wait_stop(pid);
        if (WIFEXITED(status))
            return WEXITSTATUS(status);
        if (!is_trap(status))
            return 1;
        counts[i] = count_region(pid);
        if (counts[i] < 0 || ptrace(PTRACE_CONT, pid, NULL, NULL) < 0 || !is_trap(wait_stop(pid)) ||
            ptrace(PTRACE_CONT, pid, NULL, NULL) < 0)
            return 1;
    }
    return WIFEXITED(wait_stop(pid)) ? 0 : 1;
}

static int judge(const char *what, double per_event, double limit)
{
    printf("%-44s %6.2f (limit %.0f)\n", what, per_event, limit);
    return per_event <= limit ? 0 : 1;
}

int main(void)
{
    long counts[REGIONS] = {0};
    fflush(stdout);
    pid_t pid = fork();
    if (pid < 0)
        return 1;
    if (pid == 0)
        _exit(child());
    int error = count_all(pid, counts);
    if (error == SKIPPED)
        printf("skipped: ptrace is not allowed here\n");
    if (error != 0)
        return error;
    printf("instructions a poll, through the shared library:\n");
    int failed = judge("  recorded", (double)counts[REGION_ON] / UNROLLED, LIMIT_ON);
    failed |= judge("  switched off", (double)counts[REGION_OFF] / UNROLLED, LIMIT_OFF);
    double folded = (double)counts[REGION_FOLDED] / (UNROLLED * FOLDED_ROUNDS);
    printf("%-44s %6.2f\n", "  recorded, totals of tasks folded in batches", folded);
    return failed;
}
#else
int main(void)
{
    printf("skipped: only for x86-64\n");
    return 77;
}
#endif
