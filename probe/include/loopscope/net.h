/* SPDX-License-Identifier: MIT */
/* loopscope/net.h: TCP, Unix sockets, pipes and UDP for tasks, and the names of hosts.
 *
 *     struct lsc_listener listener;
 *     struct lsc_stream stream;
 *     lsc_address_ip(&address, "127.0.0.1", 8080);
 *     r = lsc_listen(cx, &listener, &address, 128);
 *     LSC_AWAIT(r, lsc_accept(cx, &self->listener, &self->stream));
 *     LSC_AWAIT(r, lsc_read(cx, &self->stream, self->buffer, sizeof(self->buffer)));
 *
 * Awaitable functions try at once, on the worker the task runs on, and wait for the descriptor to
 * become ready only when the kernel says it is not; what waits is told by the libuv loop of the
 * worker where the first wait for it was. Buffers are touched during the calls only, so that a
 * cancelled or timed-out call leaves nothing behind. Unless it says otherwise a call that returns
 * -ECANCELED or -ETIMEDOUT has taken and sent nothing.
 *
 * Handles lie in the caller's memory, may be copied, and must be closed once, by a task or one of
 * its cleanup handlers, before the executor is deleted. One task at a time reads and one writes;
 * closing ends what other tasks still await on it with -EBADF. A handle that was closed, or all
 * zero, is accepted everywhere: -EBADF. Errors are -errno: -ECONNRESET, -EPIPE, -EADDRINUSE… and
 * -ENOMEM. Functions are for use inside tasks unless they say "any thread". */
#ifndef LOOPSCOPE_NET_H
#define LOOPSCOPE_NET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "executor.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- addresses: any thread, signal handlers too ---- */

struct lsc_address {
    socklen_t bytes; /* used of `storage` */
    struct sockaddr_storage storage;
};
/* From a number such as "127.0.0.1" or "::1", not a name. 0 or -EINVAL. */
LSC_API int lsc_address_ip(struct lsc_address *address, const char *host, uint16_t port);
/* 0; -EINVAL: an empty path; -ENAMETOOLONG. */
LSC_API int lsc_address_unix(struct lsc_address *address, const char *path);
/* "127.0.0.1:80", "[::1]:80", a path, or "unnamed"; cut to fit, always ended by a zero. */
LSC_API void lsc_address_text(const struct lsc_address *address, char *text, size_t bytes);
/* 0 for addresses without one. */
LSC_API uint16_t lsc_address_port(const struct lsc_address *address);

/* Awaitable: how many addresses of the host were found, at most `room`, in the order to try them.
 * The look-up runs on libuv's pool of threads; one that is cancelled may still be made. Errors are
 * those of libuv, UV_EAI_NONAME (-3008: there is no such host) and the like. */
LSC_API lsc_result lsc_resolve(struct lsc_context *cx, const char *host, uint16_t port,
                               struct lsc_address *found, unsigned room);

/* ---- connections ---- */

struct lsc_listener {
    void *descriptor_;
};
struct lsc_stream {
    void *descriptor_;
};

/* Listens on a TCP (port 0: one that is free) or Unix address (whose file is the caller's to
 * remove). backlog: connections that may wait to be accepted. 0 or an error. */
LSC_API lsc_result lsc_listen(struct lsc_context *cx, struct lsc_listener *listener,
                              const struct lsc_address *address, int backlog);
/* Awaitable: 0 and a connection. -EMFILE and -ENFILE leave it waiting in the backlog. */
LSC_API lsc_result lsc_accept(struct lsc_context *cx, struct lsc_listener *listener,
                              struct lsc_stream *stream);
/* The address it listens on. 0 or an error. Any thread. */
LSC_API int lsc_listener_address(const struct lsc_listener *listener, struct lsc_address *address);
LSC_API void lsc_listener_close(struct lsc_listener *listener);

/* Awaitable: 0 and a connection; else no stream. A Unix listener with a full backlog: -EAGAIN. */
LSC_API lsc_result lsc_connect(struct lsc_context *cx, struct lsc_stream *stream,
                               const struct lsc_address *address);

/* Makes a stream of a descriptor that can be polled (socket, pipe, terminal), which it then owns
 * and makes non-blocking. On an error the descriptor stays the caller's. Writing to a pipe nobody
 * reads raises SIGPIPE, unless the program ignores it; sockets never do. */
LSC_API lsc_result lsc_stream_adopt(struct lsc_context *cx, struct lsc_stream *stream, int fd);
/* Two ends of a new pipe. 0 or an error. */
LSC_API lsc_result lsc_pipe(struct lsc_context *cx, struct lsc_stream *read_end,
                            struct lsc_stream *write_end);

/* Awaitable: 1 to `bytes` bytes; 0 at the end of the stream (or when bytes is 0). */
LSC_API lsc_result lsc_read(struct lsc_context *cx, struct lsc_stream *stream, void *buffer,
                            size_t bytes);
/* Awaitable: `bytes`, or fewer when the stream ended before. Cut short by an error, -ECANCELED or
 * -ETIMEDOUT, it may have read some bytes, into the buffer. */
LSC_API lsc_result lsc_read_exactly(struct lsc_context *cx, struct lsc_stream *stream, void *buffer,
                                    size_t bytes);
/* Awaitable: how many bytes the kernel took, 1 to `bytes`. */
LSC_API lsc_result lsc_write(struct lsc_context *cx, struct lsc_stream *stream, const void *data,
                             size_t bytes);
/* Awaitable: `bytes`, when the kernel has taken them all: who writes faster than the peer reads is
 * held up here. Cut short by an error, -ECANCELED or -ETIMEDOUT, some bytes may have been sent. */
LSC_API lsc_result lsc_write_all(struct lsc_context *cx, struct lsc_stream *stream,
                                 const void *data, size_t bytes);
/* Ends the sending direction: the peer reads the end of the stream. Sockets only. 0 or an error. */
LSC_API lsc_result lsc_stream_shutdown(struct lsc_stream *stream);
/* Small writes are sent at once (TCP_NODELAY). 0 or an error. */
LSC_API lsc_result lsc_stream_set_nodelay(struct lsc_stream *stream, bool is_on);
/* The other end's address. 0 or an error. Any thread. */
LSC_API int lsc_stream_peer(const struct lsc_stream *stream, struct lsc_address *address);
LSC_API void lsc_stream_close(struct lsc_stream *stream);

/* ---- datagrams ---- */

struct lsc_udp {
    void *descriptor_;
};
/* 0 or an error; port 0: one that is free. */
LSC_API lsc_result lsc_udp_bind(struct lsc_context *cx, struct lsc_udp *udp,
                                const struct lsc_address *address);
/* Awaitable: `bytes`, when the kernel has taken the datagram; -EMSGSIZE. */
LSC_API lsc_result lsc_udp_send(struct lsc_context *cx, struct lsc_udp *udp, const void *data,
                                size_t bytes, const struct lsc_address *to);
/* Awaitable: the datagram's bytes, cut to fit the buffer; who sent it, unless `from` is NULL. */
LSC_API lsc_result lsc_udp_receive(struct lsc_context *cx, struct lsc_udp *udp, void *buffer,
                                   size_t bytes, struct lsc_address *from);
LSC_API int lsc_udp_address(const struct lsc_udp *udp,
                            struct lsc_address *address); /* any thread */
LSC_API void lsc_udp_close(struct lsc_udp *udp);

#ifdef __cplusplus
}
#endif

#endif
