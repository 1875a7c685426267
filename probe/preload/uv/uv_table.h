/* SPDX-License-Identifier: MIT */
/* Every libuv function the preload library interposes, in one place. From these tables come the
 * pointers to the real functions and their resolution (real_uv.h), the declarations of the
 * interposers, those of all uv_fs_* (fs.c), and the no-op library's (noop_uv.c).
 *
 * To add a function: append a row and write the interposer; for one of uv_fs_* the row is all. A
 * function that the headers lack or that the program's libuv lacks is no obstacle: it is declared
 * here, and fails with UV_ENOSYS when it is called and missing. */
#ifndef LSC_UV_TABLE_H
#define LSC_UV_TABLE_H

/* clang-format off */

/* Beginning, end and walking of handles: U(return type, symbol, parameters, arguments). */
#define LSC_UV_HANDLE_HOOKS(U)                                                                     \
    U(int, uv_timer_init, (uv_loop_t *loop, uv_timer_t *h), (loop, h))                             \
    U(int, uv_idle_init, (uv_loop_t *loop, uv_idle_t *h), (loop, h))                               \
    U(int, uv_check_init, (uv_loop_t *loop, uv_check_t *h), (loop, h))                             \
    U(int, uv_prepare_init, (uv_loop_t *loop, uv_prepare_t *h), (loop, h))                         \
    U(int, uv_async_init, (uv_loop_t *loop, uv_async_t *h, uv_async_cb cb), (loop, h, cb))         \
    U(int, uv_poll_init, (uv_loop_t *loop, uv_poll_t *h, int fd), (loop, h, fd))                   \
    U(int, uv_poll_init_socket, (uv_loop_t *loop, uv_poll_t *h, uv_os_sock_t fd), (loop, h, fd))   \
    U(int, uv_signal_init, (uv_loop_t *loop, uv_signal_t *h), (loop, h))                           \
    U(int, uv_fs_event_init, (uv_loop_t *loop, uv_fs_event_t *h), (loop, h))                       \
    U(int, uv_fs_poll_init, (uv_loop_t *loop, uv_fs_poll_t *h), (loop, h))                         \
    U(int, uv_tcp_init, (uv_loop_t *loop, uv_tcp_t *h), (loop, h))                                 \
    U(int, uv_tcp_init_ex, (uv_loop_t *loop, uv_tcp_t *h, unsigned flags), (loop, h, flags))       \
    U(int, uv_pipe_init, (uv_loop_t *loop, uv_pipe_t *h, int ipc), (loop, h, ipc))                 \
    U(int, uv_tty_init, (uv_loop_t *loop, uv_tty_t *h, uv_file fd, int readable),                  \
      (loop, h, fd, readable))                                                                     \
    U(int, uv_udp_init, (uv_loop_t *loop, uv_udp_t *h), (loop, h))                                 \
    U(int, uv_udp_init_ex, (uv_loop_t *loop, uv_udp_t *h, unsigned flags), (loop, h, flags))       \
    U(int, uv_spawn, (uv_loop_t *loop, uv_process_t *h, const uv_process_options_t *options),      \
      (loop, h, options))                                                                          \
    U(void, uv_close, (uv_handle_t *h, uv_close_cb cb), (h, cb))                                   \
    U(int, uv_tcp_close_reset, (uv_tcp_t *h, uv_close_cb cb), (h, cb))                             \
    U(void, uv_walk, (uv_loop_t *loop, uv_walk_cb cb, void *arg), (loop, cb, arg))                 \
    U(int, uv_loop_close, (uv_loop_t *loop), (loop))

/* Callbacks of handles. */
#define LSC_UV_START_HOOKS(U)                                                                      \
    U(int, uv_timer_start, (uv_timer_t *h, uv_timer_cb cb, uint64_t timeout, uint64_t repeat),     \
      (h, cb, timeout, repeat))                                                                    \
    U(int, uv_timer_again, (uv_timer_t *h), (h))                                                   \
    U(int, uv_idle_start, (uv_idle_t *h, uv_idle_cb cb), (h, cb))                                  \
    U(int, uv_check_start, (uv_check_t *h, uv_check_cb cb), (h, cb))                               \
    U(int, uv_prepare_start, (uv_prepare_t *h, uv_prepare_cb cb), (h, cb))                         \
    U(int, uv_poll_start, (uv_poll_t *h, int events, uv_poll_cb cb), (h, events, cb))              \
    U(int, uv_signal_start, (uv_signal_t *h, uv_signal_cb cb, int signum), (h, cb, signum))        \
    U(int, uv_signal_start_oneshot, (uv_signal_t *h, uv_signal_cb cb, int signum),                 \
      (h, cb, signum))                                                                             \
    U(int, uv_fs_event_start,                                                                      \
      (uv_fs_event_t *h, uv_fs_event_cb cb, const char *path, unsigned flags),                     \
      (h, cb, path, flags))                                                                        \
    U(int, uv_fs_poll_start,                                                                       \
      (uv_fs_poll_t *h, uv_fs_poll_cb cb, const char *path, unsigned interval),                    \
      (h, cb, path, interval))                                                                     \
    U(int, uv_async_send, (uv_async_t *h), (h))                                                    \
    U(int, uv_listen, (uv_stream_t *h, int backlog, uv_connection_cb cb), (h, backlog, cb))        \
    U(int, uv_accept, (uv_stream_t *server, uv_stream_t *client), (server, client))                \
    U(int, uv_read_start, (uv_stream_t *h, uv_alloc_cb alloc, uv_read_cb cb), (h, alloc, cb))      \
    U(int, uv_udp_recv_start, (uv_udp_t *h, uv_alloc_cb alloc, uv_udp_recv_cb cb), (h, alloc, cb)) \
    U(int, uv_tcp_bind, (uv_tcp_t *h, const struct sockaddr *a, unsigned flags), (h, a, flags))    \
    U(int, uv_udp_bind, (uv_udp_t *h, const struct sockaddr *a, unsigned flags), (h, a, flags))    \
    U(int, uv_pipe_bind, (uv_pipe_t *h, const char *name), (h, name))

/* Requests on streams and sockets. */
#define LSC_UV_REQUEST_HOOKS(U)                                                                    \
    U(int, uv_write,                                                                               \
      (uv_write_t *req, uv_stream_t *h, const uv_buf_t bufs[], unsigned n, uv_write_cb cb),        \
      (req, h, bufs, n, cb))                                                                       \
    U(int, uv_write2,                                                                              \
      (uv_write_t *req, uv_stream_t *h, const uv_buf_t bufs[], unsigned n, uv_stream_t *send,      \
       uv_write_cb cb),                                                                            \
      (req, h, bufs, n, send, cb))                                                                 \
    U(int, uv_shutdown, (uv_shutdown_t *req, uv_stream_t *h, uv_shutdown_cb cb), (req, h, cb))     \
    U(int, uv_udp_send,                                                                            \
      (uv_udp_send_t *req, uv_udp_t *h, const uv_buf_t bufs[], unsigned n,                         \
       const struct sockaddr *a, uv_udp_send_cb cb),                                               \
      (req, h, bufs, n, a, cb))                                                                    \
    U(int, uv_tcp_connect,                                                                         \
      (uv_connect_t *req, uv_tcp_t *h, const struct sockaddr *a, uv_connect_cb cb),                \
      (req, h, a, cb))                                                                             \
    U(void, uv_pipe_connect,                                                                       \
      (uv_connect_t *req, uv_pipe_t *h, const char *name, uv_connect_cb cb), (req, h, name, cb))   \
    U(int, uv_pipe_connect2,                                                                       \
      (uv_connect_t *req, uv_pipe_t *h, const char *name, size_t length, unsigned flags,           \
       uv_connect_cb cb),                                                                          \
      (req, h, name, length, flags, cb))

/* Requests that the thread pool serves, but for those of uv_fs_*. */
#define LSC_UV_POOL_HOOKS(U)                                                                       \
    U(int, uv_queue_work,                                                                          \
      (uv_loop_t *loop, uv_work_t *req, uv_work_cb work, uv_after_work_cb cb),                     \
      (loop, req, work, cb))                                                                       \
    U(int, uv_getaddrinfo,                                                                         \
      (uv_loop_t *loop, uv_getaddrinfo_t *req, uv_getaddrinfo_cb cb, const char *node,             \
       const char *service, const struct addrinfo *hints),                                         \
      (loop, req, cb, node, service, hints))                                                       \
    U(int, uv_getnameinfo,                                                                         \
      (uv_loop_t *loop, uv_getnameinfo_t *req, uv_getnameinfo_cb cb, const struct sockaddr *a,     \
       int flags),                                                                                 \
      (loop, req, cb, a, flags))                                                                   \
    U(int, uv_random,                                                                              \
      (uv_loop_t *loop, uv_random_t *req, void *buf, size_t n, unsigned flags, uv_random_cb cb),   \
      (loop, req, buf, n, flags, cb))

/* The beginning of the parameters of every uv_fs_* function; the last one is always `cb`. */
#define LSC_UV_FS uv_loop_t *loop, uv_fs_t *req

/* F(operation, path that names it or NULL, parameters, arguments). */
#define LSC_UV_FS_HOOKS(F)                                                                         \
    F(close, NULL, (LSC_UV_FS, uv_file fd, uv_fs_cb cb), (loop, req, fd, cb))                      \
    F(open, path, (LSC_UV_FS, const char *path, int flags, int mode, uv_fs_cb cb),                 \
      (loop, req, path, flags, mode, cb))                                                          \
    F(read, NULL,                                                                                  \
      (LSC_UV_FS, uv_file fd, const uv_buf_t bufs[], unsigned n, int64_t at, uv_fs_cb cb),         \
      (loop, req, fd, bufs, n, at, cb))                                                            \
    F(unlink, path, (LSC_UV_FS, const char *path, uv_fs_cb cb), (loop, req, path, cb))             \
    F(write, NULL,                                                                                 \
      (LSC_UV_FS, uv_file fd, const uv_buf_t bufs[], unsigned n, int64_t at, uv_fs_cb cb),         \
      (loop, req, fd, bufs, n, at, cb))                                                            \
    F(copyfile, path,                                                                              \
      (LSC_UV_FS, const char *path, const char *to, int flags, uv_fs_cb cb),                       \
      (loop, req, path, to, flags, cb))                                                            \
    F(mkdir, path, (LSC_UV_FS, const char *path, int mode, uv_fs_cb cb),                           \
      (loop, req, path, mode, cb))                                                                 \
    F(mkdtemp, path, (LSC_UV_FS, const char *path, uv_fs_cb cb), (loop, req, path, cb))            \
    F(mkstemp, path, (LSC_UV_FS, const char *path, uv_fs_cb cb), (loop, req, path, cb))            \
    F(rmdir, path, (LSC_UV_FS, const char *path, uv_fs_cb cb), (loop, req, path, cb))              \
    F(scandir, path, (LSC_UV_FS, const char *path, int flags, uv_fs_cb cb),                        \
      (loop, req, path, flags, cb))                                                                \
    F(opendir, path, (LSC_UV_FS, const char *path, uv_fs_cb cb), (loop, req, path, cb))            \
    F(readdir, NULL, (LSC_UV_FS, uv_dir_t *dir, uv_fs_cb cb), (loop, req, dir, cb))                \
    F(closedir, NULL, (LSC_UV_FS, uv_dir_t *dir, uv_fs_cb cb), (loop, req, dir, cb))               \
    F(stat, path, (LSC_UV_FS, const char *path, uv_fs_cb cb), (loop, req, path, cb))               \
    F(fstat, NULL, (LSC_UV_FS, uv_file fd, uv_fs_cb cb), (loop, req, fd, cb))                      \
    F(lstat, path, (LSC_UV_FS, const char *path, uv_fs_cb cb), (loop, req, path, cb))              \
    F(rename, path, (LSC_UV_FS, const char *path, const char *to, uv_fs_cb cb),                    \
      (loop, req, path, to, cb))                                                                   \
    F(fsync, NULL, (LSC_UV_FS, uv_file fd, uv_fs_cb cb), (loop, req, fd, cb))                      \
    F(fdatasync, NULL, (LSC_UV_FS, uv_file fd, uv_fs_cb cb), (loop, req, fd, cb))                  \
    F(ftruncate, NULL, (LSC_UV_FS, uv_file fd, int64_t n, uv_fs_cb cb), (loop, req, fd, n, cb))    \
    F(sendfile, NULL,                                                                              \
      (LSC_UV_FS, uv_file out, uv_file in, int64_t at, size_t n, uv_fs_cb cb),                     \
      (loop, req, out, in, at, n, cb))                                                             \
    F(access, path, (LSC_UV_FS, const char *path, int mode, uv_fs_cb cb),                          \
      (loop, req, path, mode, cb))                                                                 \
    F(chmod, path, (LSC_UV_FS, const char *path, int mode, uv_fs_cb cb),                           \
      (loop, req, path, mode, cb))                                                                 \
    F(fchmod, NULL, (LSC_UV_FS, uv_file fd, int mode, uv_fs_cb cb), (loop, req, fd, mode, cb))     \
    F(utime, path, (LSC_UV_FS, const char *path, double a, double m, uv_fs_cb cb),                 \
      (loop, req, path, a, m, cb))                                                                 \
    F(futime, NULL, (LSC_UV_FS, uv_file fd, double a, double m, uv_fs_cb cb),                      \
      (loop, req, fd, a, m, cb))                                                                   \
    F(lutime, path, (LSC_UV_FS, const char *path, double a, double m, uv_fs_cb cb),                \
      (loop, req, path, a, m, cb))                                                                 \
    F(link, path, (LSC_UV_FS, const char *path, const char *to, uv_fs_cb cb),                      \
      (loop, req, path, to, cb))                                                                   \
    F(symlink, path, (LSC_UV_FS, const char *path, const char *to, int flags, uv_fs_cb cb),        \
      (loop, req, path, to, flags, cb))                                                            \
    F(readlink, path, (LSC_UV_FS, const char *path, uv_fs_cb cb), (loop, req, path, cb))           \
    F(realpath, path, (LSC_UV_FS, const char *path, uv_fs_cb cb), (loop, req, path, cb))           \
    F(chown, path, (LSC_UV_FS, const char *path, uv_uid_t u, uv_gid_t g, uv_fs_cb cb),             \
      (loop, req, path, u, g, cb))                                                                 \
    F(fchown, NULL, (LSC_UV_FS, uv_file fd, uv_uid_t u, uv_gid_t g, uv_fs_cb cb),                  \
      (loop, req, fd, u, g, cb))                                                                   \
    F(lchown, path, (LSC_UV_FS, const char *path, uv_uid_t u, uv_gid_t g, uv_fs_cb cb),            \
      (loop, req, path, u, g, cb))                                                                 \
    F(statfs, path, (LSC_UV_FS, const char *path, uv_fs_cb cb), (loop, req, path, cb))

/* Looked up, not interposed. */
#define LSC_UV_REAL_ONLY(U)                                                                        \
    U(int, uv_is_active, (const uv_handle_t *h), (h))                                              \
    U(int, uv_is_closing, (const uv_handle_t *h), (h))                                             \
    U(int, uv_fileno, (const uv_handle_t *h, uv_os_fd_t *fd), (h, fd))                             \
    U(int, uv_tcp_getsockname, (const uv_tcp_t *h, struct sockaddr *a, int *n), (h, a, n))         \
    U(int, uv_tcp_getpeername, (const uv_tcp_t *h, struct sockaddr *a, int *n), (h, a, n))         \
    U(int, uv_udp_getsockname, (const uv_udp_t *h, struct sockaddr *a, int *n), (h, a, n))         \
    U(int, uv_run, (uv_loop_t *loop, uv_run_mode mode), (loop, mode))

#define LSC_UV_HOOKS(U)                                                                            \
    LSC_UV_HANDLE_HOOKS(U)                                                                         \
    LSC_UV_START_HOOKS(U)                                                                          \
    LSC_UV_REQUEST_HOOKS(U)                                                                        \
    LSC_UV_POOL_HOOKS(U)
/* clang-format on */

#endif
