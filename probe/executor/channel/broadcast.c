/* SPDX-License-Identifier: MIT */
/* A channel whose every receiver gets every item.
 *
 * Items have numbers, and number k lies in slot k modulo the capacity. Each counts how many
 * receivers have not had it yet. Receivers go through them in order, so those that somebody still
 * wants are the last ones: from `head` to `tail`. The last receiver of an item takes it, the others
 * get shares. */
#include "audience.h"

struct broadcast {
    struct channel base;
    uint64_t head, tail;
    struct audience audience;
    uint64_t missed;
    uint32_t unread[]; /* by slot */
};

static size_t slot_of(const struct broadcast *self, uint64_t number)
{
    return number % self->base.capacity;
}

static uint32_t depth_of(const struct broadcast *self)
{
    return (uint32_t)(self->tail - self->head);
}

static bool receive_withdraw(struct wait *wait)
{
    struct lsc_broadcast_receiver *receiver = wait->object;
    struct broadcast *self = receiver->channel_;
    return audience_withdraw(&self->base, &self->audience, wait);
}

static const struct wait_kind receive_waits = {"receive broadcast", receive_withdraw, NULL};

/* ---- sending ---- */

int lsc_broadcast_new_at(struct lsc_executor *executor, struct lsc_broadcast_sender *sender,
                         const struct lsc_channel_options *options, lsc_site site)
{
    struct channel *made;
    sender->channel_ = NULL;
    if (options->capacity == 0 || options->capacity > CHANNEL_CAPACITY_MAX ||
        (options->drop && !options->share))
        return -EINVAL;
    uint32_t capacity = (uint32_t)options->capacity;
    int error = channel_new(
        &(struct channel_plan){.kind = "broadcast",
                               .executor = executor,
                               .options = options,
                               .header_bytes = sizeof(struct broadcast) +
                                               capacity * sizeof(*((struct broadcast *)0)->unread),
                               .capacity = capacity,
                               .slots = capacity,
                               .site = site},
        &made);
    if (error < 0)
        return error;
    ((struct broadcast *)made)->audience.senders = 1;
    sender->channel_ = made;
    return 0;
}

/* With the lock: the oldest, which `unread` receivers have missed. */
static void overwrite_oldest(struct broadcast *self)
{
    size_t slot = slot_of(self, self->head);
    self->missed += self->unread[slot];
    lsc_drop(self->base.resource, self->unread[slot]);
    channel_drop(&self->base, channel_slot(&self->base, slot));
    self->head++;
}

static void put(struct broadcast *self, const void *item, lsc_site site)
{
    if (depth_of(self) == self->base.capacity)
        overwrite_oldest(self);
    size_t slot = slot_of(self, self->tail);
    item_copy(channel_slot(&self->base, slot), item, self->base.item_bytes);
    self->unread[slot] = self->audience.receivers;
    self->tail++;
    if (__builtin_expect(channel_is_due(&self->base, depth_of(self)), 0))
        channel_tell_now(&self->base, depth_of(self), site);
}

lsc_result lsc_broadcast_send_at(const struct lsc_broadcast_sender *sender, void *item,
                                 size_t item_bytes, lsc_site site)
{
    struct broadcast *self = sender->channel_;
    struct wake_list wakes = WAKE_LIST_EMPTY;
    lsc_result result;
    if (!channel_is_right(NULL, self, item_bytes, &result))
        return result;
    lock_take(&self->base.lock);
    result = self->audience.receivers;
    if (result > 0) {
        put(self, item, site);
        audience_tell_all(&self->audience, &wakes);
    }
    lock_drop(&self->base.lock);
    wake_list_run(&wakes);
    if (result == 0)
        channel_drop(&self->base, item);
    return result;
}

struct lsc_broadcast_sender lsc_broadcast_sender_clone(const struct lsc_broadcast_sender *sender)
{
    struct broadcast *self = sender->channel_;
    if (self)
        audience_add_sender(&self->base, &self->audience);
    return *sender;
}

void lsc_broadcast_sender_drop(struct lsc_broadcast_sender *sender)
{
    struct broadcast *self = sender->channel_;
    sender->channel_ = NULL;
    if (self && audience_drop_sender(&self->base, &self->audience))
        channel_delete(&self->base);
}

/* ---- receiving ---- */

int lsc_broadcast_subscribe_to(void *channel, struct lsc_broadcast_receiver *receiver)
{
    struct broadcast *self = channel;
    if (!self) {
        *receiver = (struct lsc_broadcast_receiver){0};
        return -EINVAL;
    }
    lock_take(&self->base.lock);
    self->audience.receivers++;
    *receiver = (struct lsc_broadcast_receiver){self, self->tail};
    lock_drop(&self->base.lock);
    return 0;
}

/* With the lock: what this receiver has not had and does not want any more. */
static void give_up_rest(struct broadcast *self, uint64_t next)
{
    for (uint64_t k = next > self->head ? next : self->head; k < self->tail; k++) {
        size_t slot = slot_of(self, k);
        if (--self->unread[slot] > 0)
            continue;
        channel_drop(&self->base, channel_slot(&self->base, slot));
        self->head = k + 1;
    }
}

void lsc_broadcast_receiver_drop(struct lsc_broadcast_receiver *receiver)
{
    struct broadcast *self = receiver->channel_;
    if (!self)
        return;
    channel_end_wait_of_caller(&receive_waits, receiver);
    lock_take(&self->base.lock);
    give_up_rest(self, receiver->next_);
    self->audience.receivers--;
    channel_tell(&self->base, depth_of(self));
    bool is_gone = audience_is_gone(&self->audience);
    lock_drop(&self->base.lock);
    *receiver = (struct lsc_broadcast_receiver){0};
    if (is_gone)
        channel_delete(&self->base);
}

/* With the lock: one of those from `head` on. */
static void take_number(struct broadcast *self, uint64_t number, void *item)
{
    size_t slot = slot_of(self, number);
    item_copy(item, channel_slot(&self->base, slot), self->base.item_bytes);
    self->audience.received++;
    if (--self->unread[slot] == 0)
        self->head = number + 1;
    else if (self->base.share)
        self->base.share(item);
    channel_tell(&self->base, depth_of(self));
}

/* With the lock. -EAGAIN: nothing yet. */
static lsc_result take(struct broadcast *self, struct lsc_broadcast_receiver *receiver, void *item)
{
    uint64_t next = receiver->next_ > self->head ? receiver->next_ : self->head;
    uint64_t missed = next - receiver->next_;
    if (next == self->tail)
        return self->audience.senders == 0 ? 0 : -EAGAIN;
    take_number(self, next, item);
    receiver->next_ = next + 1;
    return 1 + (lsc_result)missed;
}

lsc_result lsc_broadcast_receive_bytes(struct lsc_context *cx,
                                       struct lsc_broadcast_receiver *receiver, void *item,
                                       size_t item_bytes)
{
    struct broadcast *self = receiver->channel_;
    lsc_result result;
    if (!channel_is_right(cx, self, item_bytes, &result))
        return result;
    if (!audience_may_look(cx, &receive_waits, receiver, &result))
        return result;
    lock_take(&self->base.lock);
    result = take(self, receiver, item);
    if (result == -EAGAIN)
        result = audience_wait(cx, &self->base, &self->audience, &receive_waits, receiver);
    lock_drop(&self->base.lock);
    return result;
}

lsc_result lsc_broadcast_try_receive_bytes(struct lsc_broadcast_receiver *receiver, void *item,
                                           size_t item_bytes)
{
    struct broadcast *self = receiver->channel_;
    lsc_result result;
    if (!channel_is_right(NULL, self, item_bytes, &result))
        return result;
    lock_take(&self->base.lock);
    result = take(self, receiver, item);
    lock_drop(&self->base.lock);
    return result;
}

void lsc_broadcast_counts_of(const void *channel, struct lsc_channel_counts *counts)
{
    struct broadcast *self = (struct broadcast *)(uintptr_t)channel;
    *counts = (struct lsc_channel_counts){0};
    if (!self)
        return;
    lock_take(&self->base.lock);
    *counts = (struct lsc_channel_counts){
        .sent = self->tail,
        .received = self->audience.received,
        .dropped = self->missed,
        .length = depth_of(self),
        .capacity = self->base.capacity,
        .waiting = self->audience.waiting.count,
        .senders = self->audience.senders,
        .receivers = self->audience.receivers,
    };
    lock_drop(&self->base.lock);
}
