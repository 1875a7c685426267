/* SPDX-License-Identifier: MIT */
/* What the formats share about callbacks: their order, and the function of each. */
#include "formats.h"

#include <stdlib.h>

/* Most time first, then by key: a total order. */
static int heavier_first(const void *left, const void *right)
{
    const struct callback_row *a = *(const struct callback_row *const *)left;
    const struct callback_row *b = *(const struct callback_row *const *)right;
    if (a->total_ns != b->total_ns)
        return a->total_ns > b->total_ns ? -1 : 1;
    if (a->key.callback != b->key.callback)
        return a->key.callback < b->key.callback ? -1 : 1;
    return a->key.what < b->key.what ? -1 : a->key.what > b->key.what;
}

const struct callback_row **callbacks_sorted(const struct model *model, uint32_t thread,
                                             size_t *count)
{
    unsigned all = model_callback_count(model);
    const struct callback_row **rows = calloc(all ? all : 1, sizeof(const struct callback_row *));
    *count = 0;
    for (unsigned i = 0; rows && i < all; i++)
        if (model_callback_at(model, i)->key.thread == thread)
            rows[(*count)++] = model_callback_at(model, i);
    if (rows)
        qsort(rows, *count, sizeof(const struct callback_row *), heavier_first);
    return rows;
}

const struct frame *callback_frame(const struct model *model, uint32_t callback, uint64_t *pc)
{
    struct stack_frame frames[STACK_FRAMES_MAX];
    unsigned count = stack_frames(model, callback, frames);
    int culprit = stack_culprit(frames, count);
    *pc = culprit < 0 ? 0 : frames[culprit].pc;
    return culprit < 0 ? NULL : frames[culprit].frame;
}
