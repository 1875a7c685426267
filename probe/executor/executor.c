/* SPDX-License-Identifier: MIT */
/* The executor's life: made with its workers and threads, and deleted with all that is left. */
#include "executor.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/handle.h"

#define BUDGET_DEFAULT 128u
#define BLOCKING_THREADS_DEFAULT 64u
#define BLOCKING_QUEUE_DEFAULT 1024u
#define WORKER_ALIGNMENT _Alignof(struct worker)

static void *heap_allocate(void *data, size_t bytes)
{
    (void)data;
    return malloc(bytes);
}

static void heap_release(void *data, void *memory)
{
    (void)data;
    free(memory);
}

static const struct lsc_allocator heap = {heap_allocate, heap_release, NULL};

/* ---- made ---- */

static unsigned processors(void)
{
    cpu_set_t set;
    int count = sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : 1;
    return count < 1 ? 1 : (unsigned)count;
}

static int fill_options(struct lsc_executor *executor, const struct lsc_executor_options *options)
{
    struct lsc_executor_options *own = &executor->options;
    if (options)
        *own = *options;
    own->workers = own->workers ? own->workers : processors();
    if (own->workers > WORKERS_MAX && !(options && options->workers))
        own->workers = WORKERS_MAX;
    own->budget = own->budget ? own->budget : BUDGET_DEFAULT;
    own->blocking_threads =
        own->blocking_threads ? own->blocking_threads : BLOCKING_THREADS_DEFAULT;
    own->blocking_queue = own->blocking_queue ? own->blocking_queue : BLOCKING_QUEUE_DEFAULT;
    snprintf(executor->name, sizeof(executor->name), "%s", own->name ? own->name : "executor");
    own->name = executor->name;
    executor->worker_count = own->workers;
    bool is_policy =
        own->blocking_policy == LSC_FULL_WAIT || own->blocking_policy == LSC_FULL_REFUSE;
    return own->workers <= WORKERS_MAX && is_policy ? 0 : -EINVAL;
}

static bool is_stopping(void *data)
{
    struct lsc_executor *executor = data;
    return atomic_load_explicit(&executor->is_stopping, memory_order_acquire);
}

static void *worker_main(void *data)
{
    struct worker *worker = data;
    char name[16];
    snprintf(name, sizeof(name), "%.9s-%u", worker->executor->name, worker->index % WORKERS_MAX);
    pthread_setname_np(pthread_self(), name);
    worker_run(worker, is_stopping, worker->executor);
    return NULL;
}

static int start_threads(struct lsc_executor *executor)
{
    for (uint32_t i = 0; executor->worker_count > 1 && i < executor->worker_count; i++) {
        struct worker *worker = &executor->workers[i];
        int error = pthread_create(&worker->thread, NULL, worker_main, worker);
        if (error)
            return -error;
        worker->has_thread = true;
    }
    return 0;
}

static void stop_threads(struct lsc_executor *executor)
{
    atomic_store_explicit(&executor->is_stopping, true, memory_order_release);
    for (uint32_t i = 0; i < executor->worker_count; i++)
        if (executor->workers[i].has_thread)
            worker_unpark(&executor->workers[i]);
    for (uint32_t i = 0; i < executor->worker_count; i++)
        if (executor->workers[i].has_thread)
            pthread_join(executor->workers[i].thread, NULL);
}

static void free_workers(struct lsc_executor *executor)
{
    for (uint32_t i = 0; i < executor->worker_count; i++)
        worker_free(&executor->workers[i]);
    executor_release(executor, executor->worker_memory);
}

static int make_workers(struct lsc_executor *executor)
{
    size_t bytes = executor->worker_count * sizeof(struct worker) + WORKER_ALIGNMENT;
    executor->worker_memory = executor_allocate(executor, bytes);
    if (!executor->worker_memory)
        return -ENOMEM;
    memset(executor->worker_memory, 0, bytes);
    uintptr_t at = (uintptr_t)executor->worker_memory;
    executor->workers = (struct worker *)((at + WORKER_ALIGNMENT - 1) & ~(WORKER_ALIGNMENT - 1));
    for (uint32_t i = 0; i < executor->worker_count; i++) {
        int error = worker_init(&executor->workers[i], executor, i);
        if (error < 0)
            return error;
    }
    return 0;
}

int lsc_executor_new(struct lsc_executor **made, const struct lsc_executor_options *options)
{
    const struct lsc_allocator *allocator =
        options && options->allocator ? options->allocator : &heap;
    *made = NULL;
    lsc_probe_start(); /* tasks spawned while another thread makes the segment are never seen */
    struct lsc_executor *executor = allocator->allocate(allocator->data, sizeof(*executor));
    if (!executor)
        return -ENOMEM;
    memset(executor, 0, sizeof(*executor));
    executor->allocator = *allocator;
    atomic_init(&executor->balance, EXECUTOR_ITSELF);
    int error = fill_options(executor, options);
    if (error < 0)
        goto free_executor;
    error = make_workers(executor);
    if (error < 0)
        goto free_workers;
    error = blocking_init(&executor->pool, executor);
    if (error < 0)
        goto free_workers;
    error = start_threads(executor);
    if (error < 0)
        goto stop_threads;
    *made = executor;
    return 0;

stop_threads:
    stop_threads(executor);
    blocking_free(&executor->pool);
free_workers:
    if (executor->worker_memory)
        free_workers(executor);
free_executor:
    allocator->release(allocator->data, executor);
    return error;
}

/* ---- deleted ---- */

static void drop_tasks(struct worker *worker, struct scope *scope);

/* Its children first: they may point into its state. */
static void drop_task(struct worker *worker, struct task *task)
{
    for (; task->scopes; task->scopes = task->scopes->outer)
        drop_tasks(worker, task->scopes);
    worker->running = task;
    task_finish(task, -ECANCELED);
    worker->running = NULL;
    lsc_task_end(task->id);
    task_release(task);
}

static void drop_tasks(struct worker *worker, struct scope *scope)
{
    while (scope->first)
        drop_task(worker, scope->first);
}

static void drop_all(struct lsc_executor *executor)
{
    struct worker *worker = &executor->workers[0];
    atomic_store_explicit(&executor->is_dead, true, memory_order_release);
    worker_self = worker;
    drop_tasks(worker, &executor->outside);
    for (uint32_t i = 0; i < executor->worker_count; i++)
        drop_tasks(worker, &executor->workers[i].detached);
    worker_self = NULL;
}

void lsc_executor_delete(struct lsc_executor *executor)
{
    if (!executor)
        return;
    if (worker_self) { /* its thread would wait for itself */
        misuse(worker_self->running, "deletes an executor inside a task");
        return;
    }
    atomic_store_explicit(&executor->is_closing, true, memory_order_seq_cst);
    executor_cancel_all(executor);
    stop_threads(executor);
    blocking_stop(&executor->pool);
    drop_all(executor);
    handles_close(executor);
    uint64_t left = executor_tasks_left(executor);
    free_workers(executor);
    blocking_free(&executor->pool);
    executor_settle(executor, left - EXECUTOR_ITSELF);
}
