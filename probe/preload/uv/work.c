/* SPDX-License-Identifier: MIT */
/* uv_queue_work: the program's own work on the pool. Its entry is complete before the call, since
 * the pool may begin before the call is back. */
#include "pool_side.h"

/* On the pool's thread. */
static void on_work(uv_work_t *req)
{
    struct side *side;
    struct entry *entry = note_find(req->loop, req, &side);
    if (!entry || !entry->closing)
        return;
    uv_work_cb work = (uv_work_cb)entry->closing;
    struct pool_job job;
    pool_job_begin(&job, entry);
    work(req);
    pool_job_end(&job);
}

static void after_work(uv_work_t *req, int status)
{
    struct pool_end end;
    if (!pool_end_begin(&end, req->loop, req, status == UV_ECANCELED))
        return;
    if (end.callback)
        ((uv_after_work_cb)end.callback)(req, status);
    pool_end_done(&end);
}

LSC_UV_EXPORT int uv_queue_work(uv_loop_t *loop, uv_work_t *req, uv_work_cb work,
                                uv_after_work_cb cb)
{
    bool passes = uv_passes(UV_CALLER) || !UV_IS_USERS(work) || work == on_work ||
                  (cb != NULL && !UV_IS_USERS(cb)) || cb == after_work;
    if (passes)
        return real_uv.uv_queue_work(loop, req, work, cb);
    struct request r;
    struct entry *entry = request_begin(&r, loop, req, UV_KIND_WORK, (callback_function *)cb);
    if (!entry)
        return real_uv.uv_queue_work(loop, req, work, cb);
    entry->closing = (callback_function *)work;
    note_request(r.side, entry, 0, UV_PLACE);
    return pool_submitted(&r, UV_REAL(uv_queue_work(loop, req, on_work, after_work)), NULL);
}
