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
                  "%" PRIu64 " task%s, %" PRIu64 " poll%s, the longest %s", tasks,
                  tasks == 1 ? "" : "s", polls, polls == 1 ? "" : "s",
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

/* Ways to one place that differ further out are one line. */
struct line {
    char text[480];
    uint64_t live, spawned;
};

/* False: there is no line left for it. */
static bool add_class(struct line *lines, unsigned *count, const struct model *model,
                      const struct task_class *class)
{
    struct text kind = model_string(model, class->key.kind);
    char creation[400], text[sizeof(lines->text)];
    unsigned at = 0;
    creation_text(creation, sizeof(creation), model, class);
    snprintf(text, sizeof(text), "%.60s%s", kind.length ? kind.bytes : "tasks", creation);
    while (at < *count && strcmp(lines[at].text, text) != 0)
        at++;
    if (at == CLASSES_SHOWN)
        return false;
    if (at == *count)
        memcpy(lines[(*count)++].text, text, sizeof(text));
    lines[at].live += class->live;
    lines[at].spawned += class->spawned;
    return true;
}

static void class_lines(const struct ink *ink, const struct model *model)
{
    struct line lines[CLASSES_SHOWN] = {0};
    unsigned shown = 0;
    bool is_all = true;
    size_t count;
    const struct task_class **classes = classes_sorted(model, &count);
    for (size_t i = 0; classes && i < count; i++)
        is_all &= add_class(lines, &shown, model, classes[i]);
    for (unsigned i = 0; i < shown; i++)
        ink_print(ink, "", TEXT_MARGIN, "%s: %" PRIu64 " alive, %" PRIu64 " in all", lines[i].text,
                  lines[i].live, lines[i].spawned);
    if (!is_all)
        ink_print(ink, "", TEXT_MARGIN, "… and others, each with fewer alive");
    free(classes);
}

void text_tasks(const struct ink *ink, const struct model *model, bool verbose)
{
    totals_line(ink, model);
    if (verbose)
        class_lines(ink, model);
}
