/* SPDX-License-Identifier: MIT */
/* Walking another thread's stack. It works because that thread is asleep below a frame whose
 * address it left in `call_frame`: interposers keep a frame pointer, so the caller's frame pointer
 * and return address stand there. libunwind checks every address before it reads it, so a thread
 * that wakes up meanwhile costs a wrong frame at worst, and such a walk is thrown away. */
#define UNW_LOCAL_ONLY
#include "remote.h"

#include <dlfcn.h>
#include <errno.h>
#include <libunwind.h>
#include <sched.h>
#include <string.h>
#include <sys/syscall.h>
#include <linux/membarrier.h>

#include "process.h"
#include "real.h"
#include "self.h"
#include "unwind.h"

#define TEXT_OF(x) #x
#define TEXT(x) TEXT_OF(x)

/* How often a thread that ends yields to a watchdog that reads its stack. */
#define SETTLE_YIELDS 100000

typedef int init_function(unw_cursor_t *, unw_context_t *, int);
typedef int step_function(unw_cursor_t *);
typedef int get_function(unw_cursor_t *, unw_regnum_t, unw_word_t *);

static init_function *start;
static step_function *step;
static get_function *get;

void remote_load(void *library)
{
    step_function *last = (step_function *)dlsym(library, TEXT(UNW_OBJ(step)));
    start = (init_function *)dlsym(library, TEXT(UNW_OBJ(init_local2)));
    get = (get_function *)dlsym(library, TEXT(UNW_OBJ(get_reg)));
    if (start && get)
        step = last;
}

/* What stands at the frame of an interposer: the caller's frame pointer and the return address. */
struct frame_head {
    uintptr_t frame_pointer;
    uintptr_t return_address;
};

static bool read_head(uintptr_t frame, struct frame_head *head)
{
    return unwind_probe_address((const void *)frame) == 1 &&
           unwind_probe_address((const void *)(frame + sizeof *head - 1)) == 1 &&
           memcpy(head, (const void *)frame, sizeof *head) && head->return_address != 0;
}

static void fill_context(unw_context_t *context, const struct frame_head *head, uintptr_t frame)
{
    memset(context, 0, sizeof *context);
#if defined(__x86_64__)
    greg_t *registers = context->uc_mcontext.gregs;
    registers[REG_RIP] = (greg_t)head->return_address;
    registers[REG_RSP] = (greg_t)(frame + sizeof *head);
    registers[REG_RBP] = (greg_t)head->frame_pointer;
#elif defined(__aarch64__)
    context->uc_mcontext.pc = head->return_address;
    context->uc_mcontext.sp = frame + sizeof *head;
    context->uc_mcontext.regs[29] = head->frame_pointer;
#endif
}

static unsigned walk(unw_context_t *context, uint64_t *pcs, bool *was_cut)
{
    unw_cursor_t cursor;
    unw_word_t pc;
    unsigned depth = 0;
    if (start(&cursor, context, UNW_INIT_SIGNAL_FRAME) < 0)
        return 0;
    do {
        if (get(&cursor, UNW_REG_IP, &pc) < 0 || pc == 0)
            break;
        *was_cut = depth == LSC_STACK_FRAMES_MAX;
        if (*was_cut)
            break;
        pcs[depth++] = pc;
    } while (step(&cursor) > 0);
    return depth;
}

static uint64_t call_of(const struct loop *loop)
{
    return atomic_load(&loop->is_in_call)
               ? atomic_load_explicit(&loop->shared->call_since, memory_order_acquire)
               : 0;
}

static uint32_t walk_and_intern(struct loop *loop, uint64_t call)
{
    uint64_t pcs[LSC_STACK_FRAMES_MAX];
    unw_context_t context;
    struct frame_head head;
    bool was_cut = false;
    uintptr_t frame = loop->call_frame;
    if (!read_head(frame, &head))
        return 0;
    fill_context(&context, &head, frame);
    self.is_unwinding = true;
    unsigned depth = walk(&context, pcs, &was_cut);
    self.is_unwinding = false;
    return depth > 0 && call_of(loop) == call ? lsc__stack_intern(pcs, depth, was_cut) : 0;
}

uint32_t remote_intern(struct loop *loop)
{
    uint32_t stack = 0;
    if (!step)
        return 0;
    atomic_store(&loop->is_read, 1);
    /* Pairs with the plain order of the thread's stores: from here on either it is seen outside the
     * call, or it sees is_read when it ends. */
    real.syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0, 0, 0, 0);
    uint64_t call = call_of(loop);
    if (call != 0 && atomic_load(&loop->owner) != 0)
        stack = walk_and_intern(loop, call);
    atomic_store_explicit(&loop->is_read, 0, memory_order_release);
    return stack;
}

void remote_settle(struct loop *loop)
{
    atomic_store(&loop->is_in_call, 0);
    for (int i = 0; i < SETTLE_YIELDS && atomic_load(&loop->is_read); i++)
        sched_yield();
}
