/* SPDX-License-Identifier: MIT */
/* A wait on a lock-like object: condition variable, semaphore, futex. On a loop that is the only
 * user of its epoll descriptor it is a blocking call; on one of several threads that share a
 * reactor (multi-threaded Tokio, async-std, smol) it is how the thread rests; on other threads it
 * is how a pool worker rests. */
#ifndef LSC_PARK_H
#define LSC_PARK_H

#include "call.h"

enum park_mode {
    PARK_PASS,
    PARK_CALL, /* a blocking call, or a rest that turns out at its end to be one of a shared reactor
                */
    PARK_REST, /* of a loop whose reactor is known to be shared */
    PARK_IDLE, /* of a pool worker */
    PARK_EARLY /* of a thread in a process that is not observed yet */
};

struct park {
    enum park_mode mode;
    struct loop *loop;
    uint64_t begin;
    struct call call;
};

void park_begin(struct park *p, uint32_t id, uintptr_t object, uintptr_t frame);
void park_end(struct park *p, uint32_t id, uintptr_t caller);

#endif
