/* SPDX-License-Identifier: MIT */
/* Ends that come early: cancellation, deadlines, cleanup handlers, scopes, shutdown. */
#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "executor_run.h"
#include "loopscope/executor.h"
#include "loopscope/time.h"

#define LONG_MS 600000

static _Atomic int cleanups;
static char cleanup_order[8];

static void note_cleanup(void *data)
{
    cleanup_order[cleanups++] = *(const char *)data;
}

/* Sleeps very long, with two cleanup handlers; says how its sleep ended. */
struct sleeper {
    struct lsc_frame frame;
    struct lsc_cleanup first, second;
};

static lsc_result sleeper_poll(struct lsc_context *cx, void *state)
{
    static char first = 'a', second = 'b';
    struct sleeper *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    lsc_cleanup_push(cx, &self->first, note_cleanup, &first);
    lsc_cleanup_push(cx, &self->second, note_cleanup, &second);
    LSC_AWAIT(r, lsc_sleep(cx, LONG_MS));
    LSC_END(r);
}

struct canceller {
    struct lsc_frame frame;
    struct lsc_join join;
};

static lsc_result canceller_poll(struct lsc_context *cx, void *state)
{
    struct canceller *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    cleanups = 0;
    memset(cleanup_order, 0, sizeof(cleanup_order));
    lsc_spawn(cx, sleeper_poll, (&(struct sleeper){.first = {0}}), .join = &self->join);
    LSC_AWAIT(r, lsc_sleep(cx, 5));
    lsc_join_cancel(&self->join);
    LSC_AWAIT(r, lsc_join_await(cx, &self->join));
    LSC_END(r == -ECANCELED && strcmp(cleanup_order, "ba") == 0 ? 0 : -1);
}

Test(executor_cancel, ends_a_wait_at_once_and_runs_the_handlers_in_reverse_order)
{
    RUN(canceller, .join = {0});
}

/* Cancelled, it still sleeps under a mask, and is cancelled again after it. */
struct masked {
    struct lsc_frame frame;
    int64_t results[3];
};

static lsc_result masked_poll(struct lsc_context *cx, void *state)
{
    struct masked *self = state;
    LSC_BEGIN(cx, self);
    LSC_AWAIT(self->results[0], lsc_sleep(cx, LONG_MS));
    lsc_cancel_mask(cx);
    LSC_AWAIT(self->results[1], lsc_sleep(cx, 2));
    lsc_cancel_unmask(cx);
    LSC_AWAIT(self->results[2], lsc_sleep(cx, LONG_MS));
    bool is_right = self->results[0] == -ECANCELED && self->results[1] == 0 &&
                    self->results[2] == -ECANCELED && lsc_is_cancelled(cx);
    LSC_END(is_right ? 5 : -1);
}

struct unmasker {
    struct lsc_frame frame;
    struct lsc_join join;
};

static lsc_result unmasker_poll(struct lsc_context *cx, void *state)
{
    struct unmasker *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    lsc_spawn(cx, masked_poll, (&(struct masked){.results = {0}}), .join = &self->join);
    LSC_AWAIT(r, lsc_sleep(cx, 5));
    lsc_join_cancel(&self->join);
    LSC_AWAIT(r, lsc_join_await(cx, &self->join));
    LSC_END(r == 5 ? 0 : -1);
}

Test(executor_cancel, is_held_off_by_a_mask_for_asynchronous_clean_up)
{
    RUN(unmasker, .join = {0});
}

/* An inner deadline cannot outlast the outer one. */
struct hurried {
    struct lsc_frame frame;
    struct lsc_deadline outer, inner;
    uint64_t began;
};

static lsc_result hurried_poll(struct lsc_context *cx, void *state)
{
    struct hurried *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    self->began = lsc_time_ms();
    lsc_deadline_push(cx, &self->outer, 20);
    lsc_deadline_push(cx, &self->inner, LONG_MS);
    LSC_AWAIT(r, lsc_sleep(cx, LONG_MS));
    if (r != -ETIMEDOUT || lsc_time_ms() - self->began < 20)
        LSC_RETURN(-1);
    lsc_deadline_pop(cx, &self->inner);
    LSC_AWAIT(r, lsc_yield(cx));
    if (r != -ETIMEDOUT)
        LSC_RETURN(-2);
    lsc_deadline_pop(cx, &self->outer);
    LSC_AWAIT(r, lsc_sleep(cx, 1));
    LSC_END(r);
}

Test(executor_cancel, a_deadline_ends_waits_until_it_is_popped)
{
    RUN(hurried, .began = 0);
}

/* A scope whose tasks take a while: all have ended after it. */
struct scoped {
    struct lsc_frame frame;
    struct lsc_scope scope;
    int i;
};
static _Atomic int ended;

struct counted {
    struct lsc_frame frame;
    uint64_t ms;
    lsc_result says;
};

static lsc_result counted_poll(struct lsc_context *cx, void *state)
{
    struct counted *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    LSC_AWAIT(r, lsc_sleep(cx, self->ms));
    ended++;
    LSC_END(r < 0 ? r : self->says);
}

static lsc_result scoped_poll(struct lsc_context *cx, void *state)
{
    struct scoped *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    ended = 0;
    lsc_scope_begin(cx, &self->scope, 0);
    for (self->i = 0; self->i < 20; self->i++)
        lsc_spawn(cx, counted_poll, (&(struct counted){.ms = (uint64_t)self->i}),
                  .scope = &self->scope);
    LSC_AWAIT(r, lsc_scope_end(cx, &self->scope));
    LSC_END(r == 0 && ended == 20 ? 0 : -1);
}

Test(executor_scope, does_not_end_before_its_tasks)
{
    RUN(scoped, .i = 0);
}

static lsc_result empty_scope_poll(struct lsc_context *cx, void *state)
{
    struct scoped *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    lsc_scope_begin(cx, &self->scope, 0);
    LSC_AWAIT(r, lsc_scope_end(cx, &self->scope));
    LSC_END(r);
}

Test(executor_scope, that_has_no_tasks_ends_at_once)
{
    struct scoped state = {.i = 0};
    cr_expect_eq(run_with(1, empty_scope_poll, &state, sizeof(state)), 0);
}

static lsc_result failing_poll(struct lsc_context *cx, void *state)
{
    struct scoped *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    ended = 0;
    lsc_scope_begin(cx, &self->scope, LSC_SCOPE_FAIL_FAST);
    for (self->i = 0; self->i < 5; self->i++)
        lsc_spawn(cx, counted_poll, (&(struct counted){.ms = LONG_MS}), .scope = &self->scope);
    lsc_spawn(cx, counted_poll, (&(struct counted){.ms = 3, .says = -EPROTO}),
              .scope = &self->scope);
    LSC_AWAIT(r, lsc_scope_end(cx, &self->scope));
    LSC_END(r == -EPROTO && ended == 6 ? 0 : -1);
}

Test(executor_scope, that_fails_fast_cancels_the_others_when_one_fails)
{
    struct scoped state = {.i = 0};
    cr_expect_eq(run_with(1, failing_poll, &state, sizeof(state)), 0);
    cr_expect_eq(run_with(3, failing_poll, &state, sizeof(state)), 0);
}

/* The cancellation of a task reaches the tasks of its scope, and theirs. */
static lsc_result nested_poll(struct lsc_context *cx, void *state)
{
    struct scoped *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    lsc_scope_begin(cx, &self->scope, 0);
    for (int i = 0; i < 3; i++) {
        if (self->i > 0)
            lsc_spawn(cx, nested_poll, (&(struct scoped){.i = self->i - 1}), .scope = &self->scope);
        else
            lsc_spawn(cx, counted_poll, (&(struct counted){.ms = LONG_MS}), .scope = &self->scope);
    }
    LSC_AWAIT(r, lsc_scope_end(cx, &self->scope));
    ended++;
    LSC_END(r);
}

static lsc_result tree_poll(struct lsc_context *cx, void *state)
{
    struct canceller *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    ended = 0;
    lsc_spawn(cx, nested_poll, (&(struct scoped){.i = 2}), .join = &self->join);
    LSC_AWAIT(r, lsc_sleep(cx, 20));
    lsc_join_cancel(&self->join);
    LSC_AWAIT(r, lsc_join_await(cx, &self->join));
    LSC_END(r == -ECANCELED && ended == 27 + 9 + 3 + 1 ? 0 : -1);
}

Test(executor_scope, passes_its_makers_cancellation_on_to_all_below)
{
    struct canceller state = {.join = {0}};
    cr_expect_eq(run_with(1, tree_poll, &state, sizeof(state)), 0);
    cr_expect_eq(run_with(3, tree_poll, &state, sizeof(state)), 0);
}

/* The maker's deadline holds for the tasks of its scope. */
static lsc_result heirs_poll(struct lsc_context *cx, void *state)
{
    struct hurried *self = state;
    static struct lsc_scope scope;
    lsc_result r;
    LSC_BEGIN(cx, self);
    ended = 0;
    lsc_deadline_push(cx, &self->outer, 10);
    lsc_scope_begin(cx, &scope, 0);
    lsc_spawn(cx, counted_poll, (&(struct counted){.ms = LONG_MS}), .scope = &scope);
    lsc_cancel_mask(cx); /* only the child's own deadline can end it */
    LSC_AWAIT(r, lsc_scope_end(cx, &scope));
    lsc_cancel_unmask(cx);
    lsc_deadline_pop(cx, &self->outer);
    LSC_END(r == -ETIMEDOUT && ended == 1 ? 0 : -1);
}

Test(executor_scope, hands_its_makers_deadline_down)
{
    struct hurried state = {.began = 0};
    cr_expect_eq(run_with(1, heirs_poll, &state, sizeof(state)), 0);
    cr_expect_eq(run_with(3, heirs_poll, &state, sizeof(state)), 0);
}

/* A task that a shutdown cannot persuade: it masks its cancellation. */
static lsc_result stubborn_poll(struct lsc_context *cx, void *state)
{
    static char mark = 's';
    struct sleeper *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    lsc_cleanup_push(cx, &self->first, note_cleanup, &mark);
    lsc_cancel_mask(cx);
    LSC_AWAIT(r, lsc_sleep(cx, LONG_MS));
    LSC_END(r);
}

Test(executor_shutdown, gives_up_at_its_deadline_and_delete_ends_what_is_left)
{
    for (unsigned workers = 1; workers <= 3; workers += 2) {
        struct lsc_executor *executor;
        struct lsc_executor_counts counts;
        const struct lsc_executor_options options = {.workers = workers};
        struct lsc_join join;
        cleanups = 0;
        cr_assert_eq(lsc_executor_new(&executor, &options), 0);
        lsc_executor_spawn(executor, stubborn_poll, (&(struct sleeper){.first = {0}}),
                           .join = &join);
        lsc_executor_spawn(executor, sleeper_poll, (&(struct sleeper){.first = {0}}));
        lsc_executor_run(executor, counted_poll, (&(struct counted){.ms = 5}));
        cr_expect_eq(lsc_executor_shutdown(executor, 20), -ETIMEDOUT);
        cr_expect_eq(cleanups, 2);
        lsc_executor_counts(executor, &counts);
        cr_expect_eq(counts.spawned, counts.finished + 1);
        lsc_executor_delete(executor);
        cr_expect_eq(cleanups, 3);
        cr_expect_eq(lsc_join_block(&join), -ECANCELED);
    }
}

Test(executor_cancel, an_executor_can_be_deleted_before_its_workers_first_slept)
{
    const struct lsc_executor_options options = {.workers = 2};
    for (int i = 0; i < 2000; i++) {
        struct lsc_executor *executor;
        cr_assert_eq(lsc_executor_new(&executor, &options), 0);
        lsc_executor_delete(executor);
    }
}
