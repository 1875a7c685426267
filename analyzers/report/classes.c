/* SPDX-License-Identifier: MIT */
/* The classes of tasks in the order that the formats tell them. */
#include "formats.h"

#include <stdlib.h>

/* Most alive first, then most spawned, then in order of appearance. */
static int more_first(const void *left, const void *right)
{
    const struct task_class *a = *(const struct task_class *const *)left;
    const struct task_class *b = *(const struct task_class *const *)right;
    if (a->live != b->live)
        return a->live > b->live ? -1 : 1;
    if (a->spawned != b->spawned)
        return a->spawned > b->spawned ? -1 : 1;
    return a < b ? -1 : a > b;
}

const struct task_class **classes_sorted(const struct model *model, size_t *count)
{
    unsigned all = model_task_class_count(model);
    const struct task_class **classes = calloc(all ? all : 1, sizeof(struct task_class *));
    *count = 0;
    for (unsigned i = 0; classes && i < all; i++)
        if (model_task_class_at(model, i)->spawned)
            classes[(*count)++] = model_task_class_at(model, i);
    if (classes)
        qsort(classes, *count, sizeof(struct task_class *), more_first);
    return classes;
}
