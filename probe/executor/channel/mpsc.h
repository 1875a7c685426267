/* SPDX-License-Identifier: MIT */
/* The inside of a channel with many senders and one receiver: a ring of items under a lock.
 *
 * While somebody waits to receive, the ring is empty, and a send hands its item over without
 * touching it. While somebody waits to send, the ring is full, and who takes an item puts that of
 * the first waiting sender into its place. The ring has one slot more than the capacity, for an
 * item that comes back: handed over to a task that was not to receive it any more. */
#ifndef LSC_EXECUTOR_MPSC_H
#define LSC_EXECUTOR_MPSC_H

#include "../executor.h"
#include "channel.h"

/* Guarded by the lock, but for `full`. */
struct mpsc {
    struct channel base;
    uint32_t head, count; /* slot of the oldest; how many there are */
    struct wait *receiving;
    struct wait_list sending;
    uint32_t senders, sending_max;
    bool has_receiver, is_closed;
    enum lsc_full_policy full;
    uint64_t sent, received, refused, dropped;
};

/* ---- the ring; all with the lock ---- */

static inline uint32_t mpsc_slots(const struct mpsc *self)
{
    return self->base.capacity + 1;
}

static inline void *mpsc_slot_after(const struct mpsc *self, uint32_t distance)
{
    uint32_t index = self->head + distance;
    return channel_slot(&self->base, index < mpsc_slots(self) ? index : index - mpsc_slots(self));
}

static inline void mpsc_append(struct mpsc *self, const void *item)
{
    item_copy(mpsc_slot_after(self, self->count), item, self->base.item_bytes);
    self->count++;
}

/* Its place may be overwritten by the next. */
static inline void mpsc_skip_first(struct mpsc *self)
{
    self->head = self->head + 1 < mpsc_slots(self) ? self->head + 1 : 0;
    self->count--;
}

static inline void mpsc_take_first(struct mpsc *self, void *item)
{
    item_copy(item, mpsc_slot_after(self, 0), self->base.item_bytes);
    mpsc_skip_first(self);
}

static inline void mpsc_put_back(struct mpsc *self, const void *item)
{
    self->head = self->head > 0 ? self->head - 1 : mpsc_slots(self) - 1;
    item_copy(mpsc_slot_after(self, 0), item, self->base.item_bytes);
    self->count++;
}

extern const struct wait_kind mpsc_send_waits, mpsc_receive_waits;

#endif
