/* SPDX-License-Identifier: MIT */
/* How loops and queues did in the last minutes: one sample each quarter of a second of process
 * time, for the strips beside them. A turn counts in every step that it touches, by its part in it,
 * also when its record comes later. Bounded: HISTORY_LOOPS loops and HISTORY_QUEUES queues of a
 * session, those that did something last. Pure: it reads records and the model only. */
#ifndef LSC_TOP_HISTORY_H
#define LSC_TOP_HISTORY_H

#include <stdint.h>

#include "analyzers/model/session.h"
#include "analyzers/source/item.h"

#define HISTORY_STEP_NS 250000000
#define HISTORY_SAMPLES 480 /* two minutes */
#define HISTORY_LOOPS 256
#define HISTORY_QUEUES 512

struct loop_sample {
    uint32_t utilization; /* hundredths of a percent, of the step */
    uint32_t stalled;     /* likewise: share of the step in turns over the threshold */
    uint64_t longest_ns;  /* longest turn of those that were in the step, in all its length */
};
struct queue_sample {
    uint64_t depth, capacity, waiters;
};
struct history;

struct history *history_new(void);
void history_delete(struct history *history);
/* Takes the turns of a batch of records; `stall_ns` is the process' threshold. */
void history_note(struct history *history, uint32_t process, uint64_t stall_ns,
                  const struct event *events, size_t count);
/* Takes samples of every process whose time has passed a step's end since, and notes the turns in
 * progress. */
void history_advance(struct history *history, const struct session *session);
/* The latest samples, oldest first, into `out`; how many, at most `most`. The last one is of the
 * step that the process' time is in. */
unsigned history_loop(const struct history *history, uint32_t process, uint32_t thread,
                      struct loop_sample *out, unsigned most);
unsigned history_queue(const struct history *history, uint32_t process, uint32_t handle,
                       struct queue_sample *out, unsigned most);

#endif
