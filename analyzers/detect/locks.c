/* SPDX-License-Identifier: MIT */
/* Which resources are locks. */
#include "locks.h"

#include <string.h>

bool lock_view(const struct model *model, const struct resource_row *row, struct contention *out)
{
    return row && row->capacity <= 1 &&
           strcmp(model_string(model, row->info.kind).bytes, "once") != 0 &&
           contention_view(model, row, out);
}

bool locks_are_seen(const struct model *model)
{
    struct contention contention;
    for (unsigned i = 0; i < model_resource_slots(model); i++)
        if (lock_view(model, model_resource_at(model, i), &contention))
            return true;
    return false;
}
