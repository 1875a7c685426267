/* SPDX-License-Identifier: MIT */
/* `stuck read|spin`: runs a loop for a while, says so, and then never comes back from a handler. */
#include "samples/ticker.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int silent_pipe[2];

__attribute__((noinline)) static void read_for_ever(void)
{
    char byte;

    while (read(silent_pipe[0], &byte, 1) != 1) /* DEFECT */
        continue;
}

__attribute__((noinline)) static void spin_for_ever(void)
{
    for (volatile unsigned i = 0;; i++)
        continue;
}

static void on_tick(unsigned tick, void *context)
{
    const char *how = context;

    if (tick < 30)
        return;
    printf("stuck\n");
    fflush(stdout);
    if (strcmp(how, "read") == 0)
        read_for_ever();
    spin_for_ever();
}

int main(int argc, char **argv)
{
    if (argc < 2 || pipe(silent_pipe) < 0)
        return EXIT_FAILURE;
    return ticker_run(40, 5, on_tick, argv[1]) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
