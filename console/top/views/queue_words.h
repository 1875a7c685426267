/* SPDX-License-Identifier: MIT */
/* What the list of queues and the screens of one share. */
#ifndef LSC_TOP_QUEUE_WORDS_H
#define LSC_TOP_QUEUE_WORDS_H

#include "analyzers/model/contention.h"
#include "console/top/app/view.h"
#include "names.h"

/* NULL: another has its place by now, or there is no such process. */
const struct resource_row *queue_of(const struct app *app, const struct entity *entity);
const struct pool *queue_pool(const struct app *app, const struct entity *entity);

/* Tasks that wait for it, by its own account or by the tasks'. */
uint64_t queue_waiters(const struct model *model, const struct resource_row *row);
/* The task that holds it, or whose queue it is; 0 none. */
uint32_t queue_holder(const struct resource_row *row);
/* Where a request leads from a queue. */
bool queue_link(const struct app *app, const struct entity *entity, enum request request,
                struct entity *out);

#endif
