/* SPDX-License-Identifier: MIT */
/* The public emit functions, as far as they are not in the header.
 *
 * lsc_poll_switch_slow is the hot one, counted in instructions by tests/bench/emit_instructions;
 * lsc_wake_slow is like it. Its writer is never NULL (core_hot), the cursor check covers "no poll
 * in progress", "inside another emit", "end of a batch" and "clock is not the processor's counter",
 * and everything rare is a tail call. Neither touches a task's entry: see fold.c. */
#include <errno.h>
#include <string.h>

#include "task.h"

/* The thread's writer when something may be recorded now, else NULL. */
static struct lsc_writer *emitter(void)
{
    struct lsc_writer *w = lsc__self;
    if (__builtin_expect(w == NULL || w->shared == NULL, 0)) {
        int error = lsc__segment_ensure(LSC_DEPTH_EXPLICIT);
        if (error == -EAGAIN)
            thread_missed_emit();
        if (error < 0)
            return NULL;
        w = lsc__attach();
        if (w == NULL)
            return NULL;
    }
    if (atomic_load_explicit(&w->shared->recording, memory_order_relaxed) != 1)
        return NULL;
    if (lsc__is_emitting(w)) {
        add_relaxed(&w->shared->dropped_nested, 1);
        return NULL;
    }
    return w;
}

static bool counter_is_inline(void)
{
#if defined(__x86_64__) && !defined(__SANITIZE_THREAD__)
    return lsc__clock_kind == LSC_CLOCK_TSC;
#else
    return false;
#endif
}

/* Task 0: none. */
static void show_running(struct lsc_writer *w, lsc_task task, uint64_t since)
{
    atomic_store_explicit(&w->shared->poll_since, task == 0 ? 0 : since, memory_order_relaxed);
    atomic_store_explicit(&w->shared->current_task, task, memory_order_relaxed);
    core_hot = task != 0 && counter_is_inline() ? w : &core_parked;
}

/* One record at the end of a poll; a poll that never began has no duration. */
static void put_poll(struct lsc_writer *w, uint64_t last_word, uint64_t awaited, uint64_t now)
{
    uint64_t since = atomic_load_explicit(&w->shared->poll_since, memory_order_relaxed);
    const uint64_t kept = LSC_POLL_READY | LSC_POLL_SELF_WAKE | LSC_POLL_FORCED | LSC_POLL_AWAITS;
    uint16_t flags = (uint16_t)(last_word >> 48 & kept);
    lsc_task task = (lsc_task)last_word;
    if (task != 0)
        lsc__ring_put(w, now, LSC_RECORD_POLL, flags, task, since == 0 ? 0 : now - since, awaited);
}

static void note_explicit(void)
{
    struct lsc_segment_header *header = core_header();
    if ((atomic_load_explicit(&header->depths, memory_order_relaxed) & LSC_DEPTH_EXPLICIT) == 0)
        atomic_fetch_or_explicit(&header->depths, LSC_DEPTH_EXPLICIT, memory_order_relaxed);
}

static uint32_t intern(const char *text)
{
    return text == NULL ? 0 : lsc__string_intern(text, strlen(text));
}

lsc_task lsc_task_spawn_slow(const struct lsc_task_info *info)
{
    static const struct lsc_task_info nothing_known;
    struct lsc_writer *w = emitter();
    if (w == NULL)
        return 0;
    note_explicit();
    info = info == NULL ? &nothing_known : info;
    uint64_t now = lsc__now();
    struct task_facts facts = {.kind = info->kind_name ? info->kind_name : intern(info->kind),
                               .name = info->name_name ? info->name_name : intern(info->name),
                               .site = info->site,
                               .parent = info->parent};
    uint32_t handle = task_new(&facts, now);
    if (handle != 0)
        lsc__ring_put(w, now, LSC_RECORD_SPAWN, 0, handle, info->parent, info->site);
    return handle;
}

void lsc_task_end_slow(lsc_task task)
{
    struct lsc_writer *w = emitter();
    if (w != NULL && task_finish(task))
        lsc__ring_put(w, lsc__now(), LSC_RECORD_END, 0, task, 0, 0);
}

void lsc_poll_begin_slow(lsc_task task)
{
    struct lsc_writer *w = emitter();
    if (w != NULL)
        show_running(w, task, lsc__now());
}

void lsc_poll_end_slow(uint64_t last_word, uint64_t awaited)
{
    struct lsc_writer *w = emitter();
    if (w == NULL)
        return;
    put_poll(w, last_word, awaited, lsc__now());
    show_running(w, 0, 0);
}

_Static_assert(LSC_POLL_TYPE_ == LSC_RECORD_POLL, "the public header knows it as a number");
_Static_assert(LSC_POLL_RESULT_READY == LSC_POLL_READY &&
                   LSC_POLL_RESULT_YIELD == LSC_POLL_SELF_WAKE &&
                   LSC_POLL_RESULT_FORCED == LSC_POLL_FORCED &&
                   LSC_POLL_RESULT_AWAITS_ == LSC_POLL_AWAITS,
               "a result is a flag of the record");
_Static_assert(offsetof(struct lsc_record, type) == offsetof(struct lsc_record, task) + 4 &&
                   offsetof(struct lsc_record, flags) == offsetof(struct lsc_record, task) + 6,
               "the last word is the task, the type and the flags");

static __attribute__((noinline, cold)) void poll_switch_rare(uint64_t last_word, lsc_task next,
                                                             uint64_t awaited)
{
    struct lsc_writer *w = emitter();
    if (w == NULL)
        return;
    uint64_t now = lsc__now();
    put_poll(w, last_word, awaited, now);
    show_running(w, next, now);
}

static __attribute__((noinline, cold)) void wake_rare(lsc_task woken, lsc_site site)
{
    struct lsc_writer *w = emitter();
    if (w == NULL)
        return;
    uint32_t waker = atomic_load_explicit(&w->shared->current_task, memory_order_relaxed);
    lsc__ring_put(w, lsc__now(), LSC_RECORD_WAKE, 0, woken, waker, site);
}

#if defined(__x86_64__) && !defined(__SANITIZE_THREAD__)
/* Plain copies, which compilers fold into the instruction that uses them: one aligned word, written
 * by this thread or by who switches recording. */
static inline uint32_t load_recording(const struct lsc_thread *shared)
{
    uint32_t recording;
    memcpy(&recording, (const char *)shared + offsetof(struct lsc_thread, recording),
           sizeof recording);
    return recording;
}

static inline uint64_t load_since(const struct lsc_thread *shared)
{
    uint64_t since;
    memcpy(&since, (const char *)shared + offsetof(struct lsc_thread, poll_since), sizeof since);
    return since;
}

/* As lsc__ring_claim, but everything rare is done elsewhere. */
static inline bool claim_hot(struct lsc_writer *w, uintptr_t *at, uintptr_t *end)
{
    *end = w->end;
    w->end = 0;
    atomic_signal_fence(memory_order_seq_cst);
    *at = w->cursor;
    return __builtin_expect(*at < *end && load_recording(w->shared) == 1, 1);
}

/* All of a record but its time and arg, which are known last: fewer registers are in use then. */
static inline struct lsc_record *fill_hot(uintptr_t at, uint64_t arg2, uint64_t last_word)
{
    struct lsc_record *record = (struct lsc_record *)at;
    __atomic_store_n(&record->arg2, arg2, __ATOMIC_RELAXED);
    memcpy(&record->task, &last_word, sizeof last_word);
    return record;
}

static inline void poll_switch(uint64_t last_word, lsc_task next, uint64_t awaited)
{
    struct lsc_writer *w = core_hot;
    uintptr_t at, end;
    if (!claim_hot(w, &at, &end)) {
        w->end = end;
        poll_switch_rare(last_word, next, awaited);
        return;
    }
    struct lsc_thread *shared = w->shared;
    struct lsc_record *record = fill_hot(at, awaited, last_word);
    uint64_t now = __builtin_ia32_rdtsc();
    uint64_t duration = now - load_since(shared);
    __atomic_store_n(&record->time, now, __ATOMIC_RELAXED);
    __atomic_store_n(&record->arg, duration, __ATOMIC_RELAXED);
    atomic_store_explicit(&shared->poll_since, now, memory_order_relaxed);
    atomic_store_explicit(&shared->current_task, next, memory_order_relaxed);
    lsc__ring_commit(w, shared, at, end);
}

void lsc_wake_slow(lsc_task woken, lsc_site site)
{
    struct lsc_writer *w = lsc__self; /* timers and loops wake too, while nothing is polled */
    uintptr_t at, end;
    if (woken == 0)
        return;
    if (__builtin_expect(w == NULL || !counter_is_inline(), 0)) {
        wake_rare(woken, site);
        return;
    }
    if (!claim_hot(w, &at, &end)) {
        w->end = end;
        wake_rare(woken, site);
        return;
    }
    struct lsc_thread *shared = w->shared;
    struct lsc_record *record = fill_hot(at, site, woken | (uint64_t)LSC_RECORD_WAKE << 32);
    uint32_t waker = atomic_load_explicit(&shared->current_task, memory_order_relaxed);
    __atomic_store_n(&record->arg, waker, __ATOMIC_RELAXED);
    __atomic_store_n(&record->time, __builtin_ia32_rdtsc(), __ATOMIC_RELAXED);
    lsc__ring_commit(w, shared, at, end);
}
#else
static void poll_switch(uint64_t last_word, lsc_task next, uint64_t awaited)
{
    poll_switch_rare(last_word, next, awaited);
}

void lsc_wake_slow(lsc_task woken, lsc_site site)
{
    if (woken != 0)
        wake_rare(woken, site);
}
#endif

void lsc_poll_switch_slow(uint64_t last_word, lsc_task next)
{
    poll_switch(last_word, next, 0);
}

void lsc_poll_switch_awaiting_slow(uint64_t last_word, lsc_task next, uint64_t awaited)
{
    poll_switch(last_word, next, awaited);
}

void lsc_await_slow(lsc_task task, lsc_resource on, lsc_site site)
{
    struct lsc_writer *w = emitter();
    if (w == NULL || task == 0)
        return;
    uint64_t now = lsc__now();
    task_awaits(task, on, site, now);
    lsc__ring_put(w, now, LSC_RECORD_AWAIT, 0, task, on, site);
}

lsc_resource lsc_resource_new_slow(const char *kind, const char *name, lsc_site site,
                                   uint64_t capacity)
{
    if (emitter() == NULL)
        return 0;
    note_explicit();
    return resource_new(intern(kind), intern(name), site, capacity, lsc__now());
}

void lsc_resource_delete_slow(lsc_resource resource)
{
    if (emitter() != NULL)
        resource_finish(resource);
}

void lsc_depth_slow(lsc_resource resource, uint64_t depth)
{
    struct lsc_writer *w = emitter();
    if (w == NULL || resource == 0)
        return;
    uint64_t capacity = resource_depth(resource, depth, 1);
    lsc__ring_put(w, lsc__now(), LSC_RECORD_DEPTH, 0, resource, depth, capacity);
}

void lsc_depth_sampled_slow(lsc_resource resource, uint64_t depth, uint32_t operations,
                            lsc_site filler)
{
    struct lsc_writer *w = emitter();
    if (w == NULL || resource == 0)
        return;
    uint64_t capacity = resource_depth(resource, depth, operations);
    bool is_known = filler != 0 && (uint64_t)filler >> (64 - LSC_DEPTH_CAPACITY_BITS) == 0 &&
                    capacity <= LSC_DEPTH_CAPACITY_MAX;
    if (is_known)
        capacity |= (uint64_t)filler << LSC_DEPTH_CAPACITY_BITS;
    lsc__ring_put(w, lsc__now(), LSC_RECORD_DEPTH, is_known ? LSC_DEPTH_FILLED_AT : 0, resource,
                  depth, capacity);
}

void lsc_drop_slow(lsc_resource resource, uint64_t count)
{
    struct lsc_writer *w = emitter();
    if (w == NULL || resource == 0)
        return;
    resource_dropped(resource, count);
    lsc__ring_put(w, lsc__now(), LSC_RECORD_DROP, 0, resource, count, 0);
}

void lsc_mark_slow(const char *name, uint64_t value)
{
    struct lsc_writer *w = emitter();
    if (w == NULL || name == NULL)
        return;
    uint32_t id = lsc__string_intern(name, strlen(name));
    lsc__ring_put(w, lsc__now(), LSC_RECORD_MARK, 0, 0, id, value);
}

lsc_name lsc_name_intern(const char *text)
{
    return emitter() == NULL ? 0 : intern(text);
}

/* ---- what executors add ---- */

uint64_t lsc_job_time_slow(void)
{
    return emitter() == NULL ? 0 : lsc__now();
}

void lsc_job_end_slow(lsc_resource pool, lsc_task task, uint64_t submitted, uint64_t begun)
{
    struct lsc_writer *w = submitted == 0 || begun == 0 ? NULL : emitter();
    if (w == NULL || task == 0)
        return;
    /* What makes threads one pool for the analyzers: that they wait for the same. */
    uint64_t object = atomic_load_explicit(&w->shared->wait_object, memory_order_relaxed);
    if (object != pool && pool != 0) {
        atomic_store_explicit(&w->shared->wait_object, pool, memory_order_relaxed);
        atomic_fetch_or_explicit(&w->shared->roles, LSC_ROLE_POOL, memory_order_relaxed);
    }
    uint64_t now = lsc__now();
    lsc__ring_put(w, now, LSC_RECORD_JOB, 0, task, now > begun ? now - begun : 0,
                  begun > submitted ? begun - submitted : 0);
}

uint64_t lsc_park_begin_slow(void)
{
    return emitter() == NULL ? 0 : lsc__now();
}

void lsc_park_end_slow(uint64_t begun)
{
    struct lsc_writer *w = begun == 0 ? NULL : emitter();
    if (w == NULL)
        return;
    uint64_t now = lsc__now();
    lsc__ring_put(w, now, LSC_RECORD_PARK, 0, 0, now > begun ? now - begun : 0, 0);
}

void lsc_steal_slow(uint32_t count, uint32_t victim_tid)
{
    struct lsc_writer *w = emitter();
    if (w != NULL)
        lsc__ring_put(w, lsc__now(), LSC_RECORD_STEAL, 0, count, victim_tid, 0);
}

void lsc_hold_slow(lsc_resource resource, lsc_task task, lsc_site site)
{
    struct lsc_writer *w = emitter();
    if (w == NULL || resource == 0)
        return;
    resource_held(resource, task);
    lsc__ring_put(w, lsc__now(), LSC_RECORD_HOLD, 0, resource, task, site);
}

static void release(lsc_resource resource, lsc_task task, uint16_t flags)
{
    struct lsc_writer *w = emitter();
    if (w == NULL || resource == 0)
        return;
    resource_held(resource, 0);
    lsc__ring_put(w, lsc__now(), LSC_RECORD_RELEASE, flags, resource, task, 0);
}

void lsc_release_slow(lsc_resource resource, lsc_task task)
{
    release(resource, task, 0);
}

void lsc_abandon_slow(lsc_resource resource, lsc_task task)
{
    release(resource, task, LSC_RELEASE_ABANDONED);
}

void lsc_cancel_slow(lsc_task task)
{
    struct lsc_writer *w = emitter();
    if (w == NULL || task == 0)
        return;
    uint32_t by = atomic_load_explicit(&w->shared->current_task, memory_order_relaxed);
    lsc__ring_put(w, lsc__now(), LSC_RECORD_CANCEL, 0, task, by, 0);
}

void lsc_waiters_slow(lsc_resource resource, uint32_t waiters)
{
    struct lsc_writer *w = emitter();
    if (w == NULL || resource == 0)
        return;
    resource_waiters(resource, waiters);
    lsc__ring_put(w, lsc__now(), LSC_RECORD_WAITERS, 0, resource, waiters, 0);
}

void lsc_stranded_slow(lsc_task task, lsc_task by, lsc_site site)
{
    struct lsc_writer *w = emitter();
    if (w == NULL || task == 0)
        return;
    uint64_t now = lsc__now();
    task_stranded(task, now);
    lsc__ring_put(w, now, LSC_RECORD_STRANDED, 0, task, by, site);
}
