/* SPDX-License-Identifier: MIT */
/* Every libc symbol the preload library interposes, in one place. From these tables come the
 * pointers to the real functions and their resolution (real.h, real.c), the interposers of all
 * timed calls (call_hooks.c) and the no-op library that the overhead is measured against (noop.c).
 *
 * To add a timed call: append a row to LSC_TIMED_HOOKS. To add one that needs code of its own:
 * append a row to LSC_SPECIAL_HOOKS and write the function; noop.c follows by itself. */
#ifndef LSC_HOOKS_TABLE_H
#define LSC_HOOKS_TABLE_H

/* clang-format off */

/* Calls that are only timed: T(return type, symbol, parameters, arguments, call of calls.h, fd).
 * `fd` is the expression that gives the descriptor the call works on, or -1. */
#define LSC_TIMED_FILE_HOOKS(T)                                                                    \
    T(ssize_t, read, (int fd, void *to, size_t n), (fd, to, n), read, fd)                          \
    T(ssize_t, __read_chk, (int fd, void *to, size_t n, size_t room), (fd, to, n, room), read, fd) \
    T(ssize_t, write, (int fd, const void *from, size_t n), (fd, from, n), write, fd)              \
    T(ssize_t, readv, (int fd, const struct iovec *v, int n), (fd, v, n), readv, fd)               \
    T(ssize_t, writev, (int fd, const struct iovec *v, int n), (fd, v, n), writev, fd)             \
    T(ssize_t, pread, (int fd, void *to, size_t n, off_t at), (fd, to, n, at), pread, fd)          \
    T(ssize_t, pread64, (int fd, void *to, size_t n, off_t at), (fd, to, n, at), pread, fd)        \
    T(ssize_t, __pread_chk, (int fd, void *to, size_t n, off_t at, size_t room),                   \
      (fd, to, n, at, room), pread, fd)                                                            \
    T(ssize_t, __pread64_chk, (int fd, void *to, size_t n, off_t at, size_t room),                 \
      (fd, to, n, at, room), pread, fd)                                                            \
    T(ssize_t, pwrite, (int fd, const void *from, size_t n, off_t at), (fd, from, n, at),          \
      pwrite, fd)                                                                                  \
    T(ssize_t, pwrite64, (int fd, const void *from, size_t n, off_t at), (fd, from, n, at),        \
      pwrite, fd)                                                                                  \
    T(ssize_t, preadv, (int fd, const struct iovec *v, int n, off_t at), (fd, v, n, at),           \
      preadv, fd)                                                                                  \
    T(ssize_t, preadv64, (int fd, const struct iovec *v, int n, off_t at), (fd, v, n, at),         \
      preadv, fd)                                                                                  \
    T(ssize_t, preadv2, (int fd, const struct iovec *v, int n, off_t at, int flags),               \
      (fd, v, n, at, flags), preadv, fd)                                                           \
    T(ssize_t, preadv64v2, (int fd, const struct iovec *v, int n, off_t at, int flags),            \
      (fd, v, n, at, flags), preadv, fd)                                                           \
    T(ssize_t, pwritev, (int fd, const struct iovec *v, int n, off_t at), (fd, v, n, at),          \
      pwritev, fd)                                                                                 \
    T(ssize_t, pwritev64, (int fd, const struct iovec *v, int n, off_t at), (fd, v, n, at),        \
      pwritev, fd)                                                                                 \
    T(ssize_t, pwritev2, (int fd, const struct iovec *v, int n, off_t at, int flags),              \
      (fd, v, n, at, flags), pwritev, fd)                                                          \
    T(ssize_t, pwritev64v2, (int fd, const struct iovec *v, int n, off_t at, int flags),           \
      (fd, v, n, at, flags), pwritev, fd)                                                          \
    T(ssize_t, sendfile, (int out, int in, off_t *at, size_t n), (out, in, at, n), sendfile, out)  \
    T(ssize_t, sendfile64, (int out, int in, off_t *at, size_t n), (out, in, at, n), sendfile,     \
      out)                                                                                         \
    T(ssize_t, splice, (int in, off_t *in_at, int out, off_t *out_at, size_t n, unsigned flags),   \
      (in, in_at, out, out_at, n, flags), splice, in)                                              \
    T(ssize_t, tee, (int in, int out, size_t n, unsigned flags), (in, out, n, flags), splice, in)  \
    T(ssize_t, copy_file_range,                                                                    \
      (int in, off_t *in_at, int out, off_t *out_at, size_t n, unsigned flags),                    \
      (in, in_at, out, out_at, n, flags), copy_file_range, in)

#define LSC_TIMED_STREAM_HOOKS(T)                                                                  \
    T(size_t, fread, (void *to, size_t size, size_t n, FILE *f), (to, size, n, f), fread,          \
      stream_fd(f))                                                                                \
    T(size_t, fread_unlocked, (void *to, size_t size, size_t n, FILE *f), (to, size, n, f),        \
      fread, stream_fd(f))                                                                         \
    T(size_t, __fread_chk, (void *to, size_t room, size_t size, size_t n, FILE *f),                \
      (to, room, size, n, f), fread, stream_fd(f))                                                 \
    T(size_t, __fread_unlocked_chk, (void *to, size_t room, size_t size, size_t n, FILE *f),       \
      (to, room, size, n, f), fread, stream_fd(f))                                                 \
    T(size_t, fwrite, (const void *from, size_t size, size_t n, FILE *f), (from, size, n, f),      \
      fwrite, stream_fd(f))                                                                        \
    T(size_t, fwrite_unlocked, (const void *from, size_t size, size_t n, FILE *f),                 \
      (from, size, n, f), fwrite, stream_fd(f))                                                    \
    T(int, fputs, (const char *text, FILE *f), (text, f), fwrite, stream_fd(f))                    \
    T(int, puts, (const char *text), (text), fwrite, 1)                                            \
    T(char *, fgets, (char *to, int n, FILE *f), (to, n, f), fgets, stream_fd(f))                  \
    T(char *, fgets_unlocked, (char *to, int n, FILE *f), (to, n, f), fgets, stream_fd(f))         \
    T(char *, __fgets_chk, (char *to, size_t room, int n, FILE *f), (to, room, n, f), fgets,       \
      stream_fd(f))                                                                                \
    T(char *, __fgets_unlocked_chk, (char *to, size_t room, int n, FILE *f), (to, room, n, f),     \
      fgets, stream_fd(f))                                                                         \
    T(ssize_t, getline, (char **line, size_t *n, FILE *f), (line, n, f), getline, stream_fd(f))    \
    T(ssize_t, getdelim, (char **line, size_t *n, int delimiter, FILE *f),                         \
      (line, n, delimiter, f), getline, stream_fd(f))                                              \
    T(ssize_t, __getdelim, (char **line, size_t *n, int delimiter, FILE *f),                       \
      (line, n, delimiter, f), getline, stream_fd(f))                                              \
    T(int, fflush, (FILE *f), (f), fflush, stream_fd(f))                                           \
    T(int, fflush_unlocked, (FILE *f), (f), fflush, stream_fd(f))                                  \
    T(int, fclose, (FILE *f), (f), fclose, -1)                                                     \
    T(FILE *, fopen, (const char *path, const char *mode), (path, mode), fopen, -1)                \
    T(FILE *, fopen64, (const char *path, const char *mode), (path, mode), fopen, -1)

#define LSC_TIMED_SOCKET_HOOKS(T)                                                                  \
    T(ssize_t, recv, (int fd, void *to, size_t n, int flags), (fd, to, n, flags), recv, fd)        \
    T(ssize_t, __recv_chk, (int fd, void *to, size_t n, size_t room, int flags),                   \
      (fd, to, n, room, flags), recv, fd)                                                          \
    T(ssize_t, recvfrom,                                                                           \
      (int fd, void *to, size_t n, int flags, struct sockaddr *from, socklen_t *from_len),         \
      (fd, to, n, flags, from, from_len), recvfrom, fd)                                            \
    T(ssize_t, __recvfrom_chk,                                                                     \
      (int fd, void *to, size_t n, size_t room, int flags, struct sockaddr *from,                  \
       socklen_t *from_len),                                                                       \
      (fd, to, n, room, flags, from, from_len), recvfrom, fd)                                      \
    T(ssize_t, recvmsg, (int fd, struct msghdr *m, int flags), (fd, m, flags), recvmsg, fd)        \
    T(int, recvmmsg,                                                                               \
      (int fd, struct mmsghdr *m, unsigned n, int flags, struct timespec *timeout),                \
      (fd, m, n, flags, timeout), recvmmsg, fd)                                                    \
    T(ssize_t, send, (int fd, const void *from, size_t n, int flags), (fd, from, n, flags), send,  \
      fd)                                                                                          \
    T(ssize_t, sendto,                                                                             \
      (int fd, const void *from, size_t n, int flags, const struct sockaddr *to,                   \
       socklen_t to_len),                                                                          \
      (fd, from, n, flags, to, to_len), sendto, fd)                                                \
    T(ssize_t, sendmsg, (int fd, const struct msghdr *m, int flags), (fd, m, flags), sendmsg, fd)  \
    T(int, sendmmsg, (int fd, struct mmsghdr *m, unsigned n, int flags), (fd, m, n, flags),        \
      sendmmsg, fd)                                                                                \
    T(int, accept, (int fd, struct sockaddr *a, socklen_t *n), (fd, a, n), accept, fd)             \
    T(int, accept4, (int fd, struct sockaddr *a, socklen_t *n, int flags), (fd, a, n, flags),      \
      accept, fd)                                                                                  \
    T(int, connect, (int fd, const struct sockaddr *a, socklen_t n), (fd, a, n), connect, fd)

#define LSC_TIMED_PATH_HOOKS(T)                                                                    \
    T(int, __open_2, (const char *path, int flags), (path, flags), open, -1)                       \
    T(int, __open64_2, (const char *path, int flags), (path, flags), open, -1)                     \
    T(int, __openat_2, (int dir, const char *path, int flags), (dir, path, flags), open, -1)       \
    T(int, __openat64_2, (int dir, const char *path, int flags), (dir, path, flags), open, -1)     \
    T(int, creat, (const char *path, mode_t mode), (path, mode), open, -1)                         \
    T(int, creat64, (const char *path, mode_t mode), (path, mode), open, -1)                       \
    T(int, close, (int fd), (fd), close, -1)                                                       \
    T(int, stat, (const char *path, struct stat *to), (path, to), stat, -1)                        \
    T(int, stat64, (const char *path, struct stat64 *to), (path, to), stat, -1)                    \
    T(int, lstat, (const char *path, struct stat *to), (path, to), stat, -1)                       \
    T(int, lstat64, (const char *path, struct stat64 *to), (path, to), stat, -1)                   \
    T(int, fstatat, (int dir, const char *path, struct stat *to, int flags),                       \
      (dir, path, to, flags), stat, -1)                                                            \
    T(int, fstatat64, (int dir, const char *path, struct stat64 *to, int flags),                   \
      (dir, path, to, flags), stat, -1)                                                            \
    T(int, __xstat, (int version, const char *path, struct stat *to), (version, path, to), stat,   \
      -1)                                                                                          \
    T(int, __xstat64, (int version, const char *path, struct stat64 *to), (version, path, to),     \
      stat, -1)                                                                                    \
    T(int, __lxstat, (int version, const char *path, struct stat *to), (version, path, to), stat,  \
      -1)                                                                                          \
    T(int, __lxstat64, (int version, const char *path, struct stat64 *to), (version, path, to),    \
      stat, -1)                                                                                    \
    T(int, statx, (int dir, const char *path, int flags, unsigned mask, struct statx *to),         \
      (dir, path, flags, mask, to), stat, -1)                                                      \
    T(int, statfs, (const char *path, struct statfs *to), (path, to), statfs, -1)                  \
    T(int, statfs64, (const char *path, struct statfs64 *to), (path, to), statfs, -1)              \
    T(int, statvfs, (const char *path, struct statvfs *to), (path, to), statfs, -1)                \
    T(int, statvfs64, (const char *path, struct statvfs64 *to), (path, to), statfs, -1)            \
    T(int, rename, (const char *from, const char *to), (from, to), rename, -1)                     \
    T(int, renameat, (int from_dir, const char *from, int to_dir, const char *to),                 \
      (from_dir, from, to_dir, to), rename, -1)                                                    \
    T(int, renameat2, (int from_dir, const char *from, int to_dir, const char *to,                 \
      unsigned flags), (from_dir, from, to_dir, to, flags), rename, -1)                            \
    T(int, unlink, (const char *path), (path), unlink, -1)                                         \
    T(int, unlinkat, (int dir, const char *path, int flags), (dir, path, flags), unlink, -1)       \
    T(int, remove, (const char *path), (path), unlink, -1)                                         \
    T(int, mkdir, (const char *path, mode_t mode), (path, mode), mkdir, -1)                        \
    T(int, mkdirat, (int dir, const char *path, mode_t mode), (dir, path, mode), mkdir, -1)        \
    T(int, rmdir, (const char *path), (path), rmdir, -1)                                           \
    T(struct dirent *, readdir, (DIR *dir), (dir), readdir, -1)                                    \
    T(struct dirent64 *, readdir64, (DIR *dir), (dir), readdir, -1)                                \
    T(DIR *, opendir, (const char *path), (path), opendir, -1)                                     \
    T(int, truncate, (const char *path, off_t n), (path, n), truncate, -1)                         \
    T(int, truncate64, (const char *path, off_t n), (path, n), truncate, -1)                       \
    T(int, ftruncate, (int fd, off_t n), (fd, n), truncate, fd)                                    \
    T(int, ftruncate64, (int fd, off_t n), (fd, n), truncate, fd)                                  \
    T(int, fallocate, (int fd, int mode, off_t at, off_t n), (fd, mode, at, n), fallocate, fd)     \
    T(int, fallocate64, (int fd, int mode, off_t at, off_t n), (fd, mode, at, n), fallocate, fd)   \
    T(int, posix_fallocate, (int fd, off_t at, off_t n), (fd, at, n), fallocate, fd)               \
    T(int, posix_fallocate64, (int fd, off_t at, off_t n), (fd, at, n), fallocate, fd)             \
    T(int, access, (const char *path, int mode), (path, mode), access, -1)                         \
    T(int, faccessat, (int dir, const char *path, int mode, int flags), (dir, path, mode, flags),  \
      access, -1)                                                                                  \
    T(int, link, (const char *from, const char *to), (from, to), link, -1)                         \
    T(int, linkat, (int from_dir, const char *from, int to_dir, const char *to, int flags),        \
      (from_dir, from, to_dir, to, flags), link, -1)                                               \
    T(int, symlink, (const char *from, const char *to), (from, to), link, -1)                      \
    T(int, symlinkat, (const char *from, int dir, const char *to), (from, dir, to), link, -1)

#define LSC_TIMED_OTHER_HOOKS(T)                                                                   \
    T(int, fsync, (int fd), (fd), fsync, fd)                                                       \
    T(int, fdatasync, (int fd), (fd), fdatasync, fd)                                               \
    T(int, syncfs, (int fd), (fd), syncfs, fd)                                                     \
    T(int, msync, (void *at, size_t n, int flags), (at, n, flags), msync, -1)                      \
    T(int, sync_file_range, (int fd, off_t at, off_t n, unsigned flags), (fd, at, n, flags),       \
      sync_file_range, fd)                                                                         \
    T(unsigned, sleep, (unsigned seconds), (seconds), sleep, -1)                                   \
    T(int, usleep, (useconds_t us), (us), usleep, -1)                                              \
    T(int, nanosleep, (const struct timespec *ask, struct timespec *left), (ask, left),            \
      nanosleep, -1)                                                                               \
    T(int, thrd_sleep, (const struct timespec *ask, struct timespec *left), (ask, left),           \
      nanosleep, -1)                                                                               \
    T(int, clock_nanosleep,                                                                        \
      (clockid_t clock, int flags, const struct timespec *ask, struct timespec *left),             \
      (clock, flags, ask, left), clock_nanosleep, -1)                                              \
    T(int, pthread_barrier_wait, (pthread_barrier_t *b), (b), pthread_barrier_wait, -1)            \
    T(int, flock, (int fd, int operation), (fd, operation), flock, fd)                             \
    T(int, lockf, (int fd, int command, off_t n), (fd, command, n), lockf, fd)                     \
    T(int, lockf64, (int fd, int command, off_t n), (fd, command, n), lockf, fd)                   \
    T(pid_t, waitpid, (pid_t pid, int *status, int options), (pid, status, options), waitpid, -1)  \
    T(int, waitid, (idtype_t kind, id_t id, siginfo_t *info, int options),                         \
      (kind, id, info, options), waitid, -1)                                                       \
    T(pid_t, wait, (int *status), (status), wait, -1)                                              \
    T(pid_t, wait3, (int *status, int options, struct rusage *usage), (status, options, usage),    \
      wait, -1)                                                                                    \
    T(pid_t, wait4, (pid_t pid, int *status, int options, struct rusage *usage),                   \
      (pid, status, options, usage), waitpid, -1)                                                  \
    T(int, system, (const char *command), (command), system, -1)                                   \
    T(int, pclose, (FILE *f), (f), pclose, -1)                                                     \
    T(int, pthread_join, (pthread_t thread, void **result), (thread, result), pthread_join, -1)    \
    T(int, pthread_timedjoin_np,                                                                   \
      (pthread_t thread, void **result, const struct timespec *until), (thread, result, until),    \
      pthread_join, -1)                                                                            \
    T(int, getaddrinfo,                                                                            \
      (const char *node, const char *service, const struct addrinfo *hints,                        \
       struct addrinfo **out),                                                                     \
      (node, service, hints, out), getaddrinfo, -1)                                                \
    T(int, getnameinfo,                                                                            \
      (const struct sockaddr *a, socklen_t n, char *host, socklen_t host_n, char *service,         \
       socklen_t service_n, int flags),                                                            \
      (a, n, host, host_n, service, service_n, flags), getnameinfo, -1)                            \
    T(struct hostent *, gethostbyname, (const char *name), (name), gethostbyname, -1)              \
    T(struct hostent *, gethostbyname2, (const char *name, int family), (name, family),            \
      gethostbyname, -1)                                                                           \
    T(int, gethostbyname_r,                                                                        \
      (const char *name, struct hostent *to, char *room, size_t n, struct hostent **result,        \
       int *error),                                                                                \
      (name, to, room, n, result, error), gethostbyname, -1)                                       \
    T(int, gethostbyname2_r,                                                                       \
      (const char *name, int family, struct hostent *to, char *room, size_t n,                     \
       struct hostent **result, int *error),                                                       \
      (name, family, to, room, n, result, error), gethostbyname, -1)                               \
    T(struct hostent *, gethostbyaddr, (const void *a, socklen_t n, int family), (a, n, family),   \
      gethostbyaddr, -1)                                                                           \
    T(int, gethostbyaddr_r,                                                                        \
      (const void *a, socklen_t a_n, int family, struct hostent *to, char *room, size_t n,         \
       struct hostent **result, int *error),                                                       \
      (a, a_n, family, to, room, n, result, error), gethostbyaddr, -1)                             \
    T(struct passwd *, getpwnam, (const char *name), (name), getpwnam, -1)                         \
    T(struct passwd *, getpwuid, (uid_t uid), (uid), getpwnam, -1)                                 \
    T(int, getpwnam_r,                                                                             \
      (const char *name, struct passwd *to, char *room, size_t n, struct passwd **result),         \
      (name, to, room, n, result), getpwnam, -1)                                                   \
    T(int, getpwuid_r,                                                                             \
      (uid_t uid, struct passwd *to, char *room, size_t n, struct passwd **result),                \
      (uid, to, room, n, result), getpwnam, -1)                                                    \
    T(int, sigwait, (const sigset_t *set, int *signal), (set, signal), sigwait, -1)                \
    T(int, sigwaitinfo, (const sigset_t *set, siginfo_t *info), (set, info), sigwait, -1)          \
    T(int, sigtimedwait,                                                                           \
      (const sigset_t *set, siginfo_t *info, const struct timespec *timeout),                      \
      (set, info, timeout), sigwait, -1)                                                           \
    T(int, sigsuspend, (const sigset_t *set), (set), pause, -1)                                    \
    T(int, pause, (void), (), pause, -1)                                                           \
    T(ssize_t, msgrcv, (int queue, void *to, size_t n, long type, int flags),                      \
      (queue, to, n, type, flags), msgrcv, -1)                                                     \
    T(int, msgsnd, (int queue, const void *from, size_t n, int flags), (queue, from, n, flags),    \
      msgsnd, -1)                                                                                  \
    T(int, semop, (int set, struct sembuf *operations, size_t n), (set, operations, n), semop, -1) \
    T(int, semtimedop,                                                                             \
      (int set, struct sembuf *operations, size_t n, const struct timespec *timeout),              \
      (set, operations, n, timeout), semop, -1)                                                    \
    T(ssize_t, getrandom, (void *to, size_t n, unsigned flags), (to, n, flags), getrandom, -1)     \
    T(int, getentropy, (void *to, size_t n), (to, n), getrandom, -1)

#define LSC_TIMED_HOOKS(T)                                                                         \
    LSC_TIMED_FILE_HOOKS(T)                                                                        \
    LSC_TIMED_STREAM_HOOKS(T)                                                                      \
    LSC_TIMED_SOCKET_HOOKS(T)                                                                      \
    LSC_TIMED_PATH_HOOKS(T)                                                                        \
    LSC_TIMED_OTHER_HOOKS(T)

/* Calls with interposers of their own: S(return type, symbol, parameters, arguments, file). */
#define LSC_WAIT_HOOKS(S)                                                                          \
    S(int, epoll_wait, (int epfd, struct epoll_event *to, int n, int timeout),                     \
      (epfd, to, n, timeout))                                                                      \
    S(int, epoll_pwait,                                                                            \
      (int epfd, struct epoll_event *to, int n, int timeout, const sigset_t *mask),                \
      (epfd, to, n, timeout, mask))                                                                \
    S(int, epoll_pwait2,                                                                           \
      (int epfd, struct epoll_event *to, int n, const struct timespec *timeout,                    \
       const sigset_t *mask),                                                                      \
      (epfd, to, n, timeout, mask))                                                                \
    S(int, epoll_create, (int size), (size))                                                       \
    S(int, epoll_create1, (int flags), (flags))                                                    \
    S(int, poll, (struct pollfd *fds, nfds_t n, int timeout), (fds, n, timeout))                   \
    S(int, __poll, (struct pollfd *fds, nfds_t n, int timeout), (fds, n, timeout))                 \
    S(int, __poll_chk, (struct pollfd *fds, nfds_t n, int timeout, size_t room),                   \
      (fds, n, timeout, room))                                                                     \
    S(int, ppoll,                                                                                  \
      (struct pollfd *fds, nfds_t n, const struct timespec *timeout, const sigset_t *mask),        \
      (fds, n, timeout, mask))                                                                     \
    S(int, __ppoll_chk,                                                                            \
      (struct pollfd *fds, nfds_t n, const struct timespec *timeout, const sigset_t *mask,         \
       size_t room),                                                                               \
      (fds, n, timeout, mask, room))                                                               \
    S(int, select, (int n, fd_set *r, fd_set *w, fd_set *x, struct timeval *timeout),              \
      (n, r, w, x, timeout))                                                                       \
    S(int, __select, (int n, fd_set *r, fd_set *w, fd_set *x, struct timeval *timeout),            \
      (n, r, w, x, timeout))                                                                       \
    S(int, pselect,                                                                                \
      (int n, fd_set *r, fd_set *w, fd_set *x, const struct timespec *timeout,                     \
       const sigset_t *mask),                                                                      \
      (n, r, w, x, timeout, mask))

#define LSC_LOCK_HOOKS(S)                                                                          \
    S(int, pthread_mutex_lock, (pthread_mutex_t *m), (m))                                          \
    S(int, pthread_mutex_timedlock, (pthread_mutex_t *m, const struct timespec *until),            \
      (m, until))                                                                                  \
    S(int, pthread_mutex_clocklock,                                                                \
      (pthread_mutex_t *m, clockid_t clock, const struct timespec *until), (m, clock, until))      \
    S(int, pthread_rwlock_rdlock, (pthread_rwlock_t *l), (l))                                      \
    S(int, pthread_rwlock_wrlock, (pthread_rwlock_t *l), (l))                                      \
    S(int, pthread_rwlock_timedrdlock, (pthread_rwlock_t *l, const struct timespec *until),        \
      (l, until))                                                                                  \
    S(int, pthread_rwlock_timedwrlock, (pthread_rwlock_t *l, const struct timespec *until),        \
      (l, until))                                                                                  \
    S(int, pthread_cond_wait, (pthread_cond_t *c, pthread_mutex_t *m), (c, m))                     \
    S(int, pthread_cond_timedwait,                                                                 \
      (pthread_cond_t *c, pthread_mutex_t *m, const struct timespec *until), (c, m, until))        \
    S(int, pthread_cond_clockwait,                                                                 \
      (pthread_cond_t *c, pthread_mutex_t *m, clockid_t clock, const struct timespec *until),      \
      (c, m, clock, until))                                                                        \
    S(int, sem_wait, (sem_t *s), (s))                                                              \
    S(int, sem_timedwait, (sem_t *s, const struct timespec *until), (s, until))                    \
    S(int, sem_clockwait, (sem_t *s, clockid_t clock, const struct timespec *until),               \
      (s, clock, until))

/* Looked up for the try-lock fast path, not interposed: R(return type, symbol, parameters, arguments). */
#define LSC_REAL_ONLY(R)                                                                           \
    R(int, pthread_mutex_trylock, (pthread_mutex_t *m), (m))                                       \
    R(int, pthread_rwlock_tryrdlock, (pthread_rwlock_t *l), (l))                                   \
    R(int, pthread_rwlock_trywrlock, (pthread_rwlock_t *l), (l))                                   \
    R(int, vfprintf, (FILE *f, const char *format, va_list list), (f, format, list))

#define LSC_PROCESS_HOOKS(S)                                                                       \
    S(int, pipe2, (int fds[2], int flags), (fds, flags))                                           \
    S(int, pthread_create,                                                                         \
      (pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *), void *arg),    \
      (thread, attributes, start, arg))                                                            \
    S(int, execve, (const char *path, char *const argv[], char *const envp[]),                     \
      (path, argv, envp))                                                                          \
    S(int, execv, (const char *path, char *const argv[]), (path, argv))                            \
    S(int, execvp, (const char *file, char *const argv[]), (file, argv))                           \
    S(int, execvpe, (const char *file, char *const argv[], char *const envp[]),                    \
      (file, argv, envp))                                                                          \
    S(int, fexecve, (int fd, char *const argv[], char *const envp[]), (fd, argv, envp))            \
    S(int, execveat,                                                                               \
      (int dir, const char *path, char *const argv[], char *const envp[], int flags),              \
      (dir, path, argv, envp, flags))                                                              \
    S(int, setuid, (uid_t u), (u))                                                                 \
    S(int, seteuid, (uid_t u), (u))                                                                \
    S(int, setreuid, (uid_t r, uid_t e), (r, e))                                                   \
    S(int, setresuid, (uid_t r, uid_t e, uid_t s), (r, e, s))                                      \
    S(int, listen, (int fd, int backlog), (fd, backlog))                                           \
    S(int, bind, (int fd, const struct sockaddr *address, socklen_t length), (fd, address, length))\
    S(int, chroot, (const char *path), (path))                                                     \
    S(int, unshare, (int flags), (flags))                                                          \
    S(int, setns, (int fd, int type), (fd, type))                                                  \
    S(void, sync, (void), ())

/* Leaving the process; the functions do not return: N(symbol). */
#define LSC_EXIT_HOOKS(N) N(exit) N(_exit) N(_Exit) N(quick_exit)

/* Variadic ones, called with fixed arguments, which both ABIs allow:
 * V(return type, symbol, fixed parameters, arguments, variadic parameters, name of the last fixed
 * parameter, type of the rest, call, fd). */
#define LSC_VARIADIC_HOOKS(V)                                                                      \
    V(int, open, (const char *path, int flags, mode_t extra), (path, flags, extra),                \
      (const char *path, int flags, ...), flags, mode_t, open, -1)                                 \
    V(int, open64, (const char *path, int flags, mode_t extra), (path, flags, extra),              \
      (const char *path, int flags, ...), flags, mode_t, open, -1)                                 \
    V(int, openat, (int dir, const char *path, int flags, mode_t extra),                           \
      (dir, path, flags, extra), (int dir, const char *path, int flags, ...), flags, mode_t, open, -1)\
    V(int, openat64, (int dir, const char *path, int flags, mode_t extra),                         \
      (dir, path, flags, extra), (int dir, const char *path, int flags, ...), flags, mode_t, open, -1)\
    V(int, fcntl, (int fd, int command, void *extra), (fd, command, extra),                        \
      (int fd, int command, ...), command, void *, fcntl, fd)                                      \
    V(int, fcntl64, (int fd, int command, void *extra), (fd, command, extra),                      \
      (int fd, int command, ...), command, void *, fcntl, fd)                                      \
    V(int, ioctl, (int fd, unsigned long request, void *extra), (fd, request, extra),              \
      (int fd, unsigned long request, ...), request, void *, ioctl, fd)
/* clang-format on */

#endif
