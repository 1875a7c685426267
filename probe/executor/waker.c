/* SPDX-License-Identifier: MIT */
/* Wakers: shares in a task. */
#include <errno.h>

#include "executor.h"

static struct lsc_waker share(struct task *task)
{
    if (task)
        task_add_waker(task);
    return (struct lsc_waker){task};
}

struct lsc_waker lsc_waker_new(struct lsc_context *cx)
{
    return share(context_running(cx));
}

struct lsc_waker lsc_waker_clone(const struct lsc_waker *waker)
{
    return share(waker->task);
}

void lsc_waker_wake_by_ref(const struct lsc_waker *waker)
{
    if (waker->task)
        task_wake(waker->task);
}

void lsc_waker_wake_from_signal(const struct lsc_waker *waker)
{
    int saved = errno;
    if (waker->task)
        task_wake_injected(waker->task);
    errno = saved;
}

void lsc_waker_wake(struct lsc_waker *waker)
{
    lsc_waker_wake_by_ref(waker);
    lsc_waker_drop(waker);
}

void lsc_waker_drop(struct lsc_waker *waker)
{
    struct task *task = waker->task;
    waker->task = NULL;
    if (task)
        task_drop_waker(task);
}
