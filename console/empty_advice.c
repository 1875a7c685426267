/* SPDX-License-Identifier: MIT */
/* What to tell somebody whose program showed no event loop. */
#include "empty_advice.h"

#include <stdio.h>
#include <stdlib.h>

#include "analyzers/inspect/inspect.h"

/* What its files say against observing it at all. */
static const struct inspect_finding *worst_finding(const struct inspection *inspection)
{
    for (unsigned i = 0; i < inspection->finding_count; i++)
        if (inspection->findings[i].level >= INSPECT_BLOCKER)
            return &inspection->findings[i];
    return NULL;
}

const char *empty_advice(const char *path, bool was_observed)
{
    static char advice[sizeof(struct inspect_finding)];
    struct inspection *inspection = malloc(sizeof *inspection);
    const struct inspect_finding *finding = NULL;
    if (inspection && inspect_program(path, inspection) == 0)
        finding = worst_finding(inspection);
    if (finding)
        snprintf(advice, sizeof advice, "%s%s%s", finding->what, *finding->advice ? " " : "",
                 finding->advice);
    else
        snprintf(advice, sizeof advice, "%s",
                 was_observed
                     ? "The program was observed, but no thread of it waited for readiness "
                       "again and again (epoll, poll or select)."
                     : "The program ended without waiting for readiness again and again "
                       "(epoll, poll or select), or dropped the preloaded library.");
    free(inspection);
    return advice;
}
