/* SPDX-License-Identifier: MIT */
/* Names and numbers of the blocking calls that records speak of: shared by the probe, which times
 * them, and by the reports, which name them. The interposers themselves are in probe/preload. */
#ifndef LSC_FORMAT_CALLS_H
#define LSC_FORMAT_CALLS_H

/* What a call waits for; decides the words of the advice. */
enum lsc_call_class {
    LSC_CALL_CLASS_FILE,   /* reads and writes on a descriptor */
    LSC_CALL_CLASS_PATH,   /* open, stat, rename…: the file system's metadata */
    LSC_CALL_CLASS_SYNC,   /* fsync and friends: the disk */
    LSC_CALL_CLASS_SOCKET, /* accept, connect, recv, send */
    LSC_CALL_CLASS_SLEEP,  /* a sleep by the clock */
    LSC_CALL_CLASS_LOCK,   /* mutex, rwlock, condition variable, semaphore, futex, flock */
    LSC_CALL_CLASS_CHILD,  /* waiting for a process or thread */
    LSC_CALL_CLASS_NAME,   /* host and user name look-ups */
    LSC_CALL_CLASS_WAIT,   /* poll, select, epoll_wait inside a turn; signals; message queues */
};

/* To add a call: append a line here (numbers are never reused) and its interposer in
 * probe/preload. X(symbol, number, class): the name is what reports print. The _chk, 64 and
 * __-prefixed aliases of a call share its number. */
/* clang-format off */
#define LSC_CALLS(X)                                                                               \
    X(read, 1, FILE) X(write, 2, FILE) X(readv, 3, FILE) X(writev, 4, FILE) X(pread, 5, FILE)      \
    X(pwrite, 6, FILE) X(preadv, 7, FILE) X(pwritev, 8, FILE) X(sendfile, 9, FILE)                 \
    X(splice, 10, FILE) X(copy_file_range, 11, FILE) X(fread, 12, FILE) X(fwrite, 13, FILE)        \
    X(fgets, 14, FILE) X(getline, 15, FILE) X(fflush, 16, FILE) X(fclose, 17, FILE)                \
    X(recv, 20, SOCKET) X(recvfrom, 21, SOCKET) X(recvmsg, 22, SOCKET) X(recvmmsg, 23, SOCKET)     \
    X(send, 24, SOCKET) X(sendto, 25, SOCKET) X(sendmsg, 26, SOCKET) X(sendmmsg, 27, SOCKET)       \
    X(accept, 28, SOCKET) X(connect, 29, SOCKET)                                                   \
    X(open, 40, PATH) X(close, 41, PATH) X(stat, 42, PATH) X(rename, 43, PATH)                     \
    X(unlink, 44, PATH) X(mkdir, 45, PATH) X(rmdir, 46, PATH) X(readdir, 47, PATH)                 \
    X(opendir, 48, PATH) X(truncate, 49, PATH) X(fallocate, 50, PATH) X(access, 51, PATH)          \
    X(link, 52, PATH) X(statfs, 53, PATH) X(fopen, 54, PATH)                                       \
    X(fsync, 60, SYNC) X(fdatasync, 61, SYNC) X(sync, 62, SYNC) X(syncfs, 63, SYNC)                \
    X(msync, 64, SYNC) X(sync_file_range, 65, SYNC)                                                \
    X(sleep, 70, SLEEP) X(usleep, 71, SLEEP) X(nanosleep, 72, SLEEP)                               \
    X(clock_nanosleep, 73, SLEEP)                                                                  \
    X(pthread_mutex_lock, 80, LOCK) X(pthread_rwlock_rdlock, 81, LOCK)                             \
    X(pthread_rwlock_wrlock, 82, LOCK) X(pthread_cond_wait, 83, LOCK)                              \
    X(pthread_cond_timedwait, 84, LOCK) X(sem_wait, 85, LOCK) X(sem_timedwait, 86, LOCK)           \
    X(pthread_barrier_wait, 87, LOCK) X(futex, 88, LOCK) X(flock, 89, LOCK) X(lockf, 90, LOCK)     \
    X(fcntl, 91, LOCK)                                                                             \
    X(waitpid, 100, CHILD) X(waitid, 101, CHILD) X(wait, 102, CHILD) X(system, 103, CHILD)         \
    X(pclose, 104, CHILD) X(pthread_join, 105, CHILD)                                              \
    X(getaddrinfo, 110, NAME) X(getnameinfo, 111, NAME) X(gethostbyname, 112, NAME)                \
    X(gethostbyaddr, 113, NAME) X(getpwnam, 114, NAME)                                             \
    X(poll, 120, WAIT) X(select, 121, WAIT) X(epoll_wait, 122, WAIT) X(sigwait, 123, WAIT)         \
    X(pause, 124, WAIT) X(msgrcv, 125, WAIT) X(msgsnd, 126, WAIT) X(semop, 127, WAIT)              \
    X(ioctl, 128, WAIT) X(getrandom, 129, WAIT) X(io_uring_enter, 130, WAIT)
/* clang-format on */

enum lsc_call {
    LSC_CALL_NONE = 0,
#define X(symbol, number, class) LSC_CALL_##symbol = number,
    LSC_CALLS(X)
#undef X
        LSC_CALL_LIMIT = 160, /* size of tables indexed by call */
};

#endif
