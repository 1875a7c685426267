/* SPDX-License-Identifier: MIT */
/* Tasks of the executor: spawned, polled, woken, joined; with one worker and with several. */
#include <criterion/criterion.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "executor_run.h"
#include "loopscope/executor.h"
#include "loopscope/time.h"

struct answer {
    int value;
};

static lsc_result answer_poll(struct lsc_context *cx, void *state)
{
    (void)cx;
    return ((struct answer *)state)->value;
}

Test(executor_task, returns_its_result_to_the_thread_that_ran_it)
{
    struct answer state = {42};
    cr_expect_eq(run_with(1, answer_poll, &state, sizeof(state)), 42);
    cr_expect_eq(run_with(3, answer_poll, &state, sizeof(state)), 42);
}

struct joiner {
    struct lsc_frame frame;
    struct lsc_join joins[10];
    int i;
    int64_t sum;
};

static lsc_result joiner_poll(struct lsc_context *cx, void *state)
{
    struct joiner *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    for (self->i = 0; self->i < 10; self->i++) {
        r = lsc_spawn(cx, answer_poll, (&(struct answer){self->i}), .join = &self->joins[self->i]);
        if (r < 0)
            LSC_RETURN(r);
    }
    for (self->i = 9; self->i >= 0; self->i--) {
        LSC_AWAIT(r, lsc_join_await(cx, &self->joins[self->i]));
        self->sum += r;
    }
    LSC_END(self->sum == 45 ? 0 : -1);
}

Test(executor_task, gives_its_result_to_the_task_that_joins_it)
{
    RUN(joiner, .sum = 0);
}

/* The state survives awaits in loops, switches and nested functions. */
struct inner {
    struct lsc_frame frame;
    int left;
    int done;
};

static lsc_result inner_poll(struct lsc_context *cx, void *state)
{
    struct inner *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    self->done = 0;
    while (self->left-- > 0) {
        LSC_AWAIT(r, lsc_yield(cx));
        if (r < 0)
            LSC_RETURN(r);
        self->done++;
    }
    LSC_END(self->done);
}

struct outer {
    struct lsc_frame frame;
    struct inner inner;
    int round;
    int64_t sum;
};

static lsc_result outer_poll(struct lsc_context *cx, void *state)
{
    struct outer *self = state;
    lsc_result r = 0;
    LSC_BEGIN(cx, self);
    for (self->round = 0; self->round < 6; self->round++) {
        switch (self->round % 3) {
        case 0:
            LSC_AWAIT(r, lsc_yield(cx));
            break;
        case 1:
            self->inner.left = 5;
            LSC_AWAIT(r, inner_poll(cx, &self->inner));
            self->sum += r;
            break;
        default:
            LSC_AWAIT(r, lsc_sleep(cx, 1));
        }
        if (r < 0)
            LSC_RETURN(r);
    }
    LSC_END(self->sum == 10 ? 0 : self->sum);
}

Test(executor_task, goes_on_after_an_await_in_loops_switches_and_callees)
{
    RUN(outer, .round = 0);
}

struct sleeper {
    struct lsc_frame frame;
    uint64_t began;
    uint64_t ms;
};

static lsc_result sleeper_poll(struct lsc_context *cx, void *state)
{
    struct sleeper *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    self->began = lsc_time_ms();
    LSC_AWAIT(r, lsc_sleep(cx, self->ms));
    if (r < 0)
        LSC_RETURN(r);
    LSC_END(lsc_time_ms() - self->began >= self->ms ? 0 : -1);
}

Test(executor_task, sleeps_no_shorter_than_asked)
{
    RUN(sleeper, .ms = 30);
    RUN(sleeper, .ms = 1);
}

/* The first five ticks in time; then one comes late, as the policy says. */
struct ticker {
    struct lsc_frame frame;
    struct lsc_interval interval;
    enum lsc_missed_ticks missed;
    uint64_t began;
    int i;
};

static lsc_result ticker_poll(struct lsc_context *cx, void *state)
{
    struct ticker *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    self->began = lsc_time_ms();
    lsc_interval_begin(&self->interval, 10, self->missed);
    for (self->i = 0; self->i < 3; self->i++)
        LSC_AWAIT(r, lsc_interval_tick(cx, &self->interval));
    if (r < 0 || lsc_time_ms() - self->began < 30)
        LSC_RETURN(-1);
    usleep(45000);
    self->began = lsc_time_ms();
    LSC_AWAIT(r, lsc_interval_tick(cx, &self->interval));
    if (self->missed == LSC_MISSED_BURST ? r != 0 : r < 2)
        LSC_RETURN(-2);
    LSC_AWAIT(r, lsc_interval_tick(cx, &self->interval));
    if (self->missed == LSC_MISSED_BURST && lsc_time_ms() - self->began > 1000)
        LSC_RETURN(-3);
    if (self->missed == LSC_MISSED_DELAY && lsc_time_ms() - self->began < 10)
        LSC_RETURN(-4);
    LSC_END(r < 0 ? r : 0);
}

Test(executor_task, an_interval_makes_up_for_missed_ticks_or_leaves_them_out)
{
    RUN(ticker, .missed = LSC_MISSED_BURST);
    RUN(ticker, .missed = LSC_MISSED_SKIP);
    RUN(ticker, .missed = LSC_MISSED_DELAY);
}

/* Timers fire by their times, not by the order they were armed in. */
struct order {
    struct lsc_frame frame;
    struct lsc_join joins[8];
    int i;
};
static _Atomic int order_next;
static int order_seen[8];

struct ranked {
    struct lsc_frame frame;
    int rank;
};

static lsc_result ranked_poll(struct lsc_context *cx, void *state)
{
    struct ranked *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    LSC_AWAIT(r, lsc_sleep(cx, 10 + 15 * (uint64_t)self->rank));
    order_seen[order_next++] = self->rank;
    LSC_END(r);
}

static lsc_result order_poll(struct lsc_context *cx, void *state)
{
    static const int ranks[8] = {5, 2, 7, 0, 3, 6, 1, 4};
    struct order *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    order_next = 0;
    for (self->i = 0; self->i < 8; self->i++)
        lsc_spawn(cx, ranked_poll, (&(struct ranked){.rank = ranks[self->i]}),
                  .join = &self->joins[self->i]);
    for (self->i = 0; self->i < 8; self->i++)
        LSC_AWAIT(r, lsc_join_await(cx, &self->joins[self->i]));
    if (r < 0)
        LSC_RETURN(r);
    for (int i = 0; i < 8; i++)
        if (order_seen[i] != i)
            LSC_RETURN(-1);
    LSC_END(0);
}

Test(executor_task, timers_wake_sleepers_in_the_order_of_their_times)
{
    RUN(order, .i = 0);
}

/* A waker, used from another thread. */
struct signalled {
    struct lsc_frame frame;
    struct lsc_waker waker;
    _Atomic bool *is_set;
};
static struct lsc_waker handed;
static _Atomic bool hand_is_there;
static _Atomic bool flag;

static void *wake_later(void *data)
{
    (void)data;
    while (!hand_is_there)
        usleep(100);
    usleep(5000);
    flag = true;
    lsc_waker_wake_by_ref(&handed);
    return NULL;
}

static lsc_result wait_for_flag(struct lsc_context *cx, struct signalled *self)
{
    if (flag)
        return 7;
    if (!self->waker.task) {
        self->waker = lsc_waker_new(cx);
        handed = lsc_waker_clone(&self->waker);
        hand_is_there = true;
    }
    return LSC_PENDING;
}

static lsc_result signalled_poll(struct lsc_context *cx, void *state)
{
    struct signalled *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    LSC_AWAIT(r, wait_for_flag(cx, self));
    lsc_waker_drop(&self->waker);
    LSC_END(r == 7 ? 0 : -1);
}

Test(executor_task, is_woken_by_a_waker_from_another_thread_and_after_its_end_in_vain)
{
    for (unsigned workers = 1; workers <= 3; workers += 2) {
        pthread_t thread;
        struct signalled state = {0};
        flag = hand_is_there = false;
        pthread_create(&thread, NULL, wake_later, NULL);
        cr_expect_eq(run_with(workers, signalled_poll, &state, sizeof(state)), 0);
        pthread_join(thread, NULL);
        lsc_waker_wake_by_ref(&handed); /* the executor itself is gone */
        lsc_waker_wake(&handed);
    }
}

static void on_signal(int number)
{
    (void)number;
    flag = true;
    lsc_waker_wake_from_signal(&handed);
}

static void *raise_later(void *data)
{
    while (!hand_is_there)
        usleep(100);
    usleep(5000);
    pthread_kill(*(pthread_t *)data, SIGUSR1);
    return NULL;
}

Test(executor_task, is_woken_from_a_signal_handler)
{
    signal(SIGUSR1, on_signal);
    for (unsigned workers = 1; workers <= 3; workers += 2) {
        pthread_t thread, self = pthread_self();
        struct signalled state = {0};
        flag = hand_is_there = false;
        pthread_create(&thread, NULL, raise_later, &self);
        cr_expect_eq(run_with(workers, signalled_poll, &state, sizeof(state)), 0);
        pthread_join(thread, NULL);
        lsc_waker_drop(&handed);
    }
}

/* A task that never awaits anything that takes time still lets others run. */
struct greedy {
    struct lsc_frame frame;
    struct lsc_join join;
    int i;
};
static _Atomic bool other_ran;

static lsc_result other_poll(struct lsc_context *cx, void *state)
{
    (void)cx, (void)state;
    other_ran = true;
    return 0;
}

static lsc_result greedy_poll(struct lsc_context *cx, void *state)
{
    struct greedy *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    other_ran = false;
    lsc_spawn(cx, other_poll, (&(struct answer){0}));
    for (self->i = 0; self->i < 100000 && !other_ran; self->i++) {
        LSC_AWAIT(r, lsc_sleep_until(cx, 1)); /* long past: ready at once */
        if (r < 0)
            LSC_RETURN(r);
    }
    LSC_END(other_ran ? 0 : -1);
}

Test(executor_task, must_yield_when_its_budget_is_spent)
{
    RUN(greedy, .i = 0);
}

/* Where a waiting task stands. */
struct traced {
    struct lsc_frame frame;
    struct lsc_join join;
    int frames;
    char text[256];
};

static void note_site(void *data, const struct lsc_code_site *site)
{
    char *text = data;
    strcat(text, site->function);
    strcat(text, "/");
    strcat(text, site->what);
    strcat(text, ";");
}

struct deep {
    struct lsc_frame frame;
    struct sleeper inner;
};

static lsc_result deep_poll(struct lsc_context *cx, void *state)
{
    struct deep *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    LSC_AWAIT(r, sleeper_poll(cx, &self->inner));
    LSC_END(r);
}

static lsc_result traced_poll(struct lsc_context *cx, void *state)
{
    struct traced *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    lsc_spawn(cx, deep_poll, (&(struct deep){.inner = {.ms = 60}}), .join = &self->join);
    LSC_AWAIT(r, lsc_sleep(cx, 20));
    while ((self->frames = lsc_join_trace(&self->join, note_site, self->text)) == -EBUSY)
        LSC_AWAIT(r, lsc_yield(cx));
    LSC_AWAIT(r, lsc_join_await(cx, &self->join));
    if (r < 0)
        LSC_RETURN(r);
    if (self->frames != 2 || strcmp(self->text, "deep_poll/sleeper_poll(cx, &self->inner);"
                                                "sleeper_poll/lsc_sleep(cx, self->ms);") != 0)
        LSC_RETURN(-1);
    LSC_END(lsc_join_trace(&self->join, note_site, self->text) == -ESRCH ? 0 : -2);
}

Test(executor_task, can_be_asked_where_it_stands)
{
    RUN(traced, .text = "");
}

Test(executor_task, is_refused_after_a_shutdown)
{
    struct answer state = {1};
    struct lsc_executor *executor;
    cr_assert_eq(lsc_executor_new(&executor, NULL), 0);
    cr_expect_eq(lsc_executor_shutdown(executor, 1000), 0);
    cr_expect_eq(lsc_executor_run(executor, answer_poll, &state), -ESHUTDOWN);
    lsc_executor_delete(executor);
}
