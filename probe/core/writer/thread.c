/* SPDX-License-Identifier: MIT */
/* Threads come and go: each takes a slot of the segment at its first event and gives it back when
 * it ends. A slot never used is taken first, then the one whose thread ended longest ago, so that
 * the records of ended threads stay readable as long as possible. */
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/prctl.h>

#include "state.h"
#include "sys.h"

/* A key from here on would make pthread_setspecific allocate (glibc's first level has 32). */
#define FIRST_ALLOCATING_KEY 32

/* Events that a thread without a slot lets pass before it looks for one again. */
#define ATTACH_BACKOFF 1024

/* All zero: its cursor is at its end, so every emit through it takes the slow path. */
struct lsc_writer core_parked;

_Thread_local struct lsc_writer *lsc__self;
_Thread_local struct lsc_writer *core_hot = &core_parked;

static _Thread_local struct {
    uint32_t nested; /* emits of signal handlers during the attach */
    uint16_t backoff;
    bool is_attaching;
    bool was_counted; /* as a thread that found no slot */
} attach_state;

/* Emits while another thread was making the segment. */
static _Atomic uint32_t missed;

static pthread_key_t exit_key;
static bool has_exit_key;

static struct lsc_thread *thread_at(uint32_t slot)
{
    return part_at(LSC_PART_THREADS, slot);
}

static uint32_t used_slots(void)
{
    uint32_t used = atomic_load_explicit(&core_header()->thread_count, memory_order_relaxed);
    uint32_t capacity = segment_map.parts[LSC_PART_THREADS].capacity;
    used = used < capacity ? used : capacity;
    /* The count is in shared memory: trust it no further than there is memory. */
    while (used > 0 && !part_is_reserved(LSC_PART_THREADS, used))
        used--;
    return used;
}

/* The slot whose thread ended first, taken (FREE belongs to the taker), or -1. */
static int64_t take_ended(void)
{
    for (int attempts = 0; attempts < 8; attempts++) {
        int64_t oldest = -1;
        for (uint32_t i = 0; i < used_slots(); i++) {
            if (atomic_load_explicit(&thread_at(i)->state, memory_order_acquire) !=
                LSC_THREAD_ENDED)
                continue;
            if (oldest < 0 || thread_at(i)->ended < thread_at((uint32_t)oldest)->ended)
                oldest = i;
        }
        uint32_t expected = LSC_THREAD_ENDED;
        if (oldest < 0)
            return -1;
        if (atomic_compare_exchange_strong_explicit(&thread_at((uint32_t)oldest)->state, &expected,
                                                    LSC_THREAD_FREE, memory_order_acquire,
                                                    memory_order_relaxed))
            return oldest;
    }
    return -1;
}

/* A thread that left without its destructors (a raw exit, no key) still counts as live: ask the
 * kernel. */
static void mark_vanished(void)
{
    if (atomic_load_explicit(&core_is_sealed, memory_order_relaxed))
        return;
    for (uint32_t i = 0; i < used_slots(); i++) {
        struct lsc_thread *t = thread_at(i);
        uint32_t expected = LSC_THREAD_LIVE;
        if (atomic_load_explicit(&t->state, memory_order_acquire) == LSC_THREAD_LIVE &&
            sys_call(SYS_tgkill, core_pid, t->tid, 0, 0, 0, 0) == -ESRCH)
            atomic_compare_exchange_strong_explicit(&t->state, &expected, LSC_THREAD_ENDED,
                                                    memory_order_release, memory_order_relaxed);
    }
}

static int64_t take_slot(void)
{
    int64_t slot = part_append(LSC_PART_THREADS, &core_header()->thread_count);
    if (slot < 0)
        slot = take_ended();
    if (slot < 0) {
        mark_vanished();
        slot = take_ended();
    }
    return slot;
}

/* `control` may be flipped while it is copied: whoever flips it writes it first and the copies
 * second, so a copy made from the old value is seen here by reading again. */
static void copy_control(struct lsc_thread *t)
{
    uint32_t control = atomic_load(&core_header()->control);
    for (int i = 0; i < 4; i++) {
        atomic_store(&t->recording, control == 1);
        uint32_t again = atomic_load(&core_header()->control);
        if (again == control)
            return;
        control = again;
    }
}

static void reset_totals(struct lsc_thread *t)
{
    uint64_t head = atomic_load_explicit(&t->head, memory_order_relaxed);
    uint64_t reserved = atomic_load_explicit(&t->reserved_until, memory_order_relaxed);
    uint32_t generation = atomic_load_explicit(&t->generation, memory_order_relaxed);
    memset((void *)t, 0, sizeof *t);
    atomic_store_explicit(&t->head, head, memory_order_relaxed);
    atomic_store_explicit(&t->folded, head, memory_order_relaxed);
    atomic_store_explicit(&t->reserved_until, reserved, memory_order_relaxed);
    atomic_store_explicit(&t->generation, generation + 1, memory_order_release);
}

static void fill_thread(struct lsc_thread *t, uint64_t now)
{
    reset_totals(t);
    t->started = now;
    if (!atomic_load_explicit(&core_is_sealed, memory_order_relaxed)) {
        t->tid = (uint32_t)sys_gettid();
        sys_prctl(PR_GET_NAME, t->name);
    }
    copy_control(t);
    atomic_store_explicit(&t->state, LSC_THREAD_LIVE, memory_order_release);
}

static void fill_writer(struct lsc_writer *w, uint32_t slot)
{
    uint32_t records = core_ring_records();
    w->slot = slot;
    w->ring = part_at(LSC_PART_RINGS, slot);
    w->mask = records - 1;
    w->backoff = 0;
    if (segment_map.is_reserved)
        ring_raise_reserved(w, records);
    uint64_t head = atomic_load_explicit(&thread_at(slot)->head, memory_order_relaxed);
    w->cursor = (uintptr_t)&w->ring[head & w->mask];
    w->end = w->cursor;
    w->shared = thread_at(slot);
}

static struct lsc_writer *attach_slot(void)
{
    /* A vfork child runs on its parent's memory: it must not take a slot of its own. */
    if (!atomic_load_explicit(&core_is_sealed, memory_order_relaxed) && sys_getpid() != core_pid)
        return NULL;
    int64_t slot = take_slot();
    if (slot < 0)
        return NULL;
    struct lsc_writer *w = &core_private->writers[slot];
    uint64_t now = lsc__now();
    fill_thread(thread_at((uint32_t)slot), now);
    fill_writer(w, (uint32_t)slot);
    if (has_exit_key)
        pthread_setspecific(exit_key, w);
    lsc__ring_put(w, now, LSC_RECORD_THREAD_START, 0,
                  atomic_load_explicit(&w->shared->generation, memory_order_relaxed),
                  w->shared->tid, 0);
    return w;
}

void thread_missed_emit(void)
{
    atomic_fetch_add_explicit(&missed, 1, memory_order_relaxed);
}

static struct lsc_writer *attach_or_count(void)
{
    struct lsc_writer *w = attach_slot();
    if (w == NULL) {
        attach_state.backoff = ATTACH_BACKOFF;
        if (!attach_state.was_counted)
            count_lost(&core_header()->lost.threads);
        attach_state.was_counted = true;
        return NULL;
    }
    attach_state.was_counted = false;
    attach_state.nested += atomic_exchange_explicit(&missed, 0, memory_order_relaxed);
    add_relaxed(&w->shared->dropped_nested, attach_state.nested);
    attach_state.nested = 0;
    lsc__self = w;
    return w;
}

struct lsc_writer *lsc__attach(void)
{
    if (*lsc__fork_canary == 0)
        lsc__after_fork();
    struct lsc_writer *w = lsc__self;
    if (w != NULL && w->shared != NULL)
        return w;
    if (core_header() == NULL)
        return NULL;
    if (attach_state.is_attaching) {
        attach_state.nested++;
        return NULL;
    }
    if (attach_state.backoff > 0) {
        attach_state.backoff--;
        return NULL;
    }
    attach_state.is_attaching = true;
    atomic_signal_fence(memory_order_seq_cst);
    w = attach_or_count();
    atomic_signal_fence(memory_order_seq_cst);
    attach_state.is_attaching = false;
    return w;
}

static void detach(void *writer)
{
    struct lsc_writer *w = writer;
    lsc__self = NULL;
    core_hot = &core_parked;
    if (*lsc__fork_canary == 0 || w->shared == NULL || lsc__is_emitting(w))
        return;
    struct lsc_thread *t = w->shared;
    w->shared = NULL;
    w->end = 0;
    fold_polls_of(t, w);
    t->ended = lsc__now();
    atomic_store_explicit(&t->state, LSC_THREAD_ENDED, memory_order_release);
}

void thread_keys_init(void)
{
    if (pthread_key_create(&exit_key, detach) != 0)
        return;
    has_exit_key = exit_key < FIRST_ALLOCATING_KEY;
    if (!has_exit_key)
        pthread_key_delete(exit_key);
}

void thread_forget(void)
{
    lsc__self = NULL;
    core_hot = &core_parked;
    memset(&attach_state, 0, sizeof attach_state);
}
