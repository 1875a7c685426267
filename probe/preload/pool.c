/* SPDX-License-Identifier: MIT */
/* Busy spells of pool workers, kept by each worker for itself. */
#include "pool.h"

#include "core/writer/core.h"
#include "process.h"
#include "self.h"
#include "turn.h"

/* Waits in a row on another object after which that one is the idle one. */
#define WAITS_TO_MOVE 3

/* Programs that start a thread for every request would fill the thread table with them. */
#define THREADS_RECORDED_FROM_START 512

/* Who waited on which object for the first time, by start routine: two threads of one routine on
 * one object are a pool, even if each has waited only once. Entries are claimed and never changed;
 * when the table is full, only the second wait of a thread tells. */
#define SEEN_MAX 64
static struct seen {
    _Atomic uint64_t hash; /* of routine and object; 0 free */
    _Atomic uint32_t slot; /* 1 + slot of the first thread */
} seen[SEEN_MAX];

static struct lsc_thread *thread_at(uint32_t slot)
{
    const struct lsc_part *part = &lsc__segment->parts[LSC_PART_THREADS];
    return (struct lsc_thread *)(void *)((char *)lsc__segment + part->offset +
                                         (uint64_t)slot * part->stride);
}

static bool is_member(const struct lsc_thread *t)
{
    return atomic_load_explicit(&t->roles, memory_order_relaxed) & LSC_ROLE_POOL;
}

static void make_member(struct lsc_thread *t)
{
    if (!is_member(t))
        atomic_fetch_or(&t->roles, LSC_ROLE_POOL);
}

/* Finds a companion of this thread, or leaves word for the one that comes. */
static void look_for_companion(struct lsc_writer *w)
{
    uint64_t hash =
        (self.start_routine ^ self.idle_object << 20) * UINT64_C(0x9e3779b97f4a7c15) | 1;
    for (unsigned i = 0; i < SEEN_MAX; i++) {
        struct seen *s = &seen[((hash >> 32) + i) % SEEN_MAX];
        uint64_t nothing = 0;
        if (atomic_compare_exchange_strong(&s->hash, &nothing, hash)) {
            atomic_store(&s->slot, w->slot + 1);
            return;
        }
        if (nothing != hash)
            continue;
        uint32_t other = atomic_load(&s->slot);
        if (other != 0 && other != w->slot + 1 &&
            thread_at(other - 1)->start_routine == self.start_routine) {
            make_member(w->shared);
            make_member(thread_at(other - 1));
        }
        return;
    }
}

void pool_forget(void)
{
    for (unsigned i = 0; i < SEEN_MAX; i++)
        atomic_store(&seen[i].hash, 0);
}

static struct lsc_writer *my_writer(void)
{
    struct lsc_writer *w = lsc__writer();
    if (!w || w->shared->start_routine != 0)
        return w;
    w->shared->start_routine = self.start_routine;
    if (self.is_early)
        atomic_fetch_or(&w->shared->roles, LSC_ROLE_EARLY);
    return w;
}

/* Is `object` the one this thread waits on when it has nothing to do? */
static bool is_idle_object(uintptr_t object)
{
    if (self.idle_object == 0)
        self.idle_object = object;
    if (self.idle_object == object) {
        self.idle_waits++;
        self.other_waits = 0;
        return true;
    }
    if (self.other_object != object) {
        self.other_object = object;
        self.other_waits = 0;
    }
    if (++self.other_waits < WAITS_TO_MOVE)
        return false;
    self.idle_object = object;
    self.idle_waits = self.other_waits;
    self.other_waits = 0;
    return true;
}

static void close_spell(struct lsc_writer *w, uint64_t now)
{
    uint64_t since = self.busy_since;
    uint64_t first = atomic_load_explicit(&lsc__segment->clock_start.ticks, memory_order_relaxed);
    self.busy_since = 0;
    atomic_store_explicit(&w->shared->busy_since, 0, memory_order_relaxed);
    if (since == 0)
        return;
    since = since > first ? since : first;
    if (now > since && now - since >= process.spell_ticks)
        lsc__ring_put(w, now, LSC_RECORD_WORK, 0, 0, now - since, self.idle_object);
}

bool pool_idle(uintptr_t object, uint64_t now)
{
    if (self.is_main || !is_idle_object(object))
        return false;
    struct lsc_writer *w = my_writer();
    if (!w)
        return false;
    close_spell(w, now);
    atomic_store_explicit(&w->shared->wait_object, self.idle_object, memory_order_relaxed);
    if (self.idle_waits >= 2)
        make_member(w->shared);
    else if (self.start_routine)
        look_for_companion(w);
    return true;
}

void pool_busy(uint64_t now)
{
    struct lsc_writer *w = lsc__writer();
    self.busy_since = now;
    if (w)
        atomic_store_explicit(&w->shared->busy_since, now, memory_order_relaxed);
}

void pool_thread_begins(void)
{
    self.busy_since = lsc__now();
    self.is_early = !lsc__segment;
    if (!lsc__segment || process_is_off() ||
        atomic_fetch_add_explicit(&process.threads_started, 1, memory_order_relaxed) >=
            THREADS_RECORDED_FROM_START)
        return;
    struct lsc_writer *w = my_writer();
    if (w)
        atomic_store_explicit(&w->shared->busy_since, self.busy_since, memory_order_relaxed);
}

void pool_thread_ends(void)
{
    struct lsc_writer *w = lsc__self;
    if (w && w->shared && lsc__segment && self.idle_object)
        close_spell(w, lsc__now());
}

static bool is_worker(const struct lsc_thread *t)
{
    return atomic_load_explicit(&t->state, memory_order_acquire) == LSC_THREAD_LIVE &&
           t->start_routine != 0 && is_member(t);
}

static void spread_from(const struct lsc_thread *known, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        struct lsc_thread *t = thread_at(i);
        uint32_t roles = atomic_load_explicit(&t->roles, memory_order_relaxed);
        bool is_same = t->start_routine == known->start_routine &&
                       atomic_load_explicit(&t->state, memory_order_acquire) == LSC_THREAD_LIVE;
        if (!is_same || (roles & (LSC_ROLE_LOOP | LSC_ROLE_POOL)))
            continue;
        atomic_store_explicit(&t->wait_object,
                              atomic_load_explicit(&known->wait_object, memory_order_relaxed),
                              memory_order_relaxed);
        atomic_fetch_or(&t->roles, LSC_ROLE_POOL);
    }
}

void pool_spread_role(void)
{
    uint32_t count = atomic_load_explicit(&lsc__segment->thread_count, memory_order_relaxed);
    uint32_t capacity = lsc__segment->parts[LSC_PART_THREADS].capacity;
    count = count < capacity ? count : capacity;
    for (uint32_t i = 0; i < count; i++)
        if (is_worker(thread_at(i)))
            spread_from(thread_at(i), count);
}
