/* SPDX-License-Identifier: MIT */
/* Compares the stack of a parked thread with those of the loops that share a reactor. */
#include "kin.h"

#include "home.h"
#include "loop.h"
#include "process.h"
#include "self.h"
#include "thread.h"
#include "unwind.h"

#define LOOKS_MAX 3

/* Whether this loop may be a sibling: another thread with the same start, on a reactor, whose home
 * is known: one that has not waited since the unwinder was loaded has none. */
static bool may_be_kin(const struct loop *loop)
{
    uint32_t owner = atomic_load_explicit(&loop->owner, memory_order_acquire);
    return owner != 0 && owner != UINT32_MAX && loop->shared && loop->kind == LOOP_EPOLL &&
           loop->home_start != 0 && loop->shared->start_routine == self.start_routine;
}

static bool has_candidate(void)
{
    for (uint32_t i = 0; i < loop_limit(); i++)
        if (may_be_kin(loop_at(i)))
            return true;
    return false;
}

/* The loop whose home most of the calling thread's stack is; NULL: none. */
static const struct loop *find_kin(void)
{
    void *frames[LOOP_STACK_ROOM];
    int depth = unwind_here(frames);
    for (uint32_t i = 0; i < loop_limit(); i++)
        if (may_be_kin(loop_at(i)) && home_is_shared(loop_at(i), frames, depth))
            return loop_at(i);
    return NULL;
}

bool kin_adopt(void)
{
    if (self.loop || self.is_main || self.start_routine == 0 || self.kin_looks >= LOOKS_MAX ||
        process_is_sandboxed() || !lsc__segment || !has_candidate())
        return false;
    self.kin_looks++;
    const struct loop *kin = find_kin();
    struct loop *loop = kin ? loop_become(LOOP_EPOLL, kin->key) : NULL;
    if (!loop)
        return false;
    self.loop = loop;
    self.busy_since = 0;
    loop_claim(loop); /* from now on its parks, and its siblings', are rests */
    thread_arm_exit();
    unwind_warm(loop, 0);
    return true;
}
