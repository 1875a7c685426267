/* SPDX-License-Identifier: MIT */
/* Leaves by _exit() in the middle of a turn that has blocked: no destructor and no atexit runs. */
#include "samples/ticker.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void leave(void)
{
    usleep(60000); /* DEFECT */
    _exit(5);
}

static void on_tick(unsigned tick, void *context)
{
    (void)context;
    if (tick == 19)
        leave();
}

int main(void)
{
    printf("leaving\n");
    fflush(stdout);
    ticker_run(20, 5, on_tick, NULL);
    return EXIT_FAILURE;
}
