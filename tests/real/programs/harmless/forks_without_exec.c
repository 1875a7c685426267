/* SPDX-License-Identifier: MIT */
/* A prefork server's habit: forks children that never exec, each with a loop of its own; one child
 * is made in the middle of the parent's turn, and one child forks again. */
#include "samples/ticker.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define TICKS 20
#define PERIOD_MS 5

static pid_t late_child;

static void on_tick(unsigned tick, void *context)
{
    (void)tick;
    (void)context;
    usleep(2000);
}

/* A child's life: its loop, and what it leaves with. */
static _Noreturn void live(int status)
{
    if (ticker_run(TICKS, PERIOD_MS, on_tick, NULL) < 0)
        status = 99;
    _exit(status);
}

static void fork_in_turn(unsigned tick, void *context)
{
    (void)context;
    if (tick == TICKS / 2 && (late_child = fork()) == 0)
        live(4);
}

static int status_of(pid_t child)
{
    int status = 0;

    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static _Noreturn void live_and_fork(void)
{
    pid_t grandchild = fork();

    if (grandchild == 0)
        live(6);
    _exit(status_of(grandchild) == 6 ? 3 : 98);
}

int main(void)
{
    pid_t child = fork();

    if (child == 0)
        live_and_fork();
    if (ticker_run(TICKS, PERIOD_MS, fork_in_turn, NULL) < 0)
        return EXIT_FAILURE;
    printf("children left with %d", status_of(child));
    printf(" and %d\n", status_of(late_child));
    return EXIT_SUCCESS;
}
