/* SPDX-License-Identifier: MIT */
/* libunwind at arm's length: dlopen, one function, and the cutting of our own frames. */
#include "unwind.h"

#include <dlfcn.h>
#include <errno.h>

#include "home.h"
#include "process.h"
#include "real.h"
#include "remote.h"
#include "self.h"

typedef int backtrace_function(void **frames, int room);

static backtrace_function *_Atomic backtrace_now;

/* libunwind finds out whether memory is readable by writing it into a pipe of its own, whose
 * numbers the program may close and use again. Its pipe2 and its write come by our interposers, so
 * it gets no pipe, and the question is answered without one. */
LSC_EXPORT int pipe2(int fds[2], int flags)
{
    if (__builtin_expect(self.is_unwinding, 0)) {
        errno = EMFILE;
        return -1;
    }
    return real.pipe2(fds, flags);
}

long unwind_probe_address(const void *address)
{
    char byte;
    struct iovec here = {.iov_base = &byte, .iov_len = 1};
    struct iovec there = {.iov_base = (void *)(uintptr_t)address, .iov_len = 1};
    return real.syscall(SYS_process_vm_readv, atomic_load(&process.pid), (long)&here, 1,
                        (long)&there, 1, 0);
}

/* One run of the unwinder into the thread's buffer; the number of frames. */
static int take_frames(struct loop *loop, backtrace_function *take)
{
    loop->is_capturing = true;
    self.is_unwinding = true;
    int depth = take(loop->frames, LOOP_STACK_ROOM);
    self.is_unwinding = false;
    loop->is_capturing = false;
    return depth;
}

bool unwind_load(void)
{
    static _Atomic int attempts;
    if (atomic_load_explicit(&backtrace_now, memory_order_acquire))
        return true;
    if (atomic_fetch_add(&attempts, 1) > 0)
        return false;
    int saved = errno;
    void *library = dlopen("libunwind.so.8", RTLD_NOW | RTLD_LOCAL);
    void *function = library ? dlsym(library, "unw_backtrace") : NULL;
    if (library)
        remote_load(library);
    if (function)
        atomic_store_explicit(&backtrace_now, (backtrace_function *)function, memory_order_release);
    else if (lsc__segment)
        atomic_fetch_or(&lsc__segment->limits, LSC_LIMIT_NO_UNWINDER);
    errno = saved;
    return function != NULL;
}

/* Index of the frame that is `anchor`; without one our own frames cannot be told from the caller's.
 */
static int find_anchor(void *const *frames, int depth, uintptr_t anchor)
{
    for (int i = 0; i < depth; i++)
        if ((uintptr_t)frames[i] == anchor)
            return i;
    return -1;
}

/* Takes the stack from `anchor` outwards into loop->stack; the number of frames, 0 without. */
static int take_stack(struct loop *loop, backtrace_function *take, uintptr_t anchor)
{
    int depth = take_frames(loop, take);
    int first = find_anchor(loop->frames, depth, anchor);
    loop->stack_depth = 0;
    if (first < 0)
        return 0;
    while (depth > first + 1 && !loop->frames[depth - 1])
        depth--;
    loop->stack = loop->frames + first;
    loop->stack_depth = depth - first;
    return loop->stack_depth;
}

void unwind_warm(struct loop *loop, uintptr_t caller)
{
    backtrace_function *take = atomic_load_explicit(&backtrace_now, memory_order_acquire);
    if (!take || process_is_sandboxed())
        return;
    int saved = errno;
    if (take_stack(loop, take, caller) > 0)
        home_learn(loop, loop->stack, loop->stack_depth);
    loop->is_warm = true;
    errno = saved;
}

static uint32_t intern_frames(void *const *frames, int depth)
{
    uint64_t pcs[LSC_STACK_FRAMES_MAX];
    bool was_cut = depth > LSC_STACK_FRAMES_MAX;
    unsigned kept = was_cut ? LSC_STACK_FRAMES_MAX : (unsigned)depth;
    for (unsigned i = 0; i < kept; i++)
        pcs[i] = (uint64_t)(uintptr_t)frames[i];
    return lsc__stack_intern(pcs, kept, was_cut);
}

uint32_t unwind_intern(struct loop *loop, uintptr_t anchor)
{
    uint64_t only = anchor;
    backtrace_function *take = atomic_load_explicit(&backtrace_now, memory_order_acquire);
    /* A sandboxed process must not see the system calls of the unwinder. */
    if (!take || process_is_sandboxed() || loop->is_capturing) {
        if (!loop->is_capturing)
            loop->stack_depth = 0;
        return lsc__stack_intern(&only, 1, true);
    }
    if (take_stack(loop, take, anchor) == 0)
        return lsc__stack_intern(&only, 1, true);
    return intern_frames(loop->stack, loop->stack_depth);
}

uint32_t unwind_intern_caller(struct loop *loop, uintptr_t caller)
{
    int saved = errno;
    uint32_t stack = unwind_intern(loop, caller);
    errno = saved;
    return stack;
}

/* On a thread without a buffer of its own. */
static uint32_t intern_elsewhere(uintptr_t caller)
{
    void *frames[LOOP_STACK_ROOM];
    uint64_t only = caller;
    backtrace_function *take = atomic_load_explicit(&backtrace_now, memory_order_acquire);
    self.is_unwinding = true;
    int depth = take && !process_is_sandboxed() ? take(frames, LOOP_STACK_ROOM) : 0;
    self.is_unwinding = false;
    int first = find_anchor(frames, depth, caller);
    if (first < 0)
        return lsc__stack_intern(&only, 1, true);
    while (depth > first + 1 && !frames[depth - 1])
        depth--;
    return intern_frames(frames + first, depth - first);
}

uint32_t unwind_intern_place(struct loop *loop, uintptr_t caller)
{
    int saved = errno;
    uint8_t gate = self.gate;
    self.gate = GATE_SHUT;
    if (!process_is_sandboxed())
        unwind_load();
    uint32_t stack = loop && loop->shared ? unwind_intern(loop, caller) : intern_elsewhere(caller);
    self.gate = gate;
    errno = saved;
    return stack;
}

int unwind_here(void *frames[LOOP_STACK_ROOM])
{
    backtrace_function *take = atomic_load_explicit(&backtrace_now, memory_order_acquire);
    if (!take)
        return 0;
    int saved = errno;
    self.is_unwinding = true;
    int depth = take(frames, LOOP_STACK_ROOM);
    self.is_unwinding = false;
    errno = saved;
    while (depth > 0 && !frames[depth - 1])
        depth--;
    return depth;
}
