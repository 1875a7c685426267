/* SPDX-License-Identifier: MIT */
/* The timer wheel. A timer lies at the level of the highest digit (to base 64) in which its time
 * differs from the wheel's, in the slot that this digit says; when the wheel's time reaches the
 * slot's begin, its timers move down a level, or fire. */
#include "timer.h"

#include <string.h>

/* How far the wheel sees: a slot less than a whole turn of the last level, two years. A timer
 * beyond it is looked at again then. */
#define HORIZON_MS ((WHEEL_SLOTS - 1) * (UINT64_C(1) << (WHEEL_LEVELS - 1) * WHEEL_SLOT_BITS))

void timer_wheel_init(struct timer_wheel *wheel, uint64_t now_ms)
{
    memset(wheel, 0, sizeof(*wheel));
    wheel->elapsed_ms = now_ms;
}

static uint32_t count_of(struct timer_wheel *wheel)
{
    return atomic_load_explicit(&wheel->count, memory_order_relaxed);
}

static void add(struct timer_wheel *wheel, int change)
{
    atomic_store_explicit(&wheel->count, count_of(wheel) + (uint32_t)change, memory_order_relaxed);
}

static unsigned level_of(uint64_t elapsed_ms, uint64_t at_ms)
{
    uint64_t differing = (elapsed_ms ^ at_ms) | (WHEEL_SLOTS - 1);
    unsigned level = (unsigned)(63 - __builtin_clzll(differing)) / WHEEL_SLOT_BITS;
    return level < WHEEL_LEVELS ? level : WHEEL_LEVELS - 1;
}

static unsigned slot_of(uint64_t at_ms, unsigned level)
{
    return (unsigned)(at_ms >> level * WHEEL_SLOT_BITS) & (WHEEL_SLOTS - 1);
}

static void insert(struct timer_wheel *wheel, struct timer *timer)
{
    uint64_t at = timer->at_ms;
    if (at < wheel->elapsed_ms)
        at = wheel->elapsed_ms;
    if (at - wheel->elapsed_ms >= HORIZON_MS)
        at = wheel->elapsed_ms + HORIZON_MS - 1;
    unsigned level = level_of(wheel->elapsed_ms, at);
    unsigned slot = slot_of(at, level);
    struct timer **head = &wheel->slots[level][slot];
    timer->next = *head;
    if (timer->next)
        timer->next->link = &timer->next;
    *head = timer;
    timer->link = head;
    wheel->occupied[level] |= UINT64_C(1) << slot;
    add(wheel, 1);
}

/* `occupied` is put right lazily: by who finds the slot empty. */
static void take_out(struct timer_wheel *wheel, struct timer *timer)
{
    *timer->link = timer->next;
    if (timer->next)
        timer->next->link = timer->link;
    timer->link = NULL;
    add(wheel, -1);
}

void timer_arm(struct timer_wheel *wheel, struct timer *timer, uint64_t at_ms)
{
    struct timer_wheel *last = atomic_load_explicit(&timer->wheel, memory_order_relaxed);
    if (last && last != wheel)
        timer_disarm(timer);
    lock_take(&wheel->lock);
    if (timer->link && timer->at_ms != at_ms)
        take_out(wheel, timer);
    if (!timer->link) {
        timer->at_ms = at_ms;
        atomic_store_explicit(&timer->wheel, wheel, memory_order_relaxed);
        insert(wheel, timer);
    }
    lock_drop(&wheel->lock);
}

void timer_disarm(struct timer *timer)
{
    struct timer_wheel *wheel = atomic_load_explicit(&timer->wheel, memory_order_relaxed);
    if (!wheel)
        return;
    lock_take(&wheel->lock);
    if (timer->link)
        take_out(wheel, timer);
    lock_drop(&wheel->lock);
    atomic_store_explicit(&timer->wheel, NULL, memory_order_relaxed);
}

/* The next slot of a level that is not empty: when it begins. False: the level is empty. */
static bool next_slot(struct timer_wheel *wheel, unsigned level, unsigned *slot, uint64_t *begin_ms)
{
    unsigned shift = level * WHEEL_SLOT_BITS;
    unsigned now_slot = slot_of(wheel->elapsed_ms, level);
    while (wheel->occupied[level]) {
        uint64_t bits = wheel->occupied[level];
        uint64_t turned = bits >> now_slot | bits << ((WHEEL_SLOTS - now_slot) % WHEEL_SLOTS);
        unsigned distance = (unsigned)__builtin_ctzll(turned);
        *slot = (now_slot + distance) % WHEEL_SLOTS;
        if (wheel->slots[level][*slot]) {
            *begin_ms = ((wheel->elapsed_ms >> shift) + distance) << shift;
            return true;
        }
        wheel->occupied[level] &= ~(UINT64_C(1) << *slot);
    }
    return false;
}

/* The slot that begins first, of all levels. */
static bool earliest(struct timer_wheel *wheel, unsigned *level, unsigned *slot, uint64_t *begin_ms)
{
    bool found = false;
    for (unsigned i = 0; i < WHEEL_LEVELS; i++) {
        unsigned candidate;
        uint64_t begin;
        if (next_slot(wheel, i, &candidate, &begin) && (!found || begin < *begin_ms)) {
            *level = i;
            *slot = candidate;
            *begin_ms = begin;
            found = true;
        }
    }
    return found;
}

uint64_t timer_wheel_next_ms(struct timer_wheel *wheel)
{
    unsigned level, slot;
    uint64_t begin_ms;
    lock_take(&wheel->lock);
    bool found = count_of(wheel) > 0 && earliest(wheel, &level, &slot, &begin_ms);
    lock_drop(&wheel->lock);
    return found ? begin_ms : UINT64_MAX;
}

/* Fires what is due in a slot; the rest moves down. */
static void empty_slot(struct timer_wheel *wheel, struct timer **head, timer_fire_fn fire,
                       void *data)
{
    struct timer *list = *head;
    *head = NULL;
    while (list) {
        struct timer *timer = list;
        list = timer->next;
        add(wheel, -1);
        timer->link = NULL;
        if (timer->at_ms <= wheel->elapsed_ms)
            fire(timer, data);
        else
            insert(wheel, timer);
    }
}

void timer_wheel_fire(struct timer_wheel *wheel, uint64_t now_ms, timer_fire_fn fire, void *data)
{
    unsigned level, slot;
    uint64_t begin_ms;
    lock_take(&wheel->lock);
    while (count_of(wheel) > 0 && earliest(wheel, &level, &slot, &begin_ms) && begin_ms <= now_ms) {
        if (begin_ms > wheel->elapsed_ms)
            wheel->elapsed_ms = begin_ms;
        wheel->occupied[level] &= ~(UINT64_C(1) << slot);
        empty_slot(wheel, &wheel->slots[level][slot], fire, data);
    }
    if (now_ms > wheel->elapsed_ms)
        wheel->elapsed_ms = now_ms;
    lock_drop(&wheel->lock);
}
