/* SPDX-License-Identifier: MIT */
/* A shop: four tills put their orders into a bounded channel, one clerk takes them out and saves
 * them.
 *
 * Wrong: the clerk waits for the disk once for each order, 4 ms; the tills bring twice as many. The
 * channel is full nearly all the time, and every till waits at it. loopscope must say:
 * queue-saturated on the channel "orders", made in open_shop, filled by take_orders. In the healthy
 * twin (`channel_saturated healthy`) the clerk saves all orders that are there at once. */
#include <stdio.h>
#include <string.h>

#include "loopscope/channel.h"
#include "loopscope/time.h"

#define TILLS 4
#define ORDERS 150 /* of each till, one in 8 ms: 500 a second in all */
#define ORDER_MS 8
#define SAVE_MS 4
#define ROOM 32

static bool is_healthy;

struct order {
    uint32_t till, number;
};

struct till {
    struct lsc_frame frame;
    struct lsc_mpsc_sender orders;
    struct order order;
};

static lsc_result take_orders(struct lsc_context *cx, void *state)
{
    struct till *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    for (self->order.number = 0; self->order.number < ORDERS; self->order.number++) {
        LSC_AWAIT(r, lsc_sleep(cx, ORDER_MS));
        LSC_AWAIT(r, lsc_mpsc_send(cx, &self->orders, &self->order)); /* FILLS */
        if (r < 0)
            break;
    }
    lsc_mpsc_sender_drop(&self->orders);
    LSC_END(r);
}

struct clerk {
    struct lsc_frame frame;
    struct lsc_mpsc_receiver orders;
    struct order order;
    uint32_t saved;
};

static lsc_result save_orders(struct lsc_context *cx, void *state)
{
    struct clerk *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    for (;;) {
        LSC_AWAIT(r, lsc_mpsc_receive(cx, &self->orders, &self->order));
        if (r <= 0)
            break;
        do
            self->saved++;
        while (is_healthy && lsc_mpsc_try_receive(&self->orders, &self->order) == 1);
        LSC_AWAIT(r, lsc_sleep(cx, SAVE_MS)); /* DEFECT: the disk is waited for, order by order */
    }
    lsc_mpsc_receiver_drop(&self->orders);
    LSC_END((lsc_result)self->saved);
}

struct shop {
    struct lsc_frame frame;
    struct lsc_join clerk;
};

static lsc_result open_shop(struct lsc_context *cx, void *state)
{
    struct shop *self = state;
    struct clerk clerk = {.saved = 0};
    struct till till = {.order = {0}};
    lsc_result r;
    LSC_BEGIN(cx, self);
    if (lsc_mpsc_new(lsc_context_executor(cx), &till.orders, &clerk.orders, .name = "orders",
                     .capacity = ROOM, .item_bytes = sizeof(struct order)) < 0)
        LSC_RETURN(-1);
    lsc_spawn(cx, save_orders, &clerk, .name = "clerk", .join = &self->clerk);
    for (uint32_t i = 0; i < TILLS; i++)
        lsc_spawn(
            cx, take_orders,
            (&(struct till){.orders = lsc_mpsc_sender_clone(&till.orders), .order = {.till = i}}),
            .name = "till");
    lsc_mpsc_sender_drop(&till.orders);
    LSC_AWAIT(r, lsc_join_await(cx, &self->clerk));
    LSC_END(r);
}

int main(int count, char **arguments)
{
    struct lsc_executor *executor;
    is_healthy = count > 1 && strcmp(arguments[1], "healthy") == 0;
    if (lsc_executor_new(&executor, &(struct lsc_executor_options){.workers = 2}) != 0)
        return 1;
    lsc_result saved = lsc_executor_run(executor, open_shop, &(struct shop){.frame = {0}});
    lsc_executor_delete(executor);
    printf("%d orders\n", (int)saved);
    return saved != TILLS * ORDERS;
}
