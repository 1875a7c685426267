/* SPDX-License-Identifier: MIT */
/* Channels with many senders and one receiver: order, policies, ends, cancellation, deadlines. */
#include <errno.h>

#include "mpsc_pair.h"

struct producer {
    struct lsc_frame frame;
    struct lsc_mpsc_sender sender;
    struct item item;
    uint32_t count;
};

static lsc_result producer_poll(struct lsc_context *cx, void *state)
{
    struct producer *self = state;
    lsc_result r = 0;
    LSC_BEGIN(cx, self);
    for (; self->item.number < self->count && r >= 0; self->item.number++)
        LSC_AWAIT(r, lsc_mpsc_send(cx, &self->sender, &self->item));
    lsc_mpsc_sender_drop(&self->sender);
    LSC_END(r);
}

#define PRODUCERS 8u
#define ITEMS 500u

static lsc_result ordered_poll(struct lsc_context *cx, void *state)
{
    struct pair *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    MUST(new_channel(cx, &self->sender, &self->receiver, 4, LSC_FULL_WAIT) == 0);
    lsc_scope_begin(cx, &self->scope, 0);
    for (self->i = 0; self->i < PRODUCERS; self->i++)
        lsc_spawn(cx, producer_poll,
                  (&(struct producer){.sender = lsc_mpsc_sender_clone(&self->sender),
                                      .item = {.from = self->i, .text = {self->i, ~self->i}},
                                      .count = ITEMS}),
                  .scope = &self->scope);
    lsc_mpsc_sender_drop(&self->sender);
    for (self->i = 0;; self->i++) {
        LSC_AWAIT(r, lsc_mpsc_receive(cx, &self->receiver, &self->item));
        if (r <= 0)
            break;
        MUST(self->item.from < PRODUCERS && self->item.number == self->next[self->item.from]++);
        MUST(self->item.text[0] == self->item.from && self->item.text[1] == ~self->item.from);
    }
    MUST(r == 0 && self->i == PRODUCERS * ITEMS);
    lsc_mpsc_receiver_drop(&self->receiver);
    LSC_AWAIT(r, lsc_scope_end(cx, &self->scope));
    MUST(r == 0 && dropped == 0);
    LSC_END(0);
}

Test(mpsc, keeps_the_order_of_every_sender_and_ends_when_all_are_gone, .timeout = 20)
{
    RUN_TASK(ordered_poll, struct pair);
}

/* ---- full ---- */

static lsc_result fair_poll(struct lsc_context *cx, void *state)
{
    struct pair *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    MUST(new_channel(cx, &self->sender, &self->receiver, 1, LSC_FULL_WAIT) == 0);
    LSC_AWAIT(r, lsc_mpsc_send(cx, &self->sender, &self->item));
    for (self->i = 0; self->i < 3; self->i++) {
        lsc_spawn(cx, producer_poll,
                  (&(struct producer){.sender = lsc_mpsc_sender_clone(&self->sender),
                                      .item = {.from = self->i + 1},
                                      .count = 1}),
                  .join = &self->joins[self->i]);
        LSC_AWAIT(r, lsc_sleep(cx, 10)); /* it waits now */
    }
    lsc_mpsc_counts(&self->sender, &self->counts);
    MUST(self->counts.waiting == 3 && self->counts.length == 1 && self->counts.senders == 4);
    for (self->i = 0; self->i < 4; self->i++) {
        /* Whoever waits is served before somebody else can put something in. */
        MUST(lsc_mpsc_try_send(&self->sender, &self->item) == -EAGAIN);
        MUST(lsc_mpsc_try_receive(&self->receiver, &self->item) == 1);
        MUST(self->item.from == self->i);
    }
    MUST(lsc_mpsc_length(&self->receiver) == 0);
    for (self->i = 0; self->i < 3; self->i++)
        LSC_AWAIT(r, lsc_join_await(cx, &self->joins[self->i]));
    lsc_mpsc_counts(&self->receiver, &self->counts);
    MUST(self->counts.sent == 4 && self->counts.received == 4 && self->counts.refused == 4);
    lsc_mpsc_sender_drop(&self->sender);
    lsc_mpsc_receiver_drop(&self->receiver);
    LSC_END(r);
}

Test(mpsc, serves_senders_that_wait_in_their_order_and_lets_nobody_pass, .timeout = 20)
{
    RUN_TASK(fair_poll, struct pair);
}

/* What a full channel of three does with the fourth, and what then comes out. */
static lsc_result fourth(struct lsc_context *cx, struct pair *self, enum lsc_full_policy full,
                         uint32_t got[4])
{
    if (new_channel(cx, &self->sender, &self->receiver, 3, full) != 0)
        return -1000;
    lsc_result r = 0;
    for (uint32_t i = 0; i < 4 && r == 0; i++) {
        struct item item = {.number = i + 1};
        r = lsc_mpsc_send(cx, &self->sender, &item);
    }
    lsc_mpsc_counts(&self->sender, &self->counts);
    lsc_mpsc_sender_drop(&self->sender);
    memset(got, 0, 4 * sizeof(*got));
    for (uint32_t i = 0; i < 4; i++) {
        struct item item = {.number = 0};
        if (lsc_mpsc_try_receive(&self->receiver, &item) == 1)
            got[i] = item.number;
    }
    lsc_mpsc_receiver_drop(&self->receiver);
    return r;
}

static lsc_result policies_poll(struct lsc_context *cx, void *state)
{
    struct pair *self = state;
    uint32_t got[4];
    LSC_BEGIN(cx, self);
    MUST(fourth(cx, self, LSC_FULL_REFUSE, got) == -EAGAIN);
    MUST(got[0] == 1 && got[2] == 3 && got[3] == 0);
    MUST(self->counts.refused == 1 && self->counts.dropped == 0 && self->counts.sent == 3);
    MUST(dropped == 0);
    MUST(fourth(cx, self, LSC_FULL_DROP_NEWEST, got) == 1);
    MUST(got[0] == 1 && got[2] == 3 && got[3] == 0);
    MUST(self->counts.refused == 0 && self->counts.dropped == 1 && self->counts.sent == 4);
    MUST(dropped == 1);
    MUST(fourth(cx, self, LSC_FULL_DROP_OLDEST, got) == 1);
    MUST(got[0] == 2 && got[2] == 4 && got[3] == 0);
    MUST(self->counts.dropped == 1 && self->counts.sent == 4 && dropped == 1);
    LSC_END(0);
}

Test(mpsc, refuses_or_drops_by_its_policy_and_counts_it)
{
    RUN_TASK(policies_poll, struct pair);
}

/* ---- ends ---- */

static lsc_result closed_poll(struct lsc_context *cx, void *state)
{
    struct pair *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    MUST(new_channel(cx, &self->sender, &self->receiver, 2, LSC_FULL_WAIT) == 0);
    for (self->i = 0; self->i < 2; self->i++)
        MUST(lsc_mpsc_try_send(&self->sender, &self->item) == 0);
    lsc_spawn(cx, producer_poll, (&(struct producer){.sender = self->sender, .count = 1}),
              .join = &self->joins[0]);
    self->sender.channel_ = NULL; /* moved */
    LSC_AWAIT(r, lsc_sleep(cx, 10));
    lsc_mpsc_close(&self->receiver);
    LSC_AWAIT(r, lsc_join_await(cx, &self->joins[0]));
    MUST(r == -EPIPE);
    LSC_AWAIT(r, lsc_mpsc_receive(cx, &self->receiver, &self->item));
    MUST(r == 1 && lsc_mpsc_length(&self->receiver) == 1);
    lsc_mpsc_receiver_drop(&self->receiver);
    MUST(dropped == 1 && self->receiver.channel_ == NULL);
    lsc_mpsc_receiver_drop(&self->receiver);
    lsc_mpsc_sender_drop(&self->sender);
    LSC_END(0);
}

Test(mpsc, closed_gives_senders_an_error_and_what_is_left_to_its_receiver_or_to_drop)
{
    RUN_TASK(closed_poll, struct pair);
}

static lsc_result ended_poll(struct lsc_context *cx, void *state)
{
    struct pair *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    MUST(new_channel(cx, &self->sender, &self->receiver, 2, LSC_FULL_WAIT) == 0);
    lsc_spawn(cx, receive_all_poll, self, .join = &self->joins[0]);
    self->receiver.channel_ = NULL;
    LSC_AWAIT(r, lsc_sleep(cx, 10)); /* it waits now */
    MUST(lsc_mpsc_try_send(&self->sender, &self->item) == 0);
    LSC_AWAIT(r, lsc_sleep(cx, 10));
    lsc_mpsc_sender_drop(&self->sender);
    LSC_AWAIT(r, lsc_join_await(cx, &self->joins[0]));
    MUST(r == 1);
    LSC_END(0);
}

Test(mpsc, wakes_a_receiver_that_waits_when_the_last_sender_goes)
{
    RUN_TASK(ended_poll, struct pair);
}

static lsc_result waits_poll(struct lsc_context *cx, void *state)
{
    struct pair *self = *(struct pair **)state; /* its maker's */
    return lsc_mpsc_receive(cx, &self->receiver, &self->item);
}

static lsc_result closed_early_poll(struct lsc_context *cx, void *state)
{
    struct pair *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    MUST(new_channel(cx, &self->sender, &self->receiver, 2, LSC_FULL_WAIT) == 0);
    lsc_spawn(cx, waits_poll, &self, .join = &self->joins[0]);
    LSC_AWAIT(r, lsc_sleep(cx, 10));
    lsc_mpsc_close(&self->receiver);
    LSC_AWAIT(r, lsc_join_await(cx, &self->joins[0]));
    MUST(r == 0);
    lsc_mpsc_sender_drop(&self->sender);
    lsc_mpsc_receiver_drop(&self->receiver);
    LSC_END(0);
}

Test(mpsc, closed_tells_a_receiver_that_waits_the_end)
{
    RUN_TASK(closed_early_poll, struct pair);
}

/* Sends to itself and receives: it never has to wait. */
static lsc_result busy_poll(struct lsc_context *cx, void *state)
{
    struct pair *self = state;
    lsc_result r = 0;
    LSC_BEGIN(cx, self);
    MUST(new_channel(cx, &self->sender, &self->receiver, 2, LSC_FULL_WAIT) == 0);
    lsc_spawn(cx, producer_poll,
              (&(struct producer){.sender = lsc_mpsc_sender_clone(&self->sender),
                                  .item = {.from = 5},
                                  .count = 1}));
    for (self->i = 0; self->i < 1000 && self->next[0] == 0; self->i++) {
        LSC_AWAIT(r, lsc_mpsc_send(cx, &self->sender, &self->item));
        LSC_AWAIT(r, lsc_mpsc_receive(cx, &self->receiver, &self->item));
        self->next[0] = self->item.from == 5;
        self->item.from = 0;
    }
    MUST(self->next[0] == 1 && r == 1); /* the other had its turn */
    lsc_mpsc_sender_drop(&self->sender);
    lsc_mpsc_receiver_drop(&self->receiver);
    LSC_END(0);
}

Test(mpsc, lets_others_run_though_its_task_never_has_to_wait)
{
    struct pair one = {.i = 0};
    cr_expect_eq(-run_with(1, busy_poll, &one, sizeof one), 0);
}

/* ---- cancellation and deadlines ---- */

static lsc_result given_up_poll(struct lsc_context *cx, void *state)
{
    struct pair *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    MUST(new_channel(cx, &self->sender, &self->receiver, 1, LSC_FULL_WAIT) == 0);
    MUST(lsc_mpsc_try_send(&self->sender, &self->item) == 0);
    self->item.from = 7;
    lsc_deadline_push(cx, &self->deadline, 5);
    LSC_AWAIT(r, lsc_mpsc_send(cx, &self->sender, &self->item));
    lsc_deadline_pop(cx, &self->deadline);
    MUST(r == -ETIMEDOUT);
    lsc_spawn(cx, producer_poll,
              (&(struct producer){
                  .sender = lsc_mpsc_sender_clone(&self->sender), .item = {.from = 8}, .count = 1}),
              .join = &self->joins[0]);
    LSC_AWAIT(r, lsc_sleep(cx, 10));
    lsc_join_cancel(&self->joins[0]);
    LSC_AWAIT(r, lsc_join_await(cx, &self->joins[0]));
    MUST(r == -ECANCELED);
    LSC_AWAIT(r, lsc_mpsc_receive(cx, &self->receiver, &self->item));
    MUST(r == 1 && self->item.from == 0);
    lsc_deadline_push(cx, &self->deadline, 5);
    LSC_AWAIT(r, lsc_mpsc_receive(cx, &self->receiver, &self->item));
    lsc_deadline_pop(cx, &self->deadline);
    MUST(r == -ETIMEDOUT);
    MUST(lsc_mpsc_try_send(&self->sender, &self->item) == 0); /* nobody waits any more */
    lsc_mpsc_counts(&self->sender, &self->counts);
    MUST(self->counts.sent == 2 && self->counts.received == 1 && self->counts.length == 1);
    lsc_mpsc_sender_drop(&self->sender);
    lsc_mpsc_receiver_drop(&self->receiver);
    MUST(dropped == 1);
    LSC_END(0);
}

Test(mpsc, a_send_or_receive_that_was_cancelled_or_timed_out_has_not_happened, .timeout = 20)
{
    RUN_TASK(given_up_poll, struct pair);
}

/* Begins to receive, and ends without having looked at what it got. */
struct fickle {
    struct lsc_frame frame;
    struct lsc_cleanup cleanup;
    struct lsc_mpsc_receiver *receiver;
    struct item item;
    bool has_begun, drops;
};

static void drop_receiver(void *data)
{
    lsc_mpsc_receiver_drop(data);
}

static lsc_result fickle_poll(struct lsc_context *cx, void *state)
{
    struct fickle *self = state;
    if (self->has_begun)
        return 0;
    self->has_begun = true;
    if (self->drops)
        lsc_cleanup_push(cx, &self->cleanup, drop_receiver, self->receiver);
    return lsc_mpsc_receive(cx, self->receiver, &self->item);
}

static lsc_result put_back_poll(struct lsc_context *cx, void *state)
{
    struct pair *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    MUST(new_channel(cx, &self->sender, &self->receiver, 2, LSC_FULL_DROP_OLDEST) == 0);
    lsc_spawn(cx, fickle_poll, (&(struct fickle){.receiver = &self->receiver}),
              .join = &self->joins[0]);
    LSC_AWAIT(r, lsc_sleep(cx, 10));
    for (self->i = 1; self->i <= 3; self->i++) { /* the first one is handed over */
        self->item.number = self->i;
        MUST(lsc_mpsc_try_send(&self->sender, &self->item) == 0);
    }
    LSC_AWAIT(r, lsc_join_await(cx, &self->joins[0]));
    MUST(r == 0 && lsc_mpsc_length(&self->receiver) == 3);
    self->item.number = 4; /* one more than fits, as the first came back */
    MUST(lsc_mpsc_try_send(&self->sender, &self->item) == 1 && dropped == 1);
    for (self->i = 2; self->i <= 4; self->i++) {
        MUST(lsc_mpsc_try_receive(&self->receiver, &self->item) == 1);
        MUST(self->item.number == self->i);
    }
    lsc_mpsc_counts(&self->receiver, &self->counts);
    MUST(self->counts.received == 3 && self->counts.sent == 4 && self->counts.length == 0);
    lsc_mpsc_sender_drop(&self->sender);
    lsc_mpsc_receiver_drop(&self->receiver);
    LSC_END(0);
}

Test(mpsc, an_item_handed_to_a_task_that_turns_away_comes_back_to_the_front)
{
    struct pair one = {.i = 0};
    cr_expect_eq(-run_with(1, put_back_poll, &one, sizeof one), 0);
}

static lsc_result given_up_with_poll(struct lsc_context *cx, void *state)
{
    struct pair *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    MUST(new_channel(cx, &self->sender, &self->receiver, 2, LSC_FULL_WAIT) == 0);
    lsc_spawn(cx, fickle_poll, (&(struct fickle){.receiver = &self->receiver, .drops = true}),
              .join = &self->joins[0]);
    LSC_AWAIT(r, lsc_sleep(cx, 10));
    MUST(lsc_mpsc_try_send(&self->sender, &self->item) == 0);
    LSC_AWAIT(r, lsc_join_await(cx, &self->joins[0]));
    MUST(r == 0 && dropped == 1);
    MUST(lsc_mpsc_try_send(&self->sender, &self->item) == -EPIPE);
    lsc_mpsc_counts(&self->sender, &self->counts);
    MUST(self->counts.sent == 1 && self->counts.received == 0);
    lsc_mpsc_sender_drop(&self->sender);
    LSC_END(0);
}

Test(mpsc, an_item_handed_to_a_task_that_gives_the_receiver_up_is_dropped)
{
    RUN_TASK(given_up_with_poll, struct pair);
}

/* Its cleanup handler gives the receiver up while it waits; then the executor is deleted. */
struct abandoned {
    struct lsc_frame frame;
    struct lsc_mpsc_receiver receiver;
    struct lsc_mpsc_sender sender;
    struct lsc_cleanup cleanup;
    struct item item;
};

static void give_ends_up(void *data)
{
    struct abandoned *self = data;
    lsc_mpsc_receiver_drop(&self->receiver);
    lsc_mpsc_sender_drop(&self->sender);
}

static lsc_result abandoned_poll(struct lsc_context *cx, void *state)
{
    struct abandoned *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    lsc_cleanup_push(cx, &self->cleanup, give_ends_up, self);
    LSC_AWAIT(r, self->sender.channel_ ? lsc_mpsc_send(cx, &self->sender, &self->item)
                                       : lsc_mpsc_receive(cx, &self->receiver, &self->item));
    LSC_END(r);
}

/* The other ends. */
static struct lsc_mpsc_receiver kept_receiver;
static struct lsc_mpsc_sender kept_sender;

static lsc_result leave_waiting_poll(struct lsc_context *cx, void *state)
{
    struct pair *self = state;
    struct abandoned sends = {.frame = {0}}, receives = {.frame = {0}};
    lsc_result r;
    LSC_BEGIN(cx, self);
    MUST(new_channel(cx, &sends.sender, &kept_receiver, 1, LSC_FULL_WAIT) == 0);
    MUST(lsc_mpsc_try_send(&sends.sender, &self->item) == 0);
    MUST(lsc_spawn(cx, abandoned_poll, &sends) == 0);
    MUST(new_channel(cx, &kept_sender, &receives.receiver, 1, LSC_FULL_WAIT) == 0);
    MUST(lsc_spawn(cx, abandoned_poll, &receives) == 0);
    LSC_AWAIT(r, lsc_sleep(cx, 10));
    LSC_END(r);
}

Test(mpsc, its_ends_may_be_dropped_by_a_task_that_waits_with_them)
{
    const struct lsc_executor_options options = {.workers = 1};
    struct lsc_executor *executor;
    struct item item = {.from = 0};
    cr_assert_eq(lsc_executor_new(&executor, &options), 0);
    cr_expect_eq(lsc_executor_run(executor, leave_waiting_poll, (&(struct pair){.i = 0})), 0);
    lsc_executor_delete(executor);
    cr_expect_eq(lsc_mpsc_try_send(&kept_sender, &item), -EPIPE);
    cr_expect_eq(lsc_mpsc_try_receive(&kept_receiver, &item), 1);
    cr_expect_eq(lsc_mpsc_try_receive(&kept_receiver, &item), 0);
    lsc_mpsc_sender_drop(&kept_sender);
    lsc_mpsc_receiver_drop(&kept_receiver);
}
