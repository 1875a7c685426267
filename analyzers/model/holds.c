/* SPDX-License-Identifier: MIT */
/* Who holds what: locks and permits by task, from HOLD and RELEASE. Where a release may have been
 * lost, what is known of the holders is no longer complete. */
#include <string.h>

#include "state.h"

static void forget(struct resource_row *row, unsigned index)
{
    row->hold_count--;
    memmove(&row->holds[index], &row->holds[index + 1],
            (row->hold_count - index) * sizeof(row->holds[0]));
}

/* The task's oldest hold. A permit may be let go of by another task than took it: then the oldest
 * of all. */
static unsigned hold_to_release(struct resource_row *row, const struct event *event)
{
    uint32_t task = (uint32_t)event->arg;
    for (unsigned i = 0; i < row->hold_count; i++)
        if (row->holds[i].task == task)
            return i;
    if (row->holds_unheld)
        return HOLDS_MAX; /* one of those, probably */
    row->early_task = task;
    row->early_ns = event->time_ns;
    return 0;
}

static void take(struct model *model, struct resource_row *row, const struct event *event)
{
    uint32_t task = (uint32_t)event->arg;
    if (task && row->early_task == task && event->time_ns <= row->early_ns)
        return;
    if (row->hold_count == HOLDS_MAX) {
        row->holds_unheld++;
        return;
    }
    row->holds[row->hold_count++] =
        (struct hold){.task = task, .site = (uint32_t)event->arg2, .since_ns = event->time_ns};
    contention_hold(model, row, row->hold_count - 1);
}

/* `index` HOLDS_MAX or more: since when and where is not known. */
static void note_abandoned(struct resource_row *row, unsigned index, const struct event *event)
{
    row->abandonments++;
    row->abandoned_ns = event->time_ns;
    row->abandoned = (struct hold){.task = (uint32_t)event->arg, .since_ns = event->time_ns};
    if (index < row->hold_count && row->holds[index].task == row->abandoned.task)
        row->abandoned = row->holds[index];
}

void holds_apply(struct model *model, struct resource_row *row, const struct event *event)
{
    row->hold_records++;
    if (event->type == LSC_RECORD_HOLD) {
        take(model, row, event);
        return;
    }
    unsigned index = hold_to_release(row, event);
    if (event->flags & LSC_RELEASE_ABANDONED)
        note_abandoned(row, index, event);
    if (index < row->hold_count) {
        contention_release(model, row, index, event->time_ns);
        forget(row, index);
    }
}

bool holds_are_known(const struct model *model, const struct resource_row *row)
{
    if (row->holds_unheld)
        return false;
    for (unsigned i = 0; i < row->hold_count; i++)
        if (model->lost_records && row->holds[i].since_ns <= model->lost_ns)
            return false;
    return true;
}
