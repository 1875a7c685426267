/* SPDX-License-Identifier: MIT */
/* Stacks as people read them, and the frame to blame. */
#include "detect.h"

#include <string.h>

static const struct frame unknown_frame = {
    .function = "", .file = "", .module = "", .kind = FRAME_UNKNOWN};

static bool is_own(const struct frame *frame)
{
    return strstr(frame->module, "libloopscope-preload") != NULL ||
           strstr(frame->module, "libloopscope.so") != NULL;
}

unsigned stack_frames(const struct model *model, uint32_t id,
                      struct stack_frame frames[STACK_FRAMES_MAX])
{
    const struct stack *stack = model_stack(model, id);
    unsigned used = 0;
    for (unsigned i = 0; stack && i < stack->depth; i++) {
        unsigned count;
        const struct frame *at = model_frames(model, stack->pcs[i], &count);
        if (!at) {
            at = &unknown_frame;
            count = 1;
        }
        for (unsigned j = 0; j < count && used < STACK_FRAMES_MAX; j++)
            if (!is_own(&at[j]))
                frames[used++] = (struct stack_frame){.frame = &at[j], .pc = stack->pcs[i]};
    }
    return used;
}

/* The innermost frame of a kind that has a name; without one, the innermost of the kind. */
static int innermost(const struct stack_frame *frames, unsigned count, enum frame_kind kind)
{
    int nameless = -1;
    for (unsigned i = 0; i < count; i++) {
        if (frames[i].frame->kind != kind)
            continue;
        if (frames[i].frame->function[0] != '\0')
            return (int)i;
        nameless = nameless < 0 ? (int)i : nameless;
    }
    return nameless;
}

int stack_culprit(const struct stack_frame *frames, unsigned count)
{
    static const enum frame_kind order[] = {FRAME_SCRIPT, FRAME_NATIVE, FRAME_LIBRARY};
    for (unsigned k = 0; k < sizeof(order) / sizeof(order[0]); k++) {
        int found = innermost(frames, count, order[k]);
        if (found >= 0)
            return found;
    }
    return count ? 0 : -1;
}
