/* SPDX-License-Identifier: MIT */
/* The interposers of epoll, poll and select in all their forms. */
#include "real.h"

#include <limits.h>

#include "rights.h"
#include "self.h"
#include "wait.h"

static uint64_t ns_of_ms(int ms)
{
    return ms < 0 ? WAIT_FOREVER : (uint64_t)ms * 1000000u;
}

static uint64_t ns_of_timespec(const struct timespec *t)
{
    if (!t)
        return WAIT_FOREVER;
    if (t->tv_sec < 0 || t->tv_nsec < 0 || (uint64_t)t->tv_sec > UINT64_MAX / 2000000000u)
        return WAIT_FOREVER;
    return (uint64_t)t->tv_sec * 1000000000u + (uint64_t)t->tv_nsec;
}

static uint64_t ns_of_timeval(const struct timeval *t)
{
    if (!t)
        return WAIT_FOREVER;
    if (t->tv_sec < 0 || t->tv_usec < 0 || (uint64_t)t->tv_sec > UINT64_MAX / 2000000000u)
        return WAIT_FOREVER;
    return (uint64_t)t->tv_sec * 1000000000u + (uint64_t)t->tv_usec * 1000u;
}

/* The first descriptor waited for; the caller's array may be nonsense, which is for the kernel to
 * say. */
static int leading_of_poll(struct pollfd *fds, nfds_t n)
{
    if (n == 0 || n > INT_MAX || (uintptr_t)fds < 4096)
        return -1;
    __asm__("" : "+r"(fds)); /* glibc declares the array write-only; part of it is not */
    return fds->fd & INT_MAX;
}

/* Of select only the highest descriptor is told without reading the sets. */
static int leading_of_select(int n, const fd_set *r, const fd_set *w, const fd_set *x)
{
    return n > 0 && (r || w || x) ? n : -1;
}

/* One interposer: `wait` is the initializer of struct wait, the rest as in the table. */
#define WAIT_HOOK(name, params, args, ...)                                                         \
    LSC_EXPORT int name params                                                                     \
    {                                                                                              \
        struct wait w = {__VA_ARGS__, .caller = CALL_HERE, .frame = CALL_FRAME};                   \
        wait_begin(&w);                                                                            \
        int result = real.name args;                                                               \
        wait_end(&w, result);                                                                      \
        return result;                                                                             \
    }

WAIT_HOOK(epoll_wait, (int epfd, struct epoll_event *to, int n, int timeout),
          (epfd, to, n, timeout), .id = LSC_CALL_epoll_wait, .kind = LOOP_EPOLL, .fd = epfd,
          .timeout_ns = ns_of_ms(timeout), .room = n)
WAIT_HOOK(epoll_pwait, (int epfd, struct epoll_event *to, int n, int timeout, const sigset_t *mask),
          (epfd, to, n, timeout, mask), .id = LSC_CALL_epoll_wait, .kind = LOOP_EPOLL, .fd = epfd,
          .timeout_ns = ns_of_ms(timeout), .room = n)
WAIT_HOOK(epoll_pwait2,
          (int epfd, struct epoll_event *to, int n, const struct timespec *timeout,
           const sigset_t *mask),
          (epfd, to, n, timeout, mask), .id = LSC_CALL_epoll_wait, .kind = LOOP_EPOLL, .fd = epfd,
          .timeout_ns = ns_of_timespec(timeout), .room = n)
WAIT_HOOK(poll, (struct pollfd * fds, nfds_t n, int timeout), (fds, n, timeout),
          .id = LSC_CALL_poll, .kind = LOOP_SITE, .fd = leading_of_poll(fds, n),
          .timeout_ns = ns_of_ms(timeout))
WAIT_HOOK(__poll, (struct pollfd * fds, nfds_t n, int timeout), (fds, n, timeout),
          .id = LSC_CALL_poll, .kind = LOOP_SITE, .fd = leading_of_poll(fds, n),
          .timeout_ns = ns_of_ms(timeout))
WAIT_HOOK(__poll_chk, (struct pollfd * fds, nfds_t n, int timeout, size_t room),
          (fds, n, timeout, room), .id = LSC_CALL_poll, .kind = LOOP_SITE,
          .fd = leading_of_poll(fds, n), .timeout_ns = ns_of_ms(timeout))
WAIT_HOOK(ppoll,
          (struct pollfd * fds, nfds_t n, const struct timespec *timeout, const sigset_t *mask),
          (fds, n, timeout, mask), .id = LSC_CALL_poll, .kind = LOOP_SITE,
          .fd = leading_of_poll(fds, n), .timeout_ns = ns_of_timespec(timeout))
WAIT_HOOK(__ppoll_chk,
          (struct pollfd * fds, nfds_t n, const struct timespec *timeout, const sigset_t *mask,
           size_t room),
          (fds, n, timeout, mask, room), .id = LSC_CALL_poll, .kind = LOOP_SITE,
          .fd = leading_of_poll(fds, n), .timeout_ns = ns_of_timespec(timeout))
WAIT_HOOK(select, (int n, fd_set *r, fd_set *w_, fd_set *x, struct timeval *timeout),
          (n, r, w_, x, timeout), .id = LSC_CALL_select, .kind = LOOP_SITE,
          .fd = leading_of_select(n, r, w_, x), .timeout_ns = ns_of_timeval(timeout))
WAIT_HOOK(__select, (int n, fd_set *r, fd_set *w_, fd_set *x, struct timeval *timeout),
          (n, r, w_, x, timeout), .id = LSC_CALL_select, .kind = LOOP_SITE,
          .fd = leading_of_select(n, r, w_, x), .timeout_ns = ns_of_timeval(timeout))
WAIT_HOOK(pselect,
          (int n, fd_set *r, fd_set *w_, fd_set *x, const struct timespec *timeout,
           const sigset_t *mask),
          (n, r, w_, x, timeout, mask), .id = LSC_CALL_select, .kind = LOOP_SITE,
          .fd = leading_of_select(n, r, w_, x), .timeout_ns = ns_of_timespec(timeout))

/* A new descriptor may carry the number of one that others waited on. */
static int note_new(int epfd)
{
    if (epfd >= 0 && !self_is_vforked()) {
        loop_forget_descriptor(epfd);
        rights_note_epoll();
    }
    return epfd;
}

LSC_EXPORT int epoll_create(int size)
{
    return note_new(real.epoll_create(size));
}

LSC_EXPORT int epoll_create1(int flags)
{
    return note_new(real.epoll_create1(flags));
}
