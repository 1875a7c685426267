/* SPDX-License-Identifier: MIT */
/* The pool of threads for functions that block. */
#include "blocking.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>

#include "executor.h"

/* A thread that found nothing to do for so long ends. */
#define IDLE_SECONDS 10

int blocking_init(struct blocking_pool *pool, struct lsc_executor *executor)
{
    pthread_condattr_t monotonic;
    pool->executor = executor;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&pool->mutex, NULL);
    pthread_cond_init(&pool->work, &monotonic);
    pthread_cond_init(&pool->gone, NULL);
    pthread_condattr_destroy(&monotonic);
    pool->resource =
        lsc_resource_new("blocking queue", executor->name, 0, executor->options.blocking_queue);
    return 0;
}

void blocking_free(struct blocking_pool *pool)
{
    lsc_resource_delete(pool->resource);
    pthread_cond_destroy(&pool->gone);
    pthread_cond_destroy(&pool->work);
    pthread_mutex_destroy(&pool->mutex);
}

static void end_job(struct task *task, lsc_result result)
{
    task_finish(task, result);
    lsc_task_end(task->id);
    task_release(task);
}

static void run_job(struct task *task)
{
    struct blocking_pool *pool = &task->executor->pool;
    lsc_result result = -ECANCELED;
    task_start(task);
    if (!task_is_cancelled(task)) {
        uint64_t begun = lsc_job_time();
        result = task->work(task_state(task));
        lsc_job_end(pool->resource, task->id, task->submitted, begun);
    }
    end_job(task, result);
}

/* ---- threads ---- */

/* With the mutex. One that waits for room gets it. */
static void give_room(struct blocking_pool *pool, struct wake_list *wakes)
{
    if (!pool->waiters.first)
        return;
    pool->reserved++;
    wait_grant(&pool->waiters, pool->waiters.first, 0, wakes);
}

/* With the mutex. NULL: none came for a long time, or the pool stops. */
static struct task *next_job(struct blocking_pool *pool)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += IDLE_SECONDS;
    int error = 0;
    pool->idle++;
    while (!pool->queue.first && !pool->is_stopping && error != ETIMEDOUT)
        error = pthread_cond_timedwait(&pool->work, &pool->mutex, &until);
    pool->idle--;
    struct task *task = pool->queue.first;
    if (!task)
        return NULL;
    pool->queue.first = task->next;
    if (!task->next)
        pool->queue.last = NULL;
    pool->queue.count--;
    lsc_depth(pool->resource, pool->queue.count);
    return task;
}

static void *thread_main(void *data)
{
    struct blocking_pool *pool = data;
    char name[16];
    snprintf(name, sizeof(name), "%.6s-blocking", pool->executor->name);
    pthread_setname_np(pthread_self(), name);
    pthread_mutex_lock(&pool->mutex);
    for (;;) {
        struct wake_list wakes = WAKE_LIST_EMPTY;
        struct task *task = next_job(pool);
        if (!task)
            break;
        give_room(pool, &wakes);
        pthread_mutex_unlock(&pool->mutex);
        wake_list_run(&wakes);
        run_job(task);
        pthread_mutex_lock(&pool->mutex);
    }
    pool->threads--;
    pthread_cond_signal(&pool->gone);
    pthread_mutex_unlock(&pool->mutex);
    return NULL;
}

/* With the mutex. A thread for one more job, if it needs one. */
static int ensure_thread(struct blocking_pool *pool)
{
    pthread_attr_t detached;
    pthread_t thread;
    if (pool->queue.count + pool->reserved < pool->idle ||
        pool->threads >= pool->executor->options.blocking_threads)
        return 0;
    pthread_attr_init(&detached);
    pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
    int error = pthread_create(&thread, &detached, thread_main, pool);
    pthread_attr_destroy(&detached);
    if (error == 0)
        pool->threads++;
    return error == 0 || pool->threads > 0 ? 0 : -error;
}

/* ---- spawning ---- */

static bool room_withdraw(struct wait *wait)
{
    struct blocking_pool *pool = wait->object;
    pthread_mutex_lock(&pool->mutex);
    bool was_waiting = wait_remove(&pool->waiters, wait);
    pthread_mutex_unlock(&pool->mutex);
    return was_waiting;
}

static void give_room_back(struct blocking_pool *pool)
{
    struct wake_list wakes = WAKE_LIST_EMPTY;
    pthread_mutex_lock(&pool->mutex);
    pool->reserved--;
    give_room(pool, &wakes);
    pthread_mutex_unlock(&pool->mutex);
    wake_list_run(&wakes);
}

static void room_discard(struct wait *wait)
{
    give_room_back(wait->object);
}

static const struct wait_kind room_waits = {"room for a blocking job", room_withdraw, room_discard};

/* Reserves room in the queue: 0, or waits for it, or an error. */
static lsc_result get_room(struct lsc_context *cx, struct blocking_pool *pool)
{
    const struct lsc_executor_options *options = &pool->executor->options;
    lsc_result result;
    pthread_mutex_lock(&pool->mutex);
    result = ensure_thread(pool);
    if (result < 0) {
        ;
    } else if (!pool->waiters.first &&
               pool->queue.count + pool->reserved < options->blocking_queue) {
        pool->reserved++;
    } else if (options->blocking_policy == LSC_FULL_REFUSE) {
        atomic_fetch_add_explicit(&pool->refused, 1, memory_order_relaxed);
        lsc_drop(pool->resource, 1);
        result = -EAGAIN;
    } else {
        result = wait_begin(cx, &(struct wait_plan){.kind = &room_waits,
                                                    .object = pool,
                                                    .list = &pool->waiters,
                                                    .resource = pool->resource});
    }
    pthread_mutex_unlock(&pool->mutex);
    return result;
}

static void enqueue(struct blocking_pool *pool, struct task *task)
{
    pthread_mutex_lock(&pool->mutex);
    pool->reserved--;
    chain_add(&pool->queue, task);
    lsc_depth(pool->resource, pool->queue.count);
    pthread_cond_signal(&pool->work);
    pthread_mutex_unlock(&pool->mutex);
}

static lsc_result start_job(struct worker *worker, lsc_blocking_fn fn, const struct task_plan *plan)
{
    struct blocking_pool *pool = &worker->executor->pool;
    bool is_closing = atomic_load_explicit(&worker->executor->is_closing, memory_order_acquire);
    struct task *task = is_closing ? NULL : spawn_prepare(plan, plan->options->join);
    if (!task) {
        give_room_back(pool);
        return is_closing ? -ESHUTDOWN : -ENOMEM;
    }
    task->work = fn;
    task->submitted = lsc_job_time();
    struct lsc_scope *scope = plan->options->scope;
    scope_add(scope ? scope_inner(scope) : &worker->detached, task);
    enqueue(pool, task);
    return 0;
}

lsc_result lsc_spawn_blocking_bytes(struct lsc_context *cx, lsc_blocking_fn fn, const void *state,
                                    size_t state_bytes, const struct lsc_spawn_options *options,
                                    struct lsc_code_site *site)
{
    struct worker *worker = worker_of(cx);
    struct blocking_pool *pool = &worker->executor->pool;
    lsc_result result;
    if (options->join)
        *options->join = (struct lsc_join){NULL, site};
    if (!scope_takes(cx, options))
        return -EINVAL;
    if (wait_is_new(cx, &room_waits, pool, &result))
        result = get_room(cx, pool);
    if (result != 0)
        return result;
    const struct task_plan plan = {.executor = worker->executor,
                                   .state = state,
                                   .state_bytes = state_bytes,
                                   .options = options,
                                   .site = site,
                                   .parent = worker->running,
                                   .parent_site = site_of_spawn(cx, site),
                                   .flags = TASK_IS_BLOCKING};
    return start_job(worker, fn, &plan);
}

/* ---- the end ---- */

void blocking_stop(struct blocking_pool *pool)
{
    pthread_mutex_lock(&pool->mutex);
    pool->is_stopping = true;
    struct task_chain queue = pool->queue;
    pool->queue = (struct task_chain){NULL, NULL, 0};
    pthread_cond_broadcast(&pool->work);
    pthread_mutex_unlock(&pool->mutex);
    for (struct task *task = queue.first; task;) {
        struct task *next = task->next;
        run_job(task); /* cancelled: all tasks are by now */
        task = next;
    }
    pthread_mutex_lock(&pool->mutex);
    while (pool->threads > 0)
        pthread_cond_wait(&pool->gone, &pool->mutex);
    pthread_mutex_unlock(&pool->mutex);
}
