/* SPDX-License-Identifier: MIT */
/* What `loopscope doctor` proves of the probe: one row for every hook. Shared by the helper
 * program, which makes the calls, and the command, which looks for them in the records. The helper
 * says what it is about to do by marks: a mark "read" before the turn in which it calls read, a
 * mark "untested:read:why" when it could not. */
#ifndef LSC_SELFTEST_ROWS_H
#define LSC_SELFTEST_ROWS_H

#include "calls.h"

#define SELFTEST_UNTESTED "untested:"
#define SELFTEST_DONE "done" /* the last mark */

/* Names under which a hooked call can also be reached: aliases of fortified programs, of large
 * files, and close relatives. To add one: X(symbol, call whose number it has), and its
 * try_<symbol>. */
/* clang-format off */
#define SELFTEST_ALIASES(X)                                                                        \
    X(__read_chk, read)                                                                            \
    X(syscall, read)                                                                               \
    X(pread64, pread)                                                                              \
    X(__pread_chk, pread)                                                                          \
    X(__pread64_chk, pread)                                                                        \
    X(pwrite64, pwrite)                                                                            \
    X(preadv64, preadv)                                                                            \
    X(preadv2, preadv)                                                                             \
    X(preadv64v2, preadv)                                                                          \
    X(pwritev64, pwritev)                                                                          \
    X(pwritev2, pwritev)                                                                           \
    X(pwritev64v2, pwritev)                                                                        \
    X(sendfile64, sendfile)                                                                        \
    X(tee, splice)                                                                                 \
    X(fread_unlocked, fread)                                                                       \
    X(__fread_chk, fread)                                                                          \
    X(__fread_unlocked_chk, fread)                                                                 \
    X(fwrite_unlocked, fwrite)                                                                     \
    X(fputs, fwrite)                                                                               \
    X(puts, fwrite)                                                                                \
    X(fgets_unlocked, fgets)                                                                       \
    X(__fgets_chk, fgets)                                                                          \
    X(__fgets_unlocked_chk, fgets)                                                                 \
    X(getdelim, getline)                                                                           \
    X(__getdelim, getline)                                                                         \
    X(fflush_unlocked, fflush)                                                                     \
    X(fopen64, fopen)                                                                              \
    X(__recv_chk, recv)                                                                            \
    X(__recvfrom_chk, recvfrom)                                                                    \
    X(accept4, accept)                                                                             \
    X(open64, open)                                                                                \
    X(openat, open)                                                                                \
    X(openat64, open)                                                                              \
    X(__open_2, open)                                                                              \
    X(__open64_2, open)                                                                            \
    X(__openat_2, open)                                                                            \
    X(__openat64_2, open)                                                                          \
    X(creat, open)                                                                                 \
    X(creat64, open)                                                                               \
    X(stat64, stat)                                                                                \
    X(lstat, stat)                                                                                 \
    X(lstat64, stat)                                                                               \
    X(fstatat, stat)                                                                               \
    X(fstatat64, stat)                                                                             \
    X(statx, stat)                                                                                 \
    X(__xstat, stat)                                                                               \
    X(__xstat64, stat)                                                                             \
    X(__lxstat, stat)                                                                              \
    X(__lxstat64, stat)                                                                            \
    X(statfs64, statfs)                                                                            \
    X(statvfs, statfs)                                                                             \
    X(statvfs64, statfs)                                                                           \
    X(renameat, rename)                                                                            \
    X(renameat2, rename)                                                                           \
    X(unlinkat, unlink)                                                                            \
    X(remove, unlink)                                                                              \
    X(mkdirat, mkdir)                                                                              \
    X(readdir64, readdir)                                                                          \
    X(truncate64, truncate)                                                                        \
    X(ftruncate, truncate)                                                                         \
    X(ftruncate64, truncate)                                                                       \
    X(fallocate64, fallocate)                                                                      \
    X(posix_fallocate, fallocate)                                                                  \
    X(posix_fallocate64, fallocate)                                                                \
    X(faccessat, access)                                                                           \
    X(linkat, link)                                                                                \
    X(symlink, link)                                                                               \
    X(symlinkat, link)                                                                             \
    X(thrd_sleep, nanosleep)                                                                       \
    X(pthread_mutex_timedlock, pthread_mutex_lock)                                                 \
    X(pthread_mutex_clocklock, pthread_mutex_lock)                                                 \
    X(pthread_rwlock_timedrdlock, pthread_rwlock_rdlock)                                           \
    X(pthread_rwlock_timedwrlock, pthread_rwlock_wrlock)                                           \
    X(pthread_cond_clockwait, pthread_cond_timedwait)                                              \
    X(sem_clockwait, sem_timedwait)                                                                \
    X(lockf64, lockf)                                                                              \
    X(fcntl64, fcntl)                                                                              \
    X(wait3, wait)                                                                                 \
    X(wait4, waitpid)                                                                              \
    X(pthread_timedjoin_np, pthread_join)                                                          \
    X(gethostbyname2, gethostbyname)                                                               \
    X(gethostbyname_r, gethostbyname)                                                              \
    X(gethostbyname2_r, gethostbyname)                                                             \
    X(gethostbyaddr_r, gethostbyaddr)                                                              \
    X(getpwuid, getpwnam)                                                                          \
    X(getpwnam_r, getpwnam)                                                                        \
    X(getpwuid_r, getpwnam)                                                                        \
    X(__poll, poll)                                                                                \
    X(__poll_chk, poll)                                                                            \
    X(ppoll, poll)                                                                                 \
    X(__ppoll_chk, poll)                                                                           \
    X(__select, select)                                                                            \
    X(pselect, select)                                                                             \
    X(epoll_pwait, epoll_wait)                                                                     \
    X(epoll_pwait2, epoll_wait)                                                                    \
    X(sigwaitinfo, sigwait)                                                                        \
    X(sigtimedwait, sigwait)                                                                       \
    X(sigsuspend, pause)                                                                           \
    X(semtimedop, semop)                                                                           \
    X(getentropy, getrandom)
/* clang-format on */

/* Ways of waiting that make a thread a loop: a thread that waits so begins with a mark of its own.
 */
/* clang-format off */
#define SELFTEST_LOOPS(X)                                                                          \
    X(epoll_wait)                                                                                  \
    X(epoll_pwait)                                                                                 \
    X(epoll_pwait2)                                                                                \
    X(poll)                                                                                        \
    X(ppoll)                                                                                       \
    X(select)                                                                                      \
    X(pselect)
/* clang-format on */
#define SELFTEST_LOOP_PREFIX "loop:" /* the mark is this and the call */

/* The mark of a pool's thread, and that of the turn in which the helper spins until it is sampled.
 */
#define SELFTEST_POOL "pool"
#define SELFTEST_STALL "stall"

/* Calls that give a socket a queue to watch: X(symbol, kind of the resource). The helper keeps such
 * sockets until it ends. */
#define SELFTEST_QUEUES(X)                                                                         \
    X(listen, "accept backlog")                                                                    \
    X(bind, "udp receive queue")

/* The mark, and the symbol, of a timer of libuv. */
#define SELFTEST_LIBUV "uv_timer_start"

#endif
