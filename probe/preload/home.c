/* SPDX-License-Identifier: MIT */
/* Compares stacks from the outermost frame inwards. */
#include "home.h"

#include <link.h>
#include <string.h>

#include "real.h"

/* The code a thread starts in: libc's, and this library's (pthread_create's trampoline). */
struct range {
    uintptr_t begin, end;
};
static struct range libc_range, our_range;

static bool is_within(const struct range *range, uintptr_t address)
{
    return address >= range->begin && address < range->end;
}

static int note_object(struct dl_phdr_info *object, size_t size, void *unused)
{
    struct range range = {UINTPTR_MAX, 0};
    (void)size, (void)unused;
    for (int i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *p = &object->dlpi_phdr[i];
        uintptr_t begin = object->dlpi_addr + p->p_vaddr;
        if (p->p_type != PT_LOAD)
            continue;
        range.begin = begin < range.begin ? begin : range.begin;
        range.end = begin + p->p_memsz > range.end ? begin + p->p_memsz : range.end;
    }
    if (is_within(&range, (uintptr_t)real.read))
        libc_range = range;
    if (is_within(&range, (uintptr_t)home_learn))
        our_range = range;
    return 0;
}

void home_init(void)
{
    dl_iterate_phdr(note_object, NULL);
}

static bool is_of_start(const void *frame)
{
    return is_within(&libc_range, (uintptr_t)frame) || is_within(&our_range, (uintptr_t)frame);
}

/* How many of the outermost frames belong to the start of the thread, with the `_start` of the
 * program beyond libc's on the main thread. */
static int start_frames(void *const *frames, int depth)
{
    int inner = depth > 1 && !is_of_start(frames[depth - 1]) ? depth - 1 : depth;
    int outermost = inner;
    while (inner > 0 && is_of_start(frames[inner - 1]))
        inner--;
    return inner == outermost ? 0 : depth - inner;
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

static int shared_outer_frames(const struct loop *loop, void *const *frames, int depth)
{
    int n = 0, home = loop->home_depth < LOOP_HOME_ROOM ? loop->home_depth : LOOP_HOME_ROOM;
    while (n < home && n < depth && loop->home[home - 1 - n] == frames[depth - 1 - n])
        n++;
    return n;
}

bool home_is_away(const struct loop *loop)
{
    /* With a single frame inside the start, the loop stands in main itself. */
    if (loop->home_start == 0 || loop->home_depth - loop->home_start < 2)
        return false;
    return shared_outer_frames(loop, loop->stack, loop->stack_depth) == loop->home_start;
}

bool home_is_shared(const struct loop *loop, void *const *frames, int depth)
{
    int start = loop->home_start, inside = loop->home_depth - start;
    if (start == 0 || inside < 2)
        return false;
    return (shared_outer_frames(loop, frames, depth) - start) * 2 > inside;
}
