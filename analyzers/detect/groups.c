/* SPDX-License-Identifier: MIT */
/* Occurrences put together by culprit, so that one mistake is one finding whatever called it. */
#include "judge.h"

#include <stdlib.h>
#include <string.h>

static bool same_frame(const struct group *a, const struct group *b)
{
    if (!a->where || !b->where)
        return a->where == b->where && a->where_pc == b->where_pc;
    if (!a->where->function[0] && !a->where->line) /* unknown: the address is all there is */
        return !b->where->function[0] && !b->where->line && a->where_pc == b->where_pc;
    return strcmp(a->where->function, b->where->function) == 0 &&
           strcmp(a->where->file, b->where->file) == 0 &&
           (a->by_function || a->where->line == b->where->line);
}

struct group *group_find(const struct groups *groups, const struct group *key)
{
    for (size_t i = 0; i < groups->count; i++) {
        struct group *group = &groups->items[i];
        if (group->call == key->call && group->extra == key->extra && same_frame(group, key))
            return group;
    }
    return NULL;
}

struct group *group_get(struct groups *groups, const struct group *key)
{
    struct group *found = group_find(groups, key);
    if (found)
        return found;
    if (groups->count == GROUPS_MAX)
        return NULL;
    if (groups->count == groups->room) {
        size_t room = groups->room ? groups->room * 2 : 16;
        struct group *items = realloc(groups->items, room * sizeof(*items));
        if (!items)
            return NULL;
        groups->items = items;
        groups->room = room;
    }
    struct group *group = &groups->items[groups->count++];
    *group = *key;
    group->worst_thread = UINT32_MAX;
    group->first_ns = MODEL_NEVER;
    return group;
}

void group_add_thread(struct group *group, uint32_t thread)
{
    for (unsigned i = 0; i < group->thread_count; i++)
        if (group->threads[i] == thread)
            return;
    if (group->thread_count < GROUP_THREADS_MAX)
        group->threads[group->thread_count++] = thread;
    else
        group->threads_unheld++;
}

void group_add(struct group *group, uint32_t thread, uint32_t stack, uint64_t count,
               uint64_t total_ns, uint64_t worst_ns)
{
    group_add_thread(group, thread);
    group->count += count;
    group->total_ns += total_ns;
    if (group->worst_thread == UINT32_MAX || worst_ns > group->worst_ns) {
        group->worst_ns = worst_ns;
        group->worst_thread = thread;
    }
    if (stack && (group->stack == 0 || total_ns > group->stack_ns)) {
        group->stack = stack;
        group->stack_ns = total_ns;
    }
}

void group_span(struct group *group, uint64_t first_ns, uint64_t last_ns)
{
    if (first_ns < group->first_ns)
        group->first_ns = first_ns;
    if (last_ns > group->last_ns)
        group->last_ns = last_ns;
}

void group_add_poll(struct group *group, uint32_t task, uint32_t callback, uint32_t what,
                    uint64_t ns)
{
    if ((task == 0 && callback == 0) || ns < group->poll_ns)
        return;
    group->task = task;
    group->callback = callback;
    group->what = what;
    group->poll_ns = ns;
}

void groups_free(struct groups *groups)
{
    free(groups->items);
    *groups = (struct groups){0};
}

void group_blame(const struct model *model, uint32_t stack, struct group *key)
{
    struct stack_frame frames[STACK_FRAMES_MAX];
    unsigned count = stack_frames(model, stack, frames);
    int culprit = stack_culprit(frames, count);
    key->where = culprit < 0 ? NULL : frames[culprit].frame;
    key->where_pc = culprit < 0 ? 0 : frames[culprit].pc;
}

uint64_t group_seen_ns(const struct model *model, const struct group *group)
{
    uint64_t seen = 0;
    for (unsigned i = 0; i < group->thread_count; i++) {
        const struct thread *thread = model_thread(model, group->threads[i]);
        seen += thread ? thread_span_ns(thread) : 0;
    }
    return seen > group->total_ns ? seen : group->total_ns;
}
