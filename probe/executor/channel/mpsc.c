/* SPDX-License-Identifier: MIT */
/* Sending into and receiving from a channel with many senders and one receiver. */
#include "mpsc.h"

/* What a sender gets whose item, or an older one, was dropped for it. */
#define SENT_ONE_DROPPED 1

/* ---- sending ---- */

/* Who sends: a task at an await, or a line of code. */
struct sending {
    void *item;
    struct lsc_context *cx;
    lsc_site site;
    bool may_wait;
    bool has_dropped; /* an item, which is at `item` now */
};

/* The line that fills it is looked up only when it is told. */
static void tell_filled(struct mpsc *self, const struct sending *sending)
{
    if (__builtin_expect(channel_is_due(&self->base, self->count), 0))
        channel_tell_now(&self->base, self->count,
                         sending->cx ? context_site(sending->cx) : sending->site);
}

/* How many wait to send: when it begins, ends, is more than ever, and has doubled or halved. */
static void tell_waiters(struct mpsc *self)
{
    uint32_t now = self->sending.count;
    bool is_most = now > self->sending_max;
    if (is_most)
        self->sending_max = now;
    if (is_most || (now & (now - 1)) == 0)
        lsc_waiters(self->base.resource, now);
}

static void hand_over(struct mpsc *self, const void *item, struct wake_list *wakes)
{
    struct wait *wait = self->receiving;
    self->receiving = NULL;
    item_copy(wait->item, item, self->base.item_bytes);
    self->received++;
    channel_tell(&self->base, 0);
    wait_grant(NULL, wait, 1, wakes);
}

/* The oldest makes room, and goes to `item` if somebody must drop it. */
static void replace_first(struct mpsc *self, void *item)
{
    void *first = mpsc_slot_after(self, 0);
    if (!self->base.drop) {
        mpsc_skip_first(self);
        mpsc_append(self, item);
        return;
    }
    item_swap(first, item, self->base.item_bytes);
    mpsc_skip_first(self);
    if (first != mpsc_slot_after(self, self->count))
        mpsc_append(self, first);
    else /* an item that had come back had filled the ring to its last slot */
        self->count++;
}

/* -EAGAIN: it is refused, or has to wait if it may. */
static lsc_result send_to_full(struct mpsc *self, struct sending *sending)
{
    if (self->full == LSC_FULL_WAIT && sending->may_wait)
        return -EAGAIN;
    lsc_drop(self->base.resource, 1);
    if (self->full == LSC_FULL_WAIT || self->full == LSC_FULL_REFUSE) {
        self->refused++;
        return -EAGAIN;
    }
    if (self->full == LSC_FULL_DROP_OLDEST)
        replace_first(self, sending->item);
    self->dropped++;
    self->sent++;
    sending->has_dropped = true;
    tell_filled(self, sending);
    return SENT_ONE_DROPPED;
}

static lsc_result offer(struct mpsc *self, struct sending *sending, struct wake_list *wakes)
{
    if (self->is_closed)
        return -EPIPE;
    if (self->receiving) {
        hand_over(self, sending->item, wakes);
        self->sent++;
        return 0;
    }
    if (self->count >= self->base.capacity)
        return send_to_full(self, sending);
    mpsc_append(self, sending->item);
    self->sent++;
    tell_filled(self, sending);
    return 0;
}

static bool send_withdraw(struct wait *wait)
{
    struct mpsc *self = wait->object;
    lock_take(&self->base.lock);
    bool was_waiting = wait_remove(&self->sending, wait);
    if (was_waiting)
        tell_waiters(self);
    lock_drop(&self->base.lock);
    return was_waiting;
}

/* Nothing to discard: what was granted has been sent. */
const struct wait_kind mpsc_send_waits = {"send", send_withdraw, NULL};

static lsc_result begin_send(struct lsc_context *cx, struct mpsc *self, void *item)
{
    if (item_is_on_stack(cx, item))
        return -EFAULT;
    lsc_result result = wait_begin(cx, &(struct wait_plan){.kind = &mpsc_send_waits,
                                                           .object = self,
                                                           .list = &self->sending,
                                                           .item = item,
                                                           .resource = self->base.resource});
    tell_waiters(self);
    return result;
}

static lsc_result send_now(struct mpsc *self, struct sending *sending)
{
    struct wake_list wakes = WAKE_LIST_EMPTY;
    lock_take(&self->base.lock);
    lsc_result result = offer(self, sending, &wakes);
    if (result == -EAGAIN && sending->may_wait && self->full == LSC_FULL_WAIT)
        result = begin_send(sending->cx, self, sending->item);
    lock_drop(&self->base.lock);
    wake_list_run(&wakes);
    if (__builtin_expect(sending->has_dropped, 0))
        channel_drop(&self->base, sending->item);
    if (__builtin_expect(result == -EFAULT, 0))
        channel_misuse(sending->cx, &self->base, ITEM_ON_STACK, 0);
    return result;
}

lsc_result lsc_mpsc_send_bytes(struct lsc_context *cx, const struct lsc_mpsc_sender *sender,
                               void *item, size_t item_bytes)
{
    struct mpsc *self = sender->channel_;
    struct sending sending = {.item = item, .cx = cx, .may_wait = true};
    lsc_result result;
    if (!channel_is_right(cx, self, item_bytes, &result) ||
        !wait_is_new(cx, &mpsc_send_waits, self, &result))
        return result;
    return send_now(self, &sending);
}

lsc_result lsc_mpsc_try_send_at(const struct lsc_mpsc_sender *sender, void *item, size_t item_bytes,
                                lsc_site site)
{
    struct mpsc *self = sender->channel_;
    struct sending sending = {.item = item, .site = site};
    lsc_result result;
    if (!channel_is_right(NULL, self, item_bytes, &result))
        return result;
    return send_now(self, &sending);
}

/* ---- receiving ---- */

/* With the lock. The first that waits to send takes the place that is free. */
static void serve_sender(struct mpsc *self, struct wake_list *wakes)
{
    struct wait *wait = self->sending.first;
    if (!wait || self->count >= self->base.capacity)
        return;
    mpsc_append(self, wait->item);
    self->sent++;
    self->base.untold++; /* told with what was taken out: the depth is the same */
    wait_grant(&self->sending, wait, 0, wakes);
    tell_waiters(self);
}

/* With the lock. */
static lsc_result take(struct mpsc *self, void *item, struct wake_list *wakes)
{
    if (self->count == 0)
        return self->is_closed || self->senders == 0 ? 0 : -EAGAIN;
    mpsc_take_first(self, item);
    self->received++;
    serve_sender(self, wakes);
    channel_tell(&self->base, self->count);
    return 1;
}

static bool receive_withdraw(struct wait *wait)
{
    struct mpsc *self = wait->object;
    return channel_withdraw_receiver(&self->base, &self->receiving, wait);
}

static void receive_discard(struct wait *wait)
{
    struct mpsc *self = wait->object;
    struct wake_list wakes = WAKE_LIST_EMPTY;
    if (wait->result != 1)
        return;
    lock_take(&self->base.lock);
    if (self->receiving) {
        hand_over(self, wait->item, &wakes);
    } else {
        mpsc_put_back(self, wait->item);
        channel_tell(&self->base, self->count);
    }
    self->received--;
    lock_drop(&self->base.lock);
    wake_list_run(&wakes);
}

const struct wait_kind mpsc_receive_waits = {"receive", receive_withdraw, receive_discard};

static lsc_result begin_receive(struct lsc_context *cx, struct mpsc *self, void *item)
{
    if (item_is_on_stack(cx, item))
        return -EFAULT;
    if (self->receiving)
        return -EBUSY;
    self->receiving = &context_running(cx)->wait;
    return wait_begin(cx, &(struct wait_plan){.kind = &mpsc_receive_waits,
                                              .object = self,
                                              .item = item,
                                              .resource = self->base.resource});
}

lsc_result lsc_mpsc_receive_bytes(struct lsc_context *cx, const struct lsc_mpsc_receiver *receiver,
                                  void *item, size_t item_bytes)
{
    struct mpsc *self = receiver->channel_;
    struct wake_list wakes = WAKE_LIST_EMPTY;
    lsc_result result;
    if (!channel_is_right(cx, self, item_bytes, &result) ||
        !wait_is_new(cx, &mpsc_receive_waits, self, &result))
        return result;
    lock_take(&self->base.lock);
    result = take(self, item, &wakes);
    if (result == -EAGAIN)
        result = begin_receive(cx, self, item);
    lock_drop(&self->base.lock);
    wake_list_run(&wakes);
    if (__builtin_expect(result == -EFAULT, 0))
        channel_misuse(cx, &self->base, ITEM_ON_STACK, 0);
    else if (__builtin_expect(result == -EBUSY, 0))
        channel_misuse(cx, &self->base, RECEIVES_TOO, 0);
    return result;
}

lsc_result lsc_mpsc_try_receive_bytes(const struct lsc_mpsc_receiver *receiver, void *item,
                                      size_t item_bytes)
{
    struct mpsc *self = receiver->channel_;
    struct wake_list wakes = WAKE_LIST_EMPTY;
    lsc_result result;
    if (!channel_is_right(NULL, self, item_bytes, &result))
        return result;
    lock_take(&self->base.lock);
    result = take(self, item, &wakes);
    lock_drop(&self->base.lock);
    wake_list_run(&wakes);
    return result;
}
