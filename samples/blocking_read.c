/* SPDX-License-Identifier: MIT */
/* Wrong: every eighth tick the handler reads a price feed with a blocking read() from a pipe that
 * has data only some 60 ms later, and the loop stands still until then.
 *
 * loopscope must say: blocking-call, read in read_price, this file, at the line marked DEFECT.
 * The healthy twin makes the pipe non-blocking and takes what is there. */
#include "ticker.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define TICKS 80
#define PERIOD_MS 10
#define FEED_DELAY_US 60000

struct feed {
    int request[2]; /* the loop asks here… */
    int answer[2];  /* …and the feed answers here, late */
    unsigned held;
    uint64_t held_ns;
};

/* The other side of the feed: answers each request after FEED_DELAY_US. */
static void *feed_thread(void *context)
{
    struct feed *feed = context;
    char request;

    while (read(feed->request[0], &request, 1) == 1) {
        usleep(FEED_DELAY_US);
        if (write(feed->answer[1], "7", 1) != 1)
            break;
    }
    return NULL;
}

__attribute__((noinline)) static int read_price(const struct feed *feed)
{
    char price = '0';

    if (read(feed->answer[0], &price, 1) != 1) /* DEFECT */
        return -1;
    return price - '0';
}

static void on_tick(unsigned tick, void *context)
{
    struct feed *feed = context;
    uint64_t start = ticker_now_ns();

    if (tick % 8 != 7 || write(feed->request[1], "?", 1) != 1)
        return;
    if (read_price(feed) >= 0)
        feed->held++;
    feed->held_ns += ticker_now_ns() - start;
}

int main(int argc, char **argv)
{
    static struct feed feed; /* outlives main, for its thread */
    pthread_t thread;

    if (pipe2(feed.request, O_CLOEXEC) < 0 || pipe2(feed.answer, O_CLOEXEC) < 0)
        return EXIT_FAILURE;
    if (ticker_wants_healthy(argc, argv) && fcntl(feed.answer[0], F_SETFL, O_NONBLOCK) < 0)
        return EXIT_FAILURE;
    if (pthread_create(&thread, NULL, feed_thread, &feed) != 0)
        return EXIT_FAILURE;
    pthread_detach(thread);
    if (ticker_run(TICKS, PERIOD_MS, on_tick, &feed) < 0)
        return EXIT_FAILURE;
    ticker_say_held(feed.held, feed.held_ns);
    return EXIT_SUCCESS;
}
