/* SPDX-License-Identifier: MIT */
/* The findings of a process, kept so that they outlive later changes of the model. */
#include "judging.h"

#include <stdlib.h>
#include <string.h>

static const char *keep(char **room, const char *text)
{
    size_t bytes = strlen(text) + 1;
    char *copy = memcpy(*room, text, bytes);
    *room += bytes;
    return copy;
}

/* Copies of the frames that the findings blame. */
static bool detach(struct judged *judged)
{
    struct findings *findings = judged->findings;
    size_t count = 0, bytes = 0;
    for (size_t i = 0; i < findings->count; i++) {
        const struct frame *where = findings->items[i].where;
        if (!where)
            continue;
        count++;
        bytes += strlen(where->function) + strlen(where->file) + strlen(where->module) + 3;
    }
    if (count == 0)
        return true;
    judged->frames = malloc(count * sizeof(*judged->frames));
    judged->text = malloc(bytes);
    if (!judged->frames || !judged->text)
        return false;
    struct frame *frame = judged->frames;
    char *room = judged->text;
    for (size_t i = 0; i < findings->count; i++) {
        const struct frame *where = findings->items[i].where;
        if (!where)
            continue;
        *frame = *where;
        frame->function = keep(&room, where->function);
        frame->file = keep(&room, where->file);
        frame->module = keep(&room, where->module);
        findings->items[i].where = frame++;
    }
    return true;
}

void judged_free(struct judged *judged)
{
    findings_delete(judged->findings);
    free(judged->frames);
    free(judged->text);
    *judged = (struct judged){0};
}

bool judged_renew(struct judged *judged, const struct model *model)
{
    struct judged fresh = {.findings = findings_of(model), .seen_ns = model_seen_ns(model)};
    if (!fresh.findings)
        return false;
    if (!detach(&fresh)) {
        judged_free(&fresh);
        return false;
    }
    judged_free(judged);
    *judged = fresh;
    return true;
}
