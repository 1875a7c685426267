/* SPDX-License-Identifier: MIT */
/* What is remembered of a thread's polls while its turn is open: the recent ones, their time by
 * phase, and where their rows are. Included by the files of analyzers/model that apply polls. */
#ifndef LSC_POLL_LOG_H
#define LSC_POLL_LOG_H

#include "polls.h"
#include "state.h"

#define POLLS_RECENT 64   /* a power of two */
#define CALLBACK_SLOTS 32 /* likewise */

/* Polls of one function, one after the other without a gap worth mentioning. */
struct recent_poll {
    uint64_t start_ns, end_ns, busy_ns;
    uint64_t judged_ns; /* of it judged as stalls of their own */
    uint32_t callback, what, task, runs;
};
/* Where the row of a callback is: most loops call the same few functions again and again. */
struct callback_slot {
    uint32_t callback, what;
    uint32_t row; /* index + 1, 0 none */
};
struct poll_log {
    struct turn_time open; /* the turn that is not over */
    struct loop_time time;
    uint64_t sole_ns;    /* time of the open turn's polls, all of one task so far */
    uint32_t sole_task;  /* 0: no poll yet, or polls of several tasks */
    uint32_t head, held; /* of `recent`: where the next goes, how many there are */
    struct callback_slot slots[CALLBACK_SLOTS];
    struct recent_poll recent[POLLS_RECENT];
};

/* One poll, as every part of the model needs it. */
struct poll {
    const struct event *event;
    uint64_t start_ns, duration_ns;
    uint64_t inner_ns, inner_judged_ns; /* of polls nested in it: all, and those judged as stalls */
    uint64_t delay_ns;
    uint32_t callback, what;
};

/* The polls of a function that overlap an interval. */
struct neighbour {
    uint64_t overlap_ns, longest_ns;
    uint32_t callback, what, task; /* what and task: of the longest */
    uint32_t runs;
};

/* See CALLBACK_PHASE and so on. */
static inline uint32_t what_pack(uint32_t phase, uint32_t role, uint32_t kind)
{
    return (phase < LSC_PHASE_LIMIT ? phase : 0) | (role < LSC_CALLBACK_LIMIT ? role : 0) << 4 |
           (kind >> 24 ? 0 : kind) << 8;
}

/* What is known of a task that runs: its kind. */
static inline uint32_t what_of_task(const struct model *model, uint32_t handle)
{
    const struct task_row *task = task_find(model, handle);
    return task ? what_pack(LSC_PHASE_NONE, LSC_CALLBACK_OWN, task->info.kind) : 0;
}

/* recent.c */
/* Takes the poll in, and finds what was nested in it. */
void recent_add(struct poll_log *log, struct poll *poll, uint64_t stall_ns);
/* The function with most of the time in [start, end]; all zero: there is none. */
struct neighbour recent_heaviest(const struct poll_log *log, uint64_t start_ns, uint64_t end_ns);
/* Likewise, of the polls that were not judged as stalls of their own. */
struct neighbour recent_heaviest_unjudged(const struct poll_log *log, uint64_t start_ns,
                                          uint64_t end_ns);

/* phases.c */
void phases_add_poll(struct poll_log *log, const struct poll *poll);
/* The turn is over; `turn` is its record. */
void phases_end_turn(struct model *model, struct thread *thread, const struct event *turn);

/* lateness.c */
void lateness_add(struct model *model, const struct thread *thread, const struct poll *poll);

#endif
