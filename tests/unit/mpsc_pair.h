/* SPDX-License-Identifier: MIT */
/* What the tests of channels with many senders share: their items, a root task with both ends. */
#ifndef LSC_TEST_MPSC_PAIR_H
#define LSC_TEST_MPSC_PAIR_H

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "loopscope/channel.h"
#include "loopscope/time.h"
#include "must.h"

struct item {
    uint32_t from, number;
    uint64_t text[2];
};

/* Items that the channels of this program dropped. */
static _Atomic int dropped;

static inline void count_drop(void *item)
{
    (void)item;
    atomic_fetch_add(&dropped, 1);
}

static inline int new_channel(struct lsc_context *cx, struct lsc_mpsc_sender *sender,
                              struct lsc_mpsc_receiver *receiver, size_t capacity,
                              enum lsc_full_policy full)
{
    atomic_store(&dropped, 0);
    return lsc_mpsc_new(lsc_context_executor(cx), sender, receiver, .name = "items",
                        .capacity = capacity, .item_bytes = sizeof(struct item), .full = full,
                        .drop = count_drop);
}

/* The root of most tests. */
struct pair {
    struct lsc_frame frame;
    struct lsc_scope scope;
    struct lsc_deadline deadline;
    struct lsc_mpsc_sender sender;
    struct lsc_mpsc_receiver receiver;
    struct lsc_join joins[3];
    struct lsc_channel_counts counts;
    struct item item;
    uint32_t i, next[8];
};

/* Receives to the end; how many. */
static inline lsc_result receive_all_poll(struct lsc_context *cx, void *state)
{
    struct pair *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    do {
        LSC_AWAIT(r, lsc_mpsc_receive(cx, &self->receiver, &self->item));
        self->i += r > 0;
    } while (r > 0);
    lsc_mpsc_receiver_drop(&self->receiver);
    LSC_END(r < 0 ? r : (lsc_result)self->i);
}

#endif
