/* SPDX-License-Identifier: MIT */
/* Findings as rows of lists, and where they lead. */
#ifndef LSC_TOP_FINDING_COLUMNS_H
#define LSC_TOP_FINDING_COLUMNS_H

#include "console/top/app/view.h"

extern const struct column finding_columns[];
void finding_collect(const struct app *app, struct rows_out *rows);
/* Goes on, in a process that does: with its process whatever it was has ended. */
bool finding_is_now(const struct app *app, uint32_t process, const struct finding *finding);
/* "runJob (server.js:12), epoll_wait" */
void finding_where(const struct app *app, uint32_t process, const struct finding *finding,
                   char *out, size_t bytes);
/* Its task, queue or loop. */
bool finding_link(const struct app *app, const struct entity *entity, enum request request,
                  struct entity *out);

#endif
