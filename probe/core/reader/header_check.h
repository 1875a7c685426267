/* SPDX-License-Identifier: MIT */
/* Whether a header describes a segment that can be read at all. */
#ifndef LSC_HEADER_CHECK_H
#define LSC_HEADER_CHECK_H

#include "../../format/segment.h"

/* 0, or -EPROTO, -EPROTONOSUPPORT, -EAGAIN with *why set to half a sentence. `file_bytes` is the
 * size of the file. */
int header_check(const struct lsc_segment_header *header, uint64_t file_bytes, const char **why);

#endif
