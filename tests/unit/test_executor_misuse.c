/* SPDX-License-Identifier: MIT */
/* Programs that break the contracts of executors, scopes and join handles: a debug build says so in
 * one sentence, a release returns an error. */
#include <errno.h>

#include "executor_misuse.h"
#include "loopscope/time.h"

struct breaker {
    struct lsc_frame frame;
    struct lsc_scope scope;
    struct lsc_join join;
    lsc_result r, second;
};

static lsc_result short_poll(struct lsc_context *cx, void *state)
{
    struct breaker *self = state;
    LSC_BEGIN(cx, self);
    LSC_AWAIT(self->r, lsc_sleep(cx, 1));
    LSC_END(self->r);
}

static lsc_result job(void *state)
{
    (void)state;
    return 0;
}

static void expect_sentence(lsc_poll_fn fn, const char *sentence, int release_result)
{
    const struct breaker state = {.r = 0};
    expect_misuse(fn, &state, sizeof(state), "root task", sentence, release_result);
}

static lsc_result deletes_poll(struct lsc_context *cx, void *state)
{
    struct breaker *self = state;
    LSC_BEGIN(cx, self);
    lsc_executor_delete(lsc_context_executor(cx));
    LSC_AWAIT(self->r, lsc_sleep(cx, 1));
    LSC_END(self->r == 0 ? 7 : 8);
}

Test(executor_misuse, a_task_that_deletes_its_executor)
{
    expect_sentence(deletes_poll, "deletes an executor inside a task", 7);
}

static lsc_result begins_twice_poll(struct lsc_context *cx, void *state)
{
    struct breaker *self = state;
    LSC_BEGIN(cx, self);
    lsc_scope_begin(cx, &self->scope, 0);
    lsc_spawn(cx, short_poll, (&(struct breaker){.r = 0}), .scope = &self->scope);
    lsc_scope_begin(cx, &self->scope, 0);
    LSC_AWAIT(self->r, lsc_scope_end(cx, &self->scope));
    LSC_END(self->r == 0 ? 7 : 8);
}

Test(executor_misuse, a_scope_that_is_begun_twice)
{
    expect_sentence(begins_twice_poll, "begins a scope that it has begun already", 7);
}

static lsc_result spawns_nowhere_poll(struct lsc_context *cx, void *state)
{
    struct breaker *self = state;
    LSC_BEGIN(cx, self);
    self->r = lsc_spawn(cx, short_poll, (&(struct breaker){.r = 0}), .scope = &self->scope);
    LSC_AWAIT(self->second, lsc_spawn_blocking(cx, job, (&(char){0}), .scope = &self->scope));
    LSC_END(self->r == -EINVAL && self->second == -EINVAL ? 7 : 8);
}

Test(executor_misuse, a_task_spawned_into_a_scope_that_has_not_begun)
{
    expect_sentence(spawns_nowhere_poll, "spawns into a scope that has not begun, or has ended", 7);
}

static lsc_result blocks_nowhere_poll(struct lsc_context *cx, void *state)
{
    struct breaker *self = state;
    LSC_BEGIN(cx, self);
    lsc_scope_begin(cx, &self->scope, 0);
    LSC_AWAIT(self->r, lsc_scope_end(cx, &self->scope));
    LSC_AWAIT(self->r, lsc_spawn_blocking(cx, job, (&(char){0}), .scope = &self->scope));
    LSC_END(self->r == -EINVAL ? 7 : 8);
}

Test(executor_misuse, a_job_spawned_into_a_scope_that_has_ended)
{
    expect_sentence(blocks_nowhere_poll, "spawns into a scope that has not begun, or has ended", 7);
}

static lsc_result joins_nobody_poll(struct lsc_context *cx, void *state)
{
    struct breaker *self = state;
    LSC_BEGIN(cx, self);
    LSC_AWAIT(self->r, lsc_join_await(cx, &self->join));
    LSC_END(self->r == -EINVAL ? 7 : 8);
}

Test(executor_misuse, a_join_with_a_handle_of_no_task)
{
    expect_sentence(joins_nobody_poll, "joins with a handle that has never been a task's", 7);
}

static lsc_result joins_twice_poll(struct lsc_context *cx, void *state)
{
    struct breaker *self = state;
    LSC_BEGIN(cx, self);
    lsc_spawn(cx, short_poll, (&(struct breaker){.r = 0}), .join = &self->join);
    LSC_AWAIT(self->r, lsc_join_await(cx, &self->join));
    LSC_AWAIT(self->second, lsc_join_await(cx, &self->join));
    LSC_END(self->r == 0 && self->second == -EINVAL ? 7 : 8);
}

Test(executor_misuse, a_join_with_a_handle_that_is_used_up)
{
    expect_sentence(joins_twice_poll,
                    "joins, with a handle that is used up, the task 'short_poll', spawned at", 7);
}
