/* SPDX-License-Identifier: MIT */
/* What a task says about its own end: masks, cleanup handlers, deadlines. */
#include "executor.h"
#include "loopscope/time.h"

bool lsc_is_cancelled(struct lsc_context *cx)
{
    return task_is_cancelled(context_running(cx));
}

void lsc_cancel_mask(struct lsc_context *cx)
{
    context_running(cx)->masks++;
}

void lsc_cancel_unmask(struct lsc_context *cx)
{
    struct task *task = context_running(cx);
    if (task->masks > 0)
        task->masks--;
    else
        misuse(task, "unmasks cancellation more often than it masked it");
}

void lsc_cleanup_push(struct lsc_context *cx, struct lsc_cleanup *cleanup,
                      void (*handler)(void *data), void *data)
{
    struct task *task = context_running(cx);
    *cleanup = (struct lsc_cleanup){task->cleanups, handler, data};
    task->cleanups = cleanup;
}

void lsc_cleanup_pop(struct lsc_context *cx, bool run)
{
    struct task *task = context_running(cx);
    struct lsc_cleanup *cleanup = task->cleanups;
    if (!cleanup) {
        misuse(task, "takes off a cleanup handler that it has not pushed");
        return;
    }
    task->cleanups = cleanup->outer_;
    if (run)
        cleanup->handler(cleanup->data);
}

void lsc_deadline_push(struct lsc_context *cx, struct lsc_deadline *deadline, uint64_t ms)
{
    struct task *task = context_running(cx);
    uint64_t at_ms = time_after(ms);
    deadline->outer_ms_ = task->deadline_ms;
    if (task->deadline_ms == 0 || at_ms < task->deadline_ms)
        task->deadline_ms = at_ms;
}

void lsc_deadline_pop(struct lsc_context *cx, const struct lsc_deadline *deadline)
{
    struct task *task = context_running(cx);
    task->deadline_ms = deadline->outer_ms_;
    if (task->deadline_ms == 0)
        timer_disarm(&task->timer);
}
