/* SPDX-License-Identifier: MIT */
/* libuv's own requests carry the function that the pool runs in their public `work_req`. It is
 * exchanged after the submission: a worker that was faster has stored NULL there already, uv_cancel
 * another mark, and libuv compares the field with these two only. The entry is complete before the
 * exchange and stays until the loop ends the request, which comes after the worker's end. */
#include "pool_side.h"

typedef void pool_function(struct uv__work *work);

/* What libuv runs for a kind of request: the same for all of a kind. */
static pool_function *_Atomic originals[UV_KIND_LIMIT];

void pool_job_begin(struct pool_job *job, struct entry *entry)
{
    job->entry = entry;
    job->w = entry && note_is_current(entry) && entry->since != 0 ? note_writer() : NULL;
    if (!job->w)
        return;
    job->task = entry->task;
    job->since = entry->since;
    job->begin = lsc__now();
    atomic_store_explicit(&job->w->shared->poll_since, job->begin, memory_order_relaxed);
    atomic_store_explicit(&job->w->shared->current_task, job->task, memory_order_relaxed);
}

void pool_job_end(const struct pool_job *job)
{
    struct lsc_writer *w = job->w;
    if (!w || w != lsc__self || !w->shared)
        return;
    uint64_t now = lsc__now();
    atomic_store_explicit(&w->shared->poll_since, 0, memory_order_relaxed);
    atomic_store_explicit(&w->shared->current_task, 0, memory_order_relaxed);
    if (job->task == 0)
        return;
    uint64_t waited = job->begin > job->since ? job->begin - job->since : 0;
    lsc__ring_put(w, now, LSC_RECORD_JOB, 0, job->task, now - job->begin, waited);
    /* Before the worker hands the request back to the loop, which reads it then. */
    atomic_store_explicit(&job->entry->pool, POOL_SERVED, memory_order_relaxed);
}

static void serve(enum uv_kind kind, const uv_loop_t *loop, const void *req, struct uv__work *work)
{
    struct side *side;
    struct pool_job job;
    pool_job_begin(&job, note_find(loop, req, &side));
    atomic_load_explicit(&originals[kind], memory_order_acquire)(work);
    pool_job_end(&job);
}

#define SERVE(kind, type)                                                                          \
    static void serve_##kind(struct uv__work *work)                                                \
    {                                                                                              \
        const char *at = (const char *)work - offsetof(type, work_req);                            \
        serve(UV_KIND_##kind, work->loop, at, work);                                               \
    }
SERVE(FS, uv_fs_t)
SERVE(GETADDRINFO, uv_getaddrinfo_t)
SERVE(GETNAMEINFO, uv_getnameinfo_t)
SERVE(RANDOM, uv_random_t)

static pool_function *server_of(enum uv_kind kind)
{
    switch ((int)kind) {
    case UV_KIND_FS:
        return serve_FS;
    case UV_KIND_GETADDRINFO:
        return serve_GETADDRINFO;
    case UV_KIND_GETNAMEINFO:
        return serve_GETNAMEINFO;
    case UV_KIND_RANDOM:
        return serve_RANDOM;
    default:
        return NULL;
    }
}

/* False: it is libuv's no more, or another function than the one known for this kind. */
static bool exchange(enum uv_kind kind, struct uv__work *work)
{
    pool_function *found = __atomic_load_n(&work->work, __ATOMIC_ACQUIRE);
    pool_function *known = NULL;
    if (!found || !is_inside_libuv((uintptr_t)found))
        return false;
    if (!atomic_compare_exchange_strong(&originals[kind], &known, found) && known != found)
        return false;
    return __atomic_compare_exchange_n(&work->work, &found, server_of(kind), false,
                                       __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}

int pool_submitted(struct request *r, int error, struct uv__work *work)
{
    struct entry *entry = r->entry;
    if (error != 0) {
        struct lsc_writer *w = note_writer();
        if (w && note_is_current(entry))
            lsc__task_end(w, entry->task, lsc__now());
        request_fail(r);
        return error;
    }
    if (!work || entry->since == 0)
        return 0;
    /* io_uring has neither work nor done: no worker ever serves it. */
    bool has_work = __atomic_load_n(&work->done, __ATOMIC_RELAXED) != NULL;
    if (!exchange((enum uv_kind)entry->kind, work) && !has_work)
        atomic_store_explicit(&entry->pool, POOL_SERVED, memory_order_relaxed);
    return 0;
}

bool pool_end_begin(struct pool_end *end, const uv_loop_t *loop, const void *req, bool is_cancelled)
{
    struct side *side;
    struct entry *entry = note_find(loop, req, &side);
    if (!entry)
        return false;
    end->callback = entry->callback;
    end->since = entry->since;
    note_begin(&end->note, side, entry);
    const struct note *note = &end->note;
    if (note->w && note->task && !is_cancelled && end->since != 0 &&
        atomic_load_explicit(&entry->pool, memory_order_relaxed) == POOL_UNSEEN)
        lsc__ring_put(note->w, note->begin, LSC_RECORD_JOB, LSC_JOB_UNTIMED, note->task, 0,
                      note_delay(note, end->since));
    side_remove(side, entry);
    return true;
}

void pool_end_done(const struct pool_end *end)
{
    note_end(&end->note, &(struct note_poll){
                             .function = (uintptr_t)end->callback,
                             .delay = end->note.w ? note_delay(&end->note, end->since) : 0,
                             .flags = LSC_POLL_READY,
                         });
}
