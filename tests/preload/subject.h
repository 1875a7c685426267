/* SPDX-License-Identifier: MIT */
/* What the subjects share: a loop on an eventfd that never becomes ready, a clock, and a way to say
 * what went wrong. */
#ifndef LSC_TEST_SUBJECT_H
#define LSC_TEST_SUBJECT_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#define EXPECT(claim)                                                                              \
    do {                                                                                           \
        if (!(claim)) {                                                                            \
            dprintf(1, "%s:%d: not so: %s (errno %d)\n", __FILE__, __LINE__, #claim, errno);       \
            _exit(9);                                                                              \
        }                                                                                          \
    } while (0)

static inline double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static inline void spin(double s)
{
    double end = seconds() + s;
    while (seconds() < end) {
    }
}

/* An epoll descriptor with nothing to report. */
static inline int quiet_epoll(void)
{
    int epfd = epoll_create1(EPOLL_CLOEXEC);
    EXPECT(epfd >= 0);
    return epfd;
}

static inline int wait_ms(int epfd, int ms)
{
    struct epoll_event event;
    return epoll_wait(epfd, &event, 1, ms);
}

/* One entry of a subject's table: its argument and what it does; the result is the exit status. */
struct subject_case {
    const char *name;
    int (*run)(void);
};

#define SUBJECT_UNKNOWN 8 /* there is no such case */

static inline int run_case(const struct subject_case *cases, int argc, char **argv)
{
    for (; argc == 2 && cases->name; cases++)
        if (strcmp(cases->name, argv[1]) == 0)
            return cases->run();
    return SUBJECT_UNKNOWN;
}

#endif
