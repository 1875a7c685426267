/* SPDX-License-Identifier: MIT */
/* Turns, polls, calls and samples of a loop thread: the figures of its loop, and the evidence of
 * the turn that is open. A turn of at least the stall threshold becomes a stall. */
#include <errno.h>
#include <stdlib.h>

#include "poll_log.h"

static struct loop *loop_get(struct thread *thread)
{
    if (!thread->loop) {
        thread->loop = calloc(1, sizeof(*thread->loop));
        if (thread->loop)
            thread->loop->previous_ns = MODEL_NEVER;
    }
    return thread->loop;
}

static void add_lag(struct loop *loop, const struct event *event)
{
    uint64_t lag = 0;
    if (event->flags & LSC_TURN_TIMED_OUT)
        lag = event->arg2;
    else if (event->flags & LSC_TURN_READY_AT_ONCE)
        lag = loop->previous_ns == MODEL_NEVER ? 0 : loop->previous_ns;
    histogram_count(&loop->lag_ns, lag);
}

static void add_turn(struct loop *loop, const struct event *event)
{
    uint64_t start = span_start(event), duration = event->time_ns - start;
    if (loop->turns == 0 || start < loop->first_ns)
        loop->first_ns = start;
    else
        /* Rounded turns may overlap a little; in the sum it evens out. */
        loop->idle_ns = at_least_zero(loop->idle_ns + start, loop->last_ns);
    add_lag(loop, event);
    loop->turns++;
    loop->busy_ns += duration;
    loop->ready_events += event->task;
    loop->batch_full += (event->flags & LSC_TURN_BATCH_FULL) != 0;
    loop->previous_ns = duration;
    loop->last_ns = larger(loop->last_ns, event->time_ns);
    histogram_count(&loop->turn_ns, duration);
    histogram_count(&loop->ready, event->task);
}

/* The calls of the open turn, as far as they lie inside the stall. */
static void take_calls(const struct evidence *evidence, struct stall *stall)
{
    for (uint32_t i = 0; i < evidence->call_count; i++) {
        const struct open_call *call = &evidence->calls[i];
        uint64_t start = larger(call->start_ns, stall->start_ns);
        uint64_t end = smaller(call->end_ns, stall->end_ns);
        stall->part[call->is_lock ? PART_LOCK : PART_BLOCKED] += at_least_zero(end, start);
    }
    for (uint32_t i = 0; i < evidence->away_count; i++) {
        const struct event *call = &evidence->away[i];
        bool is_lock = call_class(call->arg2 & 0xffff) == LSC_CALL_CLASS_LOCK;
        stall->part[is_lock ? PART_LOCK : PART_BLOCKED] += call->arg;
    }
    stall->part[PART_BLOCKED] += evidence->spanless_ns[0];
    stall->part[PART_LOCK] += evidence->spanless_ns[1];
}

static void count_stack(struct stall *stall, uint32_t stack)
{
    stall->samples++;
    for (uint32_t i = 0; i < stall->stack_count; i++) {
        if (stall->stacks[i].stack == stack) {
            stall->stacks[i].count++;
            return;
        }
    }
    if (stall->stack_count < STALL_STACKS)
        stall->stacks[stall->stack_count++] = (struct stall_stack){.stack = stack, .count = 1};
}

static void take_samples(const struct evidence *evidence, struct stall *stall)
{
    for (uint32_t i = 0; i < evidence->sample_count; i++) {
        const struct open_sample *sample = &evidence->samples[i];
        if (sample->time_ns >= stall->start_ns && sample->time_ns <= stall->end_ns && sample->stack)
            count_stack(stall, sample->stack);
    }
}

static struct stall stall_between(const struct thread *thread, uint64_t start, uint64_t end)
{
    struct stall stall = {.thread = thread->id, .start_ns = start, .end_ns = end};
    stall.wall_ns = end - start;
    stall.busy_before_ns = thread->loop ? thread->loop->busy_ns : 0;
    if (thread->evidence) {
        take_calls(thread->evidence, &stall);
        take_samples(thread->evidence, &stall);
    }
    return stall;
}

/* No stack was sampled: the function of the callback stands for one. */
static void blame_callback(struct stall *stall)
{
    if (stall->stack_count || !stall->callback)
        return;
    stall->stacks[0] = (struct stall_stack){.stack = stall->callback, .count = 1};
    stall->stack_count = 1;
}

/* A turn belongs to the callback that had at least half of it. */
static void attribute_turn(const struct thread *thread, struct stall *stall)
{
    if (!thread->polls)
        return;
    struct neighbour most = recent_heaviest_unjudged(thread->polls, stall->start_ns, stall->end_ns);
    if (most.overlap_ns < stall->wall_ns - most.overlap_ns)
        return;
    stall->task = most.task;
    stall->callback = most.callback;
    stall->what = most.what;
    blame_callback(stall);
}

static void forget_turn(struct evidence *evidence)
{
    evidence->call_count = 0;
    evidence->sample_count = 0;
    evidence->judged_ns = 0;
    evidence->spanless_ns[0] = evidence->spanless_ns[1] = 0;
}

static int finish_turn(struct model *model, struct thread *thread, const struct event *event)
{
    struct loop *loop = loop_get(thread);
    if (!loop)
        return -ENOMEM;
    uint64_t start = span_start(event);
    if (event->time_ns - start >= model->process.stall_ns) {
        struct stall stall = stall_between(thread, start, event->time_ns);
        uint64_t judged = thread->evidence ? thread->evidence->judged_ns : 0;
        stall.wall_ns = at_least_zero(stall.wall_ns, judged);
        loop->stalls++;
        if (stall.wall_ns >= model->process.stall_ns) {
            attribute_turn(thread, &stall);
            stall_push(model, thread, &stall);
        }
    }
    phases_end_turn(model, thread, event);
    add_turn(loop, event);
    if (thread->evidence)
        forget_turn(thread->evidence);
    return 0;
}

/* The last turn of a loop, without the calls of the shutdown behind it. */
static struct event without_shutdown(struct thread *thread, const struct event *event)
{
    struct event turn = *event;
    uint64_t shutdown = smaller(away_drop(thread), event->time_ns - span_start(event));
    turn.time_ns -= shutdown;
    turn.arg = turn.time_ns - span_start(event);
    return turn;
}

int turn_apply(struct model *model, struct thread *thread, const struct event *event)
{
    if (event->flags & LSC_TURN_AT_EXIT) {
        struct event turn = without_shutdown(thread, event);
        return finish_turn(model, thread, &turn);
    }
    int error = away_apply(model, thread);
    return error ? error : finish_turn(model, thread, event);
}

/* A stalled poll is judged by itself; the turn (or poll) around it answers for the rest of its time
 * only. */
int turn_apply_poll(struct model *model, struct thread *thread, const struct poll *poll)
{
    uint64_t rest = poll->duration_ns - poll->inner_judged_ns;
    if (rest < model->process.stall_ns)
        return 0;
    struct evidence *evidence = thread_evidence(thread);
    if (!evidence)
        return -ENOMEM;
    struct stall stall = stall_between(thread, poll->start_ns, poll->event->time_ns);
    stall.wall_ns = rest;
    stall.task = poll->event->task;
    stall.callback = poll->callback;
    stall.what = poll->what;
    blame_callback(&stall);
    stall_push(model, thread, &stall);
    uint64_t judged = evidence->judged_ns;
    forget_turn(evidence);
    evidence->judged_ns = judged + rest;
    return 0;
}

static void keep_call(struct evidence *evidence, const struct event *event, bool is_lock,
                      uint32_t row)
{
    uint64_t start = span_start(event);
    if (evidence->call_count < EVIDENCE_CALLS)
        evidence->calls[evidence->call_count++] = (struct open_call){
            .start_ns = start, .end_ns = event->time_ns, .row = row, .is_lock = is_lock};
    else
        evidence->spanless_ns[is_lock] += event->time_ns - start;
}

int call_apply(struct model *model, struct thread *thread, const struct event *event)
{
    struct evidence *evidence = thread_evidence(thread);
    if (!evidence)
        return -ENOMEM;
    if (away_hold(evidence, event))
        return 0;
    unsigned call = event->arg2 & 0xffff;
    bool is_nonblocking = (event->flags & LSC_CALL_NONBLOCKING) != 0;
    struct blocked_key key = {.thread = thread->id,
                              .stack = event->task,
                              .call = (uint16_t)call,
                              .fd_kind = (uint8_t)(event->arg2 >> 16),
                              .is_nonblocking = is_nonblocking};
    uint64_t start = span_start(event), duration = event->time_ns - start;
    struct blocked_row *row = rows_get(&model->blocked, &key);
    if (!row) {
        model->unheld.rows++;
    } else {
        if (row->count++ == 0)
            row->first_ns = start;
        row->total_ns += duration;
        row->last_ns = event->time_ns;
        if (duration >= row->worst_ns)
            row->worst_ns = duration;
    }
    uint32_t index = row ? (uint32_t)(row - (struct blocked_row *)model->blocked.items) + 1 : 0;
    if (!is_nonblocking)
        keep_call(evidence, event, call_class(call) == LSC_CALL_CLASS_LOCK, index);
    return 0;
}

int calls_apply(struct model *model, struct thread *thread, const struct event *event)
{
    struct short_key key = {.thread = thread->id,
                            .stack = event->task,
                            .call = event->arg2 & 0xffff,
                            .is_nonblocking = (event->flags & LSC_CALL_NONBLOCKING) != 0};
    uint64_t calls = event->arg2 >> 16;
    struct evidence *evidence = thread_evidence(thread);
    if (!evidence)
        return -ENOMEM;
    evidence->spanless_ns[call_class(key.call) == LSC_CALL_CLASS_LOCK] += event->arg;
    struct short_row *row = rows_get(&model->shorts, &key);
    if (!row) {
        model->unheld.rows++;
        return 0;
    }
    if (row->turns++ == 0)
        row->first_ns = event->time_ns;
    row->calls += calls;
    row->total_ns += event->arg;
    row->last_ns = event->time_ns;
    if (event->arg >= row->worst_ns) {
        row->worst_ns = event->arg;
        row->worst_calls = calls;
    }
    return 0;
}

int sample_apply(struct thread *thread, const struct event *event)
{
    struct evidence *evidence = thread_evidence(thread);
    if (!evidence)
        return -ENOMEM;
    if (evidence->sample_count == EVIDENCE_SAMPLES) {
        /* A very long stall: every other sample stands for the past, so shares stay right. */
        for (uint32_t i = 0; i < EVIDENCE_SAMPLES / 2; i++)
            evidence->samples[i] = evidence->samples[i * 2];
        evidence->sample_count = EVIDENCE_SAMPLES / 2;
    }
    evidence->samples[evidence->sample_count++] = (struct open_sample){
        .time_ns = event->time_ns, .start_ns = span_start(event), .stack = event->task};
    return 0;
}

/* Without an observation of the thread, its newest sample tells how far the turn had come. */
static bool span_by_samples(const struct thread *thread, uint64_t *start, uint64_t *end)
{
    const struct evidence *evidence = thread->evidence;
    if (!evidence || evidence->sample_count == 0)
        return false;
    const struct open_sample *newest = &evidence->samples[evidence->sample_count - 1];
    *start = newest->start_ns;
    *end = newest->time_ns;
    return *end > *start;
}

static void take_open_call(const struct thread *thread, struct stall *stall)
{
    const struct now_item *now = &thread->now;
    if (now->call == LSC_CALL_NONE || now->call_since_ns >= now->time_ns)
        return;
    uint64_t start = larger(now->call_since_ns, stall->start_ns);
    bool is_lock = call_class(now->call) == LSC_CALL_CLASS_LOCK;
    stall->part[is_lock ? PART_LOCK : PART_BLOCKED] += at_least_zero(stall->end_ns, start);
}

/* The poll that runs, when it has most of the stall; else what ran before it. */
static void name_running(const struct model *model, const struct thread *thread,
                         struct stall *stall)
{
    const struct now_item *now = &thread->now;
    uint64_t since = larger(now->poll_since_ns, stall->start_ns);
    uint64_t runs_for = at_least_zero(stall->end_ns, since);
    if (now->current_task == 0 || runs_for < stall->wall_ns - smaller(stall->wall_ns, runs_for)) {
        attribute_turn(thread, stall);
        return;
    }
    stall->task = now->current_task;
    stall->what = what_of_task(model, now->current_task);
}

bool turn_open_stall(const struct model *model, const struct thread *thread, struct stall *out)
{
    uint64_t start = thread_turn_since(thread), end = thread->now.time_ns;
    bool is_observed = start != MODEL_NEVER;
    if (!is_observed && !span_by_samples(thread, &start, &end))
        return false;
    if (end - start < model->process.stall_ns)
        return false;
    *out = stall_between(thread, start, end);
    out->wall_ns -= smaller(out->wall_ns, thread->evidence ? thread->evidence->judged_ns : 0);
    if (out->wall_ns < model->process.stall_ns)
        return false;
    out->in_progress = is_observed || !thread->has_now;
    if (is_observed) {
        take_open_call(thread, out);
        if (out->stack_count == 0 && thread->now.stall_stack)
            count_stack(out, thread->now.stall_stack);
        name_running(model, thread, out);
    }
    stall_settle(thread, out);
    return true;
}
