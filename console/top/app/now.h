/* SPDX-License-Identifier: MIT */
/* What is wrong at this moment: turns and polls in progress that are over the stall threshold. Read
 * off the threads themselves, so that it is seen before any detector has judged it. */
#ifndef LSC_TOP_NOW_H
#define LSC_TOP_NOW_H

#include "console/top/feed/feed.h"

struct now_stall {
    uint32_t process, thread;
    uint64_t since_ns, elapsed_ns;
    uint32_t call, stack, task;  /* what it is in; 0 unknown */
    const struct frame *culprit; /* of the model; NULL: no stack was taken yet */
    bool is_poll;                /* of a worker */
};
/* The longest first; how many, at most `most`. `process` UINT32_MAX: of all. */
unsigned now_stalls(const struct feed *feed, uint32_t process, struct now_stall *out,
                    unsigned most);

#endif
