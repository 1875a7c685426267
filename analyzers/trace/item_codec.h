/* SPDX-License-Identifier: MIT */
/* One item to bytes of a chunk's log and back. Batches of events are only counted here; their
 * content goes through columns.h. No thread safety. */
#ifndef LSC_TRACE_ITEM_CODEC_H
#define LSC_TRACE_ITEM_CODEC_H

#include "../source/item.h"
#include "bytes.h"

/* Appends `item`. 0, -EINVAL for an item that no source may yield (unknown kind, a thread id or a
 * count out of bounds), -E2BIG when it is longer than TRACE_ITEM_MAX, -ENOMEM. After a failure
 * the log is as it was. */
int item_encode(struct bytes *log, const struct item *item);

/* Holds what a decoded item points to, beside the log itself. Zero-initialized by its owner. */
struct item_scratch {
    struct frame *frames;
    uint64_t *pcs;
};
void item_scratch_free(struct item_scratch *scratch);

/* Takes the next item off the log of a file with these features. Its texts point into the log, its
 * arrays into `scratch`; both live until the next call. An ITEM_EVENTS has its count and no events.
 * 0, -EPROTO on nonsense, -ENOMEM. */
int item_decode(struct cursor *log, uint64_t features, struct item_scratch *scratch,
                struct item *out);

#endif
