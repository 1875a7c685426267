/* SPDX-License-Identifier: MIT */
/* The ends of a channel whose every receiver gets what is sent. */
#include "audience.h"

void audience_add_sender(struct channel *channel, struct audience *audience)
{
    lock_take(&channel->lock);
    audience->senders++;
    lock_drop(&channel->lock);
}

bool audience_drop_sender(struct channel *channel, struct audience *audience)
{
    struct wake_list wakes = WAKE_LIST_EMPTY;
    lock_take(&channel->lock);
    if (--audience->senders == 0)
        audience_tell_all(audience, &wakes);
    bool is_gone = audience_is_gone(audience);
    lock_drop(&channel->lock);
    wake_list_run(&wakes);
    return is_gone;
}

lsc_result audience_wait(struct lsc_context *cx, struct channel *channel, struct audience *audience,
                         const struct wait_kind *kind, void *receiver)
{
    return wait_begin(cx, &(struct wait_plan){.kind = kind,
                                              .object = receiver,
                                              .list = &audience->waiting,
                                              .resource = channel->resource});
}

bool audience_withdraw(struct channel *channel, struct audience *audience, struct wait *wait)
{
    lock_take(&channel->lock);
    bool was_waiting = wait_remove(&audience->waiting, wait);
    lock_drop(&channel->lock);
    return was_waiting;
}
