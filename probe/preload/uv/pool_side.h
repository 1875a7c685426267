/* SPDX-License-Identifier: MIT */
/* Requests that libuv's thread pool serves, seen from both sides: by the loop, which submits them
 * and hears of their end, and by the pool's thread, which writes a JOB record for each. */
#ifndef LSC_UV_POOL_SIDE_H
#define LSC_UV_POOL_SIDE_H

#include "request.h"

/* Behind the real call: rolls back on an error; else what the pool runs is exchanged for ours, at
 * once, before a worker is there. `work` is the request's, or NULL where the pool's side is the
 * program's own. Returns `error`. */
int pool_submitted(struct request *r, int error, struct uv__work *work);

/* The end of a request, on its loop, taken out of its entry, which is gone by then. */
struct pool_end {
    callback_function *callback;
    uint64_t since;
    struct note note;
};
/* False: not observed. `is_cancelled`: the pool never ran it. */
bool pool_end_begin(struct pool_end *end, const uv_loop_t *loop, const void *req,
                    bool is_cancelled);
void pool_end_done(const struct pool_end *end);

/* One item of work on a pool's thread. */
struct pool_job {
    struct lsc_writer *w; /* NULL: not recorded */
    struct entry *entry;
    uint32_t task;
    uint64_t begin, since;
};
void pool_job_begin(struct pool_job *job, struct entry *entry);
void pool_job_end(const struct pool_job *job);

#endif
