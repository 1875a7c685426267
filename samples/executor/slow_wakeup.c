/* SPDX-License-Identifier: MIT */
/* A desk that passes orders to a mailer, and draws an invoice for each, on two workers.
 *
 * Wrong: it wakes the mailer and then draws for 60 ms without awaiting anything. A task that was
 * just woken is next on the worker that woke it, so the mailer waits for the drawing to end, though
 * the other worker sleeps. loopscope must say: slow-wakeup of the task "mailer", which waited for
 * one poll of the task "desk". The healthy twin (`slow_wakeup healthy`) yields between the lines of
 * the drawing. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "loopscope/executor.h"
#include "loopscope/sync.h"
#include "loopscope/time.h"

#define ORDERS 10
#define LINES 60

static bool is_healthy;
static struct lsc_notify order_there;
static volatile uint64_t pixels;

static double now_ms(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

/* About a millisecond of work. */
static void draw_line(void)
{
    for (double end = now_ms() + 1; now_ms() < end;)
        pixels++;
}

struct mailer {
    struct lsc_frame frame;
    int sent;
};

static lsc_result send_mails(struct lsc_context *cx, void *state)
{
    struct mailer *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    while (self->sent < ORDERS) {
        LSC_AWAIT(r, lsc_notify_wait(cx, &order_there));
        if (r < 0)
            LSC_RETURN(r);
        self->sent++;
    }
    LSC_END(self->sent);
}

struct desk {
    struct lsc_frame frame;
    struct lsc_join mailer;
    int orders, lines;
};

static lsc_result take_orders(struct lsc_context *cx, void *state)
{
    struct desk *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    r = lsc_spawn(cx, send_mails, (&(struct mailer){.sent = 0}), .name = "mailer",
                  .join = &self->mailer);
    if (r < 0)
        LSC_RETURN(r);
    for (self->orders = 0; self->orders < ORDERS; self->orders++) {
        LSC_AWAIT(r, lsc_sleep(cx, 50));
        lsc_notify_one(&order_there);
        for (self->lines = 0; self->lines < LINES; self->lines++) {
            draw_line(); /* DEFECT: sixty of them, and no await in between */
            if (is_healthy)
                LSC_AWAIT(r, lsc_yield(cx));
        }
    }
    LSC_AWAIT(r, lsc_join_await(cx, &self->mailer));
    LSC_END(r);
}

static lsc_result begin(struct lsc_context *cx, void *state)
{
    struct desk *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    r = lsc_spawn(cx, take_orders, (&(struct desk){.orders = 0}), .name = "desk",
                  .join = &self->mailer);
    if (r == 0)
        LSC_AWAIT(r, lsc_join_await(cx, &self->mailer));
    LSC_END(r);
}

int main(int count, char **arguments)
{
    struct lsc_executor *executor;
    is_healthy = count > 1 && strcmp(arguments[1], "healthy") == 0;
    if (lsc_executor_new(&executor, &(struct lsc_executor_options){.workers = 2}) != 0)
        return 1;
    lsc_notify_init(&order_there, "order there");
    lsc_result sent = lsc_executor_run(executor, begin, (&(struct desk){.orders = 0}));
    lsc_executor_shutdown(executor, 1000);
    lsc_executor_delete(executor);
    printf("%d mails\n", (int)sent);
    return 0;
}
