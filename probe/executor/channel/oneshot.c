/* SPDX-License-Identifier: MIT */
/* A channel for one value. Its depth is told to nobody: who waits for it says enough. */
#include "../executor.h"
#include "channel.h"

struct oneshot {
    struct channel base;
    struct wait *receiving;
    bool has_sender, has_receiver, has_value;
};

static bool receive_withdraw(struct wait *wait)
{
    struct oneshot *self = wait->object;
    return channel_withdraw_receiver(&self->base, &self->receiving, wait);
}

static void receive_discard(struct wait *wait)
{
    struct oneshot *self = wait->object;
    if (wait->result != 1)
        return;
    lock_take(&self->base.lock);
    item_copy(channel_slot(&self->base, 0), wait->item, self->base.item_bytes);
    self->has_value = true;
    lock_drop(&self->base.lock);
}

static const struct wait_kind receive_waits = {"receive once", receive_withdraw, receive_discard};

int lsc_oneshot_new_at(struct lsc_executor *executor, struct lsc_oneshot_sender *sender,
                       struct lsc_oneshot_receiver *receiver,
                       const struct lsc_channel_options *options, lsc_site site)
{
    struct channel *made;
    sender->channel_ = receiver->channel_ = NULL;
    int error = channel_new(&(struct channel_plan){.kind = "oneshot",
                                                   .executor = executor,
                                                   .options = options,
                                                   .header_bytes = sizeof(struct oneshot),
                                                   .slots = 1,
                                                   .site = site},
                            &made);
    if (error < 0)
        return error;
    struct oneshot *self = (struct oneshot *)made;
    self->has_sender = self->has_receiver = true;
    sender->channel_ = receiver->channel_ = self;
    return 0;
}

/* ---- the sender ---- */

/* With the lock: the receiver, if it waits, gets its answer. */
static void answer(struct oneshot *self, lsc_result result, struct wake_list *wakes)
{
    struct wait *wait = self->receiving;
    self->receiving = NULL;
    if (wait)
        wait_grant(NULL, wait, result, wakes);
}

static lsc_result give(struct oneshot *self, const void *item, struct wake_list *wakes)
{
    if (!self->has_receiver)
        return -EPIPE;
    if (self->receiving) {
        item_copy(self->receiving->item, item, self->base.item_bytes);
        answer(self, 1, wakes);
    } else {
        item_copy(channel_slot(&self->base, 0), item, self->base.item_bytes);
        self->has_value = true;
    }
    return 0;
}

/* `item` NULL: without a value. */
static lsc_result use_sender_up(struct lsc_oneshot_sender *sender, const void *item)
{
    struct oneshot *self = sender->channel_;
    struct wake_list wakes = WAKE_LIST_EMPTY;
    lsc_result result = 0;
    sender->channel_ = NULL;
    lock_take(&self->base.lock);
    if (item)
        result = give(self, item, &wakes);
    else
        answer(self, -EPIPE, &wakes);
    self->has_sender = false;
    bool is_unused = !self->has_receiver;
    lock_drop(&self->base.lock);
    wake_list_run(&wakes);
    if (is_unused)
        channel_delete(&self->base);
    return result;
}

lsc_result lsc_oneshot_send_bytes(struct lsc_oneshot_sender *sender, const void *item,
                                  size_t item_bytes)
{
    lsc_result result;
    if (!channel_is_right(NULL, sender->channel_, item_bytes, &result))
        return result;
    return use_sender_up(sender, item);
}

void lsc_oneshot_sender_drop(struct lsc_oneshot_sender *sender)
{
    if (sender->channel_)
        use_sender_up(sender, NULL);
}

bool lsc_oneshot_is_wanted(const struct lsc_oneshot_sender *sender)
{
    struct oneshot *self = sender->channel_;
    if (!self)
        return false;
    lock_take(&self->base.lock);
    bool is_wanted = self->has_receiver;
    lock_drop(&self->base.lock);
    return is_wanted;
}

/* ---- the receiver ---- */

static void use_receiver_up(struct lsc_oneshot_receiver *receiver)
{
    struct oneshot *self = receiver->channel_;
    receiver->channel_ = NULL;
    lock_take(&self->base.lock);
    self->has_receiver = false;
    bool has_value = self->has_value;
    self->has_value = false;
    bool is_unused = !self->has_sender;
    lock_drop(&self->base.lock);
    if (has_value) /* the sender is used up, then: nobody else touches it */
        channel_drop(&self->base, channel_slot(&self->base, 0));
    if (is_unused)
        channel_delete(&self->base);
}

/* With the lock. -EAGAIN: not yet. */
static lsc_result take(struct oneshot *self, void *item)
{
    if (self->has_value) {
        item_copy(item, channel_slot(&self->base, 0), self->base.item_bytes);
        self->has_value = false;
        return 1;
    }
    return self->has_sender ? -EAGAIN : -EPIPE;
}

static lsc_result begin_receive(struct lsc_context *cx, struct oneshot *self, void *item)
{
    if (item_is_on_stack(cx, item))
        return -EFAULT;
    if (self->receiving)
        return -EBUSY;
    self->receiving = &context_running(cx)->wait;
    return wait_begin(cx, &(struct wait_plan){.kind = &receive_waits,
                                              .object = self,
                                              .item = item,
                                              .resource = self->base.resource});
}

static lsc_result take_or_wait(struct lsc_context *cx, struct oneshot *self, void *item)
{
    lock_take(&self->base.lock);
    lsc_result result = take(self, item);
    if (result == -EAGAIN)
        result = begin_receive(cx, self, item);
    lock_drop(&self->base.lock);
    if (result == -EFAULT)
        channel_misuse(cx, &self->base, ITEM_ON_STACK, 0);
    else if (result == -EBUSY)
        channel_misuse(cx, &self->base, RECEIVES_TOO, 0);
    return result;
}

lsc_result lsc_oneshot_receive_bytes(struct lsc_context *cx, struct lsc_oneshot_receiver *receiver,
                                     void *item, size_t item_bytes)
{
    struct oneshot *self = receiver->channel_;
    lsc_result result;
    if (!channel_is_right(cx, self, item_bytes, &result))
        return result;
    if (wait_is_new(cx, &receive_waits, self, &result))
        result = take_or_wait(cx, self, item);
    if (result == 1 || result == -EPIPE)
        use_receiver_up(receiver);
    return result;
}

lsc_result lsc_oneshot_try_receive_bytes(struct lsc_oneshot_receiver *receiver, void *item,
                                         size_t item_bytes)
{
    struct oneshot *self = receiver->channel_;
    lsc_result result;
    if (!channel_is_right(NULL, self, item_bytes, &result))
        return result;
    lock_take(&self->base.lock);
    result = take(self, item);
    lock_drop(&self->base.lock);
    if (result != -EAGAIN)
        use_receiver_up(receiver);
    return result;
}

void lsc_oneshot_receiver_drop(struct lsc_oneshot_receiver *receiver)
{
    if (!receiver->channel_)
        return;
    channel_end_wait_of_caller(&receive_waits, receiver->channel_);
    use_receiver_up(receiver);
}
