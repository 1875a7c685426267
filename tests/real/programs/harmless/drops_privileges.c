/* SPDX-License-Identifier: MIT */
/* A daemon started by root: gives up its groups and its user, then runs its loop and forks a
 * worker, which can no longer create anything where root could. */
#include "samples/ticker.h"

#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOBODY 65534

static void on_tick(unsigned tick, void *context)
{
    (void)tick;
    (void)context;
    usleep(2000);
}

static int become_nobody(void)
{
    if (geteuid() != 0)
        return 0;
    return setgroups(0, NULL) < 0 || setgid(NOBODY) < 0 || setuid(NOBODY) < 0 ? -1 : 0;
}

int main(void)
{
    int status = 0;

    if (ticker_run(10, 5, on_tick, NULL) < 0 || become_nobody() < 0)
        return EXIT_FAILURE;
    pid_t worker = fork();
    if (worker == 0)
        _exit(ticker_run(20, 5, on_tick, NULL) < 0 ? 1 : 7);
    if (ticker_run(20, 5, on_tick, NULL) < 0)
        return EXIT_FAILURE;
    waitpid(worker, &status, 0);
    printf("user %d, worker left with %d\n", (int)getuid(), WEXITSTATUS(status));
    return EXIT_SUCCESS;
}
