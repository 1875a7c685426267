/* SPDX-License-Identifier: MIT */
/* A sandboxed daemon: a seccomp filter lets through only what its own loop needs. Anything else
 * fails with EPERM, or kills the process: `under_seccomp errno|kill before|after` (its first loop).
 */
#include "samples/ticker.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ALLOW(name)                                                                                \
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_##name, 0, 1),                                         \
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)

static int filter_install(unsigned otherwise)
{
    struct sock_filter rules[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        ALLOW(read),
        ALLOW(write),
        ALLOW(close),
#ifdef SYS_epoll_wait
        ALLOW(epoll_wait),
#endif
        ALLOW(epoll_pwait),
        ALLOW(epoll_create1),
        ALLOW(epoll_ctl),
        ALLOW(timerfd_create),
        ALLOW(timerfd_settime),
        ALLOW(clock_nanosleep),
        ALLOW(clock_gettime),
        ALLOW(newfstatat),
        ALLOW(brk),
        ALLOW(getrandom),
        ALLOW(lseek),
        ALLOW(ioctl),
        ALLOW(rt_sigreturn),
        ALLOW(exit),
        ALLOW(exit_group),
        BPF_STMT(BPF_RET | BPF_K, otherwise),
    };
    struct sock_fprog program = {.len = sizeof rules / sizeof rules[0], .filter = rules};

    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        return -1;
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

static void on_tick(unsigned tick, void *context)
{
    (void)context;
    usleep(tick == 10 ? 60000 : 2000);
}

int main(int argc, char **argv)
{
    bool is_deadly = argc > 1 && strcmp(argv[1], "kill") == 0;
    bool is_before = argc > 2 && strcmp(argv[2], "before") == 0;

    if (!is_before && ticker_run(20, 5, on_tick, NULL) < 0)
        return EXIT_FAILURE;
    if (filter_install(is_deadly ? SECCOMP_RET_KILL_PROCESS : SECCOMP_RET_ERRNO | 1) < 0)
        return EXIT_FAILURE;
    if (ticker_run(20, 5, on_tick, NULL) < 0)
        return EXIT_FAILURE;
    printf("still here\n");
    return EXIT_SUCCESS;
}
