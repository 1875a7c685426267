/* SPDX-License-Identifier: MIT */
/* What a task has in hand, and must give back itself: locks, a once in the making. The links lie in
 * the object, the list begins in the task's header, and only the running task changes it. Whatever
 * is left in it when the task ends is given on, so that others do not wait for ever. */
#ifndef LSC_EXECUTOR_HELD_H
#define LSC_EXECUTOR_HELD_H

#include <stdbool.h>

#include "wait.h"

struct held;

struct held_kind {
    const char *what; /* "mutex": for sentences */
    /* The task, which is off its list, ends: whoever comes next gets it. */
    void (*give_on)(struct held *held, struct task *task);
};

struct held {
    struct held *next;
    const struct held_kind *kind;
    const char *name; /* of the object; never NULL */
};

/* The running task takes it; gives it back: false, it did not hold it. */
void held_add(struct task *task, struct held *held);
bool held_remove(struct task *task, struct held *held);
/* The task that gives something back: cx NULL is allowed in a cleanup handler, which has none.
 * NULL: none runs on this thread. */
struct task *held_giver(const struct lsc_context *cx);
/* The task's end, when it holds something: misuse, unless its executor is being deleted. */
void held_give_on(struct task *task);

/* misuse, with the name of what it is about: "locks", "mutex", "accounts", "which it holds". */
void misuse_of_held(const struct task *task, const char *does, const struct held *held,
                    const char *why);

#endif
