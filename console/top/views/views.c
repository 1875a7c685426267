/* SPDX-License-Identifier: MIT */
/* The registry of views, in the order of their tabs; those that entities open follow. */
#include "views.h"

const struct view *const views[] = {
    &view_overview,
    &view_processes,
    &view_finding,
    NULL,
};
