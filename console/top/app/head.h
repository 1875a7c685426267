/* SPDX-License-Identifier: MIT */
/* The head of a view: the text that it tells, or what it draws itself. */
#ifndef LSC_TOP_HEAD_H
#define LSC_TOP_HEAD_H

#include "view.h"

/* Whether the view that is shown is one text, to be scrolled. */
bool head_is_text(const struct app *app);
/* Of its whole text. */
unsigned head_text_rows(const struct app *app, unsigned columns);
bool head_exists(const struct app *app);
void head_draw(const struct app *app, struct screen *screen, const struct area *area);

#endif
