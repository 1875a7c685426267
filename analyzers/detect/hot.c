/* SPDX-License-Identifier: MIT */
/* Which function to blame for CPU time. A single sample names the innermost function of the
 * program, but the samples of one stall often end in different helpers of one function that loops
 * over them. So per stall: the innermost function of the program that HOT_SHARE of the samples have
 * in common, outside of which only callers are. A script's function, where there is one, is blamed
 * by each sample for itself: it is the user's line already. */
#include "judge.h"

#include <stdlib.h>
#include <string.h>

#define HOT_SHARE 80 /* percent */

struct blame {
    uint32_t stack;
    uint32_t order; /* of the stalls, longest first */
    const struct frame *where;
    uint64_t pc;
};
struct hot {
    struct blame *items; /* sorted by stack; what the longest stall says comes first */
    size_t count;
};

/* The frames of one stack that may be blamed, innermost first. */
struct candidates {
    struct stack_frame frames[STACK_FRAMES_MAX];
    unsigned count;
    struct stack_frame fallback; /* the stack's own culprit; frame NULL: none */
    uint32_t stack, weight;
};

static bool same_function(const struct frame *a, const struct frame *b)
{
    return a->function[0] && strcmp(a->function, b->function) == 0 &&
           strcmp(a->module, b->module) == 0;
}

/* The program's own frames inward of the outermost library frame: what lies outward of that is the
 * way into the loop (main and the like), which all turns share. */
static void find_candidates(struct candidates *c, const struct model *model,
                            const struct stall_stack *sampled)
{
    struct stack_frame all[STACK_FRAMES_MAX];
    unsigned depth = stack_frames(model, sampled->stack, all), limit = depth;
    int culprit = stack_culprit(all, depth);
    c->stack = sampled->stack;
    c->weight = sampled->count;
    c->count = 0;
    c->fallback = culprit < 0 ? (struct stack_frame){0} : all[culprit];
    if (culprit < 0 || all[culprit].frame->kind != FRAME_NATIVE)
        return;
    for (unsigned i = (unsigned)culprit; i < depth; i++)
        if (all[i].frame->kind == FRAME_LIBRARY)
            limit = i;
    for (unsigned i = 0; i < limit; i++)
        if (all[i].frame->kind == FRAME_NATIVE)
            c->frames[c->count++] = all[i];
}

static const struct stack_frame *frame_of(const struct candidates *c, const struct frame *function)
{
    for (unsigned i = 0; i < c->count; i++)
        if (same_function(c->frames[i].frame, function))
            return &c->frames[i];
    return NULL;
}

/* The innermost function that enough of the stall's samples have in common; NULL: there is none. */
static const struct frame *shared_function(const struct candidates *all, unsigned count)
{
    uint64_t total = 0;
    unsigned heaviest = 0;
    for (unsigned i = 0; i < count; i++) {
        total += all[i].weight;
        if (all[i].weight > all[heaviest].weight)
            heaviest = i;
    }
    for (unsigned f = 0; f < all[heaviest].count; f++) {
        const struct frame *function = all[heaviest].frames[f].frame;
        uint64_t weight = 0;
        for (unsigned i = 0; i < count; i++)
            weight += frame_of(&all[i], function) ? all[i].weight : 0;
        if (weight * 100 >= total * HOT_SHARE)
            return function;
    }
    return NULL;
}

static void blame_stall(struct hot *hot, const struct candidates *all, unsigned count)
{
    const struct frame *shared = count ? shared_function(all, count) : NULL;
    for (unsigned i = 0; i < count; i++) {
        const struct stack_frame *frame = shared ? frame_of(&all[i], shared) : NULL;
        if (!frame)
            frame = &all[i].fallback;
        if (frame->frame)
            hot->items[hot->count] = (struct blame){.stack = all[i].stack,
                                                    .order = (uint32_t)hot->count,
                                                    .where = frame->frame,
                                                    .pc = frame->pc};
        hot->count += frame->frame != NULL;
    }
}

static int by_stack(const void *left, const void *right)
{
    const struct blame *a = left, *b = right;
    if (a->stack != b->stack)
        return a->stack < b->stack ? -1 : 1;
    return a->order < b->order ? -1 : a->order > b->order;
}

static void keep_first_of_each(struct hot *hot)
{
    size_t kept = 0;
    qsort(hot->items, hot->count, sizeof(*hot->items), by_stack);
    for (size_t i = 0; i < hot->count; i++)
        if (kept == 0 || hot->items[kept - 1].stack != hot->items[i].stack)
            hot->items[kept++] = hot->items[i];
    hot->count = kept;
}

struct hot *hot_new(const struct judgement *in)
{
    size_t room = 1;
    for (size_t i = 0; i < in->stall_count; i++)
        room += in->stalls[i].stack_count;
    struct hot *hot = calloc(1, sizeof(*hot));
    struct candidates *all = calloc(STALL_STACKS, sizeof(*all));
    if (hot)
        hot->items = calloc(room, sizeof(*hot->items));
    if (!hot || !hot->items || !all) {
        free(all);
        hot_delete(hot);
        return NULL;
    }
    for (size_t i = 0; i < in->stall_count; i++) {
        const struct stall *stall = &in->stalls[i];
        for (unsigned k = 0; k < stall->stack_count; k++)
            find_candidates(&all[k], in->model, &stall->stacks[k]);
        blame_stall(hot, all, stall->stack_count);
    }
    free(all);
    keep_first_of_each(hot);
    return hot;
}

static const struct blame *find(const struct hot *hot, uint32_t stack)
{
    size_t low = 0, high = hot ? hot->count : 0;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (hot->items[middle].stack < stack)
            low = middle + 1;
        else
            high = middle;
    }
    return hot && low < hot->count && hot->items[low].stack == stack ? &hot->items[low] : NULL;
}

void hot_delete(struct hot *hot)
{
    if (!hot)
        return;
    free(hot->items);
    free(hot);
}

/* A stack of no kept stall is judged by itself. */
void hot_blame(const struct hot *hot, const struct model *model, uint32_t stack, struct group *key)
{
    const struct blame *blame = find(hot, stack);
    if (!blame) {
        group_blame(model, stack, key);
        return;
    }
    key->where = blame->where;
    key->where_pc = blame->pc;
}
