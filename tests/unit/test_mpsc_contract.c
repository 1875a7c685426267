/* SPDX-License-Identifier: MIT */
/* Channels with many senders and one receiver: foreign threads, memory, and broken contracts. */
#include <errno.h>
#include <pthread.h>
#include <sched.h>

#include "executor_misuse.h"
#include "mpsc_pair.h"

/* ---- threads ---- */

#define FROM_THREAD 20000u

static void *send_many(void *data)
{
    struct lsc_mpsc_sender *sender = data;
    for (uint32_t i = 0; i < FROM_THREAD;) {
        struct item item = {.number = i};
        if (lsc_mpsc_try_send(sender, &item) == 0)
            i++;
        else
            sched_yield();
    }
    lsc_mpsc_sender_drop(sender);
    return NULL;
}

struct foreign {
    struct lsc_frame frame;
    struct lsc_mpsc_receiver receiver;
    struct item item;
    uint32_t next;
};

static lsc_result foreign_poll(struct lsc_context *cx, void *state)
{
    struct foreign *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    for (;;) {
        LSC_AWAIT(r, lsc_mpsc_receive(cx, &self->receiver, &self->item));
        if (r <= 0)
            break;
        MUST(self->item.number == self->next++);
    }
    lsc_mpsc_receiver_drop(&self->receiver);
    LSC_END(self->next == FROM_THREAD ? r : -1);
}

Test(mpsc_contract, takes_items_from_threads_that_are_no_workers, .timeout = 60)
{
    for (unsigned workers = 1; workers <= 3; workers += 2) {
        const struct lsc_executor_options options = {.workers = workers};
        struct lsc_executor *executor;
        struct lsc_mpsc_sender sender;
        struct foreign root = {.next = 0};
        pthread_t thread;
        cr_assert_eq(lsc_executor_new(&executor, &options), 0);
        cr_assert_eq(lsc_mpsc_new(executor, &sender, &root.receiver, .capacity = 16,
                                  .item_bytes = sizeof(struct item)),
                     0);
        pthread_create(&thread, NULL, send_many, &sender);
        cr_expect_eq(lsc_executor_run(executor, foreign_poll, &root), 0);
        pthread_join(thread, NULL);
        lsc_executor_delete(executor);
    }
}

Test(mpsc_contract, may_outlive_its_executor)
{
    const struct lsc_executor_options options = {.workers = 1};
    struct lsc_executor *executor;
    struct lsc_mpsc_sender sender;
    struct lsc_mpsc_receiver receiver;
    uint64_t item = 3;
    cr_assert_eq(lsc_executor_new(&executor, &options), 0);
    cr_assert_eq(lsc_mpsc_new(executor, &sender, &receiver, .capacity = 1, .item_bytes = 8), 0);
    lsc_executor_delete(executor);
    cr_expect_eq(lsc_mpsc_try_send(&sender, &item), 0);
    item = 0;
    cr_expect_eq(lsc_mpsc_try_receive(&receiver, &item), 1);
    cr_expect_eq(item, 3);
    lsc_mpsc_receiver_drop(&receiver);
    lsc_mpsc_sender_drop(&sender);
}

/* ---- making one ---- */

static int held; /* allocations */
static bool is_stingy;

static void *allocate(void *data, size_t bytes)
{
    (void)data;
    if (is_stingy)
        return NULL;
    held++;
    return malloc(bytes);
}

static void release(void *data, void *memory)
{
    (void)data;
    held -= memory != NULL;
    free(memory);
}

/* The other kinds. */
static void expect_refused(struct lsc_executor *executor)
{
    struct lsc_oneshot_sender promise;
    struct lsc_oneshot_receiver promised;
    struct lsc_broadcast_sender news;
    struct lsc_watch_sender level;
    uint64_t value = 1;
    cr_expect_eq(lsc_oneshot_new(executor, &promise, &promised, .item_bytes = 8), -ENOMEM);
    cr_expect_eq(lsc_broadcast_new(executor, &news, .capacity = 4, .item_bytes = 8), -ENOMEM);
    cr_expect_eq(lsc_watch_new(executor, &level, &value), -ENOMEM);
    cr_expect_null(promise.channel_);
    cr_expect_null(promised.channel_);
    cr_expect_null(news.channel_);
    cr_expect_null(level.channel_);
}

Test(mpsc_contract, is_one_allocation_of_its_executor_or_an_error)
{
    const struct lsc_allocator allocator = {allocate, release, NULL};
    const struct lsc_executor_options options = {.workers = 1, .allocator = &allocator};
    struct lsc_executor *executor;
    struct lsc_mpsc_sender sender, other;
    struct lsc_mpsc_receiver receiver;
    cr_assert_eq(lsc_executor_new(&executor, &options), 0);
    int before = held;
    is_stingy = true;
    cr_expect_eq(lsc_mpsc_new(executor, &sender, &receiver, .capacity = 5, .item_bytes = 24),
                 -ENOMEM);
    cr_expect_null(sender.channel_);
    expect_refused(executor);
    is_stingy = false;
    cr_expect_eq(lsc_mpsc_new(executor, &sender, &receiver, .capacity = 5, .item_bytes = 24), 0);
    cr_expect_eq(held, before + 1);
    cr_expect_eq(lsc_mpsc_capacity(&sender), 5);
    other = lsc_mpsc_sender_clone(&sender);
    lsc_mpsc_sender_drop(&sender);
    lsc_mpsc_receiver_drop(&receiver);
    cr_expect_eq(held, before + 1);
    lsc_mpsc_sender_drop(&other);
    cr_expect_eq(held, before);
    lsc_executor_delete(executor);
    cr_expect_eq(held, 0);
}

Test(mpsc_contract, refuses_options_out_of_range)
{
    const struct lsc_executor_options options = {.workers = 1};
    struct lsc_executor *executor;
    struct lsc_mpsc_sender sender;
    struct lsc_mpsc_receiver receiver;
    cr_assert_eq(lsc_executor_new(&executor, &options), 0);
    cr_expect_eq(lsc_mpsc_new(executor, &sender, &receiver, .capacity = 0, .item_bytes = 8),
                 -EINVAL);
    cr_expect_eq(lsc_mpsc_new(executor, &sender, &receiver, .capacity = 1, .item_bytes = 0),
                 -EINVAL);
    cr_expect_eq(
        lsc_mpsc_new(executor, &sender, &receiver, .capacity = (1 << 24) + 1, .item_bytes = 1),
        -EINVAL);
    cr_expect_eq(
        lsc_mpsc_new(executor, &sender, &receiver, .capacity = 1, .item_bytes = (1 << 20) + 1),
        -EINVAL);
    cr_expect_eq(lsc_mpsc_new(executor, &sender, &receiver, .capacity = 1, .item_bytes = 8,
                              .full = (enum lsc_full_policy)9),
                 -EINVAL);
    lsc_executor_delete(executor);
}

/* ---- contracts broken ---- */

/* Returns what the call that breaks the contract returned. */
static lsc_result misuse_poll(struct lsc_context *cx, void *state)
{
    struct pair *self = state;
    struct item on_stack = {.from = 1};
    uint64_t other_size = 1;
    lsc_result r = 0;
    LSC_BEGIN(cx, self);
    if (new_channel(cx, &self->sender, &self->receiver, 1, LSC_FULL_WAIT) < 0)
        LSC_RETURN(0);
    switch (self->i) {
    case 0:
        LSC_RETURN(lsc_mpsc_send(cx, &self->sender, &other_size));
    case 1:
        lsc_mpsc_try_send(&self->sender, &self->item);
        LSC_RETURN(lsc_mpsc_send(cx, &self->sender, &on_stack));
    case 2:
        LSC_RETURN(lsc_mpsc_receive(cx, &self->receiver, &on_stack));
    case 3:
        lsc_spawn(cx, receive_all_poll, self);
        LSC_AWAIT(r, lsc_sleep(cx, 10));
        LSC_RETURN(lsc_mpsc_receive(cx, &self->receiver, &self->item));
    default:
        lsc_mpsc_sender_drop(&self->sender);
        LSC_RETURN(lsc_mpsc_send(cx, &self->sender, &self->item));
    }
    LSC_END(r);
}

static void expect_of(uint32_t which, const char *sentence, int error)
{
    const struct pair state = {.i = which};
    expect_misuse(misuse_poll, &state, sizeof(state), "root task", sentence, error);
}

Test(mpsc_contract, memory_of_another_size_is_refused_or_stops)
{
    expect_of(0, "gives memory of another size than the items of channel 'items'", EINVAL);
}

Test(mpsc_contract, a_send_that_would_wait_with_an_item_on_the_stack_is_refused_or_stops)
{
    expect_of(1, "waits with an item on the stack of its poll function, at channel 'items'",
              EFAULT);
}

Test(mpsc_contract, a_receive_that_would_wait_with_an_item_on_the_stack_is_refused_or_stops)
{
    expect_of(2, "waits with an item on the stack of its poll function, at channel 'items'",
              EFAULT);
}

Test(mpsc_contract, a_second_receiving_task_is_refused_or_stops)
{
    expect_of(3, "receives, while another task waits to receive, from channel 'items'", EBUSY);
}

Test(mpsc_contract, a_sender_that_was_dropped_is_refused_or_stops)
{
    expect_of(4, "uses an end that is none, of a channel", EINVAL);
}
