/* SPDX-License-Identifier: MIT */
/* Calls made away from the loop (LSC_CALL_AWAY) are held until it is known how their turn ends: by
 * another wait, and then they kept the loop from it; or never, and then the loop was over and the
 * program shutting down, joining its threads for instance, with nobody left to wait. */
#include "state.h"

#include <errno.h>

bool away_hold(struct evidence *evidence, const struct event *event)
{
    if (!(event->flags & LSC_CALL_AWAY) || evidence->away_count == EVIDENCE_AWAY)
        return false;
    evidence->away[evidence->away_count++] = *event;
    return true;
}

int away_apply(struct model *model, struct thread *thread)
{
    struct evidence *evidence = thread->evidence;
    int first = 0;
    for (uint32_t i = 0; evidence && i < evidence->away_count; i++) {
        struct event call = evidence->away[i];
        call.flags &= (uint16_t)~LSC_CALL_AWAY;
        int error = call_apply(model, thread, &call);
        first = first == 0 ? error : first;
    }
    if (evidence)
        evidence->away_count = 0;
    return first;
}

uint64_t away_drop(struct thread *thread)
{
    struct evidence *evidence = thread->evidence;
    uint64_t total_ns = 0;
    for (uint32_t i = 0; evidence && i < evidence->away_count; i++)
        total_ns += evidence->away[i].arg;
    if (evidence)
        evidence->away_count = 0;
    return total_ns;
}
