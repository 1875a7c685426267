/* SPDX-License-Identifier: MIT */
/* Compares stacks from the outermost frame inwards. */
#include "home.h"

#include <dlfcn.h>
#include <string.h>

#include "real.h"

/* The frames of a thread's start: of libc, of this library (pthread_create's trampoline), and the
 * `_start` beyond libc's. */
static bool is_of_start(const void *frame, const void *libc, const void *ours)
{
    Dl_info at;
    return dladdr(frame, &at) != 0 && (at.dli_fbase == libc || at.dli_fbase == ours);
}

static int start_frames(void *const *frames, int depth)
{
    Dl_info libc, ours;
    if (dladdr((void *)(uintptr_t)real.read, &libc) == 0 ||
        dladdr((void *)(uintptr_t)home_learn, &ours) == 0)
        return 0;
    int inner = depth;
    if (inner > 1 && !is_of_start(frames[inner - 1], libc.dli_fbase, ours.dli_fbase))
        inner--; /* _start */
    int first_of_start = inner;
    while (inner > 0 && is_of_start(frames[inner - 1], libc.dli_fbase, ours.dli_fbase))
        inner--;
    return inner == first_of_start ? 0 : depth - inner;
}

void home_learn(struct loop *loop, void *const *frames, int depth)
{
    int start = start_frames(frames, depth);
    int kept = depth < LOOP_HOME_ROOM ? depth : LOOP_HOME_ROOM;
    /* The outermost frames are those that count. */
    memcpy(loop->home, frames + (depth - kept), (size_t)kept * sizeof(frames[0]));
    loop->home_depth = (uint16_t)kept;
    loop->home_start = (uint16_t)(start < kept ? start : 0);
}

static int shared_outer_frames(const struct loop *loop)
{
    int n = 0;
    while (n < loop->home_depth && n < loop->stack_depth &&
           loop->home[loop->home_depth - 1 - n] == loop->stack[loop->stack_depth - 1 - n])
        n++;
    return n;
}

bool home_is_away(const struct loop *loop)
{
    /* With a single frame inside the start, the loop stands in main itself. */
    if (loop->home_start == 0 || loop->home_depth - loop->home_start < 2)
        return false;
    return shared_outer_frames(loop) == loop->home_start;
}
