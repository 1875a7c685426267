/* SPDX-License-Identifier: MIT */
/* loopscope/probe.h: tell loopscope what your executor, loop or service does.
 *
 * Any event system can emit through this interface: tasks that are spawned, polled and woken,
 * resources with a depth and a capacity, marks. A program that links libloopscope.so can be watched
 * with `loopscope top`, recorded and judged like one under the preload; both together make one
 * picture.
 *
 *     lsc_task t = lsc_task_spawn(&(struct lsc_task_info){.kind = "request", .name = path});
 *     lsc_poll_begin(t);
 *     … run it …
 *     lsc_poll_end(t, LSC_POLL_RESULT_PENDING);
 *
 * Cost: with the probe off every call is a load, a compare and a branch; on, a poll is one 32-byte
 * record. No call blocks, allocates from the heap, takes a lock, makes a system call once its
 * thread's ring is warm, changes errno, or fails in a way its caller must handle.
 *
 * Threads: every function may be called from any thread. Signals: every function may be called in a
 * signal handler; when it interrupts another emit of the same thread it does nothing and is
 * counted. After fork the child has a segment of its own from its first event on. Handles are not
 * carried over. */
#ifndef LOOPSCOPE_PROBE_H
#define LOOPSCOPE_PROBE_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define LSC_API __attribute__((visibility("default")))

/* Called through its address rather than a stub: one jump less. */
#if defined(__has_attribute)
#if __has_attribute(noplt)
#define LSC_DIRECT __attribute__((noplt))
#endif
#endif
#ifndef LSC_DIRECT
#define LSC_DIRECT
#endif

/* A task or resource of this process; 0 is none and is accepted everywhere. */
typedef uint32_t lsc_task;
typedef uint32_t lsc_resource;

/* A text, interned once: lsc_name_intern; 0 is none. */
typedef uint32_t lsc_name;

/* A call site, interned once by LSC_SITE_HERE(); 0 is none. */
typedef uint32_t lsc_site;

/* Nonzero while the probe records. Read it only through the functions below. */
extern LSC_API int lsc_probe_on;

/* Makes the segment now rather than at the first event, or waits (at most 100 ms) for another
 * thread that makes it: what is emitted meanwhile is lost, and counted. Optional. 0, or a negative
 * errno that says why nothing will be recorded (the program may ignore it). Not in a signal
 * handler. */
LSC_API int lsc_probe_start(void);

/* Switches recording off and on at run time, for this process. */
LSC_API void lsc_probe_enable(bool on);

/* Describes a task. Strings are copied (interned); NULL is allowed. Who spawns often interns them
 * once and gives the names, which are taken instead of the strings where they are not 0. */
struct lsc_task_info {
    const char *kind; /* what sort of task: "request", "timer", "connection" */
    const char *name; /* which one */
    lsc_site site;    /* where it was spawned */
    lsc_task parent;
    lsc_name kind_name, name_name;
};

enum lsc_poll_result {
    LSC_POLL_RESULT_PENDING = 0, /* will be woken again */
    LSC_POLL_RESULT_READY = 1,   /* finished: call lsc_task_end afterwards */
    LSC_POLL_RESULT_YIELD = 2,  /* a flag: it has woken itself while it ran; no lsc_wake for that */
    LSC_POLL_RESULT_FORCED = 8, /* a flag beside YIELD: it was made to, its budget was used up */
    LSC_POLL_RESULT_AWAITS_ = 16, /* a flag of the functions below */
};

/* The functions behind the inline ones below; call those instead. */
#define LSC_POLL_TYPE_ UINT64_C(10) /* number of a poll's record; its last word is made here */
#define LSC_POLL_WORD_(task, result) ((task) | LSC_POLL_TYPE_ << 32 | (uint64_t)(result) << 48)
LSC_API lsc_task lsc_task_spawn_slow(const struct lsc_task_info *info);
LSC_API void lsc_task_end_slow(lsc_task task);
LSC_API void lsc_poll_begin_slow(lsc_task task);
LSC_API void lsc_poll_end_slow(uint64_t last_word, uint64_t awaited);
LSC_API LSC_DIRECT void lsc_poll_switch_slow(uint64_t last_word, lsc_task next);
LSC_API LSC_DIRECT void lsc_poll_switch_awaiting_slow(uint64_t last_word, lsc_task next,
                                                      uint64_t awaited);
LSC_API LSC_DIRECT void lsc_wake_slow(lsc_task woken, lsc_site site);
LSC_API void lsc_await_slow(lsc_task task, lsc_resource on, lsc_site site);
LSC_API lsc_resource lsc_resource_new_slow(const char *kind, const char *name, lsc_site site,
                                           uint64_t capacity);
LSC_API void lsc_resource_delete_slow(lsc_resource resource);
LSC_API void lsc_depth_slow(lsc_resource resource, uint64_t depth);
LSC_API void lsc_depth_sampled_slow(lsc_resource resource, uint64_t depth, uint32_t operations,
                                    lsc_site filler);
LSC_API void lsc_drop_slow(lsc_resource resource, uint64_t count);
LSC_API void lsc_mark_slow(const char *name, uint64_t value);
LSC_API uint64_t lsc_park_begin_slow(void);
LSC_API void lsc_park_end_slow(uint64_t begun);
LSC_API void lsc_steal_slow(uint32_t count, uint32_t victim_tid);
LSC_API void lsc_hold_slow(lsc_resource resource, lsc_task task, lsc_site site);
LSC_API void lsc_release_slow(lsc_resource resource, lsc_task task);
LSC_API void lsc_abandon_slow(lsc_resource resource, lsc_task task);
LSC_API void lsc_cancel_slow(lsc_task task);
LSC_API void lsc_waiters_slow(lsc_resource resource, uint32_t waiters);
LSC_API void lsc_stranded_slow(lsc_task task, lsc_task by, lsc_site site);
LSC_API uint64_t lsc_job_time_slow(void);
LSC_API void lsc_job_end_slow(lsc_resource pool, lsc_task task, uint64_t submitted, uint64_t begun);
/* The same text gets the same name. 0: NULL, the probe is off, or its table is full (counted). A
 * name holds in forked children too. */
LSC_API lsc_name lsc_name_intern(const char *text);
LSC_API lsc_site lsc_site_intern(const char *file, uint32_t line, const char *function);
/* The same line reached from another: `parent` is the site of the caller's await (0 none), so that
 * one id stands for a whole chain of awaits. */
LSC_API lsc_site lsc_site_intern_under(const char *file, uint32_t line, const char *function,
                                       lsc_site parent);

static inline bool lsc_probe_is_on(void)
{
    return __builtin_expect(__atomic_load_n(&lsc_probe_on, __ATOMIC_RELAXED) != 0, 1);
}

/* A task begins to exist. 0 when the probe is off or its table is full (counted). */
static inline lsc_task lsc_task_spawn(const struct lsc_task_info *info)
{
    return lsc_probe_is_on() ? lsc_task_spawn_slow(info) : 0;
}

/* The task is gone; its handle must not be used again (if it is, nothing happens). */
static inline void lsc_task_end(lsc_task task)
{
    if (lsc_probe_is_on())
        lsc_task_end_slow(task);
}

/* This thread begins to run `task`. Polls do not nest: a begin inside a poll replaces it. */
static inline void lsc_poll_begin(lsc_task task)
{
    if (lsc_probe_is_on())
        lsc_poll_begin_slow(task);
}

/* This thread has run `task`: writes one record. */
static inline void lsc_poll_end(lsc_task task, enum lsc_poll_result result)
{
    if (lsc_probe_is_on())
        lsc_poll_end_slow(LSC_POLL_WORD_(task, result), 0);
}

/* End of one poll and begin of the next with a single reading of the clock. */
static inline void lsc_poll_switch(lsc_task ended, enum lsc_poll_result result, lsc_task next)
{
    if (lsc_probe_is_on())
        lsc_poll_switch_slow(LSC_POLL_WORD_(ended, result), next);
}

/* The same for a task that begins to wait with the end of its poll, on `on` at `site`: its record
 * says that too, instead of lsc_await. `next` 0: none is polled next. */
static inline void lsc_poll_switch_awaiting(lsc_task ended, enum lsc_poll_result result,
                                            lsc_resource on, lsc_site site, lsc_task next)
{
    const uint64_t awaited = (uint64_t)site << 32 | on;
    if (!lsc_probe_is_on())
        return;
    if (next != 0)
        lsc_poll_switch_awaiting_slow(LSC_POLL_WORD_(ended, result | LSC_POLL_RESULT_AWAITS_), next,
                                      awaited);
    else
        lsc_poll_end_slow(LSC_POLL_WORD_(ended, result | LSC_POLL_RESULT_AWAITS_), awaited);
}

/* `woken` became ready; the waker is the task this thread is polling, if any. */
static inline void lsc_wake(lsc_task woken, lsc_site site)
{
    if (lsc_probe_is_on())
        lsc_wake_slow(woken, site);
}

/* `task` begins to wait on `on` at `site`. Its next poll ends the wait. */
static inline void lsc_await(lsc_task task, lsc_resource on, lsc_site site)
{
    if (lsc_probe_is_on())
        lsc_await_slow(task, on, site);
}

/* A queue, channel, pool, lock… with a capacity (0: unbounded). */
static inline lsc_resource lsc_resource_new(const char *kind, const char *name, lsc_site site,
                                            uint64_t capacity)
{
    return lsc_probe_is_on() ? lsc_resource_new_slow(kind, name, site, capacity) : 0;
}

static inline void lsc_resource_delete(lsc_resource resource)
{
    if (lsc_probe_is_on())
        lsc_resource_delete_slow(resource);
}

/* The number of items in it is now `depth`. */
static inline void lsc_depth(lsc_resource resource, uint64_t depth)
{
    if (lsc_probe_is_on())
        lsc_depth_slow(resource, depth);
}

/* The same, for a queue that tells its depth only now and then: it was put into or taken from
 * `operations` times since the last telling, last at `filler`, if that put something in (0: no, or
 * not known). */
static inline void lsc_depth_sampled(lsc_resource resource, uint64_t depth, uint32_t operations,
                                     lsc_site filler)
{
    if (lsc_probe_is_on())
        lsc_depth_sampled_slow(resource, depth, operations, filler);
}

/* It refused or dropped `count` items. */
static inline void lsc_drop(lsc_resource resource, uint64_t count)
{
    if (lsc_probe_is_on())
        lsc_drop_slow(resource, count);
}

/* A point of interest, shown on timelines. */
static inline void lsc_mark(const char *name, uint64_t value)
{
    if (lsc_probe_is_on())
        lsc_mark_slow(name, value);
}

/* This thread, a worker, sleeps because no task is ready: what lsc_park_begin returned goes to
 * lsc_park_end, which writes the record. */
static inline uint64_t lsc_park_begin(void)
{
    return lsc_probe_is_on() ? lsc_park_begin_slow() : 0;
}

static inline void lsc_park_end(uint64_t begun)
{
    if (lsc_probe_is_on())
        lsc_park_end_slow(begun);
}

/* A job for a pool of threads: the time when it was submitted, and the time when one of them began
 * it, both from lsc_job_time, go to lsc_job_end, which writes the record, called by that thread.
 * Either 0: nothing is written. A job has no polls. The threads that serve jobs of the same `pool`,
 * the resource that is its queue, are shown as one pool. */
static inline uint64_t lsc_job_time(void)
{
    return lsc_probe_is_on() ? lsc_job_time_slow() : 0;
}

static inline void lsc_job_end(lsc_resource pool, lsc_task task, uint64_t submitted, uint64_t begun)
{
    if (lsc_probe_is_on())
        lsc_job_end_slow(pool, task, submitted, begun);
}

/* This worker took `count` ready tasks from another (its kernel thread id, 0 unknown). */
static inline void lsc_steal(uint32_t count, uint32_t victim_tid)
{
    if (lsc_probe_is_on())
        lsc_steal_slow(count, victim_tid);
}

/* `task` got hold of a lock, a permit… at `site`; and let go of it. */
static inline void lsc_hold(lsc_resource resource, lsc_task task, lsc_site site)
{
    if (lsc_probe_is_on())
        lsc_hold_slow(resource, task, site);
}

static inline void lsc_release(lsc_resource resource, lsc_task task)
{
    if (lsc_probe_is_on())
        lsc_release_slow(resource, task);
}

/* `task` ended with it in hand: others may have it now, and find what it guards half changed. */
static inline void lsc_abandon(lsc_resource resource, lsc_task task)
{
    if (lsc_probe_is_on())
        lsc_abandon_slow(resource, task);
}

/* `task` was asked to end; the asker is the task this thread is polling, if any. */
static inline void lsc_cancel(lsc_task task)
{
    if (lsc_probe_is_on())
        lsc_cancel_slow(task);
}

/* How many tasks wait for it now. */
static inline void lsc_waiters(lsc_resource resource, uint32_t waiters)
{
    if (lsc_probe_is_on())
        lsc_waiters_slow(resource, waiters);
}

/* `task` is pending, waits for nothing that would wake it by itself, and its last waker is gone:
 * nobody can wake it any more. `by`: the task that gave that waker up at `site`; `task` itself when
 * none was left at the end of its poll; 0: somebody outside. A wake or a poll takes it back. */
static inline void lsc_stranded(lsc_task task, lsc_task by, lsc_site site)
{
    if (lsc_probe_is_on())
        lsc_stranded_slow(task, by, site);
}

/* The id of the line it stands on; interned at the first use, then one load. */
#define LSC_SITE_HERE()                                                                            \
    (__extension__({                                                                               \
        static lsc_site lsc_site_cache_;                                                           \
        lsc_site lsc_site_ = __atomic_load_n(&lsc_site_cache_, __ATOMIC_RELAXED);                  \
        if (__builtin_expect(lsc_site_ == 0 && lsc_probe_is_on(), 0)) {                            \
            lsc_site_ = lsc_site_intern(__FILE__, __LINE__, __func__);                             \
            __atomic_store_n(&lsc_site_cache_, lsc_site_, __ATOMIC_RELAXED);                       \
        }                                                                                          \
        lsc_site_;                                                                                 \
    }))

#ifdef __cplusplus
}
#endif

#endif
