/* SPDX-License-Identifier: MIT */
/* Tasks: what the executor or program says it runs. By handle slot; a new generation replaces the
 * old. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../source/quantize.h"
#include "poll_log.h"

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
    uint32_t place = 0;
    while (model->with_histograms[place] != task)
        place++;
    model->with_histograms[place] = model->with_histograms[--model->task_histograms];
    model->task_least_busy_ns = 0; /* whoever takes the place may be less busy than that */
}

/* Generations of a slot follow one another, and the counter of 11 bits goes round. */
static bool is_older(uint32_t handle, uint32_t present)
{
    uint32_t all = LSC_HANDLE_GENERATION(UINT32_MAX);
    uint32_t back = (LSC_HANDLE_GENERATION(present) - LSC_HANDLE_GENERATION(handle)) & all;
    return back != 0 && back <= all / 2;
}

/* NULL also for a handle whose slot has gone to another task: its table entry may come before the
 * last records of the task that had it before. */
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
    if (task && is_older(handle, task->handle))
        return NULL;
    if (task) {
        contention_leave(model, task, model->seen_ns);
        task_class_end(model, task, model->seen_ns);
        wakes_drop(model, task);
        drop_histograms(model, task);
    } else {
        task = model->tasks[slot] = task_row_place(model, slot);
    }
    if (!task)
        return NULL;
    *task = (struct task_row){.handle = handle,
                              .last_wake_ns = MODEL_NEVER,
                              .await_ns = MODEL_NEVER,
                              .cancelled_ns = MODEL_NEVER,
                              .stranded_ns = MODEL_NEVER};
    return task;
}

/* Of equals the one of the lower slot: it does not matter in which order they came. */
static bool is_less_busy(const struct task_row *task, const struct task_row *than)
{
    if (task->busy_ns != than->busy_ns)
        return task->busy_ns < than->busy_ns;
    return LSC_HANDLE_SLOT(task->handle) < LSC_HANDLE_SLOT(than->handle);
}

/* The least busy task gives its histograms up to one more than twice as busy. Busy times only grow,
 * so the least one of the last look is a bound that saves most looks. */
static bool take_histograms(struct model *model, const struct task_row *task)
{
    if (task->busy_ns / 2 <= model->task_least_busy_ns)
        return false;
    struct task_row *least = model->with_histograms[0];
    for (uint32_t i = 1; i < model->task_histograms; i++)
        if (is_less_busy(model->with_histograms[i], least))
            least = model->with_histograms[i];
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
    model->with_histograms[model->task_histograms++] = task;
}

/* What comes all the same, by a cancellation mostly. */
static void go_on(struct task_row *task, uint64_t time_ns)
{
    if (task->stranded_ns > time_ns) /* or never */
        return;
    if (time_ns - task->stranded_ns > task->stood_ns) {
        task->stood_ns = time_ns - task->stranded_ns;
        task->stood_until_ns = time_ns;
        task->stood_by = task->stranded_by;
        task->stood_site = task->stranded_site;
    }
    task->stranded_ns = MODEL_NEVER;
    task->stranded_by = task->stranded_site = 0;
}

/* What ends a task ends it once. */
static void end_task(struct model *model, struct task_row *task, uint64_t time_ns)
{
    if (!task->has_ended)
        task->ended_ns = time_ns;
    contention_leave(model, task, time_ns);
    go_on(task, time_ns);
    task->has_ended = true;
    task_class_end(model, task, time_ns);
}

/* Times are rounded down, and a poll's start is its end less its duration: what came right before
 * the poll may seem to be within it, and what came within it before. */
static bool is_before(uint64_t time_ns, uint64_t start_ns)
{
    return time_ns != MODEL_NEVER && time_ns <= start_ns + TIME_QUANTUM_NS;
}

static bool is_long_before(uint64_t time_ns, uint64_t start_ns)
{
    return time_ns + TIME_QUANTUM_NS < start_ns;
}

/* How long the task had been ready: the probe may know, else its wake does. */
static uint64_t delay_of(const struct task_row *task, const struct event *event, uint64_t start)
{
    uint64_t told = LSC_POLL_DELAY(event->arg2);
    if (told)
        return told;
    if (is_before(task->last_wake_ns, start))
        return at_least_zero(start, task->last_wake_ns);
    /* An executor's task is ready when it is spawned. */
    bool is_first = task->progress.is_new && worker_is_poll_of_task(event);
    return is_first ? at_least_zero(start, task->info.spawned_ns) : MODEL_NEVER;
}

/* A wake that only its poll tells of: ready again from the poll's end on. */
static void apply_self_wake(struct task_row *task, const struct event *event)
{
    if ((event->flags & LSC_POLL_SELF_WAKE) == 0)
        return;
    task->self_wakes++;
    task->wakes++;
    if (task->last_wake_ns == MODEL_NEVER && !(event->flags & LSC_POLL_READY))
        task->last_wake_ns = event->time_ns;
}

static void strand(struct task_row *task, const struct event *event)
{
    bool is_told = task->stranded_by || task->stranded_site; /* more than the table knows */
    if ((task->stranded_ns != MODEL_NEVER && is_told) || task->active_ns > event->time_ns)
        return;
    task->stranded_ns = smaller(task->stranded_ns, event->time_ns);
    task->stranded_by = (uint32_t)event->arg;
    task->stranded_site = (uint32_t)event->arg2;
}

static void apply_poll(struct model *model, struct task_row *task, const struct event *event)
{
    uint64_t start = span_start(event), duration = event->time_ns - start;
    task->polls++;
    task->busy_ns += duration;
    task->worst_ns = larger(task->worst_ns, duration);
    /* An AWAIT during the poll is where it stands after it. */
    if (task->await_ns == MODEL_NEVER || is_long_before(task->await_ns, start)) {
        task->awaits = 0;
        task->await_ns = MODEL_NEVER;
    }
    if (task->held_count || task->closing || task->waits_for)
        contention_poll(model, task, event);
    want_histograms(model, task);
    if (task->poll_ns)
        histogram_count(task->poll_ns, duration);
    uint64_t delay = delay_of(task, event, start);
    task->progress.delay_ns = delay;
    task->progress.is_new = false;
    if (delay != MODEL_NEVER) {
        task->worst_delay_ns = larger(task->worst_delay_ns, delay);
        if (task->delay_ns)
            histogram_count(task->delay_ns, delay);
    }
    /* A wake during the poll asks for the next one. */
    if (is_before(task->last_wake_ns, start))
        task->last_wake_ns = MODEL_NEVER;
    else if (task->last_wake_ns != MODEL_NEVER) /* ready from the poll's end on */
        task->last_wake_ns = larger(task->last_wake_ns, event->time_ns);
    apply_self_wake(task, event);
    go_on(task, start);
    task->active_ns = larger(task->active_ns, event->time_ns);
    if (event->flags & LSC_POLL_READY)
        end_task(model, task, event->time_ns);
}

struct task_row *task_apply_poll(struct model *model, const struct event *event)
{
    struct task_row *task = task_get(model, event->task);
    if (task)
        apply_poll(model, task, event);
    return task;
}

int task_apply_event(struct model *model, const struct event *event)
{
    struct task_row *task = task_get(model, event->task);
    if (!task)
        return 0;
    switch (event->type) {
    case LSC_RECORD_WAKE:
        task->wakes++;
        task->active_ns = larger(task->active_ns, event->time_ns);
        wakes_add(model, task, event);
        go_on(task, event->time_ns);
        if (task->last_wake_ns == MODEL_NEVER)
            task->last_wake_ns = event->time_ns;
        break;
    case LSC_RECORD_SPAWN:
        task->info.parent = (uint32_t)event->arg;
        task->info.spawned_ns = event->time_ns;
        if (event->arg2)
            task->info.site = (uint32_t)event->arg2;
        task->active_ns = larger(task->active_ns, event->time_ns);
        task_class_join(model, task, event->time_ns);
        break;
    case LSC_RECORD_AWAIT:
        contention_await(model, task, (uint32_t)event->arg, event->time_ns);
        task->awaits = (uint32_t)event->arg;
        task->await_site = (uint32_t)event->arg2;
        task->await_ns = event->time_ns;
        break;
    case LSC_RECORD_CANCEL:
        if (task->cancelled_ns == MODEL_NEVER)
            task->cancelled_ns = event->time_ns;
        break;
    case LSC_RECORD_STRANDED:
        strand(task, event);
        break;
    case LSC_RECORD_END:
        end_task(model, task, event->time_ns);
        break;
    default:
        break;
    }
    return 0;
}

/* What the table knows of waits that began before there were records. */
static void apply_wait(struct task_row *task, const struct task_item *item)
{
    if (item->await_ns == 0)
        return;
    if (task->await_ns == MODEL_NEVER && task->active_ns <= item->await_ns)
        task->await_ns = item->await_ns;
    if (item->state == LSC_TASK_STRANDED && task->stranded_ns == MODEL_NEVER &&
        task->active_ns <= item->await_ns)
        task->stranded_ns = item->await_ns;
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
    apply_wait(task, item);
    task->active_ns = larger(task->active_ns, item->spawned_ns);
    uint64_t now = larger(model->seen_ns, item->spawned_ns);
    task_class_join(model, task, now);
    if (item->state == LSC_TASK_ENDED)
        end_task(model, task, now);
    return 0;
}

void tasks_free(struct model *model)
{
    for (uint32_t i = 0; i < model->task_room; i++) {
        if (!model->tasks[i])
            continue;
        wakes_drop(model, model->tasks[i]);
        drop_histograms(model, model->tasks[i]);
    }
    task_rows_free(model);
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

struct task_row *task_find(const struct model *model, uint32_t handle)
{
    uint32_t slot = LSC_HANDLE_SLOT(handle);
    struct task_row *task = slot < model->task_room ? model->tasks[slot] : NULL;
    return task && handle && task->handle == handle ? task : NULL;
}

const struct task_row *model_task(const struct model *model, uint32_t handle)
{
    return task_find(model, handle);
}
