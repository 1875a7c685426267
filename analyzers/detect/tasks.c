/* SPDX-License-Identifier: MIT */
/* Tasks and workers in words, and what their stalls were made of. */
#include "tasks.h"

#include <inttypes.h>

bool tasks_are_seen(const struct model *model)
{
    for (unsigned i = 0; i < model_thread_count(model); i++) {
        const struct worker *worker = thread_worker(model_thread_at(model, i));
        if (worker && worker->polls)
            return true;
    }
    return false;
}

void say_worker(struct sentence *s, const struct thread *thread)
{
    if (!thread)
        say(s, "its worker");
    else
        say(s, "worker '%s' (tid %" PRIu32 ")", thread->name[0] ? thread->name : "?", thread->tid);
}

void say_task(struct sentence *s, const struct model *model, uint32_t handle)
{
    const struct task_row *task = model_task(model, handle);
    char name[160];
    task_name(model, handle, 0, name, sizeof(name));
    say(s, "%s", name);
    if (task)
        say_place(s, " spawned by ", model, task->info.stack, task->info.site);
}

void facts_of_task(struct finding *finding, const struct model *model, const char *key,
                   const char *place_key, uint32_t handle)
{
    const struct task_row *task = model_task(model, handle);
    char name[160];
    if (!handle)
        return;
    task_name(model, handle, 0, name, sizeof(name));
    fact_text(finding, key, name);
    if (task)
        fact_place(finding, place_key, model, task->info.stack, task->info.site);
}

static bool is_of_class(const struct model *model, const struct stall *stall, uint32_t class)
{
    const struct task_row *task = stall->task ? model_task(model, stall->task) : NULL;
    return task && task->class == class;
}

uint64_t time_without(const struct judgement *in, uint32_t class, unsigned parts, uint64_t ns)
{
    uint64_t some = 0, all = 0;
    for (size_t i = 0; i < in->stall_count; i++) {
        const struct stall *stall = &in->stalls[i];
        if (!is_of_class(in->model, stall, class))
            continue;
        all += stall->wall_ns;
        for (unsigned part = 0; part < PART_COUNT; part++)
            some += parts & PART_BIT(part) ? stall->part[part] : 0;
    }
    some = some < all ? some : all;
    return all ? (uint64_t)((unsigned __int128)ns * (all - some) / all) : ns;
}

uint32_t stack_of_stalls(const struct judgement *in, uint32_t class)
{
    for (size_t i = 0; i < in->stall_count; i++) {
        const struct stall *stall = &in->stalls[i];
        const struct stall_stack *most = &stall->stacks[0];
        if (!is_of_class(in->model, stall, class) || stall->stack_count == 0)
            continue;
        for (unsigned k = 1; k < stall->stack_count; k++)
            most = stall->stacks[k].count > most->count ? &stall->stacks[k] : most;
        return most->stack;
    }
    return 0;
}
