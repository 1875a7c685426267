/* SPDX-License-Identifier: MIT */
/* Asking the kernel for sockets' queues. */
#include "sock_diag.h"

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include "real.h"

#define STATES_ALL UINT32_MAX
#define STATES_LISTEN (1u << TCP_LISTEN)
#define ANSWER_BYTES 8192
/* A dump of 64 k sockets; an answer that never ends is not believed. */
#define DATAGRAMS_MAX 4096

static const struct {
    uint8_t family, protocol;
    uint32_t states;
} tables[SOCK_DIAG_TABLES] = {
    [SOCK_DIAG_TCP4] = {AF_INET, IPPROTO_TCP, STATES_LISTEN},
    [SOCK_DIAG_TCP6] = {AF_INET6, IPPROTO_TCP, STATES_LISTEN},
    [SOCK_DIAG_UNIX] = {AF_UNIX, 0, STATES_LISTEN},
    [SOCK_DIAG_UDP4] = {AF_INET, IPPROTO_UDP, STATES_ALL},
    [SOCK_DIAG_UDP6] = {AF_INET6, IPPROTO_UDP, STATES_ALL},
};

static int netlink = -1;

bool sock_diag_open(void)
{
    if (netlink >= 0)
        return true;
    /* The program may have a socket() of its own, which is not to run on this thread. */
    int fd = (int)real.syscall(SYS_socket, AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG,
                               0, 0, 0);
    if (fd < 0)
        return false;
    struct timeval patience = {.tv_usec = 200000};
    real.syscall(SYS_setsockopt, fd, SOL_SOCKET, SO_RCVTIMEO, (long)&patience, sizeof(patience), 0);
    netlink = fd;
    return true;
}

void sock_diag_forget(void)
{
    netlink = -1;
}

struct request {
    struct nlmsghdr header;
    union {
        struct inet_diag_req_v2 inet;
        struct unix_diag_req local;
    };
};

static struct request request_for(enum sock_diag_table table)
{
    struct request r = {
        .header = {.nlmsg_type = SOCK_DIAG_BY_FAMILY, .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP}};
    if (tables[table].family == AF_UNIX) {
        r.header.nlmsg_len = NLMSG_LENGTH(sizeof(r.local));
        r.local = (struct unix_diag_req){.sdiag_family = AF_UNIX,
                                         .udiag_states = tables[table].states,
                                         .udiag_show = UDIAG_SHOW_RQLEN};
    } else {
        r.header.nlmsg_len = NLMSG_LENGTH(sizeof(r.inet));
        r.inet = (struct inet_diag_req_v2){.sdiag_family = tables[table].family,
                                           .sdiag_protocol = tables[table].protocol,
                                           .idiag_ext = 1 << (INET_DIAG_SKMEMINFO - 1),
                                           .idiag_states = tables[table].states};
    }
    return r;
}

static enum sock_diag_progress ask(enum sock_diag_table table, sock_diag_visit visit, void *context)
{
    static char answer[ANSWER_BYTES] __attribute__((aligned(8)));
    struct request request = request_for(table);
    const struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
    if (real.sendto(netlink, &request, request.header.nlmsg_len, 0,
                    (const struct sockaddr *)&kernel, sizeof(kernel)) < 0)
        return SOCK_DIAG_BAD;
    for (int i = 0; i < DATAGRAMS_MAX; i++) {
        ssize_t n = real.recv(netlink, answer, sizeof(answer), 0);
        if (n <= 0)
            return SOCK_DIAG_BAD;
        enum sock_diag_progress progress =
            sock_diag_parse(table, answer, (size_t)n, visit, context);
        if (progress != SOCK_DIAG_MORE)
            return progress;
    }
    return SOCK_DIAG_BAD;
}

bool sock_diag_dump(enum sock_diag_table table, sock_diag_visit visit, void *context)
{
    if (ask(table, visit, context) == SOCK_DIAG_DONE)
        return true;
    /* What is still to come would be taken for the answer to the next question. */
    real.close(netlink);
    netlink = -1;
    return false;
}
