/* SPDX-License-Identifier: MIT */
/* syscall(): how Rust waits for a futex and how libuv closes descriptors. Dispatches by number to
 * what the interposer of the same call would do. */
#include "real.h"

#include <limits.h>
#include <linux/futex.h>
#include <linux/seccomp.h>

#include "park.h"
#include "process.h"
#include "rights.h"
#include "unwind.h"
#include "wait.h"

/* Calls that are only timed: Y(system call, call of calls.h, descriptor). */
/* clang-format off */
#define LSC_TIMED_SYSCALLS(Y)                                                                      \
    Y(read, read, a[0])                                                                            \
    Y(write, write, a[0])                                                                          \
    Y(readv, readv, a[0])                                                                          \
    Y(writev, writev, a[0])                                                                        \
    Y(pread64, pread, a[0])                                                                        \
    Y(pwrite64, pwrite, a[0]) Y(preadv, preadv, a[0]) Y(pwritev, pwritev, a[0])                    \
        Y(preadv2, preadv, a[0]) Y(pwritev2, pwritev, a[0])                                        \
            Y(copy_file_range, copy_file_range, a[0]) Y(sendfile, sendfile, a[0])                  \
                Y(recvmmsg, recvmmsg, a[0]) Y(sendmmsg, sendmmsg, a[0]) Y(recvmsg, recvmsg, a[0])  \
                    Y(sendmsg, sendmsg, a[0]) Y(recvfrom, recvfrom, a[0]) Y(sendto, sendto, a[0])  \
                        Y(accept4, accept, a[0]) Y(connect, connect, a[0]) Y(fsync, fsync, a[0])   \
                            Y(fdatasync, fdatasync, a[0]) Y(flock, flock, a[0])                    \
                                Y(close, close, -1) Y(statx, stat, -1) Y(openat, open, -1)         \
                                    Y(renameat2, rename, -1) Y(getrandom, getrandom, -1)           \
                                        Y(nanosleep, nanosleep, -1)                                \
                                            Y(clock_nanosleep, clock_nanosleep, -1)                \
                                                Y(wait4, waitpid, -1) Y(waitid, waitid, -1)        \
                                                    Y(io_uring_enter, io_uring_enter, a[0])
/* clang-format on */

static uint32_t call_of(long number, const long a[6], int *fd)
{
    switch (number) {
#define CASE(system, id, descriptor)                                                               \
    case SYS_##system:                                                                             \
        *fd = (int)(descriptor);                                                                   \
        return LSC_CALL_##id;
        LSC_TIMED_SYSCALLS(CASE)
#undef CASE
    default:
        (void)a;
        return LSC_CALL_NONE;
    }
}

static long forward(long number, const long a[6])
{
    return real.syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

static long timed(long number, const long a[6], uintptr_t caller, uintptr_t frame)
{
    int fd = -1;
    struct call call;
    uint32_t id = call_of(number, a, &fd);
    if (id == LSC_CALL_NONE)
        return forward(number, a);
    call_begin(&call, id, frame);
    long result = forward(number, a);
    call_end(&call, id, fd, caller);
    return result;
}

static bool is_futex_wait(long operation)
{
    long command = operation & ~(long)(FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME);
    return command == FUTEX_WAIT || command == FUTEX_WAIT_BITSET || command == FUTEX_LOCK_PI ||
           command == FUTEX_WAIT_REQUEUE_PI;
}

static long futex(const long a[6], uintptr_t caller, uintptr_t frame)
{
    struct park park;
    if (!is_futex_wait(a[1]))
        return forward(SYS_futex, a);
    park_begin(&park, LSC_CALL_futex, (uintptr_t)a[0], frame);
    long result = forward(SYS_futex, a);
    park_end(&park, LSC_CALL_futex, caller);
    return result;
}

/* The kernel's timespec, or forever. */
static uint64_t timeout_at(long pointer)
{
    const struct timespec *t = (const struct timespec *)pointer;
    if (!t || t->tv_sec < 0 || (uint64_t)t->tv_sec > UINT64_MAX / 2000000000u)
        return WAIT_FOREVER;
    return (uint64_t)t->tv_sec * 1000000000u + (uint64_t)t->tv_nsec;
}

#if defined(SYS_epoll_wait) || defined(SYS_poll)
static uint64_t timeout_of_ms(long ms)
{
    return (int)ms < 0 ? WAIT_FOREVER : (uint64_t)(int)ms * 1000000u;
}
#endif

/* Describes the wait that `number` is; false: none. */
static bool describe_wait(long number, const long a[6], struct wait *w)
{
    w->kind = LOOP_EPOLL;
    w->id = LSC_CALL_epoll_wait;
    w->fd = (int)a[0];
    w->room = (int)a[2];
    switch (number) {
#ifdef SYS_epoll_wait
    case SYS_epoll_wait:
#endif
    case SYS_epoll_pwait:
        w->timeout_ns = (int)a[3] < 0 ? WAIT_FOREVER : (uint64_t)(int)a[3] * 1000000u;
        return true;
#ifdef SYS_epoll_pwait2
    case SYS_epoll_pwait2:
        w->timeout_ns = timeout_at(a[3]);
        return true;
#endif
#ifdef SYS_poll
    case SYS_poll:
        w->timeout_ns = timeout_of_ms(a[2]);
        break;
#endif
    case SYS_ppoll:
        w->timeout_ns = timeout_at(a[2]);
        break;
    default:
        return false;
    }
    w->kind = LOOP_SITE;
    w->id = LSC_CALL_poll;
    w->fd = a[1] > 0 && a[0] ? *(const volatile int *)a[0] & INT_MAX : -1;
    w->room = 0;
    return true;
}

/* Calls that matter outside a turn, too. True when `*result` is what to return. */
static bool special(long number, const long a[6], uintptr_t caller, uintptr_t frame, long *result)
{
    struct wait w = {.caller = caller, .frame = frame};
    if (__builtin_expect(self.is_unwinding, 0) && number == SYS_write) {
        *result = unwind_probe_address((const void *)a[1]);
        return true;
    }
    if (number == SYS_futex) {
        *result = futex(a, caller, frame);
        return true;
    }
    if (describe_wait(number, a, &w)) {
        wait_begin(&w);
        *result = forward(number, a);
        wait_end(&w, (int)*result);
        return true;
    }
    /* Strict mode takes no flags; libseccomp passes some to ask whether the call exists. */
    if (number == SYS_seccomp && a[0] == SECCOMP_SET_MODE_STRICT && a[1] == 0 && a[2] == 0)
        rights_before_counter_fault();
    else if (number == SYS_seccomp && a[0] == SECCOMP_SET_MODE_FILTER && a[2] != 0)
        rights_before_filter();
    else if (number == SYS_prctl)
        rights_before_prctl((unsigned long)a[0], (unsigned long)a[1], (unsigned long)a[2]);
    else if (number == SYS_exit_group)
        process_end(false);
    else if (number == SYS_epoll_create1)
        rights_note_epoll();
    return false;
}

LSC_EXPORT long syscall(long number, ...)
{
    va_list list;
    long a[6];
    long result;
    va_start(list, number);
    for (int i = 0; i < 6; i++)
        a[i] = va_arg(list, long);
    va_end(list);
    if (special(number, a, CALL_HERE, CALL_FRAME, &result))
        return result;
    if (self_is_timed())
        return timed(number, a, CALL_HERE, CALL_FRAME);
    return forward(number, a);
}
