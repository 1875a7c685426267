/* SPDX-License-Identifier: MIT */
/* Who the observed process is, as its segment's header tells it. */
#ifndef LSC_IDENTITY_H
#define LSC_IDENTITY_H

#include "../../format/segment.h"

/* Fills pid, ppid, uid, process_start, program, command and executable from procfs, as far as there
 * is one. */
void identity_fill(struct lsc_segment_header *header);

#endif
