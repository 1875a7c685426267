/* SPDX-License-Identifier: MIT */
/* Channels whose every receiver gets every item. */
#include <errno.h>
#include <stdatomic.h>
#include <string.h>

#include "executor_misuse.h"
#include "loopscope/channel.h"
#include "loopscope/time.h"
#include "must.h"

/* An item is a share in a counter. */
struct item {
    uint64_t number;
    _Atomic int *shares;
};

static _Atomic int shares;

static void take_share(void *item)
{
    atomic_fetch_add(((struct item *)item)->shares, 1);
}

static void drop_share(void *item)
{
    atomic_fetch_sub(((struct item *)item)->shares, 1);
}

struct listener {
    struct lsc_frame frame;
    struct lsc_deadline deadline;
    struct lsc_broadcast_receiver receiver;
    struct item item;
    uint64_t heard, missed, next;
};

/* Counts what it hears to the end; the numbers rise, and what is missing was told as missed. */
static lsc_result listener_poll(struct lsc_context *cx, void *state)
{
    struct listener *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    for (;;) {
        LSC_AWAIT(r, lsc_broadcast_receive(cx, &self->receiver, &self->item));
        if (r <= 0)
            break;
        drop_share(&self->item);
        self->heard++;
        self->missed += (uint64_t)r - 1;
        MUST(self->item.number == self->next + (uint64_t)r - 1);
        self->next = self->item.number + 1;
    }
    lsc_broadcast_receiver_drop(&self->receiver);
    LSC_END(r < 0 ? r : (lsc_result)(self->heard + self->missed));
}

struct station {
    struct lsc_frame frame;
    struct lsc_broadcast_sender sender, other;
    struct lsc_broadcast_receiver receivers[3];
    struct lsc_join joins[4];
    struct lsc_channel_counts counts;
    struct item item;
    uint64_t i, total;
};

static int new_station(struct lsc_context *cx, struct station *self, size_t capacity)
{
    atomic_store(&shares, 0);
    self->item.shares = &shares;
    return lsc_broadcast_new(lsc_context_executor(cx), &self->sender, .name = "news",
                             .capacity = capacity, .item_bytes = sizeof(struct item),
                             .drop = drop_share, .share = take_share);
}

static lsc_result say(struct station *self, uint64_t number)
{
    self->item.number = number;
    take_share(&self->item);
    return lsc_broadcast_send(&self->sender, &self->item);
}

/* What the next try gives: its number, or the result when that brings none. */
static int64_t heard(struct lsc_broadcast_receiver *receiver, lsc_result *result)
{
    struct item item;
    *result = lsc_broadcast_try_receive(receiver, &item);
    if (*result <= 0)
        return -1;
    drop_share(&item);
    return (int64_t)item.number;
}

#define SENT 2000u

static lsc_result all_poll(struct lsc_context *cx, void *state)
{
    struct station *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    MUST(new_station(cx, self, 16) == 0);
    for (self->i = 0; self->i < 4; self->i++) {
        struct listener listener = {.heard = 0};
        MUST(lsc_broadcast_subscribe(&self->sender, &listener.receiver) == 0);
        lsc_spawn(cx, listener_poll, &listener, .join = &self->joins[self->i]);
    }
    for (self->i = 0; self->i < SENT; self->i++) {
        MUST(say(self, self->i) == 4);
        if (self->i % 40 == 0)
            LSC_AWAIT(r, lsc_yield(cx));
    }
    self->other = lsc_broadcast_sender_clone(&self->sender);
    lsc_broadcast_sender_drop(&self->sender);
    lsc_broadcast_counts(&self->other, &self->counts);
    MUST(self->counts.sent == SENT && self->counts.senders == 1);
    lsc_broadcast_sender_drop(&self->other);
    for (self->i = 0; self->i < 4; self->i++) {
        LSC_AWAIT(r, lsc_join_await(cx, &self->joins[self->i]));
        MUST(r == SENT); /* heard or told as missed */
    }
    MUST(shares == 0);
    LSC_END(0);
}

Test(broadcast, gives_every_item_to_every_receiver_or_says_how_many_it_missed, .timeout = 20)
{
    RUN_TASK(all_poll, struct station);
}

static lsc_result lag_poll(struct lsc_context *cx, void *state)
{
    struct station *self = state;
    struct lsc_broadcast_receiver *slow = &self->receivers[0], *quick = &self->receivers[1];
    lsc_result r;
    LSC_BEGIN(cx, self);
    MUST(new_station(cx, self, 3) == 0);
    MUST(say(self, 0) == 0 && shares == 0); /* nobody listens */
    MUST(lsc_broadcast_subscribe(&self->sender, slow) == 0);
    MUST(lsc_broadcast_subscribe(slow, quick) == 0);
    MUST(heard(slow, &r) == -1 && r == -EAGAIN);
    for (self->i = 1; self->i <= 5; self->i++) {
        MUST(say(self, self->i) == 2);
        MUST(heard(quick, &r) == (int64_t)self->i && r == 1);
    }
    lsc_broadcast_counts(slow, &self->counts);
    MUST(self->counts.dropped == 2 && self->counts.length == 3 && self->counts.receivers == 2);
    MUST(self->counts.capacity == 3 && self->counts.received == 5);
    MUST(heard(slow, &r) == 3 && r == 3);
    MUST(heard(slow, &r) == 4 && r == 1);
    lsc_broadcast_sender_drop(&self->sender);
    MUST(heard(slow, &r) == 5 && r == 1 && shares == 0);
    MUST(heard(slow, &r) == -1 && r == 0);
    lsc_broadcast_receiver_drop(slow);
    lsc_broadcast_receiver_drop(quick);
    lsc_broadcast_receiver_drop(quick);
    LSC_END(0);
}

Test(broadcast, overwrites_the_oldest_when_a_receiver_lags_by_more_than_the_capacity)
{
    RUN_TASK(lag_poll, struct station);
}

static lsc_result leave_poll(struct lsc_context *cx, void *state)
{
    struct station *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    MUST(new_station(cx, self, 8) == 0);
    MUST(lsc_broadcast_subscribe(&self->sender, &self->receivers[0]) == 0);
    for (self->i = 0; self->i < 4; self->i++)
        MUST(say(self, self->i) == 1);
    MUST(lsc_broadcast_subscribe(&self->sender, &self->receivers[1]) == 0);
    MUST(say(self, 4) == 2 && heard(&self->receivers[1], &r) == 4);
    MUST(heard(&self->receivers[0], &r) == 0 && shares == 4);
    lsc_broadcast_receiver_drop(&self->receivers[0]); /* with it goes what only it wanted */
    lsc_broadcast_counts(&self->sender, &self->counts);
    MUST(shares == 0 && self->counts.length == 0 && self->counts.receivers == 1);
    MUST(say(self, 5) == 1 && heard(&self->receivers[1], &r) == 5 && r == 1);
    MUST(say(self, 6) == 1);
    lsc_broadcast_sender_drop(&self->sender);
    lsc_broadcast_receiver_drop(&self->receivers[1]);
    MUST(shares == 0);
    LSC_END(0);
}

Test(broadcast, a_receiver_that_leaves_takes_what_only_it_had_not_heard_with_it)
{
    RUN_TASK(leave_poll, struct station);
}

static lsc_result give_up_poll(struct lsc_context *cx, void *state)
{
    struct station *self = state;
    struct listener listener = {.heard = 0};
    lsc_result r;
    LSC_BEGIN(cx, self);
    MUST(new_station(cx, self, 8) == 0);
    MUST(lsc_broadcast_subscribe(&self->sender, &listener.receiver) == 0);
    lsc_spawn(cx, listener_poll, &listener, .join = &self->joins[0]);
    LSC_AWAIT(r, lsc_sleep(cx, 10));
    lsc_broadcast_counts(&self->sender, &self->counts);
    MUST(self->counts.waiting == 1);
    lsc_join_cancel(&self->joins[0]);
    LSC_AWAIT(r, lsc_join_await(cx, &self->joins[0]));
    MUST(r == -ECANCELED);
    MUST(say(self, 1) == 0 && shares == 0);
    lsc_broadcast_counts(&self->sender, &self->counts);
    MUST(self->counts.waiting == 0 && self->counts.receivers == 0);
    lsc_broadcast_sender_drop(&self->sender);
    LSC_END(0);
}

Test(broadcast, a_receiver_that_is_cancelled_waits_no_more)
{
    RUN_TASK(give_up_poll, struct station);
}

static lsc_result ended_poll(struct lsc_context *cx, void *state)
{
    struct station *self = state;
    struct listener listener = {.heard = 0};
    lsc_result r;
    LSC_BEGIN(cx, self);
    MUST(new_station(cx, self, 8) == 0);
    MUST(lsc_broadcast_subscribe(&self->sender, &listener.receiver) == 0);
    lsc_spawn(cx, listener_poll, &listener, .join = &self->joins[0]);
    LSC_AWAIT(r, lsc_sleep(cx, 10));
    lsc_broadcast_sender_drop(&self->sender);
    LSC_AWAIT(r, lsc_join_await(cx, &self->joins[0]));
    LSC_END(r);
}

Test(broadcast, a_receiver_that_waits_is_told_the_end, .timeout = 20)
{
    RUN_TASK(ended_poll, struct station);
}

static lsc_result timed_poll(struct lsc_context *cx, void *state)
{
    struct listener *self = state;
    struct lsc_broadcast_sender sender;
    lsc_result r;
    LSC_BEGIN(cx, self);
    if (self->next == 0) {
        MUST(lsc_broadcast_new(lsc_context_executor(cx), &sender, .capacity = 2,
                               .item_bytes = sizeof(struct item)) == 0);
        MUST(lsc_broadcast_subscribe(&sender, &self->receiver) == 0);
        self->next = (uint64_t)(uintptr_t)sender.channel_;
    }
    lsc_deadline_push(cx, &self->deadline, 5);
    LSC_AWAIT(r, lsc_broadcast_receive(cx, &self->receiver, &self->item));
    lsc_deadline_pop(cx, &self->deadline);
    MUST(r == -ETIMEDOUT);
    sender.channel_ = (void *)(uintptr_t)self->next;
    self->item.number = 9;
    MUST(lsc_broadcast_send(&sender, &self->item) == 1);
    lsc_broadcast_sender_drop(&sender);
    LSC_AWAIT(r, lsc_broadcast_receive(cx, &self->receiver, &self->item));
    MUST(r == 1 && self->item.number == 9);
    LSC_AWAIT(r, lsc_broadcast_receive(cx, &self->receiver, &self->item));
    MUST(r == 0);
    lsc_broadcast_receiver_drop(&self->receiver);
    LSC_END(0);
}

Test(broadcast, a_receive_that_timed_out_has_taken_nothing)
{
    RUN_TASK(timed_poll, struct listener);
}

static lsc_result misused_poll(struct lsc_context *cx, void *state)
{
    struct station *self = state;
    LSC_BEGIN(cx, self);
    if (new_station(cx, self, 2) < 0)
        LSC_RETURN(1);
    LSC_RETURN(lsc_broadcast_send(&self->sender, &self->i));
    LSC_END(0);
}

Test(broadcast, memory_of_another_size_is_refused_or_stops)
{
    const struct station state = {.i = 0};
    expect_misuse(misused_poll, &state, sizeof(state), "root task",
                  "gives memory of another size than the items of broadcast 'news'", EINVAL);
}

Test(broadcast, refuses_options_out_of_range_and_subscriptions_to_nothing)
{
    const struct lsc_executor_options options = {.workers = 1};
    struct lsc_executor *executor;
    struct lsc_broadcast_sender sender;
    struct lsc_broadcast_receiver receiver;
    cr_assert_eq(lsc_executor_new(&executor, &options), 0);
    cr_expect_eq(lsc_broadcast_new(executor, &sender, .capacity = 0, .item_bytes = 8), -EINVAL);
    cr_expect_eq(
        lsc_broadcast_new(executor, &sender, .capacity = 4, .item_bytes = 8, .drop = drop_share),
        -EINVAL);
    cr_expect_eq(lsc_broadcast_subscribe(&sender, &receiver), -EINVAL);
    lsc_broadcast_receiver_drop(&receiver);
    lsc_broadcast_sender_drop(&sender);
    lsc_executor_delete(executor);
}
