/* SPDX-License-Identifier: MIT */
/* What to tell somebody whose program showed no event loop. */
#include "empty_advice.h"

#include <stdio.h>

const char *empty_advice(const char *path, bool was_observed)
{
    (void)path;
    if (was_observed)
        return "The program was observed, but no thread of it waited for readiness again and again "
               "(epoll, poll or select), so there is no event loop to judge.";
    return "No process of this run waited for readiness again and again (epoll, poll or select), "
           "or "
           "the probe could not be loaded into it.";
}
