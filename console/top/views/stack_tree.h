/* SPDX-License-Identifier: MIT */
/* Many stacks as one tree, callers above what they call: where a stall or calls spent their time.
 */
#ifndef LSC_TOP_STACK_TREE_H
#define LSC_TOP_STACK_TREE_H

#include "analyzers/detect/detect.h"
#include "console/top/app/page.h"

struct weighted_stack {
    uint32_t stack;
    uint64_t weight; /* samples, or time */
};
/* Each line has its share of all weight. Runs of frames that are not the program's own are told as
 * one line. At most STACK_TREE_NODES frames; what does not fit is left out of the tree and said. */
#define STACK_TREE_NODES 2048
void page_stack_tree(struct page *page, const struct model *model,
                     const struct weighted_stack *stacks, size_t count);

#endif
