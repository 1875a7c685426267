/* SPDX-License-Identifier: MIT */
/* A channel that holds the latest value, and tells who has not seen it. */
#include "audience.h"

struct watch {
    struct channel base;
    uint64_t version;
    struct audience audience;
};

static bool receive_withdraw(struct wait *wait)
{
    struct lsc_watch_receiver *receiver = wait->object;
    struct watch *self = receiver->channel_;
    return audience_withdraw(&self->base, &self->audience, wait);
}

static const struct wait_kind receive_waits = {"watch", receive_withdraw, NULL};

static void delete_with_value(struct watch *self)
{
    channel_drop(&self->base, channel_slot(&self->base, 0));
    channel_delete(&self->base);
}

int lsc_watch_new_at(struct lsc_executor *executor, struct lsc_watch_sender *sender,
                     const void *value, const struct lsc_channel_options *options, lsc_site site)
{
    struct channel *made;
    sender->channel_ = NULL;
    if (options->drop && !options->share)
        return -EINVAL;
    int error = channel_new(&(struct channel_plan){.kind = "watch",
                                                   .executor = executor,
                                                   .options = options,
                                                   .header_bytes = sizeof(struct watch),
                                                   .slots = 1,
                                                   .site = site},
                            &made);
    if (error < 0)
        return error;
    struct watch *self = (struct watch *)made;
    item_copy(channel_slot(made, 0), value, made->item_bytes);
    self->version = self->audience.senders = 1;
    sender->channel_ = self;
    return 0;
}

/* ---- senders ---- */

lsc_result lsc_watch_send_bytes(const struct lsc_watch_sender *sender, const void *value,
                                size_t item_bytes)
{
    struct watch *self = sender->channel_;
    struct wake_list wakes = WAKE_LIST_EMPTY;
    lsc_result result;
    if (!channel_is_right(NULL, self, item_bytes, &result))
        return result;
    lock_take(&self->base.lock);
    channel_drop(&self->base, channel_slot(&self->base, 0));
    item_copy(channel_slot(&self->base, 0), value, item_bytes);
    result = (lsc_result)++self->version;
    channel_tell(&self->base, 0);
    audience_tell_all(&self->audience, &wakes);
    lock_drop(&self->base.lock);
    wake_list_run(&wakes);
    return result;
}

struct lsc_watch_sender lsc_watch_sender_clone(const struct lsc_watch_sender *sender)
{
    struct watch *self = sender->channel_;
    if (self)
        audience_add_sender(&self->base, &self->audience);
    return *sender;
}

void lsc_watch_sender_drop(struct lsc_watch_sender *sender)
{
    struct watch *self = sender->channel_;
    sender->channel_ = NULL;
    if (self && audience_drop_sender(&self->base, &self->audience))
        delete_with_value(self);
}

/* ---- receivers ---- */

int lsc_watch_subscribe_to(void *channel, struct lsc_watch_receiver *receiver)
{
    struct watch *self = channel;
    *receiver = (struct lsc_watch_receiver){self, 0};
    if (!self)
        return -EINVAL;
    lock_take(&self->base.lock);
    self->audience.receivers++;
    lock_drop(&self->base.lock);
    return 0;
}

void lsc_watch_receiver_drop(struct lsc_watch_receiver *receiver)
{
    struct watch *self = receiver->channel_;
    if (!self)
        return;
    channel_end_wait_of_caller(&receive_waits, receiver);
    *receiver = (struct lsc_watch_receiver){0};
    lock_take(&self->base.lock);
    self->audience.receivers--;
    bool is_gone = audience_is_gone(&self->audience);
    lock_drop(&self->base.lock);
    if (is_gone)
        delete_with_value(self);
}

/* With the lock: the version. */
static lsc_result copy_latest(struct watch *self, void *value)
{
    item_copy(value, channel_slot(&self->base, 0), self->base.item_bytes);
    if (self->base.share)
        self->base.share(value);
    return (lsc_result)self->version;
}

/* With the lock. -EAGAIN: nothing new. */
static lsc_result take(struct watch *self, struct lsc_watch_receiver *receiver, void *value)
{
    if (receiver->seen_ == self->version)
        return self->audience.senders == 0 ? 0 : -EAGAIN;
    receiver->seen_ = self->version;
    self->audience.received++;
    channel_tell(&self->base, 0);
    return copy_latest(self, value);
}

lsc_result lsc_watch_receive_bytes(struct lsc_context *cx, struct lsc_watch_receiver *receiver,
                                   void *value, size_t item_bytes)
{
    struct watch *self = receiver->channel_;
    lsc_result result;
    if (!channel_is_right(cx, self, item_bytes, &result))
        return result;
    if (!audience_may_look(cx, &receive_waits, receiver, &result))
        return result;
    lock_take(&self->base.lock);
    result = take(self, receiver, value);
    if (result == -EAGAIN)
        result = audience_wait(cx, &self->base, &self->audience, &receive_waits, receiver);
    lock_drop(&self->base.lock);
    return result;
}

lsc_result lsc_watch_read_from(const void *channel, void *value, size_t item_bytes)
{
    struct watch *self = (struct watch *)(uintptr_t)channel;
    lsc_result result;
    if (!channel_is_right(NULL, self, item_bytes, &result))
        return result;
    lock_take(&self->base.lock);
    result = copy_latest(self, value);
    lock_drop(&self->base.lock);
    return result;
}

void lsc_watch_counts_of(const void *channel, struct lsc_channel_counts *counts)
{
    struct watch *self = (struct watch *)(uintptr_t)channel;
    *counts = (struct lsc_channel_counts){0};
    if (!self)
        return;
    lock_take(&self->base.lock);
    *counts = (struct lsc_channel_counts){
        .sent = self->version,
        .received = self->audience.received,
        .length = 1,
        .capacity = 1,
        .waiting = self->audience.waiting.count,
        .senders = self->audience.senders,
        .receivers = self->audience.receivers,
    };
    lock_drop(&self->base.lock);
}
