/* SPDX-License-Identifier: MIT */
/* Records, one by one, to the part of the model that each concerns. */
#include "state.h"

#include <errno.h>

static int apply_of_thread(struct model *model, const struct event *event)
{
    struct thread *thread = thread_get(model, event->thread);
    if (!thread)
        return event->thread >= MODEL_THREADS_MAX ? 0 : -ENOMEM;
    int status = 0;
    switch (event->type) {
    case LSC_RECORD_TURN:
        status = turn_apply(model, thread, event);
        break;
    case LSC_RECORD_CALL:
        status = call_apply(model, thread, event);
        break;
    case LSC_RECORD_CALLS:
        status = calls_apply(model, thread, event);
        break;
    case LSC_RECORD_STALL_SAMPLE:
        status = sample_apply(thread, event);
        break;
    case LSC_RECORD_WORK:
        status = pool_apply_work(model, thread, event);
        break;
    case LSC_RECORD_JOB:
        status = job_apply(model, thread, event);
        break;
    case LSC_RECORD_POLL:
        status = poll_apply(model, thread, event);
        break;
    case LSC_RECORD_PARK:
    case LSC_RECORD_STEAL:
        status = worker_apply(model, thread, event);
        break;
    default:
        break;
    }
    thread->last_ns = larger(thread->last_ns, event->time_ns);
    return status;
}

/* What a thread did that its task may have to show for its poll. */
static int apply_deed(struct model *model, const struct event *event)
{
    int status = 0;
    if (event->type == LSC_RECORD_SPAWN || event->type == LSC_RECORD_CANCEL)
        status = task_apply_event(model, event);
    else if (event->type != LSC_RECORD_MARK)
        status = resource_apply_event(model, event);
    progress_note(model, event);
    return status;
}

static int apply_one(struct model *model, const struct event *event)
{
    switch (event->type) {
    case LSC_RECORD_USAGE:
        return usage_apply(model, event);
    case LSC_RECORD_FAULTS:
        return faults_apply(model, event);
    case LSC_RECORD_STATE:
        return state_apply(model, event);
    case LSC_RECORD_WAKE:
    case LSC_RECORD_END:
    case LSC_RECORD_AWAIT:
    case LSC_RECORD_STRANDED:
        return task_apply_event(model, event);
    case LSC_RECORD_SPAWN:
    case LSC_RECORD_CANCEL:
    case LSC_RECORD_DEPTH:
    case LSC_RECORD_HOLD:
    case LSC_RECORD_WAITERS:
    case LSC_RECORD_MARK:
        return apply_deed(model, event);
    case LSC_RECORD_DROP:
    case LSC_RECORD_RELEASE:
        return resource_apply_event(model, event);
    case LSC_RECORD_TURN:
    case LSC_RECORD_CALL:
    case LSC_RECORD_CALLS:
    case LSC_RECORD_STALL_SAMPLE:
    case LSC_RECORD_WORK:
    case LSC_RECORD_JOB:
    case LSC_RECORD_POLL:
    case LSC_RECORD_PARK:
    case LSC_RECORD_STEAL:
        return apply_of_thread(model, event);
    default: /* THREAD_START changes nothing; types of a newer probe are skipped */
        return 0;
    }
}

/* With many tasks each record finds another's row, far from the last: it is on its way from memory
 * while those before it are applied. Not inlined, a function that only fetches would be left out as
 * one without any effect. */
#define ROW_AHEAD 16
#define SLOT_AHEAD 48
__attribute__((always_inline)) static inline void
fetch_ahead(const struct model *model, const struct events_item *item, size_t at)
{
    uint32_t slot = at + SLOT_AHEAD < item->count
                        ? LSC_HANDLE_SLOT(item->events[at + SLOT_AHEAD].task)
                        : model->task_room;
    if (slot < model->task_room)
        __builtin_prefetch(&model->tasks[slot]);
    slot = at + ROW_AHEAD < item->count ? LSC_HANDLE_SLOT(item->events[at + ROW_AHEAD].task)
                                        : model->task_room;
    const char *row = slot < model->task_room ? (const char *)model->tasks[slot] : NULL;
    if (!row)
        return;
    for (size_t line = 0; line <= offsetof(struct task_row, info); line += 64)
        __builtin_prefetch(row + line, 1);
}

/* Out of memory for one record does not stop the others: the first error is told at the end. */
int events_apply(struct model *model, const struct events_item *item)
{
    int first = 0;
    for (size_t i = 0; i < item->count; i++) {
        fetch_ahead(model, item, i);
        model_saw(model, item->events[i].time_ns);
        int status = apply_one(model, &item->events[i]);
        if (status < 0 && first == 0)
            first = status;
    }
    return first;
}
