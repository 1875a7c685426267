/* SPDX-License-Identifier: MIT */
/* Join handles: awaiting a task's end, asking it to end, asking where it stands. */
#include <errno.h>
#include <semaphore.h>

#include "executor.h"

/* A thread that waits for a task is marked by this bit; else the joiner is a task's wait. */
#define IS_THREAD ((uintptr_t)2)

/* Of a handle that is used up, or was never had. */
#define NO_TASK_LEFT "joins, with a handle that is used up, the task"
#define NO_TASK "joins with a handle that has never been a task's"

/* A semaphore of the system: sanitizers know that signals may come while it waits. */
struct waiting_thread {
    sem_t done;
};

static struct task *task_of(const struct lsc_join *join)
{
    return join->task;
}

static bool has_ended(struct task *task)
{
    /* Acquire: the result was stored before; pairs with join_tell. */
    return atomic_load_explicit(&task->joiner, memory_order_acquire) == TASK_JOINER_DONE;
}

static void tell_thread(struct waiting_thread *thread)
{
    sem_post(&thread->done);
}

void join_tell(struct task *task)
{
    struct wait *joiner =
        atomic_exchange_explicit(&task->joiner, TASK_JOINER_DONE, memory_order_acq_rel);
    if ((uintptr_t)joiner & IS_THREAD) {
        tell_thread((struct waiting_thread *)((uintptr_t)joiner & ~IS_THREAD));
    } else if (joiner) {
        struct wake_list wakes = WAKE_LIST_EMPTY;
        wait_grant(NULL, joiner, 0, &wakes);
        wake_list_run(&wakes);
    }
}

static bool join_withdraw(struct wait *wait)
{
    struct task *task = wait->object;
    struct wait *expected = wait;
    return atomic_compare_exchange_strong_explicit(&task->joiner, &expected, NULL,
                                                   memory_order_acq_rel, memory_order_acquire);
}

static const struct wait_kind join_waits = {"join", join_withdraw, NULL};

static lsc_result take_result(struct lsc_join *join)
{
    struct task *task = task_of(join);
    lsc_result result = task->result;
    join->task = NULL;
    task_release(task);
    return result;
}

/* Without a list: the wait is published by one swap. */
static lsc_result begin(struct lsc_context *cx, struct lsc_join *join)
{
    struct task *task = task_of(join);
    struct wait *wait = &context_running(cx)->wait, *expected = NULL;
    wait_begin(cx, &(struct wait_plan){.kind = &join_waits, .object = task});
    if (atomic_compare_exchange_strong_explicit(&task->joiner, &expected, wait,
                                                memory_order_acq_rel, memory_order_acquire))
        return LSC_PENDING;
    wait_forget(wait);
    if (expected == TASK_JOINER_DONE)
        return take_result(join);
    misuse(context_running(cx), "joins a task that somebody else is joining");
    return -EINVAL;
}

lsc_result lsc_join_await(struct lsc_context *cx, struct lsc_join *join)
{
    struct task *task = task_of(join);
    if (!task) {
        misuse_of(context_running(cx), join->site ? NO_TASK_LEFT : NO_TASK, join->site);
        return -EINVAL;
    }
    lsc_result result;
    if (wait_is_new(cx, &join_waits, task, &result))
        return begin(cx, join);
    if (result != LSC_PENDING && has_ended(task))
        return take_result(join);
    return result;
}

lsc_result lsc_join_block(struct lsc_join *join)
{
    struct task *task = task_of(join);
    struct waiting_thread self;
    struct wait *expected = NULL;
    if (!task)
        return -EINVAL;
    if (worker_self)
        return -EDEADLK;
    sem_init(&self.done, 0, 0);
    struct wait *mark = (struct wait *)((uintptr_t)&self | IS_THREAD);
    if (atomic_compare_exchange_strong_explicit(&task->joiner, &expected, mark,
                                                memory_order_acq_rel, memory_order_acquire)) {
        while (sem_wait(&self.done) != 0)
            ; /* a signal came */
    } else if (expected != TASK_JOINER_DONE) {
        return -EINVAL;
    }
    return take_result(join);
}

void lsc_join_cancel(const struct lsc_join *join)
{
    if (join->task)
        task_cancel(task_of(join));
}

void lsc_join_detach(struct lsc_join *join)
{
    struct task *task = task_of(join);
    join->task = NULL;
    if (task)
        task_release(task);
}

bool lsc_join_is_finished(const struct lsc_join *join)
{
    return !join->task || has_ended(task_of(join));
}

lsc_task lsc_join_task(const struct lsc_join *join)
{
    return join->task ? task_of(join)->id : 0;
}

/* The frames may be read while the task cannot run: it is made to look like a poll in progress. A
 * wake meanwhile makes it NOTIFIED, as during a poll. */
static int begin_trace(struct task *task)
{
    uint64_t word = atomic_load_explicit(&task->word, memory_order_relaxed);
    do {
        if ((word & TASK_PHASE) == TASK_FINISHED)
            return -ESRCH;
        if ((word & TASK_PHASE) != TASK_IDLE)
            return -EBUSY;
    } while (!atomic_compare_exchange_weak_explicit(&task->word, &word, word | TASK_RUNNING,
                                                    memory_order_acq_rel, memory_order_relaxed));
    return 0;
}

int lsc_join_trace(const struct lsc_join *join, lsc_trace_fn tell, void *data)
{
    struct task *task = task_of(join);
    if (!task)
        return -ESRCH;
    bool is_told = task_is_stranded(task);
    int frames = begin_trace(task);
    if (frames < 0)
        return frames;
    for (struct lsc_frame *frame = task->root; frame; frame = frame->callee) {
        if (frame->site)
            tell(data, frame->site);
        frames++;
    }
    if (task_stop(task, is_told))
        worker_push(task);
    return frames;
}
