/* SPDX-License-Identifier: MIT */
/* The foot of the overview: the selected finding's sentence, loops, queues, workers. */
#ifndef LSC_TOP_PANELS_H
#define LSC_TOP_PANELS_H

#include "console/top/app/view.h"

unsigned panels_rows(const struct app *app, const struct area *room);
/* The longest turn of a loop, the one that goes on, or went on at its end, included. */
uint64_t worst_turn(const struct app *app, uint32_t process, const struct thread *thread);
void panels_draw(const struct app *app, struct screen *screen, const struct area *area);

#endif
