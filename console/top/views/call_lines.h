/* SPDX-License-Identifier: MIT */
/* Blocking calls as the console tells them: by call and culprit line, and all of a call together.
 */
#ifndef LSC_TOP_CALL_LINES_H
#define LSC_TOP_CALL_LINES_H

#include "stack_tree.h"
#include "views.h"

struct call_line {
    struct entity entity, parent; /* of a call as a whole: parent kind NONE */
    unsigned call;                /* enum lsc_call */
    bool is_nonblocking;          /* the descriptor was non-blocking: delayed, not waiting */
    bool is_short; /* each under the threshold, but many in a turn; worst_ns: of a turn */
    bool in_progress;
    uint64_t count, total_ns, worst_ns, first_ns, last_ns;
    uint64_t since_ns;            /* in progress: since when; MODEL_NEVER unknown */
    uint32_t thread, stack, task; /* of the worst */
    unsigned stacks;
};
/* All lines of a process: a heap array, sorted by entity id. NULL: none, or no memory. */
struct call_line *call_lines(const struct model *model, uint32_t process, size_t *count);
/* The stacks that a line is made of, weighted by time: a heap array. */
struct weighted_stack *call_line_stacks(const struct model *model, const struct entity *line,
                                        size_t *count);

#endif
