/* SPDX-License-Identifier: MIT */
/* Scopes from the inside: a list of live tasks, with the task that awaits their end. The tasks of
 * no scope are in a list of the worker they were spawned on, so that a shutdown finds them. */
#ifndef LSC_EXECUTOR_SCOPE_H
#define LSC_EXECUTOR_SCOPE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "lock.h"
#include "wait.h"

/* Lies in struct lsc_scope. Under the lock, but for `outer` and `owner`. */
struct scope {
    struct lock lock;
    uint32_t flags;
    struct task *first;
    uint64_t count;
    lsc_result failure;        /* the first one, or 0 */
    struct wait *waiter;       /* the owner, in lsc_scope_end; NULL */
    struct scope *outer;       /* the owner's next open scope */
    struct task *owner;        /* NULL: a worker's */
    _Atomic bool is_cancelled; /* written under the lock, or before the scope is used */
    bool is_open;
};
_Static_assert(sizeof(struct scope) <= sizeof(struct lsc_scope), "it lies in the public one");

static inline struct scope *scope_inner(struct lsc_scope *scope)
{
    return (struct scope *)(void *)scope->opaque_;
}

/* Whether the scope of the options, if there is one, has begun and not ended (misuse). */
bool scope_takes(struct lsc_context *cx, const struct lsc_spawn_options *options);
void scope_add(struct scope *scope, struct task *task);
/* The task has ended with `result`. Afterwards the scope may be gone, if it was the last. */
void scope_remove(struct scope *scope, struct task *task, lsc_result result);
/* Cancels all tasks in it, and, if it `stays` so, those to come. */
void scope_cancel(struct scope *scope, bool stays);
bool scope_is_empty(struct scope *scope);
/* Awaitable: lsc_scope_end. */
lsc_result scope_end(struct lsc_context *cx, struct scope *scope);

#endif
