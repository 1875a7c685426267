/* SPDX-License-Identifier: MIT */
/* Timers of one worker: a hierarchical wheel of milliseconds, six levels of 64 slots (Varghese and
 * Lauck, "Hashed and hierarchical timing wheels", 1987). Arming, disarming and firing cost the same
 * for one timer or a million, and need no memory. Any thread may disarm; only the owner arms. */
#ifndef LSC_EXECUTOR_TIMER_H
#define LSC_EXECUTOR_TIMER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "lock.h"

#define WHEEL_LEVELS 6
#define WHEEL_SLOT_BITS 6
#define WHEEL_SLOTS (1u << WHEEL_SLOT_BITS)

/* In the task's header. Writers: with the lock of the wheel it is in. */
struct timer {
    struct timer *next;
    struct timer **link; /* what points to it; NULL: in no wheel */
    uint64_t at_ms;
    struct timer_wheel *_Atomic wheel; /* the one it is in, or was in last */
};

struct timer_wheel {
    struct lock lock;
    _Atomic uint32_t count; /* written under the lock */
    uint64_t elapsed_ms;    /* everything before has fired */
    uint64_t occupied[WHEEL_LEVELS];
    struct timer *slots[WHEEL_LEVELS][WHEEL_SLOTS];
};

void timer_wheel_init(struct timer_wheel *wheel, uint64_t now_ms);

/* Puts the timer, which is in no wheel, into this one. The wheel's owner. */
void timer_arm(struct timer_wheel *wheel, struct timer *timer, uint64_t at_ms);

/* Takes it out of the wheel it is in, if it is in one. The task that owns it, on any worker. After
 * the return no firing of it is in progress. */
void timer_disarm(struct timer *timer);

/* When the wheel wants to be looked at next; UINT64_MAX: never. May be early, never late. */
uint64_t timer_wheel_next_ms(struct timer_wheel *wheel);

/* Takes out everything due at `now_ms` and calls `fire` for each, with the lock held. The owner. */
typedef void (*timer_fire_fn)(struct timer *timer, void *data);
void timer_wheel_fire(struct timer_wheel *wheel, uint64_t now_ms, timer_fire_fn fire, void *data);

#endif
