/* SPDX-License-Identifier: MIT */
/* A feed made by hand from a stream of items, as if it had just been observed, for tests of the
 * console without sources, threads and time. */
#ifndef LSC_TEST_TOP_FEED_H
#define LSC_TEST_TOP_FEED_H

#include "console/top/feed/feed.h"
#include "stream.h"

/* Applies everything and judges. `kind` FEED_LIVE: it is observed `later_ms` after the last sign of
 * life. The caller deletes it; the fields may be changed. */
struct feed *top_feed_new(const struct stream *stream, enum feed_kind kind, double later_ms);
void top_feed_delete(struct feed *feed);

#endif
