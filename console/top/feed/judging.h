/* SPDX-License-Identifier: MIT */
/* When processes are judged, and the findings of each kept so that they outlive later changes of
 * the model. */
#ifndef LSC_TOP_JUDGING_H
#define LSC_TOP_JUDGING_H

#include <stdbool.h>
#include <stdint.h>

#include "analyzers/detect/detect.h"

/* One process' latest findings. Their `where` are copies: frames of the model live until the next
 * item is applied only. */
struct judged {
    struct findings *findings;
    struct frame *frames;
    char *text;
    uint64_t at_ns;   /* monotonic; 0: never */
    uint64_t seen_ns; /* the model's then */
    uint64_t news;    /* of the process, then */
    uint64_t cost_ns; /* how long it took */
};

struct judging {
    uint64_t not_before_ns; /* monotonic */
    uint32_t next;          /* whose turn it is */
};

/* Judges the model anew. False: out of memory, the old findings stay. */
bool judged_renew(struct judged *judged, const struct model *model);
void judged_free(struct judged *judged);

#endif
