/* SPDX-License-Identifier: MIT */
/* The ends of a channel whose every receiver gets what is sent, so that none takes anything from
 * another: a receiver that waits is only told to look again. */
#ifndef LSC_EXECUTOR_AUDIENCE_H
#define LSC_EXECUTOR_AUDIENCE_H

#include "../wait.h"
#include "channel.h"

/* Guarded by the channel's lock. */
struct audience {
    uint32_t senders, receivers;
    struct wait_list waiting;
    uint64_t received;
};

/* With the lock: who waits is to look again. */
static inline void audience_tell_all(struct audience *audience, struct wake_list *wakes)
{
    wait_grant_all(&audience->waiting, 1, wakes);
}

/* With the lock: nobody has an end any more. */
static inline bool audience_is_gone(const struct audience *audience)
{
    return audience->senders == 0 && audience->receivers == 0;
}

void audience_add_sender(struct channel *channel, struct audience *audience);
/* Whether that was the last end of all. */
bool audience_drop_sender(struct channel *channel, struct audience *audience);

/* First call of a receive. True: it may look whether there is something. Else *result is what to
 * return now. Without the lock. */
static inline bool audience_may_look(struct lsc_context *cx, const struct wait_kind *kind,
                                     const void *receiver, lsc_result *result)
{
    return wait_is_new(cx, kind, receiver, result) || *result == 1;
}

/* There was nothing: LSC_PENDING. With the lock. */
lsc_result audience_wait(struct lsc_context *cx, struct channel *channel, struct audience *audience,
                         const struct wait_kind *kind, void *receiver);
/* For the kind's withdraw function. */
bool audience_withdraw(struct channel *channel, struct audience *audience, struct wait *wait);

#endif
