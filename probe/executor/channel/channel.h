/* SPDX-License-Identifier: MIT */
/* What all kinds of channels begin with: their one allocation, their items, what they tell the
 * probe. */
#ifndef LSC_EXECUTOR_CHANNEL_H
#define LSC_EXECUTOR_CHANNEL_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "../lock.h"
#include "loopscope/channel.h"

#define CHANNEL_CAPACITY_MAX ((size_t)1 << 24)
/* Between two tellings of the depth there are at most so many operations. */
#define CHANNEL_UNTOLD_MAX 64u

/* First member of every kind. What is written after the creation is guarded by the lock. The first
 * half is not touched by sends and receives; all that they touch begins on a cache line. */
struct channel {
    const char *name;
    void (*drop)(void *item);
    void (*share)(void *copy);
    const char *kind;
    struct lsc_allocator allocator;
    void *memory; /* where it lies, aligned */

    struct lock lock;
    uint32_t item_bytes;
    uint32_t capacity;
    uint32_t untold;       /* operations since the last telling */
    uint32_t tell_below;   /* a depth under this one, */
    uint32_t tell_from;    /* …or from this one on, is told at once */
    lsc_resource resource; /* 0: the probe was off */
    char *slots;
};
_Static_assert(offsetof(struct channel, lock) == 64, "the hot half begins on a cache line");

/* What a kind asks for. */
struct channel_plan {
    const char *kind;
    struct lsc_executor *executor;
    const struct lsc_channel_options *options;
    size_t header_bytes; /* of the kind's struct */
    uint32_t capacity;   /* told to the probe */
    uint32_t slots;
    lsc_site site;
};

/* All else of the kind's struct is zero. 0; -EINVAL; -ENOMEM. */
int channel_new(const struct channel_plan *plan, struct channel **made);
/* Frees the memory; the items are the kind's to drop. */
void channel_delete(struct channel *channel);

static inline void *channel_slot(const struct channel *channel, size_t index)
{
    return channel->slots + index * channel->item_bytes;
}

/* ---- items ---- */

/* Without the lock. */
static inline void channel_drop(const struct channel *channel, void *item)
{
    if (channel->drop)
        channel->drop(item);
}

static inline void item_copy(void *restrict to, const void *restrict from, size_t bytes)
{
    if (bytes == 8)
        memcpy(to, from, 8);
    else if (bytes == 16)
        memcpy(to, from, 16);
    else
        memcpy(to, from, bytes);
}

void item_swap(void *a, void *b, size_t bytes);
/* Whether it lies on the stack of a poll function that is running: it would not outlive a wait. */
bool item_is_on_stack(const struct lsc_context *cx, const void *item);

/* Calls are refused with a sentence in debug builds: the caller's error is returned. */
lsc_result channel_misuse(struct lsc_context *cx, const struct channel *channel, const char *what,
                          lsc_result error);
#define ITEM_ON_STACK "waits with an item on the stack of its poll function, at"
#define RECEIVES_TOO "receives, while another task waits to receive, from"
/* Whether a call with this end's channel and these bytes may go on; else *result. cx NULL: not in a
 * task. */
static inline bool channel_is_right(struct lsc_context *cx, const void *end, size_t item_bytes,
                                    lsc_result *result)
{
    const struct channel *channel = end;
    if (__builtin_expect(channel && channel->item_bytes == item_bytes, 1))
        return true;
    *result = channel_misuse(cx, channel,
                             channel ? "gives memory of another size than the items of"
                                     : "uses an end that is none, of",
                             -EINVAL);
    return false;
}

/* ---- what is told ---- */

void channel_tell_now(struct channel *channel, uint32_t depth, lsc_site filler);

static inline bool channel_is_due(struct channel *channel, uint32_t depth)
{
    return channel->resource != 0 && (++channel->untold >= CHANNEL_UNTOLD_MAX ||
                                      depth < channel->tell_below || depth >= channel->tell_from);
}

/* One operation was done, and the depth is now this. With the lock. */
static inline void channel_tell(struct channel *channel, uint32_t depth)
{
    if (__builtin_expect(channel_is_due(channel, depth), 0))
        channel_tell_now(channel, depth, 0);
}

/* ---- waits ---- */

struct wait;
struct wait_kind;
/* The withdraw function of a kind whose one wait is at `receiving`. */
bool channel_withdraw_receiver(struct channel *channel, struct wait **receiving,
                               const struct wait *wait);
/* The running task must not keep such a wait on what it is about to give up. */
void channel_end_wait_of_caller(const struct wait_kind *kind, const void *object);

#endif
