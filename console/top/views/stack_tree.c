/* SPDX-License-Identifier: MIT */
/* Merged stack trees. */
#include "stack_tree.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "console/top/app/cell.h"
#include "names.h"

#define FOREIGN_RUN 3 /* so many foreign frames in a row are told as one line */
#define DEPTH_MAX 24  /* of branches that are drawn beside each other */

struct node {
    const struct frame *frame;
    uint64_t pc, weight;
    unsigned parent, first, next; /* indices; 0: none, for node 0 is the root */
    bool is_culprit;
};
struct tree {
    struct node *nodes;
    unsigned count;
    bool is_short;
};
struct branch {
    unsigned depth;
    bool goes_on[DEPTH_MAX]; /* a sibling follows below, by depth */
};

static bool is_same_frame(const struct node *node, const struct stack_frame *frame)
{
    const struct frame *a = node->frame, *b = frame->frame;
    if (a == b)
        return true;
    return a->function[0] && strcmp(a->function, b->function) == 0 && a->line == b->line &&
           strcmp(a->file, b->file) == 0;
}

/* The child of `parent` for this frame, made when it is new; 0: no room. */
static unsigned child_of(struct tree *tree, unsigned parent, const struct stack_frame *frame)
{
    unsigned last = 0;
    for (unsigned at = tree->nodes[parent].first; at; at = tree->nodes[at].next) {
        if (is_same_frame(&tree->nodes[at], frame))
            return at;
        last = at;
    }
    if (tree->count == STACK_TREE_NODES)
        return 0;
    unsigned at = tree->count++;
    tree->nodes[at] = (struct node){.frame = frame->frame, .pc = frame->pc, .parent = parent};
    *(last ? &tree->nodes[last].next : &tree->nodes[parent].first) = at;
    return at;
}

static void add(struct tree *tree, const struct model *model, const struct weighted_stack *stack)
{
    struct stack_frame frames[STACK_FRAMES_MAX];
    unsigned count = stack_frames(model, stack->stack, frames);
    int culprit = stack_culprit(frames, count);
    unsigned at = 0;
    tree->nodes[0].weight += stack->weight;
    for (unsigned i = count; i-- > 0;) {
        at = child_of(tree, at, &frames[i]);
        if (at == 0) {
            tree->is_short = true;
            return;
        }
        tree->nodes[at].weight += stack->weight;
        tree->nodes[at].is_culprit |= (int)i == culprit;
    }
}

/* The heaviest child not heavier than what was told, after it in order; 0: no more. */
static unsigned next_child(const struct tree *tree, unsigned parent, unsigned told)
{
    unsigned best = 0;
    for (unsigned at = tree->nodes[parent].first; at; at = tree->nodes[at].next) {
        uint64_t weight = tree->nodes[at].weight;
        bool is_left = !told || weight < tree->nodes[told].weight ||
                       (weight == tree->nodes[told].weight && at > told);
        if (is_left && (!best || weight > tree->nodes[best].weight))
            best = at;
    }
    return best;
}

static bool is_foreign(const struct node *node)
{
    return !node->is_culprit && node->frame->kind != FRAME_NATIVE &&
           node->frame->kind != FRAME_SCRIPT;
}

static unsigned only_child(const struct tree *tree, unsigned at)
{
    unsigned child = tree->nodes[at].first;
    return child && !tree->nodes[child].next ? child : 0;
}

/* How many foreign frames follow each other from here on, the last of them in *last. */
static unsigned foreign_run(const struct tree *tree, unsigned at, unsigned *last)
{
    unsigned count = 0;
    for (; at && is_foreign(&tree->nodes[at]); at = only_child(tree, at)) {
        /* What was called in the end is told by itself. */
        if (!tree->nodes[at].first)
            break;
        *last = at;
        count++;
    }
    return count;
}

/* Where the frames of a run are from. */
static const char *run_module(const struct tree *tree, unsigned at, unsigned run)
{
    const char *module = tree->nodes[at].frame->module;
    while (--run) {
        at = only_child(tree, at);
        if (strcmp(tree->nodes[at].frame->module, module) != 0)
            return "libraries and runtime";
    }
    return module[0] ? path_base(module) : "other code";
}

static unsigned put_branch(struct page *page, const struct area *line, const struct branch *branch,
                           bool is_first)
{
    unsigned at = 8;
    for (unsigned depth = 1; depth <= branch->depth; depth++) {
        bool goes_on = branch->goes_on[depth];
        const char *text = goes_on ? screen_glyph(page->screen, GLYPH_TREE_PASS) : "  ";
        if (depth == branch->depth && is_first)
            text = screen_glyph(page->screen, goes_on ? GLYPH_TREE_MIDDLE : GLYPH_TREE_LAST);
        at += screen_put(page->screen, line, 0, at, STYLE_DIM, text);
    }
    return at;
}

static void tell(const struct tree *tree, struct page *page, unsigned at, unsigned run,
                 const struct branch *branch, bool is_first)
{
    struct area line;
    char name[NAME_BYTES];
    const struct node *node = &tree->nodes[at];
    if (!page_row(page, &line))
        return;
    uint64_t all = tree->nodes[0].weight ? tree->nodes[0].weight : 1;
    unsigned share = (unsigned)((unsigned __int128)node->weight * 1000 / all);
    if (is_first)
        screen_print(page->screen, &line, 0, 0, STYLE_STRONG, "%3u.%u %%", share / 10, share % 10);
    unsigned column = put_branch(page, &line, branch, is_first);
    if (run >= FOREIGN_RUN) {
        screen_print(page->screen, &line, 0, column, STYLE_DIM, "(%u frames of %s)", run,
                     run_module(tree, at, run));
        return;
    }
    name_frame(name, node->frame, node->pc);
    if (node->is_culprit)
        column += screen_print(page->screen, &line, 0, column, STYLE_STRONG, "%s ",
                               screen_glyph(page->screen, GLYPH_ARROW_RIGHT));
    screen_put(page->screen, &line, 0, column, frame_style(node->frame->kind), name);
}

/* A chain of frames without branches, then its branches, one level further in. */
static void tell_chain(const struct tree *tree, struct page *page, unsigned at,
                       const struct branch *branch)
{
    for (bool is_first = true; at; is_first = false) {
        unsigned last = at, run = foreign_run(tree, at, &last);
        tell(tree, page, at, run, branch, is_first);
        if (run >= FOREIGN_RUN)
            at = last;
        if (!only_child(tree, at))
            break;
        at = only_child(tree, at);
    }
    struct branch inner = *branch;
    if (inner.depth + 1 < DEPTH_MAX)
        inner.depth++;
    for (unsigned child = next_child(tree, at, 0); child;) {
        unsigned following = next_child(tree, at, child);
        inner.goes_on[inner.depth] = following != 0;
        tell_chain(tree, page, child, &inner);
        child = following;
    }
}

void page_stack_tree(struct page *page, const struct model *model,
                     const struct weighted_stack *stacks, size_t count)
{
    struct tree tree = {.nodes = calloc(STACK_TREE_NODES, sizeof(struct node)), .count = 1};
    struct branch branch = {.depth = 0};
    if (!tree.nodes) {
        page_text(page, 0, STYLE_ERROR, "There is no memory for the stacks.");
        return;
    }
    for (size_t i = 0; i < count; i++)
        add(&tree, model, &stacks[i]);
    for (unsigned child = next_child(&tree, 0, 0); child; child = next_child(&tree, 0, child))
        tell_chain(&tree, page, child, &branch);
    if (tree.is_short)
        page_text(page, 0, STYLE_CAVEAT, "There are more different stacks than are shown.");
    free(tree.nodes);
}
