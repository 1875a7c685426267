/* SPDX-License-Identifier: MIT */
/* Bytes through connections and pipes: reading, writing, half-closing. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include "descriptor.h"

static const struct wait_kind read_waits = {"read", descriptor_withdraw, descriptor_discard};
static const struct wait_kind write_waits = {"write", descriptor_withdraw, descriptor_discard};

static int64_t result_of(ssize_t got)
{
    return got >= 0 ? got : -errno;
}

static int64_t try_read(const struct operation *operation, size_t done)
{
    char *to = operation->buffer;
    return result_of(read(operation->descriptor->fd, to + done, operation->bytes - done));
}

static int64_t try_write(const struct operation *operation, size_t done)
{
    const char *from = operation->buffer;
    size_t left = operation->bytes - done;
    if (operation->descriptor->is_socket)
        return result_of(send(operation->descriptor->fd, from + done, left, MSG_NOSIGNAL));
    return result_of(write(operation->descriptor->fd, from + done, left));
}

static lsc_result read_some(struct lsc_context *cx, struct lsc_stream *stream, void *buffer,
                            size_t bytes, bool is_whole)
{
    return descriptor_await(cx, &(struct operation){.kind = &read_waits,
                                                    .descriptor = stream->descriptor_,
                                                    .direction = READING,
                                                    .attempt = try_read,
                                                    .buffer = buffer,
                                                    .bytes = bytes,
                                                    .is_whole = is_whole,
                                                    .is_byte_wise = true});
}

static lsc_result write_some(struct lsc_context *cx, struct lsc_stream *stream, const void *data,
                             size_t bytes, bool is_whole)
{
    return descriptor_await(cx, &(struct operation){.kind = &write_waits,
                                                    .descriptor = stream->descriptor_,
                                                    .direction = WRITING,
                                                    .attempt = try_write,
                                                    .buffer = (void *)(uintptr_t)data,
                                                    .bytes = bytes,
                                                    .is_whole = is_whole,
                                                    .is_byte_wise = true});
}

lsc_result lsc_read(struct lsc_context *cx, struct lsc_stream *stream, void *buffer, size_t bytes)
{
    return read_some(cx, stream, buffer, bytes, false);
}

lsc_result lsc_read_exactly(struct lsc_context *cx, struct lsc_stream *stream, void *buffer,
                            size_t bytes)
{
    return read_some(cx, stream, buffer, bytes, true);
}

lsc_result lsc_write(struct lsc_context *cx, struct lsc_stream *stream, const void *data,
                     size_t bytes)
{
    return write_some(cx, stream, data, bytes, false);
}

lsc_result lsc_write_all(struct lsc_context *cx, struct lsc_stream *stream, const void *data,
                         size_t bytes)
{
    return write_some(cx, stream, data, bytes, true);
}

lsc_result lsc_stream_shutdown(struct lsc_stream *stream)
{
    const struct descriptor *descriptor = stream->descriptor_;
    if (!descriptor)
        return -EBADF;
    return shutdown(descriptor->fd, SHUT_WR) == 0 ? 0 : -errno;
}

lsc_result lsc_stream_set_nodelay(struct lsc_stream *stream, bool is_on)
{
    const struct descriptor *descriptor = stream->descriptor_;
    int value = is_on;
    if (!descriptor)
        return -EBADF;
    return setsockopt(descriptor->fd, IPPROTO_TCP, TCP_NODELAY, &value, sizeof(value)) == 0
               ? 0
               : -errno;
}

int lsc_stream_peer(const struct lsc_stream *stream, struct lsc_address *address)
{
    const struct descriptor *descriptor = stream->descriptor_;
    *address = (struct lsc_address){.bytes = sizeof(address->storage)};
    if (!descriptor)
        return -EBADF;
    struct sockaddr *raw = (struct sockaddr *)&address->storage;
    return getpeername(descriptor->fd, raw, &address->bytes) == 0 ? 0 : -errno;
}

void lsc_stream_close(struct lsc_stream *stream)
{
    descriptor_close(stream->descriptor_);
    stream->descriptor_ = NULL;
}

/* ---- made of what is open already ---- */

lsc_result lsc_stream_adopt(struct lsc_context *cx, struct lsc_stream *stream, int fd)
{
    stream->descriptor_ = NULL;
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
        return -errno;
    stream->descriptor_ = descriptor_new(worker_of(cx)->executor, fd, "pipe");
    return stream->descriptor_ ? 0 : -ENOMEM;
}

lsc_result lsc_pipe(struct lsc_context *cx, struct lsc_stream *read_end,
                    struct lsc_stream *write_end)
{
    int fds[2];
    read_end->descriptor_ = write_end->descriptor_ = NULL;
    if (pipe2(fds, O_CLOEXEC | O_NONBLOCK) != 0)
        return -errno;
    lsc_result error = lsc_stream_adopt(cx, read_end, fds[0]);
    if (error < 0)
        goto close_both;
    error = lsc_stream_adopt(cx, write_end, fds[1]);
    if (error < 0)
        goto close_write_end;
    return 0;

close_both:
    close(fds[0]);
close_write_end:
    close(fds[1]);
    lsc_stream_close(read_end);
    return error;
}
