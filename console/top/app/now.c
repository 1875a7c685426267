/* SPDX-License-Identifier: MIT */
/* Stalls while they happen. */
#include "now.h"

#include "analyzers/model/workers.h"

/* Since when the thread has been in a turn, or a worker in a poll of a task; MODEL_NEVER: it is
 * not. */
static uint64_t busy_since(const struct model *model, const struct thread *thread, bool *is_poll)
{
    uint64_t since = thread->has_ended ? MODEL_NEVER : thread_turn_since(thread);
    *is_poll = false;
    if (since == MODEL_NEVER && !thread->has_ended && thread_worker(thread)) {
        since = worker_poll_since(model, thread);
        *is_poll = true;
    }
    return since;
}

static const struct frame *culprit_of(const struct model *model, uint32_t stack)
{
    struct stack_frame frames[STACK_FRAMES_MAX];
    unsigned count = stack ? stack_frames(model, stack, frames) : 0;
    int at = count ? stack_culprit(frames, count) : -1;
    return at < 0 ? NULL : frames[at].frame;
}

static void insert(struct now_stall *out, unsigned *count, unsigned most,
                   const struct now_stall *stall)
{
    unsigned at = *count < most ? (*count)++ : most;
    if (at == most && (most == 0 || out[--at].elapsed_ns >= stall->elapsed_ns))
        return;
    for (; at && out[at - 1].elapsed_ns < stall->elapsed_ns; at--)
        out[at] = out[at - 1];
    out[at] = *stall;
}

static void add_process(const struct feed *feed, uint32_t process, struct now_stall *out,
                        unsigned *count, unsigned most)
{
    const struct model *model = feed->processes[process].model;
    uint64_t now = feed_process_now(feed, process);
    if (model_end(model))
        return;
    for (unsigned i = 0; i < model_thread_count(model); i++) {
        const struct thread *thread = model_thread_at(model, i);
        struct now_stall stall = {.process = process, .thread = thread->id};
        stall.since_ns = busy_since(model, thread, &stall.is_poll);
        if (stall.since_ns == MODEL_NEVER || now < stall.since_ns)
            continue;
        stall.elapsed_ns = now - stall.since_ns;
        if (stall.elapsed_ns < model_process(model)->stall_ns)
            continue;
        stall.call = thread->now.call_since_ns != MODEL_NEVER ? thread->now.call : 0;
        stall.stack = thread->now.stall_stack;
        stall.task = thread->now.current_task;
        insert(out, count, most, &stall);
    }
}

unsigned now_stalls(const struct feed *feed, uint32_t process, struct now_stall *out, unsigned most)
{
    unsigned count = 0;
    for (uint32_t i = 0; i < feed->process_count; i++)
        if (process == UINT32_MAX || process == i)
            add_process(feed, i, out, &count, most);
    for (unsigned i = 0; i < count; i++)
        out[i].culprit = culprit_of(feed->processes[out[i].process].model, out[i].stack);
    return count;
}
