/* SPDX-License-Identifier: MIT */
/* The ends of a channel with many senders and one receiver: made, cloned, closed, dropped. */
#include "mpsc.h"

int lsc_mpsc_new_at(struct lsc_executor *executor, struct lsc_mpsc_sender *sender,
                    struct lsc_mpsc_receiver *receiver, const struct lsc_channel_options *options,
                    lsc_site site)
{
    struct channel *made;
    sender->channel_ = receiver->channel_ = NULL;
    if (options->capacity == 0 || options->capacity > CHANNEL_CAPACITY_MAX)
        return -EINVAL;
    int error = channel_new(&(struct channel_plan){.kind = "channel",
                                                   .executor = executor,
                                                   .options = options,
                                                   .header_bytes = sizeof(struct mpsc),
                                                   .capacity = (uint32_t)options->capacity,
                                                   .slots = (uint32_t)options->capacity + 1,
                                                   .site = site},
                            &made);
    if (error < 0)
        return error;
    struct mpsc *self = (struct mpsc *)made;
    self->senders = 1;
    self->has_receiver = true;
    self->full = options->full;
    sender->channel_ = receiver->channel_ = self;
    return 0;
}

struct lsc_mpsc_sender lsc_mpsc_sender_clone(const struct lsc_mpsc_sender *sender)
{
    struct mpsc *self = sender->channel_;
    if (self) {
        lock_take(&self->base.lock);
        self->senders++;
        lock_drop(&self->base.lock);
    }
    return *sender;
}

void lsc_mpsc_sender_drop(struct lsc_mpsc_sender *sender)
{
    struct mpsc *self = sender->channel_;
    struct wake_list wakes = WAKE_LIST_EMPTY;
    if (!self)
        return;
    sender->channel_ = NULL;
    /* Not counted any more, it would keep nobody from freeing the channel under its wait. */
    channel_end_wait_of_caller(&mpsc_send_waits, self);
    lock_take(&self->base.lock);
    bool is_last = --self->senders == 0;
    bool is_unused = is_last && !self->has_receiver;
    if (is_last && self->receiving) {
        wait_grant(NULL, self->receiving, 0, &wakes);
        self->receiving = NULL;
    }
    if (is_last && self->base.untold > 0)
        channel_tell_now(&self->base, self->count, 0);
    lock_drop(&self->base.lock);
    wake_list_run(&wakes);
    if (is_unused)
        channel_delete(&self->base);
}

/* With the lock. */
static void close_with(struct mpsc *self, struct wake_list *wakes)
{
    self->is_closed = true;
    wait_grant_all(&self->sending, -EPIPE, wakes);
    if (self->receiving) {
        wait_grant(NULL, self->receiving, 0, wakes);
        self->receiving = NULL;
    }
    lsc_waiters(self->base.resource, 0);
}

void lsc_mpsc_close(const struct lsc_mpsc_receiver *receiver)
{
    struct mpsc *self = receiver->channel_;
    struct wake_list wakes = WAKE_LIST_EMPTY;
    if (!self)
        return;
    lock_take(&self->base.lock);
    close_with(self, &wakes);
    lock_drop(&self->base.lock);
    wake_list_run(&wakes);
}

/* Nobody touches the slots of a closed channel but who receives: they are dropped without the lock,
 * so that `drop` may do what it likes. */
static void drop_items(struct mpsc *self, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        channel_drop(&self->base, mpsc_slot_after(self, i));
}

void lsc_mpsc_receiver_drop(struct lsc_mpsc_receiver *receiver)
{
    struct mpsc *self = receiver->channel_;
    struct wake_list wakes = WAKE_LIST_EMPTY;
    if (!self)
        return;
    receiver->channel_ = NULL;
    channel_end_wait_of_caller(&mpsc_receive_waits, self); /* what it was handed over goes back */
    lock_take(&self->base.lock);
    close_with(self, &wakes);
    uint32_t left = self->count;
    self->count = 0;
    channel_tell_now(&self->base, 0, 0);
    lock_drop(&self->base.lock);
    wake_list_run(&wakes);
    drop_items(self, left);
    lock_take(&self->base.lock);
    self->has_receiver = false;
    bool is_unused = self->senders == 0;
    lock_drop(&self->base.lock);
    if (is_unused)
        channel_delete(&self->base);
}

/* ---- asked ---- */

void lsc_mpsc_counts_of(const void *channel, struct lsc_channel_counts *counts)
{
    struct mpsc *self = (struct mpsc *)(uintptr_t)channel;
    *counts = (struct lsc_channel_counts){0};
    if (!self)
        return;
    lock_take(&self->base.lock);
    *counts = (struct lsc_channel_counts){
        .sent = self->sent,
        .received = self->received,
        .refused = self->refused,
        .dropped = self->dropped,
        .length = self->count,
        .capacity = self->base.capacity,
        .waiting = self->sending.count + (self->receiving != NULL),
        .senders = self->senders,
        .receivers = self->has_receiver,
    };
    lock_drop(&self->base.lock);
}

size_t lsc_mpsc_length_of(const void *channel)
{
    struct lsc_channel_counts counts;
    lsc_mpsc_counts_of(channel, &counts);
    return counts.length;
}

size_t lsc_mpsc_capacity_of(const void *channel)
{
    return channel ? ((const struct mpsc *)channel)->base.capacity : 0;
}
