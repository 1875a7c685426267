/* SPDX-License-Identifier: MIT */
/* Stacks as people read them, and the frame to blame. */
#include "detect.h"

#include <string.h>

static const struct frame unknown_frame = {
    .function = "", .file = "", .module = "", .kind = FRAME_UNKNOWN};

static bool is_own(const struct frame *frame)
{
    return strstr(frame->module, "libloopscope-preload") != NULL ||
           strstr(frame->module, "libloopscope.so") != NULL;
}

unsigned stack_frames(const struct model *model, uint32_t id,
                      struct stack_frame frames[STACK_FRAMES_MAX])
{
    const struct stack *stack = model_stack(model, id);
    unsigned used = 0;
    for (unsigned i = 0; stack && i < stack->depth; i++) {
        unsigned count;
        const struct frame *at = model_frames(model, stack->pcs[i], &count);
        if (!at) {
            at = &unknown_frame;
            count = 1;
        }
        for (unsigned j = 0; j < count && used < STACK_FRAMES_MAX; j++)
            if (!is_own(&at[j]))
                frames[used++] = (struct stack_frame){.frame = &at[j], .pc = stack->pcs[i]};
    }
    return used;
}

/* Thin covers of the system's calls: who called them is the one to name. To add one: its name, or
 * how it begins with a '*' at the end. */
static const char *const covers[] = {
    "uv_mutex_lock",
    "uv_rwlock_rdlock",
    "uv_rwlock_wrlock",
    "uv_cond_wait",
    "uv_cond_timedwait",
    "uv_sem_wait",
    "uv_barrier_wait",
    "uv_thread_join",
    "uv__cond_*",
    "uv__custom_sem_wait",
    "node::LibuvMutexTraits::*",
    "node::MutexBase<*",
    "node::ConditionVariableBase<*",
    "v8::base::Mutex::Lock*",
    "v8::base::RecursiveMutex::Lock*",
    "v8::base::ConditionVariable::Wait*",
    "v8::base::Semaphore::Wait*",
    "std::mutex::lock*",
    "std::unique_lock<*",
    "std::condition_variable::wait*",
    "__gthread_*",
};

static bool is_cover(const struct frame *frame)
{
    for (size_t i = 0; i < sizeof(covers) / sizeof(covers[0]); i++) {
        size_t length = strcspn(covers[i], "*");
        bool is_prefix = covers[i][length] == '*';
        if (strncmp(frame->function, covers[i], length + !is_prefix) == 0)
            return true;
    }
    return false;
}

/* The innermost frame of a kind that has a name; without one, the innermost of the kind. Covers
 * count only where there is nothing else. */
static int innermost(const struct stack_frame *frames, unsigned count, enum frame_kind kind)
{
    int nameless = -1, cover = -1;
    for (unsigned i = 0; i < count; i++) {
        if (frames[i].frame->kind != kind)
            continue;
        if (is_cover(frames[i].frame))
            cover = cover < 0 ? (int)i : cover;
        else if (frames[i].frame->function[0] != '\0')
            return (int)i;
        else
            nameless = nameless < 0 ? (int)i : nameless;
    }
    return cover >= 0 ? cover : nameless;
}

int stack_culprit(const struct stack_frame *frames, unsigned count)
{
    static const enum frame_kind order[] = {FRAME_SCRIPT, FRAME_NATIVE, FRAME_LIBRARY};
    for (unsigned k = 0; k < sizeof(order) / sizeof(order[0]); k++) {
        int found = innermost(frames, count, order[k]);
        if (found >= 0)
            return found;
    }
    return count ? 0 : -1;
}
