/* SPDX-License-Identifier: MIT */
/* A report that waits until a thread of its own has loaded the figures.
 *
 * Wrong: it looks at a flag and yields, over and over: the worker never sleeps. loopscope must say:
 * busy-poll of the task "report". The healthy twin (`busy_poll healthy`) gives the thread a waker.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "loopscope/executor.h"

static bool is_healthy;

struct figures {
    atomic_bool are_there;
    struct lsc_waker waker; /* the healthy twin's; given before the thread is started */
    pthread_t thread;
};

static void *load(void *data)
{
    struct figures *figures = data;
    nanosleep(&(struct timespec){.tv_sec = 1, .tv_nsec = 500000000}, NULL);
    atomic_store_explicit(&figures->are_there, true, memory_order_release);
    if (is_healthy)
        lsc_waker_wake(&figures->waker);
    return NULL;
}

struct report {
    struct lsc_frame frame;
    struct figures *figures;
    lsc_result looks;
};

static lsc_result wait_for_figures(struct report *self)
{
    self->looks++;
    return atomic_load_explicit(&self->figures->are_there, memory_order_acquire) ? 0 : LSC_PENDING;
}

static lsc_result write_report(struct lsc_context *cx, void *state)
{
    struct report *self = state;
    lsc_result r = 0;
    LSC_BEGIN(cx, self);
    if (is_healthy)
        self->figures->waker = lsc_waker_new(cx);
    if (pthread_create(&self->figures->thread, NULL, load, self->figures) != 0)
        LSC_RETURN(-1);
    if (is_healthy)
        LSC_AWAIT(r, wait_for_figures(self));
    while (r >= 0 && wait_for_figures(self) == LSC_PENDING)
        LSC_AWAIT(r, lsc_yield(cx)); /* DEFECT: looks again and again */
    pthread_join(self->figures->thread, NULL);
    LSC_END(self->looks);
}

struct office {
    struct lsc_frame frame;
    struct figures figures;
    struct lsc_join report;
};

static lsc_result open_office(struct lsc_context *cx, void *state)
{
    struct office *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    r = lsc_spawn(cx, write_report, (&(struct report){.figures = &self->figures}), .name = "report",
                  .join = &self->report);
    if (r == 0)
        LSC_AWAIT(r, lsc_join_await(cx, &self->report));
    LSC_END(r);
}

int main(int count, char **arguments)
{
    struct lsc_executor *executor;
    is_healthy = count > 1 && strcmp(arguments[1], "healthy") == 0;
    if (lsc_executor_new(&executor, &(struct lsc_executor_options){.workers = 1}) != 0)
        return 1;
    lsc_result looks = lsc_executor_run(executor, open_office, (&(struct office){.frame = {0}}));
    lsc_executor_shutdown(executor, 1000);
    lsc_executor_delete(executor);
    printf("the report looked %lld times\n", (long long)looks);
    return 0;
}
