/* SPDX-License-Identifier: MIT */
/* Which polls had something to show, and how long tasks wake themselves or one another without. */
#include "worker_bins.h"

static struct worker *worker_on(const struct model *model, uint32_t thread)
{
    return thread < model->thread_room && model->threads[thread] ? model->threads[thread]->worker
                                                                 : NULL;
}

/* Did the task wait for what it has got? */
static bool was_awaited(const struct model *model, const struct event *hold)
{
    const struct task_row *task = task_find(model, (uint32_t)hold->arg);
    return task && task->awaits == hold->task && task->await_ns != MODEL_NEVER;
}

/* Locks and permits have a depth, too, and move none but themselves. */
static bool is_queue(const struct model *model, uint32_t resource)
{
    const struct resource_row *row = model_resource(model, resource);
    return row && row->hold_records == 0;
}

/* The last of those it waits for has come; a notify, which says no more than a wake does, has no
 * capacity. */
static bool is_barrier(const struct model *model, uint32_t resource)
{
    const struct resource_row *row = model_resource(model, resource);
    return row && row->hold_records == 0 && row->capacity != 0;
}

static uint32_t what_it_did(const struct model *model, const struct event *event)
{
    switch (event->type) {
    case LSC_RECORD_DEPTH:
        return is_queue(model, event->task) ? DID_PROGRESS : 0;
    case LSC_RECORD_WAITERS:
        return event->arg == 0 && is_barrier(model, event->task) ? DID_PROGRESS : 0;
    case LSC_RECORD_HOLD:
        return was_awaited(model, event) ? DID_PROGRESS : 0;
    case LSC_RECORD_SPAWN:
    case LSC_RECORD_CANCEL:
    case LSC_RECORD_MARK:
        return DID_PROGRESS;
    default:
        return 0;
    }
}

void progress_note(struct model *model, const struct event *event)
{
    struct worker *worker = worker_on(model, event->thread);
    if (worker)
        worker->did |= what_it_did(model, event);
    struct task_row *task = event->type == LSC_RECORD_SPAWN ? task_find(model, event->task) : NULL;
    if (task)
        task->progress.is_new = true;
}

static void end_rally(struct task_row *task)
{
    struct rally *rally = &task->progress.rally;
    if (rally->wakes > task->past.longest.wakes &&
        at_least_zero(rally->last_ns, rally->since_ns) >= RALLY_SPAN_NS)
        task->past.longest = *rally;
    rally->wakes = 0;
}

void progress_woken(struct model *model, struct task_row *task, const struct event *event)
{
    struct rally *rally = &task->progress.rally;
    struct worker *worker = worker_on(model, event->thread);
    task->progress.woken_thread = event->thread;
    if (event->arg == 0) {
        if (rally->wakes)
            end_rally(task);
        return;
    }
    if (event->arg == event->task)
        return;
    if (worker)
        worker->did |= DID_WAKE;
    if (rally->wakes++ == 0)
        rally->since_ns = event->time_ns;
    rally->last_ns = event->time_ns;
    rally->waker = (uint32_t)event->arg;
}

static void add_spin(struct spin *spin, const struct event *event)
{
    uint64_t start = span_start(event);
    if (spin->polls++ == 0)
        spin->first_ns = start;
    bool goes_on = at_least_zero(start, spin->until_ns) < SPIN_GAP_NS;
    spin->span_ns += at_least_zero(event->time_ns, goes_on ? spin->until_ns : start);
    spin->busy_ns += event->time_ns - start;
    spin->until_ns = event->time_ns;
}

void progress_judge_poll(struct task_row *task, const struct event *event, uint32_t did)
{
    if ((did & DID_PROGRESS) || (event->flags & (LSC_POLL_READY | LSC_POLL_FORCED))) {
        if (task->progress.rally.wakes)
            end_rally(task);
    } else if (did == 0) { /* it woke itself, see who asks */
        add_spin(&task->past.spin, event);
    }
}
