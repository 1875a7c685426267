/* SPDX-License-Identifier: MIT */
/* Reading the kernel's answers about sockets' queues: pure, and sceptical of every length. */
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <string.h>

#include "sock_diag.h"

static bool is_udp(enum sock_diag_table table)
{
    return table == SOCK_DIAG_UDP4 || table == SOCK_DIAG_UDP6;
}

/* The attribute `type` among those at `at`; its content, at least `want` bytes long, or NULL. */
static const void *find_attribute(const char *at, size_t bytes, uint16_t type, size_t want)
{
    struct nlattr attribute;
    while (bytes >= sizeof(attribute)) {
        memcpy(&attribute, at, sizeof(attribute));
        if (attribute.nla_len < sizeof(attribute) || attribute.nla_len > bytes)
            return NULL;
        if ((attribute.nla_type & NLA_TYPE_MASK) == type)
            return attribute.nla_len - sizeof(attribute) >= want ? at + NLA_HDRLEN : NULL;
        size_t step = NLA_ALIGN(attribute.nla_len);
        if (step > bytes)
            return NULL;
        at += step;
        bytes -= step;
    }
    return NULL;
}

static bool read_unix(const char *body, size_t bytes, struct sock_diag_row *row)
{
    struct unix_diag_msg message;
    struct unix_diag_rqlen queue;
    if (bytes < sizeof(message))
        return false;
    memcpy(&message, body, sizeof(message));
    const void *found =
        find_attribute(body + NLMSG_ALIGN(sizeof(message)), bytes - NLMSG_ALIGN(sizeof(message)),
                       UNIX_DIAG_RQLEN, sizeof(queue));
    if (!found)
        return false;
    memcpy(&queue, found, sizeof(queue));
    *row = (struct sock_diag_row){
        .inode = message.udiag_ino, .depth = queue.udiag_rqueue, .limit = queue.udiag_wqueue};
    return true;
}

static bool read_inet(enum sock_diag_table table, const char *body, size_t bytes,
                      struct sock_diag_row *row)
{
    struct inet_diag_msg message;
    uint32_t memory[SK_MEMINFO_DROPS + 1];
    if (bytes < sizeof(message))
        return false;
    memcpy(&message, body, sizeof(message));
    const void *found =
        find_attribute(body + NLMSG_ALIGN(sizeof(message)), bytes - NLMSG_ALIGN(sizeof(message)),
                       INET_DIAG_SKMEMINFO, sizeof(memory));
    *row = (struct sock_diag_row){.inode = message.idiag_inode, .depth = message.idiag_rqueue};
    if (!is_udp(table))
        row->limit = message.idiag_wqueue;
    if (!found)
        return true;
    memcpy(memory, found, sizeof(memory));
    row->drops = memory[SK_MEMINFO_DROPS];
    if (is_udp(table))
        row->limit = memory[SK_MEMINFO_RCVBUF];
    return true;
}
_Static_assert(NLMSG_ALIGN(sizeof(struct unix_diag_msg)) == sizeof(struct unix_diag_msg) &&
                   NLMSG_ALIGN(sizeof(struct inet_diag_msg)) == sizeof(struct inet_diag_msg),
               "attributes follow at once, so no length goes below zero");

/* The end of a dump carries its outcome: without the module that knows the protocol, -ENOENT. */
static enum sock_diag_progress read_end(const char *body, size_t bytes)
{
    int32_t outcome = 0;
    if (bytes >= sizeof(outcome))
        memcpy(&outcome, body, sizeof(outcome));
    return outcome < 0 ? SOCK_DIAG_BAD : SOCK_DIAG_DONE;
}

enum sock_diag_progress sock_diag_parse(enum sock_diag_table table, const void *answer,
                                        size_t bytes, sock_diag_visit visit, void *context)
{
    const char *at = answer;
    struct nlmsghdr header;
    while (bytes >= sizeof(header)) {
        memcpy(&header, at, sizeof(header));
        if (header.nlmsg_len < sizeof(header) || header.nlmsg_len > bytes)
            return SOCK_DIAG_BAD;
        const char *body = at + NLMSG_HDRLEN;
        size_t body_bytes = header.nlmsg_len - NLMSG_HDRLEN;
        if (header.nlmsg_type == NLMSG_DONE)
            return read_end(body, body_bytes);
        if (header.nlmsg_type != SOCK_DIAG_BY_FAMILY)
            return SOCK_DIAG_BAD; /* NLMSG_ERROR among others */
        struct sock_diag_row row;
        bool is_whole = table == SOCK_DIAG_UNIX ? read_unix(body, body_bytes, &row)
                                                : read_inet(table, body, body_bytes, &row);
        if (is_whole)
            visit(&row, context);
        size_t step = NLMSG_ALIGN(header.nlmsg_len);
        step = step < bytes ? step : bytes;
        at += step;
        bytes -= step;
    }
    return SOCK_DIAG_MORE;
}
