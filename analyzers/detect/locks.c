/* SPDX-License-Identifier: MIT */
/* Which resources are locks, and how their detectors go through them. */
#include "locks.h"

#include <string.h>

static bool lock_view(const struct model *model, const struct resource_row *row,
                      struct contention *out)
{
    return row && row->capacity <= 1 &&
           strcmp(model_string(model, row->info.kind).bytes, "once") != 0 &&
           contention_view(model, row, out);
}

enum verdict locks_judge(const struct detector *detector, const struct judgement *in,
                         lock_judge_fn *judge_one, struct findings *out)
{
    size_t before = out->count;
    bool has_evidence = false;
    for (unsigned i = 0; i < model_resource_slots(in->model); i++) {
        const struct resource_row *row = model_resource_at(in->model, i);
        struct contention contention;
        if (!lock_view(in->model, row, &contention))
            continue;
        has_evidence = true;
        judge_one(detector, in, row, &contention, out);
    }
    if (out->count > before)
        return VERDICT_FINDING;
    return has_evidence ? VERDICT_OK : VERDICT_NOT_YET;
}
