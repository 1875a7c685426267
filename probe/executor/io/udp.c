/* SPDX-License-Identifier: MIT */
/* Datagrams. */
#include <errno.h>
#include <unistd.h>

#include "descriptor.h"

static const struct wait_kind send_waits = {"send", descriptor_withdraw, descriptor_discard};
static const struct wait_kind receive_waits = {"receive", descriptor_withdraw, descriptor_discard};

lsc_result lsc_udp_bind(struct lsc_context *cx, struct lsc_udp *udp,
                        const struct lsc_address *address)
{
    udp->descriptor_ = NULL;
    int fd = socket(address->storage.ss_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -errno;
    int error =
        bind(fd, (const struct sockaddr *)&address->storage, address->bytes) == 0 ? 0 : -errno;
    if (error < 0)
        goto close_it;
    udp->descriptor_ = descriptor_new(worker_of(cx)->executor, fd, "udp");
    error = udp->descriptor_ ? 0 : -ENOMEM;
    if (error == 0)
        return 0;

close_it:
    close(fd);
    return error;
}

static int64_t try_send(const struct operation *operation, size_t done)
{
    const struct lsc_address *to = operation->more;
    (void)done;
    ssize_t sent = sendto(operation->descriptor->fd, operation->buffer, operation->bytes,
                          MSG_NOSIGNAL, (const struct sockaddr *)&to->storage, to->bytes);
    return sent >= 0 ? sent : -errno;
}

lsc_result lsc_udp_send(struct lsc_context *cx, struct lsc_udp *udp, const void *data, size_t bytes,
                        const struct lsc_address *to)
{
    return descriptor_await(cx, &(struct operation){.kind = &send_waits,
                                                    .descriptor = udp->descriptor_,
                                                    .direction = WRITING,
                                                    .attempt = try_send,
                                                    .buffer = (void *)(uintptr_t)data,
                                                    .bytes = bytes,
                                                    .more = (void *)(uintptr_t)to});
}

static int64_t try_receive(const struct operation *operation, size_t done)
{
    struct lsc_address ignored;
    struct lsc_address *from = operation->more ? operation->more : &ignored;
    (void)done;
    from->bytes = sizeof(from->storage);
    ssize_t got = recvfrom(operation->descriptor->fd, operation->buffer, operation->bytes, 0,
                           (struct sockaddr *)&from->storage, &from->bytes);
    return got >= 0 ? got : -errno;
}

lsc_result lsc_udp_receive(struct lsc_context *cx, struct lsc_udp *udp, void *buffer, size_t bytes,
                           struct lsc_address *from)
{
    return descriptor_await(cx, &(struct operation){.kind = &receive_waits,
                                                    .descriptor = udp->descriptor_,
                                                    .direction = READING,
                                                    .attempt = try_receive,
                                                    .buffer = buffer,
                                                    .bytes = bytes,
                                                    .more = from});
}

int lsc_udp_address(const struct lsc_udp *udp, struct lsc_address *address)
{
    return lsc_listener_address(&(const struct lsc_listener){udp->descriptor_}, address);
}

void lsc_udp_close(struct lsc_udp *udp)
{
    descriptor_close(udp->descriptor_);
    udp->descriptor_ = NULL;
}
