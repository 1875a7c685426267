/* SPDX-License-Identifier: MIT */
/* A distribution of durations in three rows: quantiles, a strip over a logarithmic axis, its ends.
 */
#ifndef LSC_TOP_PAGE_HISTOGRAM_H
#define LSC_TOP_PAGE_HISTOGRAM_H

#include "analyzers/model/histogram.h"
#include "console/top/app/page.h"

/* Durations from `limit_ns` on are marked. Heights are logarithmic, so that a single outlier among
 * millions is seen. `label` at the margin, the rest from `indent` on. */
void page_histogram(struct page *page, unsigned indent, const char *label,
                    const struct histogram *histogram, uint64_t limit_ns);

#endif
