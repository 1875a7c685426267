/* SPDX-License-Identifier: MIT */
/* Functions that block, on the pool: two threads and a queue of two in these tests. */
#include <errno.h>
#include <stdatomic.h>
#include <unistd.h>

#include "executor_run.h"
#include "loopscope/executor.h"
#include "loopscope/time.h"

static _Atomic int running, most_running, done;

static lsc_result nap(void *state)
{
    int now = ++running, most = most_running;
    while (now > most && !atomic_compare_exchange_weak(&most_running, &most, now))
        ;
    usleep(*(unsigned *)state);
    running--;
    done++;
    return 3;
}

struct crowd {
    struct lsc_frame frame;
    struct lsc_join joins[12];
    int i;
    unsigned us;
    int64_t sum;
};

static lsc_result crowd_poll(struct lsc_context *cx, void *state)
{
    struct crowd *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    most_running = done = 0;
    for (self->i = 0; self->i < 12; self->i++) {
        LSC_AWAIT(r, lsc_spawn_blocking(cx, nap, &self->us, .join = &self->joins[self->i]));
        if (r < 0)
            LSC_RETURN(r);
    }
    for (self->i = 0; self->i < 12; self->i++) {
        LSC_AWAIT(r, lsc_join_await(cx, &self->joins[self->i]));
        self->sum += r;
    }
    LSC_END(self->sum == 36 && most_running == 2 && done == 12 ? 0 : -1);
}

Test(executor_blocking, runs_on_no_more_threads_than_allowed_and_awaits_room_in_the_queue)
{
    RUN(crowd, .us = 2000);
}

struct refused {
    struct lsc_frame frame;
    int i, refusals;
    unsigned us;
};

static lsc_result refused_poll(struct lsc_context *cx, void *state)
{
    struct refused *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    for (self->i = 0; self->i < 20; self->i++) {
        LSC_AWAIT(r, lsc_spawn_blocking(cx, nap, &self->us));
        self->refusals += r == -EAGAIN;
    }
    LSC_END(self->refusals);
}

Test(executor_blocking, refuses_when_its_policy_says_so_and_counts_it)
{
    const struct lsc_executor_options options = {.workers = 1,
                                                 .blocking_threads = 1,
                                                 .blocking_queue = 2,
                                                 .blocking_policy = LSC_FULL_REFUSE};
    struct lsc_executor *executor;
    struct lsc_executor_counts counts;
    struct refused state = {.us = 20000};
    cr_assert_eq(lsc_executor_new(&executor, &options), 0);
    lsc_result refusals = lsc_executor_run(executor, refused_poll, &state);
    lsc_executor_counts(executor, &counts);
    cr_expect_geq(refusals, 17);
    cr_expect_eq((uint64_t)refusals, counts.blocking_refused);
    cr_expect_eq(lsc_executor_shutdown(executor, 5000), 0);
    lsc_executor_delete(executor);
}

/* Two run, two wait in the queue; one that waits is cancelled and never runs. */
struct late {
    struct lsc_frame frame;
    struct lsc_join joins[4];
    int i;
    unsigned us;
    lsc_result last;
};

static lsc_result late_poll(struct lsc_context *cx, void *state)
{
    struct late *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    done = 0;
    for (self->i = 0; self->i < 4; self->i++)
        LSC_AWAIT(r, lsc_spawn_blocking(cx, nap, &self->us, .join = &self->joins[self->i]));
    lsc_join_cancel(&self->joins[3]);
    for (self->i = 0; self->i < 4; self->i++)
        LSC_AWAIT(r, lsc_join_await(cx, &self->joins[self->i]));
    LSC_END(r == -ECANCELED && done == 3 ? 0 : -1);
}

Test(executor_blocking, a_job_cancelled_in_the_queue_never_runs)
{
    RUN(late, .us = 20000);
}

/* Cancelled while it awaits room: the room is not lost. */
struct impatient {
    struct lsc_frame frame;
    struct lsc_deadline deadline;
    int i;
    unsigned us;
    lsc_result last;
};

static lsc_result impatient_poll(struct lsc_context *cx, void *state)
{
    struct impatient *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    done = 0;
    for (self->i = 0; self->i < 4; self->i++)
        LSC_AWAIT(r, lsc_spawn_blocking(cx, nap, &self->us));
    lsc_deadline_push(cx, &self->deadline, 5);
    LSC_AWAIT(self->last, lsc_spawn_blocking(cx, nap, &self->us));
    lsc_deadline_pop(cx, &self->deadline);
    for (self->i = 0; self->i < 2; self->i++)
        LSC_AWAIT(r, lsc_spawn_blocking(cx, nap, &self->us));
    LSC_END(self->last == -ETIMEDOUT && r == 0 ? 0 : -1);
}

Test(executor_blocking, a_deadline_ends_the_wait_for_room)
{
    RUN(impatient, .us = 50000);
}
