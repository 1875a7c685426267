/* SPDX-License-Identifier: MIT */
/* Channels for one value. */
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "executor_misuse.h"
#include "loopscope/channel.h"
#include "loopscope/time.h"
#include "must.h"

static _Atomic int dropped;

static void count_drop(void *item)
{
    (void)item;
    atomic_fetch_add(&dropped, 1);
}

struct promise {
    struct lsc_frame frame;
    struct lsc_deadline deadline;
    struct lsc_oneshot_sender sender;
    struct lsc_oneshot_receiver receiver;
    struct lsc_join join;
    uint64_t value;
};

static int new_oneshot(struct lsc_context *cx, struct promise *self)
{
    atomic_store(&dropped, 0);
    return lsc_oneshot_new(lsc_context_executor(cx), &self->sender, &self->receiver,
                           .name = "answer", .item_bytes = sizeof(uint64_t), .drop = count_drop);
}

/* Sends its value, or nothing if that is 0, a little later. */
static lsc_result later_poll(struct lsc_context *cx, void *state)
{
    struct promise *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    LSC_AWAIT(r, lsc_sleep(cx, 5));
    if (self->value != 0)
        r = lsc_oneshot_send(&self->sender, &self->value);
    else
        lsc_oneshot_sender_drop(&self->sender);
    LSC_END(r);
}

static lsc_result awaited_poll(struct lsc_context *cx, void *state)
{
    struct promise *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    MUST(new_oneshot(cx, self) == 0);
    MUST(lsc_oneshot_is_wanted(&self->sender));
    lsc_spawn(cx, later_poll, (&(struct promise){.sender = self->sender, .value = 42}));
    MUST(lsc_oneshot_try_receive(&self->receiver, &self->value) == -EAGAIN);
    LSC_AWAIT(r, lsc_oneshot_receive(cx, &self->receiver, &self->value));
    MUST(r == 1 && self->value == 42 && self->receiver.channel_ == NULL && dropped == 0);
    MUST(new_oneshot(cx, self) == 0);
    self->value = 43;
    MUST(lsc_oneshot_send(&self->sender, &self->value) == 0 && self->sender.channel_ == NULL);
    self->value = 0;
    LSC_AWAIT(r, lsc_oneshot_receive(cx, &self->receiver, &self->value));
    MUST(r == 1 && self->value == 43);
    LSC_END(0);
}

Test(oneshot, gives_its_value_to_who_waits_and_to_who_comes_later)
{
    RUN_TASK(awaited_poll, struct promise);
}

static lsc_result never_poll(struct lsc_context *cx, void *state)
{
    struct promise *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    MUST(new_oneshot(cx, self) == 0);
    lsc_spawn(cx, later_poll, (&(struct promise){.sender = self->sender, .value = 0}));
    LSC_AWAIT(r, lsc_oneshot_receive(cx, &self->receiver, &self->value));
    MUST(r == -EPIPE && self->receiver.channel_ == NULL);
    MUST(new_oneshot(cx, self) == 0);
    lsc_oneshot_sender_drop(&self->sender);
    MUST(lsc_oneshot_try_receive(&self->receiver, &self->value) == -EPIPE);
    LSC_END(0);
}

Test(oneshot, tells_the_receiver_that_its_sender_is_gone)
{
    RUN_TASK(never_poll, struct promise);
}

static lsc_result unwanted_poll(struct lsc_context *cx, void *state)
{
    struct promise *self = state;
    LSC_BEGIN(cx, self);
    MUST(new_oneshot(cx, self) == 0);
    lsc_oneshot_receiver_drop(&self->receiver);
    MUST(!lsc_oneshot_is_wanted(&self->sender));
    MUST(lsc_oneshot_send(&self->sender, &self->value) == -EPIPE && dropped == 0);
    MUST(new_oneshot(cx, self) == 0);
    MUST(lsc_oneshot_send(&self->sender, &self->value) == 0);
    lsc_oneshot_receiver_drop(&self->receiver);
    MUST(dropped == 1);
    lsc_oneshot_receiver_drop(&self->receiver);
    lsc_oneshot_sender_drop(&self->sender);
    MUST(!lsc_oneshot_is_wanted(&self->sender));
    LSC_END(0);
}

Test(oneshot, keeps_the_value_at_the_sender_or_drops_it_when_nobody_receives)
{
    RUN_TASK(unwanted_poll, struct promise);
}

static lsc_result waits_poll(struct lsc_context *cx, void *state)
{
    struct promise *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    LSC_AWAIT(r, lsc_oneshot_receive(cx, &self->receiver, &self->value));
    lsc_oneshot_receiver_drop(&self->receiver);
    LSC_END(r);
}

static lsc_result cancelled_poll(struct lsc_context *cx, void *state)
{
    struct promise *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    MUST(new_oneshot(cx, self) == 0);
    lsc_deadline_push(cx, &self->deadline, 5);
    LSC_AWAIT(r, lsc_oneshot_receive(cx, &self->receiver, &self->value));
    lsc_deadline_pop(cx, &self->deadline);
    MUST(r == -ETIMEDOUT && lsc_oneshot_is_wanted(&self->sender));
    lsc_spawn(cx, waits_poll, (&(struct promise){.receiver = self->receiver}), .join = &self->join);
    LSC_AWAIT(r, lsc_sleep(cx, 5));
    lsc_join_cancel(&self->join);
    LSC_AWAIT(r, lsc_join_await(cx, &self->join));
    MUST(r == -ECANCELED && !lsc_oneshot_is_wanted(&self->sender));
    lsc_oneshot_sender_drop(&self->sender);
    LSC_END(0);
}

Test(oneshot, a_wait_for_it_may_time_out_or_be_cancelled)
{
    RUN_TASK(cancelled_poll, struct promise);
}

/* Begins to receive and ends, with the receiver left to its cleanup handler or to its maker. */
struct fickle {
    struct lsc_frame frame;
    struct lsc_cleanup cleanup;
    struct lsc_oneshot_receiver *receiver;
    uint64_t value;
    bool has_begun, drops;
};

static void drop_receiver(void *data)
{
    lsc_oneshot_receiver_drop(data);
}

static lsc_result fickle_poll(struct lsc_context *cx, void *state)
{
    struct fickle *self = state;
    if (self->has_begun)
        return 0;
    self->has_begun = true;
    if (self->drops)
        lsc_cleanup_push(cx, &self->cleanup, drop_receiver, self->receiver);
    return lsc_oneshot_receive(cx, self->receiver, &self->value);
}

static lsc_result turned_away_poll(struct lsc_context *cx, void *state)
{
    struct promise *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    MUST(new_oneshot(cx, self) == 0);
    lsc_spawn(cx, fickle_poll, (&(struct fickle){.receiver = &self->receiver}),
              .join = &self->join);
    LSC_AWAIT(r, lsc_sleep(cx, 5));
    self->value = 44;
    MUST(lsc_oneshot_send(&self->sender, &self->value) == 0);
    self->value = 0;
    LSC_AWAIT(r, lsc_join_await(cx, &self->join));
    MUST(lsc_oneshot_try_receive(&self->receiver, &self->value) == 1 && self->value == 44);
    MUST(new_oneshot(cx, self) == 0);
    lsc_spawn(cx, fickle_poll, (&(struct fickle){.receiver = &self->receiver, .drops = true}),
              .join = &self->join);
    LSC_AWAIT(r, lsc_sleep(cx, 5));
    MUST(lsc_oneshot_send(&self->sender, &self->value) == 0);
    LSC_AWAIT(r, lsc_join_await(cx, &self->join));
    MUST(dropped == 1 && self->receiver.channel_ == NULL);
    LSC_END(r);
}

Test(oneshot, a_value_given_to_a_task_that_turns_away_can_be_received_again_or_is_dropped)
{
    RUN_TASK(turned_away_poll, struct promise);
}

static lsc_result twice_poll(struct lsc_context *cx, void *state)
{
    struct promise *self = state;
    LSC_BEGIN(cx, self);
    if (new_oneshot(cx, self) < 0)
        LSC_RETURN(1);
    lsc_oneshot_send(&self->sender, &self->value);
    if (self->value == 1)
        LSC_RETURN(lsc_oneshot_send(&self->sender, &self->value));
    lsc_oneshot_try_receive(&self->receiver, &self->value);
    LSC_RETURN(lsc_oneshot_receive(cx, &self->receiver, &self->value));
    LSC_END(0);
}

Test(oneshot, a_second_send_or_receive_is_refused_or_stops)
{
    for (uint64_t i = 0; i < 2; i++) {
        const struct promise state = {.value = i};
        expect_misuse(twice_poll, &state, sizeof(state), "root task",
                      "uses an end that is none, of a channel", EINVAL);
    }
}
