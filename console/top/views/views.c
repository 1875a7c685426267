/* SPDX-License-Identifier: MIT */
/* The registry of views, in the order of their tabs; those that entities open follow. */
#include "views.h"

const struct view *const views[] = {
    &view_overview,  &view_tasks,    &view_loops,   &view_calls, &view_stalls, &view_queues,
    &view_processes, &view_output,   &view_finding, &view_task,  &view_loop,   &view_call,
    &view_stall,     &view_resource, &view_pool,    NULL,
};
