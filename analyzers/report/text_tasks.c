/* SPDX-License-Identifier: MIT */
/* The tasks in a line, and by kind and place of creation when all is asked for. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

#define CLASSES_SHOWN 12

static void totals_line(const struct ink *ink, const struct model *model)
{
    uint64_t tasks = 0, polls = 0, worst = 0;
    for (unsigned i = 0; i < model_task_slots(model); i++) {
        const struct task_row *task = model_task_at(model, i);
        if (!task)
            continue;
        tasks++;
        polls += task->polls > task->info.polls ? task->polls : task->info.polls;
        worst = task->worst_ns > worst ? task->worst_ns : worst;
    }
    char longest[DURATION_BYTES];
    if (tasks)
        ink_print(ink, "  tasks", TEXT_MARGIN,
                  "%" PRIu64 " tasks, %" PRIu64 " polls, the longest %s", tasks, polls,
                  duration_text(longest, worst));
}

static void creation_text(char *out, size_t bytes, const struct model *model,
                          const struct task_class *class)
{
    const struct site *site = model_site(model, class->key.site);
    char function[300];
    out[0] = '\0';
    if (class->key.stack) {
        callback_text(function, sizeof(function), model, class->key.stack);
        snprintf(out, bytes, " created by %s", function);
    } else if (site) {
        snprintf(out, bytes, " created by %.120s (%.80s:%" PRIu32 ")",
                 model_string(model, site->function).bytes,
                 path_base(model_string(model, site->file).bytes), site->line);
    }
}

static void class_line(const struct ink *ink, const struct model *model,
                       const struct task_class *class)
{
    struct text kind = model_string(model, class->key.kind);
    char creation[400];
    creation_text(creation, sizeof(creation), model, class);
    ink_print(ink, "", TEXT_MARGIN,
              "%.60s%s: %" PRIu64 " alive, at most %" PRIu64 " at once, %" PRIu64 " in all",
              kind.length ? kind.bytes : "tasks", creation, class->live, class->live_max,
              class->spawned);
}

void text_tasks(const struct ink *ink, const struct model *model, bool verbose)
{
    size_t count;
    const struct task_class **classes = verbose ? classes_sorted(model, &count) : NULL;
    totals_line(ink, model);
    if (!classes)
        return;
    for (size_t i = 0; i < count && i < CLASSES_SHOWN; i++)
        class_line(ink, model, classes[i]);
    if (count > CLASSES_SHOWN)
        ink_print(ink, "", TEXT_MARGIN, "… %zu more kinds and places, each with fewer alive",
                  count - CLASSES_SHOWN);
    free(classes);
}
