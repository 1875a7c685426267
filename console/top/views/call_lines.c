/* SPDX-License-Identifier: MIT */
/* Rows of blocking calls, which are by stack, added up by culprit line and by call. */
#include "call_lines.h"

#include <stdlib.h>
#include <string.h>

/* What a line is told apart by. */
struct line_key {
    char function[120], file[120];
    uint64_t pc;
    uint32_t line, call, is_nonblocking, is_whole;
};

static struct entity line_entity(const struct model *model, uint32_t process,
                                 const struct blocked_row *row, bool is_whole)
{
    struct line_key key;
    memset(&key, 0, sizeof(key));
    key.call = row->key.call;
    key.is_nonblocking = row->key.is_nonblocking;
    key.is_whole = is_whole;
    struct stack_frame frames[STACK_FRAMES_MAX];
    unsigned count = is_whole || !row->key.stack ? 0 : stack_frames(model, row->key.stack, frames);
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

static struct call_line line_of(const struct model *model, uint32_t process,
                                const struct blocked_row *row, bool is_whole)
{
    struct call_line line = {.entity = line_entity(model, process, row, is_whole),
                             .call = row->key.call,
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
    if (!is_whole)
        line.parent = line_entity(model, process, row, true);
    return line;
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
    size_t rows_count;
    struct blocked_row *rows = model_blocked(model, &rows_count);
    struct call_line *lines = rows ? calloc(rows_count * 2 + 1, sizeof(*lines)) : NULL;
    *count = 0;
    for (size_t i = 0; lines && i < rows_count; i++) {
        lines[(*count)++] = line_of(model, process, &rows[i], false);
        lines[(*count)++] = line_of(model, process, &rows[i], true);
    }
    free(rows);
    if (lines) {
        qsort(lines, *count, sizeof(*lines), by_entity);
        *count = merge_all(lines, *count);
    }
    return lines;
}

struct weighted_stack *call_line_stacks(const struct model *model, const struct entity *line,
                                        size_t *count)
{
    size_t rows_count;
    struct blocked_row *rows = model_blocked(model, &rows_count);
    struct weighted_stack *stacks = rows ? calloc(rows_count + 1, sizeof(*stacks)) : NULL;
    *count = 0;
    for (size_t i = 0; stacks && i < rows_count; i++) {
        struct entity entity = line_entity(model, line->process, &rows[i], line->extra != 0);
        if (rows[i].key.stack && entity_same(&entity, line))
            stacks[(*count)++] = (struct weighted_stack){rows[i].key.stack, rows[i].total_ns};
    }
    free(rows);
    return stacks;
}
