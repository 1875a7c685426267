/* SPDX-License-Identifier: MIT */
/* The list of what a task holds, and its end. */
#include "held.h"

#include <stdio.h>

#include "executor.h"

void held_add(struct task *task, struct held *held)
{
    held->next = task->held;
    task->held = held;
}

/* What was taken last is mostly given back first. */
bool held_remove(struct task *task, struct held *held)
{
    struct held **link = &task->held;
    while (*link && *link != held)
        link = &(*link)->next;
    if (!*link)
        return false;
    *link = held->next;
    return true;
}

struct task *held_giver(const struct lsc_context *cx)
{
    if (cx)
        return context_running(cx);
    return worker_self ? worker_self->running : NULL;
}

void misuse_of_held(const struct task *task, const char *does, const struct held *held,
                    const char *why)
{
    char what[256];
    snprintf(what, sizeof(what), "%s %s '%.120s'%s%s", does, held->kind->what, held->name,
             *why ? ", " : "", why);
    misuse(task, what);
}

void held_give_on(struct task *task)
{
    /* Ended by the executor's delete it had no chance to. Acquire: pairs with that. */
    bool is_dropped = atomic_load_explicit(&task->executor->is_dead, memory_order_acquire);
    while (task->held) {
        struct held *held = task->held;
        task->held = held->next;
        if (!is_dropped)
            misuse_of_held(task, "has ended while it holds", held, "");
        held->kind->give_on(held, task);
    }
    if (task->reads && !is_dropped)
        misuse(task, "has ended while it holds a read lock");
}
