/* SPDX-License-Identifier: MIT */
/* What the latest records tell of one task: its polls, who woke it, whom it woke. */
#ifndef LSC_TOP_TASK_RECENT_H
#define LSC_TOP_TASK_RECENT_H

#include "console/top/app/view.h"

#define RECENT_POLLS 12
#define RECENT_OTHERS 8

/* Another task and how often; handle 0: from outside, a thread that ran no task. */
struct recent_other {
    uint32_t task, count;
    uint64_t last_ns;
};
struct recent_others {
    struct recent_other at[RECENT_OTHERS]; /* the most frequent of those seen first, latest first */
    unsigned count;
    uint32_t more; /* wakes of others than these */
};
struct task_recent {
    struct event polls[RECENT_POLLS]; /* newest first */
    unsigned poll_count;
    struct recent_others woken_by, woke;
    uint64_t since_ns; /* how far back the records that were looked at reach */
};
void task_recent_of(const struct app *app, const struct entity *task, struct task_recent *out);

/* The task that woke it last, and the thread of its latest poll, if they are not long ago. */
struct task_latest {
    uint32_t waker, thread;
    bool has_waker, has_thread;
};
struct task_latest task_latest_of(const struct app *app, const struct entity *task);

#endif
