/* SPDX-License-Identifier: MIT */
/* Scopes: lists of live tasks, and the await of their end. */
#include "scope.h"

#include <errno.h>
#include <string.h>

#include "executor.h"

void scope_add(struct scope *scope, struct task *task)
{
    lock_take(&scope->lock);
    task->scope = scope;
    task->sibling = scope->first;
    task->sibling_link = &scope->first;
    if (scope->first)
        scope->first->sibling_link = &task->sibling;
    scope->first = task;
    scope->count++;
    bool is_cancelled = scope->is_cancelled;
    lock_drop(&scope->lock);
    if (is_cancelled)
        task_cancel(task);
}

bool scope_takes(struct lsc_context *cx, const struct lsc_spawn_options *options)
{
    if (!options->scope || scope_inner(options->scope)->is_open)
        return true;
    misuse(context_running(cx), "spawns into a scope that has not begun, or has ended");
    return false;
}

/* With the lock, which also keeps all members alive. */
static void cancel_members(struct scope *scope, struct wake_list *wakes)
{
    for (struct task *task = scope->first; task; task = task->sibling)
        task_cancel_later(task, wakes);
}

static void note_failure(struct scope *scope, lsc_result result, struct wake_list *wakes)
{
    if (result >= 0 || scope->failure != 0 || !scope->is_open)
        return;
    if (result == -ECANCELED && scope->is_cancelled)
        return;
    scope->failure = result;
    if (scope->flags & LSC_SCOPE_FAIL_FAST) {
        scope->is_cancelled = true;
        cancel_members(scope, wakes);
    }
}

void scope_remove(struct scope *scope, struct task *task, lsc_result result)
{
    struct wake_list wakes = WAKE_LIST_EMPTY;
    lock_take(&scope->lock);
    *task->sibling_link = task->sibling;
    if (task->sibling)
        task->sibling->sibling_link = task->sibling_link;
    scope->count--;
    note_failure(scope, result, &wakes);
    if (scope->count == 0 && scope->waiter) {
        wait_grant(NULL, scope->waiter, 0, &wakes);
        scope->waiter = NULL;
    }
    lock_drop(&scope->lock);
    wake_list_run(&wakes);
}

void scope_cancel(struct scope *scope, bool stays)
{
    struct wake_list wakes = WAKE_LIST_EMPTY;
    lock_take(&scope->lock);
    if (stays)
        scope->is_cancelled = true;
    cancel_members(scope, &wakes);
    lock_drop(&scope->lock);
    wake_list_run(&wakes);
}

bool scope_is_empty(struct scope *scope)
{
    lock_take(&scope->lock);
    bool is_empty = scope->count == 0;
    lock_drop(&scope->lock);
    return is_empty;
}

/* Only pointers are compared: the memory of a scope that is to begin says nothing. */
static bool has_begun(const struct task *owner, const struct scope *scope)
{
    const struct scope *open = owner->scopes;
    while (open && open != scope)
        open = open->outer;
    return open != NULL;
}

void lsc_scope_begin(struct lsc_context *cx, struct lsc_scope *public, unsigned flags)
{
    struct task *owner = context_running(cx);
    struct scope *scope = scope_inner(public);
    if (has_begun(owner, scope)) {
        misuse(owner, "begins a scope that it has begun already");
        return;
    }
    memset(public, 0, sizeof(*public));
    scope->flags = flags;
    scope->owner = owner;
    scope->outer = owner->scopes;
    scope->is_open = true;
    scope->is_cancelled = (owner->flags & TASK_SCOPES_TOLD) != 0;
    owner->scopes = scope;
}

void lsc_scope_cancel(struct lsc_context *cx, struct lsc_scope *scope)
{
    if (scope_inner(scope)->is_open)
        scope_cancel(scope_inner(scope), true);
    else
        misuse(context_running(cx), "cancels a scope that it has not begun");
}

/* Only a grant ends this wait, or the end of the executor. */
static bool end_withdraw(struct wait *wait)
{
    struct scope *scope = wait->object;
    lock_take(&scope->lock);
    bool was_waiting = scope->waiter == wait;
    scope->waiter = NULL;
    lock_drop(&scope->lock);
    return was_waiting;
}

static const struct wait_kind end_waits = {"scope end", end_withdraw, NULL};

/* True: nobody is left in it. Else the task waits for that. */
static bool is_over(struct lsc_context *cx, struct scope *scope)
{
    struct wait *wait = &context_running(cx)->wait;
    bool waits = wait->kind == &end_waits && wait->object == scope;
    lock_take(&scope->lock); /* also: who removed the last task is done with the scope */
    bool is_empty = scope->count == 0;
    if (!is_empty && !waits) {
        wait_begin(cx, &(struct wait_plan){.kind = &end_waits, .object = scope});
        scope->waiter = wait;
    }
    lock_drop(&scope->lock);
    if (is_empty && waits)
        wait_abandon(context_running(cx));
    return is_empty;
}

static void close_scope(struct task *owner, struct scope *scope)
{
    struct scope **link = &owner->scopes;
    while (*link && *link != scope)
        link = &(*link)->outer;
    if (*link)
        *link = scope->outer;
    scope->is_open = false;
}

lsc_result scope_end(struct lsc_context *cx, struct scope *scope)
{
    struct task *owner = context_running(cx);
    lsc_result why;
    if (owner->wait.kind && owner->wait.kind != &end_waits)
        wait_abandon(owner);
    if (wait_is_interrupted(owner, &why) && !scope->is_cancelled)
        scope_cancel(scope, true);
    if (!is_over(cx, scope))
        return LSC_PENDING;
    close_scope(owner, scope);
    if (scope->failure == 0 && scope->is_cancelled && wait_is_interrupted(owner, &why))
        return why;
    return scope->failure;
}

lsc_result lsc_scope_end(struct lsc_context *cx, struct lsc_scope *public)
{
    struct scope *scope = scope_inner(public);
    if (!scope->is_open || scope->owner != context_running(cx)) {
        misuse(context_running(cx), "ends a scope that it has not begun, or has ended already");
        return -EINVAL;
    }
    return scope_end(cx, scope);
}
