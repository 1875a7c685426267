/* SPDX-License-Identifier: MIT */
/* The views by name, for views.c and for tests. */
#ifndef LSC_TOP_VIEWS_H
#define LSC_TOP_VIEWS_H

#include "console/top/app/view.h"

/* Tabs. */
extern const struct view view_overview, view_tasks, view_loops, view_calls, view_stalls,
    view_queues, view_processes, view_output;
/* Opened by entities. */
extern const struct view view_finding, view_task, view_loop, view_call, view_stall, view_resource,
    view_pool;

#endif
