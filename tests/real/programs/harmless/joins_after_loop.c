/* SPDX-License-Identifier: MIT */
/* Its loop ends, and then it waits for a thread: nobody is kept waiting by that. */
#include "samples/ticker.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void *work(void *context)
{
    (void)context;
    usleep(500000);
    return NULL;
}

static void on_tick(unsigned tick, void *context)
{
    (void)tick;
    (void)context;
}

__attribute__((noinline)) static int serve(void)
{
    return ticker_run(40, 5, on_tick, NULL);
}

int main(void)
{
    pthread_t thread;

    if (pthread_create(&thread, NULL, work, NULL) != 0 || serve() < 0)
        return EXIT_FAILURE;
    pthread_join(thread, NULL);
    printf("joined\n");
    return EXIT_SUCCESS;
}
