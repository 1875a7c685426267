/* SPDX-License-Identifier: MIT */
/* Waiting: the contract of wait.h. */
#include "wait.h"

#include <errno.h>
#include <sched.h>

#include "executor.h"
#include "loopscope/time.h"

struct task *context_running(const struct lsc_context *cx)
{
    return worker_of(cx)->running;
}

static bool is_granted(struct wait *wait)
{
    /* Acquire: pairs with the granter's store, after it filled result and *item. */
    return atomic_load_explicit(&wait->state, memory_order_acquire) == WAIT_GRANTED;
}

void wait_forget(struct wait *wait)
{
    wait->kind = NULL;
    wait->resource = 0;
    atomic_store_explicit(&wait->state, WAIT_NONE, memory_order_relaxed);
}

/* A cancellation reaches the tasks of its open scopes with the first await that sees it. */
static void tell_scopes(struct task *task)
{
    if (task->flags & TASK_SCOPES_TOLD)
        return;
    task->flags |= TASK_SCOPES_TOLD;
    for (struct scope *scope = task->scopes; scope; scope = scope->outer)
        scope_cancel(scope, true);
}

bool wait_is_interrupted(struct task *task, lsc_result *result)
{
    if (task->masks > 0)
        return false;
    if (task_is_cancelled(task)) {
        tell_scopes(task);
        *result = -ECANCELED;
        return true;
    }
    if (task->deadline_ms != 0 && lsc_time_ms() >= task->deadline_ms) {
        *result = -ETIMEDOUT;
        return true;
    }
    return false;
}

static lsc_result resume(struct task *task)
{
    struct wait *wait = &task->wait;
    lsc_result result;
    if (!is_granted(wait)) {
        if (!wait_is_interrupted(task, &result))
            return LSC_PENDING;
        if (wait->kind->withdraw(wait)) {
            wait_forget(wait);
            return result;
        }
        if (!is_granted(wait))
            return LSC_PENDING; /* its grant is on the way, with a wake */
    }
    result = wait->result;
    wait_forget(wait);
    return result;
}

static bool is_out_of_budget(struct worker *worker, struct task *task)
{
    if (worker->budget > 0) {
        worker->budget--;
        return false;
    }
    EXECUTOR_COUNT(worker->executor, forced_yields);
    worker->was_forced = true;
    task_wake(task);
    return true;
}

bool wait_is_new(struct lsc_context *cx, const struct wait_kind *kind, const void *object,
                 lsc_result *result)
{
    struct worker *worker = worker_of(cx);
    struct task *task = worker->running;
    if (task->wait.kind == kind && task->wait.object == object) {
        *result = resume(task);
        return false;
    }
    wait_abandon(task);
    if (wait_is_interrupted(task, result))
        return false;
    *result = LSC_PENDING;
    return !is_out_of_budget(worker, task);
}

static void append(struct wait_list *list, struct wait *wait)
{
    wait->next = NULL;
    wait->previous = list->last;
    if (list->last)
        list->last->next = wait;
    else
        list->first = wait;
    list->last = wait;
    list->count++;
}

static void unlink_wait(struct wait_list *list, struct wait *wait)
{
    if (wait->previous)
        wait->previous->next = wait->next;
    else
        list->first = wait->next;
    if (wait->next)
        wait->next->previous = wait->previous;
    else
        list->last = wait->previous;
    list->count--;
}

lsc_result wait_begin(struct lsc_context *cx, const struct wait_plan *plan)
{
    struct worker *worker = worker_of(cx);
    struct task *task = worker->running;
    struct wait *wait = &task->wait;
    wait->kind = plan->kind;
    wait->object = plan->object;
    wait->item = plan->item;
    wait->need = plan->need;
    wait->flags = plan->flags;
    wait->resource = plan->resource;
    atomic_store_explicit(&wait->state, WAIT_WAITING, memory_order_relaxed);
    if (plan->list)
        append(plan->list, wait);
    if (task->deadline_ms != 0 && task->masks == 0)
        timer_arm(&worker->wheel, &task->timer, task->deadline_ms);
    return LSC_PENDING;
}

void wait_grant(struct wait_list *list, struct wait *wait, lsc_result result,
                struct wake_list *wakes)
{
    struct task *task = task_of_wait(wait);
    if (list)
        unlink_wait(list, wait);
    wait->result = result;
    /* An idle task is claimed first: nobody can run it until it is queued, so it cannot end, and be
     * freed, between the grant and the wake. */
    if (task_claim(task)) {
        atomic_store_explicit(&wait->state, WAIT_GRANTED, memory_order_release);
        wake_list_add(wakes, task);
        return;
    }
    task_reference(task);
    atomic_store_explicit(&wait->state, WAIT_GRANTED, memory_order_release);
    task_wake_later(task, wakes);
    task_release(task);
}

void wait_grant_all(struct wait_list *list, lsc_result result, struct wake_list *wakes)
{
    while (list->first)
        wait_grant(list, list->first, result, wakes);
}

bool wait_remove(struct wait_list *list, struct wait *wait)
{
    if (atomic_load_explicit(&wait->state, memory_order_relaxed) != WAIT_WAITING)
        return false;
    unlink_wait(list, wait);
    atomic_store_explicit(&wait->state, WAIT_NONE, memory_order_relaxed);
    return true;
}

void wait_abandon(struct task *task)
{
    struct wait *wait = &task->wait;
    if (!wait->kind)
        return;
    if (is_granted(wait) || !wait->kind->withdraw(wait)) {
        while (!is_granted(wait)) /* the granter is between its decision and its store */
            sched_yield();
        if (wait->kind->discard)
            wait->kind->discard(wait);
    }
    wait_forget(wait);
}

lsc_task wait_task(const struct wait *wait)
{
    return task_of_wait(wait)->id;
}

lsc_task context_task(const struct lsc_context *cx)
{
    return worker_of(cx)->running->id;
}
