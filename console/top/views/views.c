/* SPDX-License-Identifier: MIT */
/* The registry of views, in the order of their tabs; those that entities open follow. */
#include "views.h"

const struct view *const views[] = {
    &view_overview, &view_tasks, &view_loops, &view_calls, &view_stalls, &view_processes,
    &view_finding,  &view_task,  &view_loop,  &view_call,  &view_stall,  NULL,
};
