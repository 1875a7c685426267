/* SPDX-License-Identifier: MIT */
/* loopscope/channel.h: how tasks hand things to each other.
 *
 *     struct job { int number; char *text; };
 *     struct lsc_mpsc_sender jobs;
 *     struct lsc_mpsc_receiver work;
 *     int error = lsc_mpsc_new(executor, &jobs, &work, .name = "jobs", .capacity = 64,
 *                              .item_bytes = sizeof(struct job));
 *
 *     LSC_AWAIT(r, lsc_mpsc_send(cx, &self->jobs, &self->job));        // in one task
 *
 *     LSC_AWAIT(r, lsc_mpsc_receive(cx, &self->work, &self->job));     // in another
 *     if (r > 0)
 *         …
 *
 * Items are plain structs of one size, copied in and out; a channel is one allocation, of the
 * executor's allocator (which must live as long as the channel), and never grows. It is freed when
 * its last end has been dropped, which may be after the executor's delete. Everybody is served in
 * order of arrival.
 *
 * Ends (senders and receivers) are small structs in the caller's storage; all zero is none. An end
 * may be moved, but not copied, and not while a task waits with it. Functions marked "any thread"
 * may be called from threads that are no workers too, but not from signal handlers.
 *
 * The memory that an item is sent from, or received into, by an awaitable function of mpsc or
 * oneshot must outlive the await: it lies in the task's state, not on the stack of its poll
 * function (misuse: -EFAULT when it would have to wait). An item belongs to the channel once a send
 * returned 0 or more, and where there is a `drop` function its bytes at the sender may have changed
 * then; after an error it is the sender's, as it was. An item belongs to the receiver once a
 * receive returned more than 0. A send that was cancelled or timed out has not happened, and a
 * receive that was has taken nothing. A task that turns away from a call which returned LSC_PENDING
 * leaves it open whether it has sent; what it was to receive goes back to the front. What is left
 * in a channel that nobody will receive from any more goes to its `drop` function.
 *
 * Each channel is a resource of the probe, with its name and the line that made it. Its depth is
 * recorded when it becomes full or empty, is no longer full, or is off the last record by a quarter
 * (by four items at least, by a sixteenth of the capacity at most), with the line that filled it
 * and the operations since the last record; these are never more than 64. */
#ifndef LOOPSCOPE_CHANNEL_H
#define LOOPSCOPE_CHANNEL_H

#include "executor.h"

#ifdef __cplusplus
extern "C" {
#endif

struct lsc_channel_options {
    const char *name;          /* copied; default: the kind of channel */
    size_t item_bytes;         /* from 1 to 1 MiB; items need an alignment of at most 16 */
    size_t capacity;           /* most items it holds: 1 to 2^24; of mpsc and broadcast */
    enum lsc_full_policy full; /* of mpsc */
    /* Gives back what an item owns; NULL: nothing. Of broadcast and watch it must not use the
     * channel, and needs `share`. */
    void (*drop)(void *item);
    /* Of broadcast and watch: called with every copy that is made for a receiver; takes a share of
     * what the item refers to. Must not use the channel. NULL: the bytes are all. */
    void (*share)(void *copy);
};

/* Totals of one channel, and how it is now; any thread. */
struct lsc_channel_counts {
    uint64_t sent;     /* sends that succeeded, what a policy dropped and a first value included */
    uint64_t received; /* taken out; of broadcast and watch: by all receivers together */
    uint64_t refused;  /* sends that got -EAGAIN */
    uint64_t dropped;  /* by the policy; of broadcast: missed, summed over receivers */
    uint64_t length;   /* items in it now; of broadcast: that somebody has not received yet */
    uint64_t capacity;
    uint64_t waiting; /* tasks that wait to send or to receive now */
    uint64_t senders, receivers;
};

/* ---- mpsc: many senders, one receiver, a bounded queue ---- */

struct lsc_mpsc_sender {
    void *channel_;
};
struct lsc_mpsc_receiver {
    void *channel_;
};

/* Makes a channel with its receiver and its first sender. Any thread. 0; -EINVAL: an option out of
 * range; -ENOMEM. */
#define lsc_mpsc_new(executor, sender, receiver, ...)                                              \
    lsc_mpsc_new_at((executor), (sender), (receiver), LSC_CHANNEL_OPTIONS_(__VA_ARGS__),           \
                    LSC_SITE_HERE())
LSC_API int lsc_mpsc_new_at(struct lsc_executor *executor, struct lsc_mpsc_sender *sender,
                            struct lsc_mpsc_receiver *receiver,
                            const struct lsc_channel_options *options, lsc_site site);

/* One more sender of the same channel, to be dropped too; none of none. Any thread. */
LSC_API struct lsc_mpsc_sender lsc_mpsc_sender_clone(const struct lsc_mpsc_sender *sender);
/* Gives it up, and makes it none; with the last one the receiver gets what is left, then the end.
 * Any thread. */
LSC_API void lsc_mpsc_sender_drop(struct lsc_mpsc_sender *sender);

/* Awaitable: puts an item in. 0; 1: and another one, or this one, was dropped by the policy;
 * -EPIPE: nobody will receive it; -EAGAIN: full, by the policy; -EINVAL: the item is not of the
 * channel's size, or the sender is none (misuse). A sender that waits is served by whoever
 * receives, in turn: no other passes it. */
#define lsc_mpsc_send(cx, sender, item) lsc_mpsc_send_bytes((cx), (sender), (item), sizeof *(item))
LSC_API lsc_result lsc_mpsc_send_bytes(struct lsc_context *cx, const struct lsc_mpsc_sender *sender,
                                       void *item, size_t item_bytes);
/* The same without waiting, from any thread: -EAGAIN where the policy is to wait. */
#define lsc_mpsc_try_send(sender, item)                                                            \
    lsc_mpsc_try_send_at((sender), (item), sizeof *(item), LSC_SITE_HERE())
LSC_API lsc_result lsc_mpsc_try_send_at(const struct lsc_mpsc_sender *sender, void *item,
                                        size_t item_bytes, lsc_site site);

/* Awaitable: takes the oldest item. 1; 0: the end, all senders are gone, or the receiver is closed,
 * and nothing is left; -EBUSY: another task waits to receive (misuse); -EINVAL as above. */
#define lsc_mpsc_receive(cx, receiver, item)                                                       \
    lsc_mpsc_receive_bytes((cx), (receiver), (item), sizeof *(item))
LSC_API lsc_result lsc_mpsc_receive_bytes(struct lsc_context *cx,
                                          const struct lsc_mpsc_receiver *receiver, void *item,
                                          size_t item_bytes);
/* The same without waiting: -EAGAIN when it is empty. Any thread, one at a time. */
#define lsc_mpsc_try_receive(receiver, item)                                                       \
    lsc_mpsc_try_receive_bytes((receiver), (item), sizeof *(item))
LSC_API lsc_result lsc_mpsc_try_receive_bytes(const struct lsc_mpsc_receiver *receiver, void *item,
                                              size_t item_bytes);

/* Sends, also those that wait, get -EPIPE from now on; what is in it can still be received. Any
 * thread. */
LSC_API void lsc_mpsc_close(const struct lsc_mpsc_receiver *receiver);
/* Closes, drops what is left, gives the receiver up and makes it none. Any thread, but not while
 * another task receives. */
LSC_API void lsc_mpsc_receiver_drop(struct lsc_mpsc_receiver *receiver);

/* Of either end. All zero for none. */
#define lsc_mpsc_counts(end, counts) lsc_mpsc_counts_of((end)->channel_, (counts))
#define lsc_mpsc_length(end) lsc_mpsc_length_of((end)->channel_)
#define lsc_mpsc_capacity(end) lsc_mpsc_capacity_of((end)->channel_)
LSC_API void lsc_mpsc_counts_of(const void *channel, struct lsc_channel_counts *counts);
LSC_API size_t lsc_mpsc_length_of(const void *channel);
LSC_API size_t lsc_mpsc_capacity_of(const void *channel);

/* ---- oneshot: one value, once ---- */

struct lsc_oneshot_sender {
    void *channel_;
};
struct lsc_oneshot_receiver {
    void *channel_;
};

/* As lsc_mpsc_new; of the options name, item_bytes and drop count. */
#define lsc_oneshot_new(executor, sender, receiver, ...)                                           \
    lsc_oneshot_new_at((executor), (sender), (receiver), LSC_CHANNEL_OPTIONS_(__VA_ARGS__),        \
                       LSC_SITE_HERE())
LSC_API int lsc_oneshot_new_at(struct lsc_executor *executor, struct lsc_oneshot_sender *sender,
                               struct lsc_oneshot_receiver *receiver,
                               const struct lsc_channel_options *options, lsc_site site);

/* Gives the value and uses the sender up: 0. -EPIPE: nobody will receive it, the item is still the
 * caller's, and the sender is used up too. -EINVAL: wrong size, or used up before (misuse). Never
 * waits. Any thread. */
#define lsc_oneshot_send(sender, item) lsc_oneshot_send_bytes((sender), (item), sizeof *(item))
LSC_API lsc_result lsc_oneshot_send_bytes(struct lsc_oneshot_sender *sender, const void *item,
                                          size_t item_bytes);
/* Gives it up without a value: the receiver gets -EPIPE. Any thread. */
LSC_API void lsc_oneshot_sender_drop(struct lsc_oneshot_sender *sender);
/* Whether somebody may still receive: work for nobody can be left undone. Any thread. */
LSC_API bool lsc_oneshot_is_wanted(const struct lsc_oneshot_sender *sender);

/* Awaitable: the value; 1, or -EPIPE: there will be none. Both use the receiver up; a second call
 * is -EINVAL (misuse). One task. */
#define lsc_oneshot_receive(cx, receiver, item)                                                    \
    lsc_oneshot_receive_bytes((cx), (receiver), (item), sizeof *(item))
LSC_API lsc_result lsc_oneshot_receive_bytes(struct lsc_context *cx,
                                             struct lsc_oneshot_receiver *receiver, void *item,
                                             size_t item_bytes);
/* The same without waiting: -EAGAIN when there is none yet. Any thread. */
#define lsc_oneshot_try_receive(receiver, item)                                                    \
    lsc_oneshot_try_receive_bytes((receiver), (item), sizeof *(item))
LSC_API lsc_result lsc_oneshot_try_receive_bytes(struct lsc_oneshot_receiver *receiver, void *item,
                                                 size_t item_bytes);
/* Gives it up; a value that has come is dropped. Any thread. */
LSC_API void lsc_oneshot_receiver_drop(struct lsc_oneshot_receiver *receiver);

/* ---- broadcast: every receiver gets every item, unless it lags too far ---- */

struct lsc_broadcast_sender {
    void *channel_;
};
struct lsc_broadcast_receiver {
    void *channel_;
    uint64_t next_;
};

/* As lsc_mpsc_new, without a receiver; of the options all but `full` count. */
#define lsc_broadcast_new(executor, sender, ...)                                                   \
    lsc_broadcast_new_at((executor), (sender), LSC_CHANNEL_OPTIONS_(__VA_ARGS__), LSC_SITE_HERE())
LSC_API int lsc_broadcast_new_at(struct lsc_executor *executor, struct lsc_broadcast_sender *sender,
                                 const struct lsc_channel_options *options, lsc_site site);
LSC_API struct lsc_broadcast_sender
lsc_broadcast_sender_clone(const struct lsc_broadcast_sender *sender);
/* With the last one the receivers get what is left, then the end. Any thread. */
LSC_API void lsc_broadcast_sender_drop(struct lsc_broadcast_sender *sender);

/* Gives an item to all who are subscribed now: how many those are; with none it is dropped at once.
 * Never waits: when the ring is full, the oldest item goes, and who had not received it has missed
 * it (counted as dropped, once for each). -EINVAL as lsc_mpsc_send. Any thread. */
#define lsc_broadcast_send(sender, item)                                                           \
    lsc_broadcast_send_at((sender), (item), sizeof *(item), LSC_SITE_HERE())
LSC_API lsc_result lsc_broadcast_send_at(const struct lsc_broadcast_sender *sender, void *item,
                                         size_t item_bytes, lsc_site site);

/* Makes `receiver` one that gets everything sent from now on, until it is dropped. `end`: a sender
 * or a receiver of the channel. 0; -EINVAL: of none. Any thread. */
#define lsc_broadcast_subscribe(end, receiver)                                                     \
    lsc_broadcast_subscribe_to((end)->channel_, (receiver))
LSC_API int lsc_broadcast_subscribe_to(void *channel, struct lsc_broadcast_receiver *receiver);
/* Unsubscribes. Any thread, but not while a task receives with it. */
LSC_API void lsc_broadcast_receiver_drop(struct lsc_broadcast_receiver *receiver);

/* Awaitable: the next item. 1; 1 + n: the next that is still there, after n that the receiver has
 * missed; 0: the end, all senders are gone and nothing is left; -EINVAL. One task at a time. */
#define lsc_broadcast_receive(cx, receiver, item)                                                  \
    lsc_broadcast_receive_bytes((cx), (receiver), (item), sizeof *(item))
LSC_API lsc_result lsc_broadcast_receive_bytes(struct lsc_context *cx,
                                               struct lsc_broadcast_receiver *receiver, void *item,
                                               size_t item_bytes);
/* The same without waiting: -EAGAIN when there is none yet. Any thread, one at a time. */
#define lsc_broadcast_try_receive(receiver, item)                                                  \
    lsc_broadcast_try_receive_bytes((receiver), (item), sizeof *(item))
LSC_API lsc_result lsc_broadcast_try_receive_bytes(struct lsc_broadcast_receiver *receiver,
                                                   void *item, size_t item_bytes);

#define lsc_broadcast_counts(end, counts) lsc_broadcast_counts_of((end)->channel_, (counts))
LSC_API void lsc_broadcast_counts_of(const void *channel, struct lsc_channel_counts *counts);

/* ---- watch: the latest value, and word of each change ---- */

struct lsc_watch_sender {
    void *channel_;
};
struct lsc_watch_receiver {
    void *channel_;
    uint64_t seen_; /* version it received last */
};

/* Makes a channel with its first value, of version 1, which is copied. As lsc_mpsc_new; of the
 * options name, item_bytes, drop and share count. */
#define lsc_watch_new(executor, sender, value, ...)                                                \
    lsc_watch_new_at((executor), (sender), (value),                                                \
                     LSC_CHANNEL_OPTIONS_(.item_bytes = sizeof *(value), ##__VA_ARGS__),           \
                     LSC_SITE_HERE())
LSC_API int lsc_watch_new_at(struct lsc_executor *executor, struct lsc_watch_sender *sender,
                             const void *value, const struct lsc_channel_options *options,
                             lsc_site site);
LSC_API struct lsc_watch_sender lsc_watch_sender_clone(const struct lsc_watch_sender *sender);
/* With the last one the receivers get the value they have not seen, then the end. Any thread. */
LSC_API void lsc_watch_sender_drop(struct lsc_watch_sender *sender);

/* Replaces the value: its version, 2 or more. The one before is dropped. -EINVAL as above. Never
 * waits. Any thread. */
#define lsc_watch_send(sender, value) lsc_watch_send_bytes((sender), (value), sizeof *(value))
LSC_API lsc_result lsc_watch_send_bytes(const struct lsc_watch_sender *sender, const void *value,
                                        size_t item_bytes);

/* Makes `receiver` one that has seen nothing yet: its first receive gets the value there is. `end`:
 * a sender or a receiver. 0; -EINVAL: of none. Any thread. */
#define lsc_watch_subscribe(end, receiver) lsc_watch_subscribe_to((end)->channel_, (receiver))
LSC_API int lsc_watch_subscribe_to(void *channel, struct lsc_watch_receiver *receiver);
LSC_API void lsc_watch_receiver_drop(struct lsc_watch_receiver *receiver);

/* Awaitable: waits until there is a value that this receiver has not received, and gets the latest:
 * its version; 0: the end, all senders are gone and the latest is known; -EINVAL. One task at a
 * time. */
#define lsc_watch_receive(cx, receiver, value)                                                     \
    lsc_watch_receive_bytes((cx), (receiver), (value), sizeof *(value))
LSC_API lsc_result lsc_watch_receive_bytes(struct lsc_context *cx,
                                           struct lsc_watch_receiver *receiver, void *value,
                                           size_t item_bytes);
/* The latest value, seen or not, and its version; it does not count as received. Any thread. */
#define lsc_watch_read(end, value) lsc_watch_read_from((end)->channel_, (value), sizeof *(value))
LSC_API lsc_result lsc_watch_read_from(const void *channel, void *value, size_t item_bytes);

#define lsc_watch_counts(end, counts) lsc_watch_counts_of((end)->channel_, (counts))
LSC_API void lsc_watch_counts_of(const void *channel, struct lsc_channel_counts *counts);

/* Part of the macros. */
#define LSC_CHANNEL_OPTIONS_(...) (&(const struct lsc_channel_options){__VA_ARGS__})

#ifdef __cplusplus
}
#endif

#endif
