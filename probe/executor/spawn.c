/* SPDX-License-Identifier: MIT */
/* Starting tasks, and what a task may ask about itself. */
#include <errno.h>

#include "executor.h"

static bool is_closing(struct lsc_executor *executor)
{
    return atomic_load_explicit(&executor->is_closing, memory_order_acquire);
}

struct task *spawn_prepare(const struct task_plan *plan, struct lsc_join *join)
{
    struct task *task = task_new(plan);
    if (join)
        *join = (struct lsc_join){task, plan->site};
    return task;
}

lsc_result lsc_spawn_bytes(struct lsc_context *cx, lsc_poll_fn fn, const void *state,
                           size_t state_bytes, const struct lsc_spawn_options *options,
                           struct lsc_code_site *site)
{
    struct worker *worker = worker_of(cx);
    struct lsc_executor *executor = worker->executor;
    const struct task_plan plan = {.executor = executor,
                                   .state = state,
                                   .state_bytes = state_bytes,
                                   .options = options,
                                   .site = site,
                                   .parent = worker->running,
                                   .parent_site = site_of_spawn(cx, site)};
    if (options->join)
        *options->join = (struct lsc_join){NULL, site};
    if (!scope_takes(cx, options))
        return -EINVAL;
    if (is_closing(executor))
        return -ESHUTDOWN;
    struct task *task = spawn_prepare(&plan, options->join);
    if (!task)
        return -ENOMEM;
    task->poll = fn;
    if (options->scope)
        task->deadline_ms = worker->running->deadline_ms;
    scope_add(options->scope ? scope_inner(options->scope) : &worker->detached, task);
    worker_push(task);
    return 0;
}

lsc_result lsc_executor_spawn_bytes(struct lsc_executor *executor, lsc_poll_fn fn,
                                    const void *state, size_t state_bytes,
                                    const struct lsc_spawn_options *options,
                                    struct lsc_code_site *site)
{
    const struct task_plan plan = {.executor = executor,
                                   .state = state,
                                   .state_bytes = state_bytes,
                                   .options = options,
                                   .site = site,
                                   .parent_site = site_of_spawn(NULL, site)};
    if (options->join)
        *options->join = (struct lsc_join){NULL, site};
    if (options->scope)
        return -EINVAL;
    if (is_closing(executor))
        return -ESHUTDOWN;
    struct task *task = spawn_prepare(&plan, options->join);
    if (!task)
        return -ENOMEM;
    task->poll = fn;
    scope_add(&executor->outside, task);
    worker_push(task);
    return 0;
}

struct lsc_executor *lsc_context_executor(struct lsc_context *cx)
{
    return worker_of(cx)->executor;
}

const char *lsc_context_name(struct lsc_context *cx)
{
    return task_name(context_running(cx));
}

lsc_task lsc_context_task(struct lsc_context *cx)
{
    return context_task(cx);
}
