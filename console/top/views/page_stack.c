/* SPDX-License-Identifier: MIT */
/* Stacks, for findings, stalls and calls. */
#include "page_stack.h"

#include "names.h"

void page_stack(struct page *page, const struct model *model, uint32_t stack)
{
    struct stack_frame frames[STACK_FRAMES_MAX];
    unsigned count = stack_frames(model, stack, frames);
    int culprit = stack_culprit(frames, count);
    const struct stack *whole = model_stack(model, stack);
    for (unsigned i = 0; i < count; i++) {
        char name[NAME_BYTES];
        struct area at;
        name_frame(name, frames[i].frame, frames[i].pc);
        if (!page_row(page, &at))
            continue;
        if ((int)i == culprit)
            screen_put(page->screen, &at, 0, 0, STYLE_STRONG,
                       screen_glyph(page->screen, GLYPH_ARROW_RIGHT));
        screen_put(page->screen, &at, 0, 2, frame_style(frames[i].frame->kind), name);
    }
    if (whole && whole->was_cut)
        page_line(page, 2, STYLE_DIM, "further callers were not recorded");
}
