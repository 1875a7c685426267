/* SPDX-License-Identifier: MIT */
/* Stories for screens, beside those of the golden reports: what happens at this moment. */
#ifndef LSC_TEST_STORIES_H
#define LSC_TEST_STORIES_H

#include "tests/golden/scenarios.h"

extern const struct scenario stories[]; /* name NULL ends it */

/* story_tasks.c: an executor with a tree of tasks that wait for each other and for a channel. */
void story_tasks(struct stream *stream);

#endif
