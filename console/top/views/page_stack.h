/* SPDX-License-Identifier: MIT */
/* A stack as text: a frame a line in the colour of where it comes from, the culprit marked. */
#ifndef LSC_TOP_PAGE_STACK_H
#define LSC_TOP_PAGE_STACK_H

#include "analyzers/detect/detect.h"
#include "console/top/app/page.h"

void page_stack(struct page *page, const struct model *model, uint32_t stack);

#endif
