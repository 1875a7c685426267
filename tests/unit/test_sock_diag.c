/* SPDX-License-Identifier: MIT */
/* Answers of the kernel about sockets, and what only looks like them. */
#include <criterion/criterion.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <stdlib.h>
#include <string.h>

#include "probe/preload/sock_diag.h"

struct seen {
    int rows;
    struct sock_diag_row last;
};

static void see(const struct sock_diag_row *row, void *context)
{
    struct seen *seen = context;
    seen->rows++;
    seen->last = *row;
}

/* An answer under construction. */
struct answer {
    _Alignas(8) char bytes[1024];
    size_t length;
};

static void add(struct answer *answer, const void *bytes, size_t length)
{
    memcpy(answer->bytes + answer->length, bytes, length);
    answer->length += NLMSG_ALIGN(length);
}

static void add_header(struct answer *answer, uint16_t type, size_t body)
{
    struct nlmsghdr header = {.nlmsg_len = (uint32_t)(NLMSG_HDRLEN + body), .nlmsg_type = type};
    add(answer, &header, sizeof(header));
}

static void add_attribute(struct answer *answer, uint16_t type, const void *content, size_t length)
{
    struct nlattr attribute = {.nla_len = (uint16_t)(NLA_HDRLEN + length), .nla_type = type};
    add(answer, &attribute, sizeof(attribute));
    add(answer, content, length);
}

/* A listening or UDP socket with 5 waiting of at most 8, 3 dropped, a buffer of 4096 bytes. */
static void add_inet(struct answer *answer)
{
    struct inet_diag_msg message = {.idiag_inode = 77, .idiag_rqueue = 5, .idiag_wqueue = 8};
    uint32_t memory[SK_MEMINFO_VARS] = {[SK_MEMINFO_RCVBUF] = 4096, [SK_MEMINFO_DROPS] = 3};
    add_header(answer, SOCK_DIAG_BY_FAMILY, sizeof(message) + NLA_HDRLEN + sizeof(memory));
    add(answer, &message, sizeof(message));
    add_attribute(answer, INET_DIAG_SKMEMINFO, memory, sizeof(memory));
}

static enum sock_diag_progress parse(enum sock_diag_table table, const struct answer *answer,
                                     size_t length, struct seen *seen)
{
    /* A copy of just this size, so that a sanitizer sees a look beyond it. */
    char *copy = malloc(length ? length : 1);
    memcpy(copy, answer->bytes, length);
    *seen = (struct seen){0};
    enum sock_diag_progress progress = sock_diag_parse(table, copy, length, see, seen);
    free(copy);
    return progress;
}

Test(sock_diag, tells_the_backlog_of_a_listening_socket)
{
    struct answer answer = {0};
    struct seen seen;
    add_inet(&answer);
    add_inet(&answer);
    cr_assert_eq(parse(SOCK_DIAG_TCP4, &answer, answer.length, &seen), SOCK_DIAG_MORE);
    cr_assert_eq(seen.rows, 2);
    cr_assert_eq(seen.last.inode, 77);
    cr_assert_eq(seen.last.depth, 5);
    cr_assert_eq(seen.last.limit, 8);
    cr_assert_eq(seen.last.drops, 3);
}

Test(sock_diag, tells_the_buffer_of_a_udp_socket)
{
    struct answer answer = {0};
    struct seen seen;
    add_inet(&answer);
    cr_assert_eq(parse(SOCK_DIAG_UDP6, &answer, answer.length, &seen), SOCK_DIAG_MORE);
    cr_assert_eq(seen.last.limit, 4096);
    cr_assert_eq(seen.last.drops, 3);
}

Test(sock_diag, tells_the_backlog_of_a_local_socket)
{
    struct answer answer = {0};
    struct seen seen;
    struct unix_diag_msg message = {.udiag_ino = 9};
    struct unix_diag_rqlen queue = {.udiag_rqueue = 2, .udiag_wqueue = 4};
    add_header(&answer, SOCK_DIAG_BY_FAMILY, sizeof(message) + 2 * NLA_HDRLEN + 4 + sizeof(queue));
    add(&answer, &message, sizeof(message));
    add_attribute(&answer, UNIX_DIAG_PEER, "abcd", 4);
    add_attribute(&answer, UNIX_DIAG_RQLEN, &queue, sizeof(queue));
    cr_assert_eq(parse(SOCK_DIAG_UNIX, &answer, answer.length, &seen), SOCK_DIAG_MORE);
    cr_assert_eq(seen.rows, 1);
    cr_assert_eq(seen.last.inode, 9);
    cr_assert_eq(seen.last.depth, 2);
    cr_assert_eq(seen.last.limit, 4);
}

Test(sock_diag, knows_the_end_and_a_refusal)
{
    struct answer end = {0}, refusal = {0};
    const int status = 0;
    struct seen seen;
    add_inet(&end);
    add_header(&end, NLMSG_DONE, sizeof(status));
    add(&end, &status, sizeof(status));
    cr_assert_eq(parse(SOCK_DIAG_TCP4, &end, end.length, &seen), SOCK_DIAG_DONE);
    cr_assert_eq(seen.rows, 1);
    add_header(&refusal, NLMSG_ERROR, 0);
    cr_assert_eq(parse(SOCK_DIAG_TCP4, &refusal, refusal.length, &seen), SOCK_DIAG_BAD);
    cr_assert_eq(seen.rows, 0);
}

Test(sock_diag, takes_an_end_with_an_error_for_a_refusal)
{
    struct answer end = {0};
    const int no_such_module = -2;
    struct seen seen;
    add_header(&end, NLMSG_DONE, sizeof(no_such_module));
    add(&end, &no_such_module, sizeof(no_such_module));
    cr_assert_eq(parse(SOCK_DIAG_UDP4, &end, end.length, &seen), SOCK_DIAG_BAD);
    cr_assert_eq(seen.rows, 0);
}

Test(sock_diag, reads_nothing_beyond_an_answer_that_was_cut)
{
    struct answer answer = {0};
    struct seen seen;
    add_inet(&answer);
    for (size_t length = 0; length < answer.length; length++) {
        parse(SOCK_DIAG_TCP4, &answer, length, &seen);
        cr_assert_eq(seen.rows, 0, "%zu bytes", length);
    }
}

Test(sock_diag, survives_lengths_that_lie)
{
    struct answer answer = {0};
    struct seen seen;
    struct nlattr attribute;
    size_t at = NLMSG_HDRLEN + sizeof(struct inet_diag_msg);
    add_inet(&answer);
    for (unsigned length = 0; length < 0x10000; length += 7) {
        memcpy(&attribute, answer.bytes + at, sizeof(attribute));
        attribute.nla_len = (uint16_t)length;
        memcpy(answer.bytes + at, &attribute, sizeof(attribute));
        cr_assert_eq(parse(SOCK_DIAG_TCP4, &answer, answer.length, &seen), SOCK_DIAG_MORE);
        cr_assert_eq(seen.last.inode, 77);
    }
    for (uint32_t length = 0; length < 200; length++) {
        memcpy(answer.bytes, &length, sizeof(length));
        parse(SOCK_DIAG_TCP4, &answer, answer.length, &seen);
        cr_assert_leq(seen.rows, 1);
    }
}
