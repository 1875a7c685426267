/* SPDX-License-Identifier: MIT */
/* A loop that starts threads, which name themselves, run a loop for some milliseconds, and end. */
#include <poll.h>
#include <pthread.h>
#include <unistd.h>

#define THREADS 4

static int silent_pipe[2];

static void run_briefly(void)
{
    struct pollfd wanted = {.fd = silent_pipe[0], .events = POLLIN};
    for (int turn = 0; turn < 10; turn++)
        poll(&wanted, 1, 1);
}

static void *thread_main(void *unused)
{
    (void)unused;
    pthread_setname_np(pthread_self(), "short-lived");
    run_briefly();
    return NULL;
}

int main(void)
{
    pthread_t threads[THREADS];
    if (pipe(silent_pipe) != 0)
        return 1;
    run_briefly();
    for (int i = 0; i < THREADS; i++)
        if (pthread_create(&threads[i], NULL, thread_main, NULL) != 0)
            return 1;
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    return 0;
}
