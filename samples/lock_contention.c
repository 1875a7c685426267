/* SPDX-License-Identifier: MIT */
/* Wrong: a background thread holds the statistics' mutex for 50 ms while it writes a summary, and
 * the handler locks the same mutex to count a request: the loop waits for the slow thread.
 *
 * loopscope must say: lock-stall, pthread_mutex_lock in count_request, this file, at the line
 * marked DEFECT. The healthy twin tries the lock and counts later when it is taken. */
#include "ticker.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#define TICKS 100
#define PERIOD_MS 10
#define HOLD_US 50000
#define PAUSE_US 70000

struct statistics {
    pthread_mutex_t lock;
    uint64_t requests;
    uint64_t pending; /* not yet counted; the loop's own */
    bool try_only;
    unsigned held;
    uint64_t held_ns;
};

/* Writes a summary every PAUSE_US, with the lock held all the while. */
static void *summary_thread(void *context)
{
    struct statistics *statistics = context;

    for (;;) {
        pthread_mutex_lock(&statistics->lock);
        usleep(HOLD_US);
        pthread_mutex_unlock(&statistics->lock);
        usleep(PAUSE_US);
    }
    return NULL;
}

__attribute__((noinline)) static void count_request(struct statistics *statistics)
{
    pthread_mutex_lock(&statistics->lock); /* DEFECT */
    statistics->requests++;
    pthread_mutex_unlock(&statistics->lock);
}

static void count_when_free(struct statistics *statistics)
{
    statistics->pending++;
    if (pthread_mutex_trylock(&statistics->lock) != 0)
        return;
    statistics->requests += statistics->pending;
    statistics->pending = 0;
    pthread_mutex_unlock(&statistics->lock);
}

static void on_tick(unsigned tick, void *context)
{
    struct statistics *statistics = context;
    uint64_t start = ticker_now_ns();

    (void)tick;
    if (statistics->try_only)
        count_when_free(statistics);
    else
        count_request(statistics);
    if (ticker_now_ns() - start < 1000 * 1000)
        return;
    statistics->held++;
    statistics->held_ns += ticker_now_ns() - start;
}

int main(int argc, char **argv)
{
    static struct statistics statistics = {.lock = PTHREAD_MUTEX_INITIALIZER};
    pthread_t thread;

    statistics.try_only = ticker_wants_healthy(argc, argv);
    if (pthread_create(&thread, NULL, summary_thread, &statistics) != 0)
        return EXIT_FAILURE;
    pthread_detach(thread);
    int status = ticker_run(TICKS, PERIOD_MS, on_tick, &statistics);
    ticker_say_held(statistics.held, statistics.held_ns);
    return status < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
