/* SPDX-License-Identifier: MIT */
/* The parts that channels share. */
#include "channel.h"

#include <stdio.h>

#include "../executor.h"

#define ITEM_BYTES_MAX ((size_t)1 << 20)
#define ALIGNMENT 64u
#define ITEM_ALIGNMENT 16u

static size_t aligned(size_t bytes, size_t alignment)
{
    return (bytes + alignment - 1) & ~(alignment - 1);
}

/* Header, slots, name; with room to align the header. */
static struct channel *allocate(const struct channel_plan *plan, const char *name)
{
    const struct lsc_channel_options *options = plan->options;
    size_t name_bytes = strlen(name) + 1;
    size_t slots_at = aligned(plan->header_bytes, ITEM_ALIGNMENT);
    size_t name_at = slots_at + plan->slots * options->item_bytes;
    void *memory = executor_allocate(plan->executor, name_at + name_bytes + ALIGNMENT);
    if (!memory)
        return NULL;
    struct channel *channel = (void *)aligned((uintptr_t)memory, ALIGNMENT);
    memset(channel, 0, plan->header_bytes);
    channel->memory = memory;
    channel->slots = (char *)channel + slots_at;
    channel->name = memcpy((char *)channel + name_at, name, name_bytes);
    return channel;
}

int channel_new(const struct channel_plan *plan, struct channel **made)
{
    const struct lsc_channel_options *options = plan->options;
    const char *name = options->name ? options->name : plan->kind;
    *made = NULL;
    if (options->item_bytes == 0 || options->item_bytes > ITEM_BYTES_MAX || plan->slots == 0 ||
        plan->slots > CHANNEL_CAPACITY_MAX + 1 || (unsigned)options->full > LSC_FULL_DROP_OLDEST)
        return -EINVAL;
    struct channel *channel = allocate(plan, name);
    if (!channel)
        return -ENOMEM;
    channel->kind = plan->kind;
    channel->drop = options->drop;
    channel->share = options->share;
    channel->allocator = plan->executor->allocator;
    channel->item_bytes = (uint32_t)options->item_bytes;
    channel->capacity = plan->capacity;
    channel->tell_from = 1;
    channel->resource = lsc_resource_new(plan->kind, name, plan->site, plan->capacity);
    *made = channel;
    return 0;
}

void channel_delete(struct channel *channel)
{
    struct lsc_allocator allocator = channel->allocator;
    lsc_resource_delete(channel->resource);
    allocator.release(allocator.data, channel->memory);
}

void item_swap(void *a, void *b, size_t bytes)
{
    char held[64];
    char *left = a, *right = b;
    while (bytes > 0) {
        size_t part = bytes < sizeof(held) ? bytes : sizeof(held);
        memcpy(held, left, part);
        memcpy(left, right, part);
        memcpy(right, held, part);
        left += part;
        right += part;
        bytes -= part;
    }
}

/* Between the frames of the worker's loop and of this function. */
bool item_is_on_stack(const struct lsc_context *cx, const void *item)
{
    uintptr_t at = (uintptr_t)item;
    return at > (uintptr_t)__builtin_frame_address(0) && at < worker_of(cx)->stack_from;
}

lsc_result channel_misuse(struct lsc_context *cx, const struct channel *channel, const char *what,
                          lsc_result error)
{
    char sentence[192];
    if (channel)
        snprintf(sentence, sizeof(sentence), "%s %s '%s'", what, channel->kind, channel->name);
    else
        snprintf(sentence, sizeof(sentence), "%s a channel", what);
    misuse(cx ? context_running(cx) : worker_self ? worker_self->running : NULL, sentence);
    return error;
}

/* How far the depth may go before it is told again: see loopscope/channel.h. */
static uint32_t step_of(const struct channel *channel, uint32_t depth)
{
    uint32_t step = depth / 4 > 4 ? depth / 4 : 4;
    uint32_t most = channel->capacity / 16 > 1 ? channel->capacity / 16 : 1;
    return step < most ? step : most;
}

void channel_tell_now(struct channel *channel, uint32_t depth, lsc_site filler)
{
    uint32_t step = step_of(channel, depth);
    uint32_t above = depth + step < channel->capacity ? depth + step : channel->capacity;
    uint32_t below = depth > step ? depth - step + 1 : depth > 0;
    bool is_full = depth >= channel->capacity;
    channel->tell_from = is_full ? UINT32_MAX : above;
    channel->tell_below = is_full ? channel->capacity : below;
    lsc_depth_sampled(channel->resource, depth, channel->untold, filler);
    channel->untold = 0;
}

bool channel_withdraw_receiver(struct channel *channel, struct wait **receiving,
                               const struct wait *wait)
{
    lock_take(&channel->lock);
    bool was_waiting = *receiving == wait;
    if (was_waiting)
        *receiving = NULL;
    lock_drop(&channel->lock);
    return was_waiting;
}

void channel_end_wait_of_caller(const struct wait_kind *kind, const void *object)
{
    struct task *task = worker_self ? worker_self->running : NULL;
    if (task && task->wait.kind == kind && task->wait.object == object)
        wait_abandon(task);
}
