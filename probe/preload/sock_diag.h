/* SPDX-License-Identifier: MIT */
/* Queues of sockets, as the kernel tells them through NETLINK_SOCK_DIAG (sock_diag(7)): without
 * touching a descriptor of the program. No allocation. For the watchdog's thread only, whose table
 * of descriptors is its own. */
#ifndef LSC_SOCK_DIAG_H
#define LSC_SOCK_DIAG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What can be asked for: one dump each. */
enum sock_diag_table {
    SOCK_DIAG_TCP4,  /* listening sockets */
    SOCK_DIAG_TCP6,  /* likewise */
    SOCK_DIAG_UNIX,  /* likewise */
    SOCK_DIAG_UDP4,  /* all sockets */
    SOCK_DIAG_UDP6,  /* likewise */
    SOCK_DIAG_TABLES /* how many there are */
};

struct sock_diag_row {
    uint64_t inode;
    uint64_t depth; /* listening: connections that wait to be accepted; UDP: bytes to be read */
    uint64_t limit; /* of the same; 0 unknown */
    uint64_t drops; /* ever, as far as the kernel counts them for the socket */
};
typedef void (*sock_diag_visit)(const struct sock_diag_row *row, void *context);

/* Opens the netlink socket, or keeps the open one. False: the kernel has none for us. */
bool sock_diag_open(void);
/* Forgets the descriptor: it belongs to another thread's table, or a parent's. */
void sock_diag_forget(void);

/* Visits every socket of a table in this network namespace. False: refused, or cut short. */
bool sock_diag_dump(enum sock_diag_table table, sock_diag_visit visit, void *context);

enum sock_diag_progress { SOCK_DIAG_MORE, SOCK_DIAG_DONE, SOCK_DIAG_BAD };
/* Reads one datagram of an answer, `bytes` long. Nothing beyond it is looked at, whatever its
 * lengths say. Pure. */
enum sock_diag_progress sock_diag_parse(enum sock_diag_table table, const void *answer,
                                        size_t bytes, sock_diag_visit visit, void *context);

#endif
