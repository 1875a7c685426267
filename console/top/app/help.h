/* SPDX-License-Identifier: MIT */
/* What a finding means, as text: shared by help and by the finding's own view. */
#ifndef LSC_TOP_HELP_H
#define LSC_TOP_HELP_H

#include "analyzers/detect/detect.h"
#include "page.h"

/* What the detector looks for and from what, why it matters, what to try. */
void page_explain(struct page *page, const struct finding *finding);

#endif
