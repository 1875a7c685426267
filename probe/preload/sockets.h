/* SPDX-License-Identifier: MIT */
/* The sockets whose queues are watched: those the program listens on, and its bound UDP sockets.
 * The program's threads register them; the watchdog asks the kernel for their queues and records
 * what changed. */
#ifndef LSC_SOCKETS_H
#define LSC_SOCKETS_H

#include "core/writer/core.h"

/* The program has begun to listen on `fd`, or bound it. Registers it when it is of a kind that is
 * watched. Any thread; a few system calls; keeps errno. */
void sockets_note_listen(int fd);
void sockets_note_bind(int fd);

/* Watchdog: a new segment, the resources are to be made anew. Without descriptors of the watchdog's
 * own nothing is watched. */
void sockets_begin(bool has_own_descriptors);
/* Watchdog: asks the kernel and records, if it is time to. `elapsed_ns` since the call before;
 * `is_urgent`: a loop is stalled now. */
void sockets_watch(struct lsc_writer *writer, uint64_t elapsed_ns, bool is_urgent);

#endif
