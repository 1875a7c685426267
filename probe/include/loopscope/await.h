/* SPDX-License-Identifier: MIT */
/* loopscope/await.h: how a poll function is written as if it ran from top to bottom.
 *
 *     struct greet { struct lsc_frame frame; int round; };
 *
 *     static lsc_result greet(struct lsc_context *cx, void *state)
 *     {
 *         struct greet *self = state;
 *         lsc_result r;
 *         LSC_BEGIN(cx, self);
 *         for (self->round = 0; self->round < 3; self->round++) {
 *             LSC_AWAIT(r, lsc_sleep(cx, 100));
 *             if (r < 0)
 *                 LSC_RETURN(r);
 *         }
 *         LSC_END(0);
 *     }
 *
 * A poll function is called again and again until it returns something else than LSC_PENDING. Its
 * state begins with a frame, zeroed before the first call; local variables do not survive an await,
 * the state does. The awaited expression is evaluated again at each resume, so it must be one call
 * of an awaitable function whose arguments are still the same. An await may stand in loops, blocks
 * and switches. Another poll function is awaited by calling it: LSC_AWAIT(r, child(cx,
 * &self->child)) with the child's state inside this one; after it returned, the child may be
 * awaited anew.
 *
 * The frames of a task form its await tree: each knows the line it waits at and whom it called, so
 * that every task can be asked where it stands, live, from a recording or in a debugger. */
#ifndef LOOPSCOPE_AWAIT_H
#define LOOPSCOPE_AWAIT_H

#include <stdint.h>

#include "probe.h"

#ifdef __cplusplus
extern "C" {
#endif

/* >= 0: fine; negative: -errno; LSC_PENDING: not yet, the task will be woken. */
typedef int64_t lsc_result;
#define LSC_PENDING INT64_MIN

/* Where an await or a spawn stands. Static storage; `interned` is written by the library only:
 * the site's id in the low half of `interned`, that of the caller's await it was interned under in
 * the high. */
struct lsc_code_site {
    const char *file;
    const char *function;
    const char *what; /* the awaited expression, or the spawned function */
    uint32_t line;
    lsc_name name; /* of `what`, once a task was named by it */
    uint64_t interned;
};

/* First member of every state of a function that awaits. */
struct lsc_frame {
    intptr_t resume;            /* where to go on, as a distance from the beginning */
    struct lsc_frame *caller;   /* who awaits this function; NULL: the task itself */
    struct lsc_frame *callee;   /* the function it awaits, if that has a frame */
    struct lsc_code_site *site; /* the await it stands at, NULL: none yet */
};

/* What a poll function is given: the worker it runs on. Valid for this call only. `frame` is the
 * innermost frame that runs. */
struct lsc_context {
    struct lsc_frame *frame;
    struct lsc_frame **root; /* where the task's outermost frame is noted */
};

/* The parts of the macros below; not for other use. */
static inline void lsc_frame_enter_(struct lsc_context *cx, struct lsc_frame *frame)
{
    frame->caller = cx->frame;
    if (frame->caller)
        frame->caller->callee = frame;
    else
        *cx->root = frame;
    cx->frame = frame;
}

static inline lsc_result lsc_frame_pending_(struct lsc_context *cx, struct lsc_frame *frame)
{
    cx->frame = frame->caller;
    return LSC_PENDING;
}

static inline lsc_result lsc_frame_return_(struct lsc_context *cx, struct lsc_frame *frame,
                                           lsc_result result)
{
    cx->frame = frame->caller;
    if (frame->caller)
        frame->caller->callee = 0;
    else
        *cx->root = 0;
    frame->resume = 0;
    frame->site = 0;
    return result;
}

/* Stands after the declarations of a poll function. `self` points to its state. */
#define LSC_BEGIN(cx, self)                                                                        \
    struct lsc_context *const lsc_cx_ = (cx);                                                      \
    struct lsc_frame *const lsc_frame_ = &(self)->frame;                                           \
    lsc_frame_enter_(lsc_cx_, lsc_frame_);                                                         \
    goto *(const void *)((const char *)&&lsc_start_ + lsc_frame_->resume);                         \
    lsc_start_:

/* Evaluates `expression` until it is something else than LSC_PENDING; returns from the function in
 * between. `result`: where the value goes. */
#define LSC_AWAIT(result, expression) LSC_AWAIT_COUNTED_(result, expression, __COUNTER__)
#define LSC_AWAIT_COUNTED_(result, expression, number) LSC_AWAIT_AT_(result, expression, number)
#define LSC_AWAIT_AT_(result, expression, number)                                                  \
    do {                                                                                           \
        static struct lsc_code_site lsc_site_##number = {__FILE__, __func__, #expression,          \
                                                         __LINE__, 0,        0};                   \
        lsc_frame_->site = &lsc_site_##number;                                                     \
        lsc_resume_##number:                                                                       \
        {                                                                                          \
            const lsc_result lsc_value_ = (expression);                                            \
            if (lsc_value_ == LSC_PENDING) {                                                       \
                lsc_frame_->resume =                                                               \
                    (const char *)&&lsc_resume_##number - (const char *)&&lsc_start_;              \
                return lsc_frame_pending_(lsc_cx_, lsc_frame_);                                    \
            }                                                                                      \
            (result) = lsc_value_;                                                                 \
        }                                                                                          \
    } while (0)

/* Leaves the function with a result other than LSC_PENDING. */
#define LSC_RETURN(value)                                                                          \
    do {                                                                                           \
        const lsc_result lsc_value_ = (value);                                                     \
        return lsc_frame_return_(lsc_cx_, lsc_frame_, lsc_value_);                                 \
    } while (0)

/* The end of the function: LSC_RETURN. */
#define LSC_END(value) LSC_RETURN(value)

#ifdef __cplusplus
}
#endif

#endif
