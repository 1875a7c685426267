/* SPDX-License-Identifier: MIT */
/* What a wait on a lock-like object is, and its book-keeping. */
#include "park.h"

#include <errno.h>

#include "kin.h"
#include "pool.h"

static void begin_on_loop(struct park *p, uint32_t id, uintptr_t frame)
{
    p->loop = self.loop;
    if (p->loop && p->loop->shared && loop_is_shared(p->loop)) {
        p->mode = PARK_REST;
        call_enter(p->loop);
        p->begin = lsc__now();
        turn_end(p->loop, p->begin, 0);
        return;
    }
    p->mode = PARK_CALL;
    call_begin(&p->call, id, frame);
}

static void begin_on_worker(struct park *p, uintptr_t object)
{
    if (!lsc__segment) {
        /* When it began to wait is not known to be idle; when it returns is. */
        p->mode = PARK_EARLY;
        self.busy_since = 0;
        return;
    }
    p->begin = lsc__now();
    if (pool_idle(object, p->begin))
        p->mode = PARK_IDLE;
}

void park_begin(struct park *p, uint32_t id, uintptr_t object, uintptr_t frame)
{
    p->mode = PARK_PASS;
    if (self_is_vforked() || process_is_off() || self.is_ended || self.is_ours)
        return;
    int saved = errno;
    if (self.gate == GATE_TIMED)
        begin_on_loop(p, id, frame);
    else if (!self.loop)
        begin_on_worker(p, object);
    errno = saved;
}

/* The thread of a shared reactor has rested: what comes is a new turn. */
static void begin_turn_after_park(struct loop *loop, uint64_t rested_since)
{
    struct turn_start start = {.now = lsc__now(), .flags = LSC_TURN_AFTER_PARK};
    total_add(&loop->shared->idle_ticks, start.now - rested_since);
    atomic_fetch_or(&loop->shared->roles, LSC_ROLE_SHARED);
    turn_begin(loop, &start);
}

static void end_call(struct park *p, uint32_t id, uintptr_t caller)
{
    struct loop *loop = p->call.loop;
    /* Only now is it certain: the second thread may have come to the reactor meanwhile. */
    if (!loop || !loop->shared || !loop_is_shared(loop)) {
        call_end(&p->call, id, -1, caller);
        return;
    }
    atomic_store_explicit(&loop->shared->call_since, 0, memory_order_relaxed);
    turn_end(loop, p->call.begin, 0);
    begin_turn_after_park(loop, p->call.begin);
    call_leave(loop);
}

/* A thread that is no loop yet has parked: may it be one? */
static bool end_as_loop(const struct park *p)
{
    if (self.loop || self_is_vforked() || process_is_off() || self.is_ended || self.is_ours)
        return false;
    if (!kin_adopt())
        return false;
    begin_turn_after_park(self.loop, p->mode == PARK_IDLE ? p->begin : lsc__now());
    return true;
}

void park_end(struct park *p, uint32_t id, uintptr_t caller)
{
    int saved = errno;
    if (end_as_loop(p)) {
        errno = saved;
        return;
    }
    if (p->mode == PARK_PASS)
        return;
    switch (p->mode) {
    case PARK_CALL:
        end_call(p, id, caller);
        break;
    case PARK_REST:
        if (p->loop->shared) {
            begin_turn_after_park(p->loop, p->begin);
            call_leave(p->loop);
        }
        break;
    case PARK_IDLE:
        pool_busy(lsc__now());
        break;
    case PARK_EARLY:
        self.busy_since = lsc__now();
        break;
    case PARK_PASS:
        break;
    }
    errno = saved;
}
