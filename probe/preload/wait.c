/* SPDX-License-Identifier: MIT */
/* Which waits make a thread a loop, and what each wait of a loop thread is. */
#include "wait.h"

#include <errno.h>
#include <fcntl.h>

#include "real.h"
#include "thread.h"
#include "unwind.h"

/* poll and select are also used for a single question; a thread is a loop from the third wait at
 * the same place for the same leading descriptor on. Any epoll wait is the sign of a loop. */
#define SITE_WAITS_OF_A_LOOP 3

/* Waits elsewhere, without one at home between them, after which the loop has moved: nested waits
 * come deeper in the stack than the loop's own, and may be many; at the same depth, few. */
#define FOREIGN_WAITS_SAME_FRAME 3
#define FOREIGN_WAITS_SITE 50
#define FOREIGN_WAITS_EPOLL 1000
#define FOREIGN_WAITS_PER_LOOK 16

/* Frames further apart than this are on different stacks and cannot be compared. */
#define STACK_REACH (8u << 20)

static uint64_t key_of(const struct wait *w)
{
    return w->kind == LOOP_EPOLL ? (uint64_t)(uint32_t)w->fd : (uint64_t)w->caller;
}

static bool is_own(const struct loop *loop, const struct wait *w)
{
    return loop->kind == w->kind && loop->key == key_of(w);
}

/* poll(NULL, 0, ms) and select(0, …) are sleeps. */
static bool is_sleep(const struct wait *w)
{
    return w->kind == LOOP_SITE && w->fd < 0;
}

static bool is_candidate(const struct wait *w)
{
    if (w->kind == LOOP_EPOLL)
        return true;
    if (is_sleep(w) || w->timeout_ns == 0)
        return false;
    if (self.site != w->caller || self.site_fd != w->fd) {
        self.site = w->caller;
        self.site_fd = w->fd;
        self.site_uses = 0;
    }
    return ++self.site_uses >= SITE_WAITS_OF_A_LOOP;
}

static struct loop *become(const struct wait *w)
{
    if (!is_candidate(w) || !process_observe())
        return NULL;
    struct loop *loop = loop_become(w->kind, key_of(w));
    if (!loop)
        return NULL;
    self.loop = loop;
    thread_arm_exit();
    return loop;
}

static void adopt(struct loop *loop, const struct wait *w)
{
    loop->kind = (uint8_t)w->kind;
    loop->key = key_of(w);
    loop->shared->loop_key = loop->key;
    loop->foreign_waits = 0;
}

static bool is_descriptor_closed(const struct loop *loop)
{
    return loop->kind == LOOP_EPOLL && !process_is_sandboxed() &&
           real.fcntl((int)loop->key, F_GETFD, NULL) < 0;
}

/* Has the loop moved to the key of this foreign wait? */
static bool has_moved(struct loop *loop, const struct wait *w)
{
    uint64_t key = key_of(w);
    if (loop->foreign_key != key) {
        loop->foreign_key = key;
        loop->foreign_waits = 0;
    }
    uint32_t seen = loop->foreign_waits++;
    if (seen % FOREIGN_WAITS_PER_LOOK == 0 && is_descriptor_closed(loop))
        return true;
    uintptr_t apart = w->frame > loop->frame ? w->frame - loop->frame : loop->frame - w->frame;
    if (apart < STACK_REACH && w->frame > loop->frame)
        return true; /* the function that waited for the loop has returned */
    if (apart == 0)
        return seen + 1 >= FOREIGN_WAITS_SAME_FRAME;
    if (loop->kind == LOOP_SITE)
        return seen + 1 >= FOREIGN_WAITS_SITE;
    return seen + 1 > FOREIGN_WAITS_EPOLL;
}

static enum wait_mode mode_of_foreign(struct loop *loop, const struct wait *w)
{
    if (w->timeout_ns == 0)
        return WAIT_PASS;
    if (is_sleep(w))
        return self.gate == GATE_TIMED ? WAIT_CALL : WAIT_PASS;
    if (self.gate != GATE_TIMED && loop->is_open && w->frame < loop->call_frame)
        return WAIT_PASS; /* inside another interposed call */
    if (has_moved(loop, w)) {
        adopt(loop, w);
        return WAIT_BOUNDARY;
    }
    return self.gate == GATE_TIMED ? WAIT_CALL : WAIT_PASS;
}

static struct loop *current_loop(void)
{
    struct loop *loop = self.loop;
    if (__builtin_expect(loop && !loop->shared, 0)) {
        process_forget_parent();
        return NULL;
    }
    return loop;
}

static void begin_boundary(struct wait *w)
{
    struct loop *loop = w->loop;
    call_enter(loop);
    w->begin = lsc__now();
    turn_end(loop, w->begin, 0);
    atomic_store_explicit(&loop->shared->call_since, 0, memory_order_relaxed);
    loop->frame = w->frame;
    loop->foreign_waits = 0;
    loop_claim(loop);
    if (__builtin_expect(!loop->is_warm, 0)) {
        unwind_warm(loop, w->caller);
        w->begin = lsc__now();
    }
}

void wait_begin(struct wait *w)
{
    w->mode = WAIT_PASS;
    if (self_is_vforked() || process_is_off() || self.is_ended || self.is_ours)
        return;
    int saved = errno;
    w->loop = current_loop();
    if (w->loop && __builtin_expect(is_own(w->loop, w), 1))
        w->mode = WAIT_BOUNDARY;
    else if (w->loop)
        w->mode = mode_of_foreign(w->loop, w);
    else if ((w->loop = become(w)) != NULL)
        w->mode = WAIT_BOUNDARY;
    if (w->mode == WAIT_BOUNDARY)
        begin_boundary(w);
    else if (w->mode == WAIT_CALL)
        call_begin(&w->call, w->id, w->frame);
    errno = saved;
}

static void end_boundary(struct wait *w, int result)
{
    struct loop *loop = w->loop;
    struct turn_start start = {.now = lsc__now()};
    uint64_t waited = start.now - w->begin;
    total_add(&loop->shared->idle_ticks, waited);
    if (result > 0) {
        start.ready = (uint32_t)result;
        if (waited < process.at_once_ticks)
            start.flags |= LSC_TURN_READY_AT_ONCE;
        if (w->room > 0 && result >= w->room)
            start.flags |= LSC_TURN_BATCH_FULL;
    } else if (result == 0 && w->timeout_ns == 0) {
        start.is_after_empty = true;
    } else if (result == 0) {
        uint64_t asked = lsc__ticks_from_ns(w->timeout_ns);
        start.flags |= LSC_TURN_TIMED_OUT;
        start.lateness = waited > asked ? waited - asked : 0;
    }
    turn_begin(loop, &start);
    call_leave(loop);
}

void wait_end(struct wait *w, int result)
{
    if (w->mode == WAIT_PASS)
        return;
    int saved = errno;
    if (w->mode == WAIT_CALL)
        call_end(&w->call, w->id, w->fd, w->caller);
    else if (w->loop->shared)
        end_boundary(w, result);
    errno = saved;
}
