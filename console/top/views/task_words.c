/* SPDX-License-Identifier: MIT */
/* Tasks in words, and the ways from a task to others. */
#include "task_words.h"

#include <stdio.h>

#include "console/top/screen/style.h"
#include "task_recent.h"

const struct task_row *task_of(const struct app *app, const struct entity *entity)
{
    const struct model *model = app_model(app, entity->process);
    if (!model || entity->kind != ENTITY_TASK)
        return NULL;
    return model_task(model, (uint32_t)entity->id);
}

static uint64_t larger(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

uint64_t task_polls(const struct task_row *task)
{
    return larger(task->polls, task->info.polls);
}

uint64_t task_busy_ns(const struct task_row *task)
{
    return larger(task->busy_ns, task->info.busy_ns);
}

uint64_t task_worst_ns(const struct task_row *task)
{
    return larger(task->worst_ns, task->info.worst_ns);
}

uint64_t task_wakes(const struct task_row *task)
{
    return larger(task->wakes, task->info.wakes);
}

uint64_t task_self_wakes(const struct task_row *task)
{
    return larger(task->self_wakes, task->info.self_wakes);
}

enum task_condition task_condition(const struct task_row *task)
{
    if (task->has_ended)
        return TASK_HAS_ENDED;
    if (task->stranded_ns != MODEL_NEVER)
        return TASK_IS_STRANDED;
    if (task->info.state == LSC_TASK_RUNNING)
        return TASK_IS_RUNNING;
    if (task->last_wake_ns != MODEL_NEVER || task->info.state == LSC_TASK_READY)
        return TASK_IS_READY;
    return task->await_ns != MODEL_NEVER || task->awaits ? TASK_IS_WAITING : TASK_IS_IDLE;
}

const char *task_condition_word(enum task_condition condition)
{
    static const char *const words[] = {
        [TASK_IS_IDLE] = "idle",       [TASK_IS_WAITING] = "waiting",   [TASK_IS_READY] = "ready",
        [TASK_IS_RUNNING] = "running", [TASK_IS_STRANDED] = "stranded", [TASK_HAS_ENDED] = "ended"};
    return words[condition];
}

unsigned task_condition_style(enum task_condition condition)
{
    static const unsigned styles[] = {
        [TASK_IS_IDLE] = STYLE_DIM,          [TASK_IS_WAITING] = STYLE_TEXT,
        [TASK_IS_READY] = STYLE_WARNING,     [TASK_IS_RUNNING] = STYLE_GOOD,
        [TASK_IS_STRANDED] = STYLE_CRITICAL, [TASK_HAS_ENDED] = STYLE_DIM};
    return styles[condition];
}

void task_waits_words(char out[NAME_BYTES * 2], const struct model *model,
                      const struct task_row *task)
{
    const struct resource_row *row = model_resource(model, task->awaits);
    char name[NAME_BYTES] = "", site[NAME_BYTES] = "";
    out[0] = '\0';
    if (task->has_ended || (task->await_ns == MODEL_NEVER && !row))
        return;
    if (row)
        name_resource(name, model, row);
    name_site(site, model, task->await_site);
    snprintf(out, NAME_BYTES * 2, "%s%s%s", name, name[0] && site[0] ? ", " : "", site);
}

/* The first resource that the task holds and others wait for, else the first it holds. */
static uint32_t held_by(const struct model *model, uint32_t task)
{
    uint32_t held = 0;
    for (unsigned i = 0; i < model_resource_slots(model); i++) {
        const struct resource_row *row = model_resource_at(model, i);
        for (unsigned h = 0; row && h < row->hold_count; h++) {
            if (row->holds[h].task != task)
                continue;
            if (row->waiters)
                return row->handle;
            held = held ? held : row->handle;
        }
    }
    return held;
}

bool task_link(const struct app *app, const struct entity *entity, enum request request,
               struct entity *out)
{
    const struct task_row *task = task_of(app, entity);
    struct task_latest latest = {.waker = 0};
    if (!task)
        return false;
    const struct model *model = app_model(app, entity->process);
    if (request == REQUEST_GO_WAKER || request == REQUEST_GO_THREAD)
        latest = task_latest_of(app, entity);
    *out = (struct entity){.process = entity->process};
    switch ((int)request) {
    case REQUEST_GO_TASK:
        *out = (struct entity){ENTITY_TASK, entity->process, task->info.parent, 0};
        return model_task(model, task->info.parent) != NULL;
    case REQUEST_GO_WAKER:
        *out = (struct entity){ENTITY_TASK, entity->process, latest.waker, 0};
        return model_task(model, latest.waker) != NULL;
    case REQUEST_GO_THREAD:
        *out = (struct entity){ENTITY_THREAD, entity->process, latest.thread, 0};
        return latest.has_thread;
    case REQUEST_GO_QUEUE:
        *out = (struct entity){ENTITY_RESOURCE, entity->process, task->awaits, 0};
        return model_resource(model, task->awaits) != NULL;
    case REQUEST_GO_WAITERS:
        *out = (struct entity){ENTITY_RESOURCE, entity->process, held_by(model, task->handle), 0};
        return out->id != 0;
    default:
        return false;
    }
}
