/* SPDX-License-Identifier: MIT */
/* An epoll loop on one timerfd: see ticker.h. */
#include "ticker.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_MS 1000000u
#define NS_PER_S 1000000000u

static int timer_open(unsigned period_ms)
{
    struct timespec period = {.tv_sec = period_ms / 1000,
                              .tv_nsec = (long)(period_ms % 1000) * (long)NS_PER_MS};
    struct itimerspec spec = {.it_interval = period, .it_value = period};
    int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);

    if (fd >= 0 && timerfd_settime(fd, 0, &spec, NULL) < 0) {
        close(fd);
        return -1;
    }
    return fd;
}

/* Waits for the next tick. 0, or a negative errno. */
static int tick_wait(int epoll_fd)
{
    struct epoll_event event;
    uint64_t expirations;

    while (epoll_wait(epoll_fd, &event, 1, -1) < 0)
        if (errno != EINTR)
            return -errno;
    if (read(event.data.fd, &expirations, sizeof expirations) < 0 && errno != EAGAIN)
        return -errno;
    return 0;
}

int ticker_run(unsigned ticks, unsigned period_ms, ticker_handler *handler, void *context)
{
    int epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    int timer_fd = timer_open(period_ms);
    struct epoll_event interest = {.events = EPOLLIN, .data.fd = timer_fd};
    int status = 0;

    if (epoll_fd < 0 || timer_fd < 0 || epoll_ctl(epoll_fd, EPOLL_CTL_ADD, timer_fd, &interest) < 0)
        status = -errno;
    for (unsigned tick = 0; status == 0 && tick < ticks; tick++) {
        status = tick_wait(epoll_fd);
        if (status == 0)
            handler(tick, context);
    }
    if (timer_fd >= 0)
        close(timer_fd);
    if (epoll_fd >= 0)
        close(epoll_fd);
    return status;
}

uint64_t ticker_now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

void ticker_say_held(unsigned times, uint64_t held_ns)
{
    printf("held %u times %.1f ms\n", times, (double)held_ns / NS_PER_MS);
}

bool ticker_wants_healthy(int argc, char **argv)
{
    return argc > 1 && strcmp(argv[1], "healthy") == 0;
}
