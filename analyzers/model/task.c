/* SPDX-License-Identifier: MIT */
/* Tasks: what the executor or program says it runs. By handle slot; a new generation replaces the
 * old. */
#include "state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int make_room(struct model *model, uint32_t slot)
{
    uint32_t room = model->task_room ? model->task_room : 64;
    while (room <= slot)
        room *= 2;
    struct task_row **tasks = realloc(model->tasks, room * sizeof(*tasks));
    if (!tasks)
        return -ENOMEM;
    memset(tasks + model->task_room, 0, (room - model->task_room) * sizeof(*tasks));
    model->tasks = tasks;
    model->task_room = room;
    return 0;
}

static void drop_histograms(struct model *model, struct task_row *task)
{
    if (!task->poll_ns)
        return;
    histogram_free(task->poll_ns);
    histogram_free(task->delay_ns);
    free(task->poll_ns);
    free(task->delay_ns);
    task->poll_ns = task->delay_ns = NULL;
    model->task_histograms--;
    model->task_least_busy_ns = 0; /* whoever takes the place may be less busy than that */
}

static struct task_row *task_get(struct model *model, uint32_t handle)
{
    uint32_t slot = LSC_HANDLE_SLOT(handle);
    if (handle == 0)
        return NULL;
    if (slot >= MODEL_SLOTS_MAX || (slot >= model->task_room && make_room(model, slot) < 0)) {
        model->unheld.tasks++;
        return NULL;
    }
    struct task_row *task = model->tasks[slot];
    if (task && task->handle == handle)
        return task;
    if (!task)
        task = model->tasks[slot] = calloc(1, sizeof(*task));
    else
        drop_histograms(model, task);
    if (!task)
        return NULL;
    *task = (struct task_row){.handle = handle, .last_wake_ns = MODEL_NEVER};
    return task;
}

/* The least busy task gives its histograms up to one more than twice as busy. Busy times only grow,
 * so the least one of the last look is a bound that saves most looks. */
static bool take_histograms(struct model *model, const struct task_row *task)
{
    if (task->busy_ns / 2 <= model->task_least_busy_ns)
        return false;
    struct task_row *least = NULL;
    for (uint32_t i = 0; i < model->task_room; i++) {
        struct task_row *other = model->tasks[i];
        if (other && other->poll_ns && (!least || other->busy_ns < least->busy_ns))
            least = other;
    }
    if (!least)
        return false;
    model->task_least_busy_ns = least->busy_ns;
    if (task->busy_ns / 2 <= least->busy_ns)
        return false;
    drop_histograms(model, least);
    return true;
}

static bool is_power_of_two(uint64_t n)
{
    return (n & (n - 1)) == 0;
}

/* Asked at polls 1, 2, 4, 8…, so that a table full of idle tasks costs little. */
static void want_histograms(struct model *model, struct task_row *task)
{
    if (task->poll_ns || !is_power_of_two(task->polls))
        return;
    if (model->task_histograms >= MODEL_TASK_HISTOGRAMS_MAX && !take_histograms(model, task))
        return;
    task->poll_ns = calloc(1, sizeof(*task->poll_ns));
    task->delay_ns = calloc(1, sizeof(*task->delay_ns));
    if (!task->poll_ns || !task->delay_ns) {
        free(task->poll_ns);
        free(task->delay_ns);
        task->poll_ns = task->delay_ns = NULL;
        return;
    }
    model->task_histograms++;
}

static void apply_poll(struct model *model, struct task_row *task, const struct event *event)
{
    uint64_t start = span_start(event), duration = event->time_ns - start;
    task->polls++;
    task->busy_ns += duration;
    task->worst_ns = larger(task->worst_ns, duration);
    task->self_wakes += (event->flags & LSC_POLL_SELF_WAKE) != 0;
    task->awaits = 0;
    want_histograms(model, task);
    if (task->poll_ns)
        histogram_count(task->poll_ns, duration);
    if (task->delay_ns && task->last_wake_ns <= start)
        histogram_count(task->delay_ns, start - task->last_wake_ns);
    /* A wake during the poll asks for the next one. */
    if (task->last_wake_ns <= start)
        task->last_wake_ns = MODEL_NEVER;
    task->has_ended |= (event->flags & LSC_POLL_READY) != 0;
}

int task_apply_event(struct model *model, const struct event *event)
{
    struct task_row *task = task_get(model, event->task);
    if (!task)
        return 0;
    switch (event->type) {
    case LSC_RECORD_POLL:
        apply_poll(model, task, event);
        break;
    case LSC_RECORD_WAKE:
        task->wakes++;
        if (task->last_wake_ns == MODEL_NEVER)
            task->last_wake_ns = event->time_ns;
        break;
    case LSC_RECORD_SPAWN:
        task->info.parent = (uint32_t)event->arg;
        task->info.spawned_ns = event->time_ns;
        if (event->arg2)
            task->info.site = (uint32_t)event->arg2;
        break;
    case LSC_RECORD_AWAIT:
        task->awaits = (uint32_t)event->arg;
        task->await_site = (uint32_t)event->arg2;
        break;
    case LSC_RECORD_END:
        task->has_ended = true;
        break;
    default:
        break;
    }
    return 0;
}

int task_apply(struct model *model, const struct task_item *item)
{
    struct task_row *task = task_get(model, item->handle);
    if (!task)
        return 0;
    task->info = *item;
    task->awaits = item->awaits;
    if (item->await_site)
        task->await_site = item->await_site;
    task->has_ended |= item->state == LSC_TASK_ENDED;
    return 0;
}

void tasks_free(struct model *model)
{
    for (uint32_t i = 0; i < model->task_room; i++) {
        if (!model->tasks[i])
            continue;
        drop_histograms(model, model->tasks[i]);
        free(model->tasks[i]);
    }
    free(model->tasks);
}

unsigned model_task_slots(const struct model *model)
{
    return model->task_room;
}

const struct task_row *model_task_at(const struct model *model, unsigned slot)
{
    return slot < model->task_room ? model->tasks[slot] : NULL;
}
