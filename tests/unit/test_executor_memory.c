/* SPDX-License-Identifier: MIT */
/* What goes wrong: memory that is refused at any allocation, and programs that break a contract. */
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "executor_misuse.h"
#include "executor_run.h"
#include "loopscope/executor.h"
#include "loopscope/time.h"

/* ---- every allocation fails once ---- */

struct stingy {
    _Atomic int left;   /* allocations until the one that fails */
    _Atomic int blocks; /* held now */
    _Atomic int failed;
};

static void *allocate(void *data, size_t bytes)
{
    struct stingy *stingy = data;
    if (stingy->left-- == 0) {
        stingy->failed++;
        return NULL;
    }
    stingy->blocks++;
    return malloc(bytes);
}

static void release(void *data, void *memory)
{
    struct stingy *stingy = data;
    if (memory)
        stingy->blocks--;
    free(memory);
}

struct leaf {
    struct lsc_frame frame;
};

static lsc_result leaf_poll(struct lsc_context *cx, void *state)
{
    struct leaf *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    LSC_AWAIT(r, lsc_sleep(cx, 1));
    LSC_END(r);
}

static lsc_result job(void *state)
{
    (void)state;
    return 0;
}

/* Goes on after each refusal; every refusal is -ENOMEM. */
struct tree {
    struct lsc_frame frame;
    struct lsc_scope scope;
    struct lsc_join join;
    int i;
    int refused;
    lsc_result r;
};

static lsc_result tree_poll(struct lsc_context *cx, void *state)
{
    struct tree *self = state;
    LSC_BEGIN(cx, self);
    lsc_scope_begin(cx, &self->scope, 0);
    for (self->i = 0; self->i < 3; self->i++) {
        self->r = lsc_spawn(cx, leaf_poll, (&(struct leaf){0}), .scope = &self->scope);
        self->refused += self->r == -ENOMEM;
        LSC_AWAIT(self->r, lsc_spawn_blocking(cx, job, &self->i, .scope = &self->scope));
        self->refused += self->r == -ENOMEM;
    }
    self->r = lsc_spawn(cx, leaf_poll, (&(struct leaf){0}), .join = &self->join, .name = "one");
    self->refused += self->r == -ENOMEM;
    if (self->r == 0)
        LSC_AWAIT(self->r, lsc_join_await(cx, &self->join));
    LSC_AWAIT(self->r, lsc_scope_end(cx, &self->scope));
    LSC_END(self->r < 0 ? self->r : self->refused);
}

/* 1: the walk is over, nothing failed. */
static int walk_step(int at, unsigned workers)
{
    struct stingy stingy = {.left = at};
    const struct lsc_allocator allocator = {allocate, release, &stingy};
    const struct lsc_executor_options options = {.workers = workers, .allocator = &allocator};
    struct lsc_executor *executor;
    int error = lsc_executor_new(&executor, &options);
    if (error < 0) {
        cr_expect_eq(error, -ENOMEM);
        cr_expect_null(executor);
    } else {
        lsc_result refused = lsc_executor_run(executor, tree_poll, (&(struct tree){.i = 0}));
        cr_expect_eq(refused == -ENOMEM ? 1 : refused, stingy.failed, "at allocation %d", at);
        cr_expect_eq(lsc_executor_shutdown(executor, 5000), 0);
        lsc_executor_delete(executor);
    }
    cr_expect_eq(stingy.blocks, 0, "at allocation %d", at);
    return stingy.failed == 0;
}

Test(executor_memory, may_be_refused_at_any_allocation_and_nothing_leaks)
{
    for (unsigned workers = 1; workers <= 3; workers += 2) {
        int at = 0;
        while (!walk_step(at, workers))
            at++;
        cr_expect_eq(at, 2 + 1 + 7); /* executor and workers, root, tasks */
    }
}

Test(executor_memory, of_a_task_is_one_allocation_freed_when_the_last_handle_is_gone)
{
    struct stingy stingy = {.left = -1};
    const struct lsc_allocator allocator = {allocate, release, &stingy};
    const struct lsc_executor_options options = {.workers = 1, .allocator = &allocator};
    struct lsc_executor *executor;
    struct lsc_join join;
    cr_assert_eq(lsc_executor_new(&executor, &options), 0);
    int before = stingy.blocks;
    lsc_executor_spawn(executor, leaf_poll, (&(struct leaf){0}), .join = &join, .name = "named");
    cr_expect_eq(stingy.blocks, before + 1);
    cr_expect_eq(lsc_executor_shutdown(executor, 5000), 0);
    cr_expect_eq(stingy.blocks, before + 1);
    lsc_executor_delete(executor);
    cr_expect_gt(stingy.blocks, 0); /* the handle keeps the task, and what it is freed with */
    lsc_join_detach(&join);
    cr_expect_eq(stingy.blocks, 0);
}

/* ---- contracts broken ---- */

struct twice {
    struct lsc_frame frame;
    struct lsc_join join;
    lsc_result r;
};

static lsc_result joins_twice_poll(struct lsc_context *cx, void *state)
{
    struct twice *self = state;
    LSC_BEGIN(cx, self);
    lsc_spawn(cx, leaf_poll, (&(struct leaf){0}), .join = &self->join);
    LSC_AWAIT(self->r, lsc_join_await(cx, &self->join));
    LSC_AWAIT(self->r, lsc_join_await(cx, &self->join));
    LSC_END(self->r);
}

static _Atomic int leaves_left;

static void note_end(void *data)
{
    (void)data;
    leaves_left--;
}

struct outlived {
    struct lsc_frame frame;
    struct lsc_cleanup cleanup;
    struct lsc_scope scope;
};

static lsc_result long_leaf_poll(struct lsc_context *cx, void *state)
{
    struct outlived *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    leaves_left++;
    lsc_cleanup_push(cx, &self->cleanup, note_end, NULL);
    LSC_AWAIT(r, lsc_sleep(cx, 600000));
    LSC_END(r);
}

static lsc_result leaves_scope_open_poll(struct lsc_context *cx, void *state)
{
    struct outlived *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    lsc_scope_begin(cx, &self->scope, 0);
    for (int i = 0; i < 3; i++)
        lsc_spawn(cx, long_leaf_poll, (&(struct outlived){.cleanup = {0}}), .scope = &self->scope);
    LSC_AWAIT(r, lsc_sleep(cx, 5));
    LSC_END(r == 0 ? 77 : r);
}

/* All that it had begun is over when its end is known. */
static lsc_result left_open_poll(struct lsc_context *cx, void *state)
{
    struct twice *self = state;
    LSC_BEGIN(cx, self);
    lsc_spawn(cx, leaves_scope_open_poll, (&(struct outlived){.cleanup = {0}}),
              .join = &self->join);
    LSC_AWAIT(self->r, lsc_join_await(cx, &self->join));
    LSC_END(leaves_left == 0 ? self->r : 1);
}

Test(executor_misuse, a_second_join_is_refused_or_stops_with_both_spawn_sites)
{
    const struct twice state = {.r = 0};
    expect_misuse(joins_twice_poll, &state, sizeof(state), "root task",
                  "the task 'leaf_poll', spawned at", EINVAL);
}

Test(executor_misuse, a_scope_left_open_is_ended_for_the_task_or_stops_it)
{
    const struct twice state = {.r = 0};
    expect_misuse(left_open_poll, &state, sizeof(state), "leaves_scope_open_poll",
                  "without ending a scope", 77);
}
