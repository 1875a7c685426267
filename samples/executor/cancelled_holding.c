/* SPDX-License-Identifier: MIT */
/* Guests who book seats; one goes away while the payment is on its way.
 *
 * Wrong: the payment is awaited with the lock of the plan in hand, and when it fails, because the
 * guest's task was cancelled, the task returns without unlocking, at the line marked DEFECT. The
 * executor gives the lock on, so that the others can go on; but nobody takes the reserved seat
 * back. loopscope must say: cancelled-holding, with the task, the mutex "plan" and the line where
 * it was taken. (A debug build of the executor stops the program with one sentence.) The healthy
 * twin (`cancelled_holding healthy`) takes the seat back, and unlocks, on every way out. */
#include <stdio.h>
#include <string.h>

#include "loopscope/executor.h"
#include "loopscope/sync.h"
#include "loopscope/time.h"

#define GUESTS 8
#define PAYMENT_MS 2

static bool is_healthy;
static struct plan {
    struct lsc_mutex lock;
    int reserved, sold;
} plan;

struct guest {
    struct lsc_frame frame;
};

static lsc_result book(struct lsc_context *cx, void *state)
{
    struct guest *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    LSC_AWAIT(r, lsc_mutex_lock(cx, &plan.lock));
    if (r < 0)
        LSC_RETURN(r);
    plan.reserved++;
    LSC_AWAIT(r, lsc_sleep(cx, PAYMENT_MS)); /* the payment */
    if (r < 0 && !is_healthy)
        LSC_RETURN(r); /* DEFECT */
    plan.reserved--;
    plan.sold += r >= 0;
    lsc_mutex_unlock(cx, &plan.lock);
    LSC_END(r);
}

struct office {
    struct lsc_frame frame;
    struct lsc_join guest, others[GUESTS];
    int i;
};

static lsc_result open_office(struct lsc_context *cx, void *state)
{
    struct office *self = state;
    lsc_result r = 0;
    LSC_BEGIN(cx, self);
    lsc_mutex_init(&plan.lock, "plan");
    lsc_spawn(cx, book, (&(struct guest){.frame = {0}}), .name = "leaving guest",
              .join = &self->guest);
    while (plan.reserved == 0)
        LSC_AWAIT(r, lsc_yield(cx));
    for (self->i = 0; self->i < GUESTS; self->i++)
        lsc_spawn(cx, book, (&(struct guest){.frame = {0}}), .name = "guest",
                  .join = &self->others[self->i]);
    lsc_join_cancel(&self->guest);
    LSC_AWAIT(r, lsc_join_await(cx, &self->guest));
    for (self->i = 0; self->i < GUESTS; self->i++)
        LSC_AWAIT(r, lsc_join_await(cx, &self->others[self->i]));
    LSC_END(r);
}

int main(int count, char **arguments)
{
    struct lsc_executor *executor;
    is_healthy = count > 1 && strcmp(arguments[1], "healthy") == 0;
    if (lsc_executor_new(&executor, &(struct lsc_executor_options){.workers = 1}) != 0)
        return 1;
    lsc_result result = lsc_executor_run(executor, open_office, (&(struct office){.i = 0}));
    lsc_executor_delete(executor);
    printf("%d sold, %d reserved\n", plan.sold, plan.reserved);
    return result < 0;
}
