/* SPDX-License-Identifier: MIT */
/* Who wakes a task: the few most frequent senders of tasks that are woken often, by the
 * space-saving algorithm (Metwally, Agrawal, El Abbadi 2005): the least frequent of those held
 * gives its place and its count to a new one. */
#include <stdlib.h>

#include "poll_log.h"

static bool is_same(const struct wake_sender *a, const struct wake_sender *b)
{
    return a->thread == b->thread && a->place == b->place && a->is_site == b->is_site;
}

static void count(struct wake_senders *senders, const struct wake_sender *sender)
{
    struct wake_sender *least = &senders->at[0];
    for (unsigned i = 0; i < WAKE_SENDERS; i++) {
        struct wake_sender *at = &senders->at[i];
        if (at->count && is_same(at, sender)) {
            at->count++;
            return;
        }
        if (at->count < least->count)
            least = at;
    }
    uint64_t inherited = least->count;
    *least = *sender;
    least->count = inherited + 1;
}

void wakes_add(struct model *model, struct task_row *task, const struct event *event)
{
    progress_woken(model, task, event);
    task->last_woken_ns = event->time_ns;
    if (task->wakes == 1)
        task->first_woken_ns = event->time_ns;
    if (task->wakes < WAKES_COUNTED_FROM)
        return;
    if (!task->senders) {
        bool is_asked = (task->wakes & (task->wakes - 1)) == 0;
        if (!is_asked || model->wake_senders >= MODEL_WAKE_SENDERS_MAX)
            return;
        task->senders = calloc(1, sizeof(*task->senders));
        if (!task->senders)
            return;
        model->wake_senders++;
    }
    struct wake_sender sender = {.thread = event->thread,
                                 .place = (uint32_t)event->arg2,
                                 .is_site = !(event->flags & LSC_WAKE_STACK)};
    count(task->senders, &sender);
}

void wakes_drop(struct model *model, struct task_row *task)
{
    if (!task->senders)
        return;
    free(task->senders);
    task->senders = NULL;
    model->wake_senders--;
}

const struct wake_sender *task_waker(const struct task_row *task)
{
    const struct wake_sender *most = NULL;
    for (unsigned i = 0; task->senders && i < WAKE_SENDERS; i++)
        if (task->senders->at[i].count && (!most || task->senders->at[i].count > most->count))
            most = &task->senders->at[i];
    return most;
}
