/* SPDX-License-Identifier: MIT */
/* One wait for readiness (epoll, poll, select), as the interposers of wait_hooks.c and
 * syscall_hook.c see it. A wait is the boundary between two turns of a loop, or a blocking call
 * inside a turn, or nothing of interest; wait_begin decides which. */
#ifndef LSC_WAIT_H
#define LSC_WAIT_H

#include <stdbool.h>
#include <stdint.h>

#include "call.h"

#define WAIT_FOREVER UINT64_MAX

enum wait_mode {
    WAIT_PASS,     /* of no interest */
    WAIT_BOUNDARY, /* ends a turn and begins one */
    WAIT_CALL,     /* a blocking call inside a turn */
};

struct wait {
    /* Filled in by the interposer. */
    uint32_t id; /* enum lsc_call: epoll_wait, poll or select */
    enum loop_kind kind;
    int fd;              /* epoll descriptor, or the leading one of poll and select; -1 none */
    uint64_t timeout_ns; /* WAIT_FOREVER, or 0 for a mere look */
    int room;            /* events that fit; 0 not known */
    uintptr_t caller;
    uintptr_t frame;
    /* Filled in by wait_begin. */
    enum wait_mode mode;
    uint64_t begin;
    struct loop *loop;
    struct call call;
};

void wait_begin(struct wait *w);
/* `result` of the real function: ready events, 0 timed out, -1 failed. Keeps errno. */
void wait_end(struct wait *w, int result);

#endif
