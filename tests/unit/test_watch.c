/* SPDX-License-Identifier: MIT */
/* Channels that hold the latest value. */
#include <errno.h>
#include <stdatomic.h>
#include <string.h>

#include "executor_misuse.h"
#include "loopscope/channel.h"
#include "loopscope/time.h"
#include "must.h"

static _Atomic uint64_t latest_seen;

struct observer {
    struct lsc_frame frame;
    struct lsc_watch_receiver receiver;
    uint64_t value;
    lsc_result version;
};

/* Follows the value, which only rises with its version, to the end; the last it saw. */
static lsc_result observer_poll(struct lsc_context *cx, void *state)
{
    struct observer *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    for (;;) {
        LSC_AWAIT(r, lsc_watch_receive(cx, &self->receiver, &self->value));
        if (r <= 0)
            break;
        MUST(r > self->version && self->value == 100 * (uint64_t)r);
        self->version = r;
        latest_seen = self->value;
    }
    lsc_watch_receiver_drop(&self->receiver);
    LSC_END(r < 0 ? r : (lsc_result)self->value);
}

struct source {
    struct lsc_frame frame;
    struct lsc_deadline deadline;
    struct lsc_watch_sender sender, other;
    struct lsc_watch_receiver receiver;
    struct lsc_join joins[4];
    struct lsc_channel_counts counts;
    uint64_t value, i;
};

static int new_watch(struct lsc_context *cx, struct source *self)
{
    self->value = 100;
    return lsc_watch_new(lsc_context_executor(cx), &self->sender, &self->value, .name = "level");
}

static lsc_result followed_poll(struct lsc_context *cx, void *state)
{
    struct source *self = state;
    lsc_result r = 0;
    LSC_BEGIN(cx, self);
    MUST(new_watch(cx, self) == 0);
    for (self->i = 0; self->i < 4; self->i++) {
        struct observer observer = {.value = 0};
        MUST(lsc_watch_subscribe(&self->sender, &observer.receiver) == 0);
        lsc_spawn(cx, observer_poll, &observer, .join = &self->joins[self->i]);
    }
    for (self->i = 2; self->i <= 500; self->i++) {
        self->value = 100 * self->i;
        MUST(lsc_watch_send(&self->sender, &self->value) == (lsc_result)self->i);
        if (self->i % 7 == 0)
            LSC_AWAIT(r, lsc_yield(cx));
    }
    self->other = lsc_watch_sender_clone(&self->sender);
    lsc_watch_sender_drop(&self->sender);
    lsc_watch_sender_drop(&self->other);
    for (self->i = 0; self->i < 4; self->i++) {
        LSC_AWAIT(r, lsc_join_await(cx, &self->joins[self->i]));
        MUST(r == 100 * 500);
    }
    LSC_END(0);
}

Test(watch, shows_every_receiver_rising_versions_up_to_the_last_and_then_the_end, .timeout = 20)
{
    RUN_TASK(followed_poll, struct source);
}

static lsc_result latest_poll(struct lsc_context *cx, void *state)
{
    struct source *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    MUST(new_watch(cx, self) == 0);
    self->value = 0;
    MUST(lsc_watch_read(&self->sender, &self->value) == 1 && self->value == 100);
    MUST(lsc_watch_subscribe(&self->sender, &self->receiver) == 0);
    self->value = 200;
    MUST(lsc_watch_send(&self->sender, &self->value) == 2);
    self->value = 300;
    MUST(lsc_watch_send(&self->sender, &self->value) == 3);
    MUST(lsc_watch_read(&self->receiver, &self->value) == 3);
    self->value = 0;
    LSC_AWAIT(r, lsc_watch_receive(cx, &self->receiver, &self->value));
    MUST(r == 3 && self->value == 300); /* the one in between is of no interest any more */
    lsc_deadline_push(cx, &self->deadline, 5);
    LSC_AWAIT(r, lsc_watch_receive(cx, &self->receiver, &self->value));
    lsc_deadline_pop(cx, &self->deadline);
    MUST(r == -ETIMEDOUT); /* it knows the latest */
    lsc_watch_counts(&self->receiver, &self->counts);
    MUST(self->counts.sent == 3 && self->counts.received == 1 && self->counts.receivers == 1);
    lsc_watch_sender_drop(&self->sender);
    LSC_AWAIT(r, lsc_watch_receive(cx, &self->receiver, &self->value));
    MUST(r == 0);
    lsc_watch_receiver_drop(&self->receiver);
    lsc_watch_receiver_drop(&self->receiver);
    LSC_END(0);
}

Test(watch, gives_the_latest_value_once)
{
    RUN_TASK(latest_poll, struct source);
}

static lsc_result woken_poll(struct lsc_context *cx, void *state)
{
    struct source *self = state;
    struct observer observer = {.value = 0};
    lsc_result r;
    LSC_BEGIN(cx, self);
    latest_seen = 0;
    MUST(new_watch(cx, self) == 0);
    MUST(lsc_watch_subscribe(&self->sender, &observer.receiver) == 0);
    lsc_spawn(cx, observer_poll, &observer, .join = &self->joins[0]);
    for (self->i = 2; self->i <= 4; self->i++) {
        while (latest_seen != 100 * (self->i - 1)) /* it waits, or is about to */
            LSC_AWAIT(r, lsc_sleep(cx, 1));
        LSC_AWAIT(r, lsc_sleep(cx, 5));
        self->value = 100 * self->i;
        MUST(lsc_watch_send(&self->sender, &self->value) == (lsc_result)self->i);
    }
    while (latest_seen != 400)
        LSC_AWAIT(r, lsc_sleep(cx, 1));
    lsc_watch_sender_drop(&self->sender);
    LSC_AWAIT(r, lsc_join_await(cx, &self->joins[0]));
    MUST(r == 400);
    LSC_END(0);
}

Test(watch, wakes_a_receiver_that_waits_for_each_change_and_for_the_end, .timeout = 20)
{
    RUN_TASK(woken_poll, struct source);
}

static lsc_result cancelled_poll(struct lsc_context *cx, void *state)
{
    struct source *self = state;
    struct observer observer = {.value = 0};
    lsc_result r;
    LSC_BEGIN(cx, self);
    MUST(new_watch(cx, self) == 0);
    MUST(lsc_watch_subscribe(&self->sender, &observer.receiver) == 0);
    lsc_spawn(cx, observer_poll, &observer, .join = &self->joins[0]);
    LSC_AWAIT(r, lsc_sleep(cx, 10));
    lsc_watch_counts(&self->sender, &self->counts);
    MUST(self->counts.waiting == 1);
    lsc_join_cancel(&self->joins[0]);
    LSC_AWAIT(r, lsc_join_await(cx, &self->joins[0]));
    lsc_watch_counts(&self->sender, &self->counts);
    MUST(r == -ECANCELED && self->counts.waiting == 0 && self->counts.receivers == 0);
    lsc_watch_sender_drop(&self->sender);
    LSC_END(0);
}

Test(watch, a_receiver_that_is_cancelled_waits_no_more)
{
    RUN_TASK(cancelled_poll, struct source);
}

/* A value is a share in a counter. */
static _Atomic int shares;

static void take_share(void *value)
{
    (void)value;
    atomic_fetch_add(&shares, 1);
}

static void drop_share(void *value)
{
    (void)value;
    atomic_fetch_sub(&shares, 1);
}

static lsc_result shared_poll(struct lsc_context *cx, void *state)
{
    struct source *self = state;
    LSC_BEGIN(cx, self);
    atomic_store(&shares, 1);
    MUST(lsc_watch_new(lsc_context_executor(cx), &self->sender, &self->value, .drop = drop_share,
                       .share = take_share) == 0);
    MUST(lsc_watch_read(&self->sender, &self->value) == 1 && shares == 2);
    take_share(&self->value);
    MUST(lsc_watch_send(&self->sender, &self->value) == 2 && shares == 2);
    drop_share(&self->value);
    MUST(lsc_watch_subscribe(&self->sender, &self->receiver) == 0);
    lsc_watch_sender_drop(&self->sender);
    MUST(shares == 1);
    lsc_watch_receiver_drop(&self->receiver);
    MUST(shares == 0);
    LSC_END(0);
}

Test(watch, takes_a_share_for_every_reader_and_drops_the_value_it_replaces)
{
    RUN_TASK(shared_poll, struct source);
}

static lsc_result misused_poll(struct lsc_context *cx, void *state)
{
    struct source *self = state;
    uint32_t small = 0;
    LSC_BEGIN(cx, self);
    if (new_watch(cx, self) < 0)
        LSC_RETURN(1);
    if (self->i == 0)
        LSC_RETURN(lsc_watch_read(&self->sender, &small));
    LSC_RETURN(lsc_watch_receive(cx, &self->receiver, &self->value));
    LSC_END(0);
}

Test(watch, memory_of_another_size_or_an_end_of_nothing_is_refused_or_stops)
{
    const struct source size = {.i = 0}, end = {.i = 1};
    expect_misuse(misused_poll, &size, sizeof(size), "root task",
                  "gives memory of another size than the items of watch 'level'", EINVAL);
    expect_misuse(misused_poll, &end, sizeof(end), "root task",
                  "uses an end that is none, of a channel", EINVAL);
}

Test(watch, refuses_what_it_cannot_share_and_subscriptions_to_nothing)
{
    const struct lsc_executor_options options = {.workers = 1};
    struct lsc_executor *executor;
    struct lsc_watch_sender sender;
    struct lsc_watch_receiver receiver;
    uint64_t value = 1;
    cr_assert_eq(lsc_executor_new(&executor, &options), 0);
    cr_expect_eq(lsc_watch_new(executor, &sender, &value, .drop = drop_share), -EINVAL);
    cr_expect_eq(lsc_watch_subscribe(&sender, &receiver), -EINVAL);
    lsc_watch_receiver_drop(&receiver);
    lsc_watch_sender_drop(&sender);
    lsc_executor_delete(executor);
}
