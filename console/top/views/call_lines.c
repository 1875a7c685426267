/* SPDX-License-Identifier: MIT */
/* Rows of blocking calls, which are by stack, added up by culprit line and by call. */
#include "call_lines.h"

#include <stdlib.h>
#include <string.h>

/* What a line is told apart by. */
struct line_key {
    char function[120], file[120];
    uint64_t pc;
    uint32_t line, call, is_nonblocking, is_short, is_whole;
};

static struct entity entity_of(const struct model *model, uint32_t process,
                               const struct call_line *line, bool is_whole)
{
    struct line_key key;
    memset(&key, 0, sizeof(key));
    key.call = line->call;
    key.is_nonblocking = line->is_nonblocking;
    key.is_short = line->is_short;
    key.is_whole = is_whole;
    struct stack_frame frames[STACK_FRAMES_MAX];
    unsigned count = is_whole || !line->stack ? 0 : stack_frames(model, line->stack, frames);
    int culprit = count ? stack_culprit(frames, count) : -1;
    if (culprit >= 0) {
        const struct frame *frame = frames[culprit].frame;
        strncpy(key.function, frame->function, sizeof(key.function) - 1);
        strncpy(key.file, frame->file, sizeof(key.file) - 1);
        key.line = frame->line;
        key.pc = frame->function[0] ? 0 : frames[culprit].pc;
    }
    return (struct entity){ENTITY_CALL, process, entity_hash(&key, sizeof(key)), is_whole};
}

static int by_entity(const void *left, const void *right)
{
    const struct call_line *a = left, *b = right;
    if (a->entity.id != b->entity.id)
        return a->entity.id < b->entity.id ? -1 : 1;
    /* Then the worst first, so that it gives its thread, stack and task. */
    if (a->worst_ns != b->worst_ns)
        return a->worst_ns > b->worst_ns ? -1 : 1;
    return a->stack < b->stack ? -1 : a->stack > b->stack;
}

static uint64_t call_since(const struct model *model, const struct blocked_row *row)
{
    const struct thread *thread = model_thread(model, row->key.thread);
    if (!row->in_progress || !thread || !thread->has_now || thread->now.call != row->key.call)
        return MODEL_NEVER;
    return thread->now.call_since_ns;
}

static struct call_line line_of_row(const struct model *model, const struct blocked_row *row)
{
    return (struct call_line){.call = row->key.call,
                              .is_nonblocking = row->key.is_nonblocking,
                              .in_progress = row->in_progress,
                              .count = row->count,
                              .total_ns = row->total_ns,
                              .worst_ns = row->worst_ns,
                              .first_ns = row->first_ns,
                              .last_ns = row->last_ns,
                              .since_ns = call_since(model, row),
                              .thread = row->key.thread,
                              .stack = row->key.stack,
                              .task = row->task,
                              .stacks = 1};
}

static struct call_line line_of_short(const struct short_row *row)
{
    return (struct call_line){.call = row->key.call,
                              .is_nonblocking = row->key.is_nonblocking,
                              .is_short = true,
                              .count = row->calls,
                              .total_ns = row->total_ns,
                              .worst_ns = row->worst_ns,
                              .first_ns = row->first_ns,
                              .last_ns = row->last_ns,
                              .since_ns = MODEL_NEVER,
                              .thread = row->key.thread,
                              .stack = row->key.stack,
                              .stacks = 1};
}

/* A line for each stack, not yet with its entity: a heap array with room for twice as many. */
static struct call_line *lines_by_stack(const struct model *model, size_t *count)
{
    size_t rows_count = 0;
    struct blocked_row *rows = model_blocked(model, &rows_count);
    unsigned short_count = model_short_count(model);
    struct call_line *lines = calloc((rows_count + short_count) * 2 + 1, sizeof(*lines));
    *count = 0;
    for (size_t i = 0; lines && rows && i < rows_count; i++)
        lines[(*count)++] = line_of_row(model, &rows[i]);
    for (unsigned i = 0; lines && i < short_count; i++)
        lines[(*count)++] = line_of_short(model_short_at(model, i));
    free(rows);
    return lines;
}

static void merge(struct call_line *into, const struct call_line *line)
{
    into->in_progress |= line->in_progress;
    into->count += line->count;
    into->total_ns += line->total_ns;
    into->first_ns = line->first_ns < into->first_ns ? line->first_ns : into->first_ns;
    into->last_ns = line->last_ns > into->last_ns ? line->last_ns : into->last_ns;
    into->since_ns = line->since_ns < into->since_ns ? line->since_ns : into->since_ns;
    into->stacks++;
}

static size_t merge_all(struct call_line *lines, size_t count)
{
    size_t merged = 0;
    for (size_t i = 0; i < count; i++) {
        if (merged && entity_same(&lines[merged - 1].entity, &lines[i].entity))
            merge(&lines[merged - 1], &lines[i]);
        else
            lines[merged++] = lines[i];
    }
    return merged;
}

struct call_line *call_lines(const struct model *model, uint32_t process, size_t *count)
{
    size_t stacks;
    struct call_line *lines = lines_by_stack(model, &stacks);
    *count = 0;
    if (!lines)
        return NULL;
    for (size_t i = 0; i < stacks; i++) {
        struct call_line *whole = &lines[stacks + i];
        *whole = lines[i];
        whole->entity = entity_of(model, process, whole, true);
        lines[i].entity = entity_of(model, process, &lines[i], false);
        lines[i].parent = whole->entity;
    }
    qsort(lines, stacks * 2, sizeof(*lines), by_entity);
    *count = merge_all(lines, stacks * 2);
    return lines;
}

struct weighted_stack *call_line_stacks(const struct model *model, const struct entity *line,
                                        size_t *count)
{
    size_t all;
    struct call_line *lines = lines_by_stack(model, &all);
    struct weighted_stack *stacks = lines ? calloc(all + 1, sizeof(*stacks)) : NULL;
    *count = 0;
    for (size_t i = 0; stacks && i < all; i++) {
        struct entity entity = entity_of(model, line->process, &lines[i], line->extra != 0);
        if (lines[i].stack && entity_same(&entity, line))
            stacks[(*count)++] = (struct weighted_stack){lines[i].stack, lines[i].total_ns};
    }
    free(lines);
    return stacks;
}
