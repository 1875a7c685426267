/* SPDX-License-Identifier: MIT */
/* Connections made and accepted: TCP and Unix sockets. */
#include <errno.h>
#include <unistd.h>

#include "descriptor.h"

static const struct wait_kind accept_waits = {"accept", descriptor_withdraw, descriptor_discard};

static const char *kind_of(const struct lsc_address *address)
{
    return address->storage.ss_family == AF_UNIX ? "unix" : "tcp";
}

static const struct sockaddr *raw(const struct lsc_address *address)
{
    return (const struct sockaddr *)&address->storage;
}

static int new_socket(const struct lsc_address *address)
{
    int fd = socket(address->storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    return fd >= 0 ? fd : -errno;
}

/* ---- listening ---- */

static int begin_listening(int fd, const struct lsc_address *address, int backlog)
{
    int on = 1;
    if (address->storage.ss_family != AF_UNIX)
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (bind(fd, raw(address), address->bytes) != 0 || listen(fd, backlog) != 0)
        return -errno;
    return 0;
}

lsc_result lsc_listen(struct lsc_context *cx, struct lsc_listener *listener,
                      const struct lsc_address *address, int backlog)
{
    listener->descriptor_ = NULL;
    int fd = new_socket(address);
    if (fd < 0)
        return fd;
    int error = begin_listening(fd, address, backlog);
    if (error < 0)
        goto close_it;
    listener->descriptor_ = descriptor_new(worker_of(cx)->executor, fd, "listener");
    error = listener->descriptor_ ? 0 : -ENOMEM;
    if (error == 0)
        return 0;

close_it:
    close(fd);
    return error;
}

int lsc_listener_address(const struct lsc_listener *listener, struct lsc_address *address)
{
    const struct descriptor *descriptor = listener->descriptor_;
    *address = (struct lsc_address){.bytes = sizeof(address->storage)};
    if (!descriptor)
        return -EBADF;
    struct sockaddr *local = (struct sockaddr *)&address->storage;
    return getsockname(descriptor->fd, local, &address->bytes) == 0 ? 0 : -errno;
}

void lsc_listener_close(struct lsc_listener *listener)
{
    descriptor_close(listener->descriptor_);
    listener->descriptor_ = NULL;
}

/* A connection that was gone before it was accepted is not the listener's error. */
static int64_t try_accept(const struct operation *operation, size_t done)
{
    struct descriptor *listener = operation->descriptor;
    struct lsc_stream *stream = operation->more;
    struct lsc_address peer = {.bytes = sizeof(peer.storage)};
    (void)done;
    int fd = accept4(listener->fd, (struct sockaddr *)&peer.storage, &peer.bytes,
                     SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0)
        return errno == ECONNABORTED ? -EINTR : -errno;
    stream->descriptor_ = descriptor_new(listener->executor, fd, kind_of(&peer));
    if (stream->descriptor_)
        return 0;
    close(fd);
    return -ENOMEM;
}

lsc_result lsc_accept(struct lsc_context *cx, struct lsc_listener *listener,
                      struct lsc_stream *stream)
{
    return descriptor_await(cx, &(struct operation){.kind = &accept_waits,
                                                    .descriptor = listener->descriptor_,
                                                    .direction = READING,
                                                    .attempt = try_accept,
                                                    .more = stream});
}

/* ---- connecting ---- */

/* A wait that ends without its call having returned leaves nobody who would close the descriptor.
 * `need` says that the call is there. */
static bool connect_withdraw(struct wait *wait)
{
    struct descriptor *descriptor = wait->object;
    bool is_abandoned = wait->need == 0;
    if (!descriptor_withdraw(wait))
        return false;
    if (is_abandoned)
        descriptor_close(descriptor);
    return true;
}

static void connect_discard(struct wait *wait)
{
    struct descriptor *descriptor = wait->object;
    descriptor_discard(wait);
    descriptor_close(descriptor);
}

static const struct wait_kind connect_waits = {"connect", connect_withdraw, connect_discard};

static int64_t try_connect(const struct operation *operation, size_t done)
{
    int error = 0;
    socklen_t bytes = sizeof(error);
    (void)done;
    if (getsockopt(operation->descriptor->fd, SOL_SOCKET, SO_ERROR, &error, &bytes) != 0)
        return -errno;
    return -error;
}

/* Begins to connect: 0 done already, -EINPROGRESS, or an error and no descriptor. */
static int start(struct lsc_executor *executor, const struct lsc_address *address,
                 struct descriptor **made)
{
    int fd = new_socket(address);
    if (fd < 0)
        return fd;
    int error = connect(fd, raw(address), address->bytes) == 0 ? 0 : -errno;
    if (error == -EINTR)
        error = -EINPROGRESS; /* the kernel goes on with it */
    if (error == 0 || error == -EINPROGRESS) {
        *made = descriptor_new(executor, fd, kind_of(address));
        if (*made)
            return error;
        error = -ENOMEM;
    }
    close(fd);
    return error;
}

static lsc_result begin_connecting(struct lsc_context *cx, struct lsc_stream *stream,
                                   const struct lsc_address *address)
{
    struct descriptor *descriptor = NULL;
    lsc_result result;
    if (!wait_is_new(cx, &connect_waits, NULL, &result))
        return result;
    result = start(worker_of(cx)->executor, address, &descriptor);
    stream->descriptor_ = descriptor;
    if (result != -EINPROGRESS)
        return result;
    return descriptor_wait(
        cx,
        &(struct operation){.kind = &connect_waits, .descriptor = descriptor, .direction = WRITING},
        0);
}

static lsc_result go_on_connecting(struct lsc_context *cx, struct lsc_stream *stream)
{
    struct wait *wait = &context_running(cx)->wait;
    wait->need = 1;
    lsc_result result = descriptor_await(cx, &(struct operation){.kind = &connect_waits,
                                                                 .descriptor = stream->descriptor_,
                                                                 .direction = WRITING,
                                                                 .attempt = try_connect});
    if (result == LSC_PENDING)
        wait->need = 0;
    return result;
}

lsc_result lsc_connect(struct lsc_context *cx, struct lsc_stream *stream,
                       const struct lsc_address *address)
{
    const struct wait *wait = &context_running(cx)->wait;
    bool is_begun = wait->kind == &connect_waits && wait->object == stream->descriptor_;
    if (!is_begun)
        stream->descriptor_ = NULL;
    lsc_result result =
        is_begun ? go_on_connecting(cx, stream) : begin_connecting(cx, stream, address);
    if (result < 0 && result != LSC_PENDING)
        lsc_stream_close(stream);
    return result;
}
