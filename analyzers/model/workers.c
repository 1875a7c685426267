/* SPDX-License-Identifier: MIT */
/* Workers: polls of tasks, parking and stealing, by thread. */
#include <errno.h>
#include <stdlib.h>

#include "poll_log.h"
#include "worker_bins.h"

static struct worker *worker_new(struct model *model, uint64_t first_ns)
{
    if (model->worker_count == WORKERS_MAX) {
        model->unheld.rows++;
        return NULL;
    }
    struct worker *worker = calloc(1, sizeof(*worker));
    struct worker_bins *bins = calloc(1, sizeof(*bins));
    if (!worker || !bins) {
        free(worker);
        free(bins);
        return NULL;
    }
    model->worker_count++;
    worker->bins = bins;
    worker->first_ns = first_ns;
    return worker;
}

static struct worker_bin *bin_afar(struct model *model, struct worker *worker, uint64_t time_ns)
{
    if (!worker->bins->now || time_ns >> BIN_SHIFT > worker->bins->newest) {
        balance_until(model, time_ns);
        bins_advance(worker->bins, time_ns);
    }
    return bins_at(worker->bins, time_ns);
}

/* The step in which a worker's record ends; NULL: forgotten. */
static inline struct worker_bin *bin_of(struct model *model, struct worker *worker,
                                        uint64_t time_ns)
{
    struct worker_bins *bins = worker->bins;
    bool is_now = bins->now && time_ns - bins->start_ns < BIN_NS;
    return is_now ? bins->now : bin_afar(model, worker, time_ns);
}

/* The worker of a thread at the end of one of its records; NULL: there is no room for it. */
static inline struct worker *worker_at(struct model *model, struct thread *thread,
                                       uint64_t start_ns, uint64_t end_ns)
{
    if (!thread->worker)
        thread->worker = worker_new(model, start_ns);
    struct worker *worker = thread->worker;
    if (worker)
        worker->last_ns = larger(worker->last_ns, end_ns);
    return worker;
}

/* Which of the counts: the two bits after the first, by octave. */
static unsigned delay_step(uint64_t delay_ns)
{
    unsigned octave = 63u - (unsigned)__builtin_clzll(delay_ns | 4);
    return (octave - 2) * 4 + ((unsigned)(delay_ns >> (octave - 2)) & 3) + (delay_ns < 4 ? 0u : 4u);
}

uint64_t worker_delays(const struct worker *worker)
{
    uint64_t all = 0;
    for (unsigned i = 0; i < WORKER_DELAYS; i++)
        all += worker->delays[i];
    return all;
}

uint64_t worker_delay_quantile(const struct worker *worker, unsigned per_10000)
{
    uint64_t all = worker_delays(worker), sum = 0;
    uint64_t rank = share_of(all, per_10000, 10000);
    for (unsigned i = 0; all && i < WORKER_DELAYS; i++) {
        sum += worker->delays[i];
        if (sum < rank || sum == 0)
            continue;
        uint64_t end = i < 8 ? i : ((uint64_t)(5 + i % 4) << (i / 4 - 1)) - 1;
        return smaller(end, worker->delay_max_ns);
    }
    return worker->delay_max_ns;
}

/* It was ready for that long when it was polled. */
static inline void add_delay(struct worker *worker, struct worker_bin *bin, uint64_t start_ns,
                             uint64_t delay_ns)
{
    uint64_t since = larger(at_least_zero(start_ns, delay_ns), worker->waited_until_ns);
    worker->delays[delay_step(delay_ns)]++;
    worker->delay_max_ns = larger(worker->delay_max_ns, delay_ns);
    if (since >= start_ns)
        return;
    worker->waited_until_ns = start_ns;
    worker->waited_ns += start_ns - since;
    bin->waited_ns += start_ns - since;
}

static inline void add_poll(struct worker_bins *bins, struct worker_bin *bin,
                            const struct event *event, uint64_t start_ns)
{
    uint64_t duration = event->time_ns - start_ns;
    bin->polls++;
    if (duration > bin->longest_ns) {
        bin->longest_ns = duration;
        bin->longest_end_ns = event->time_ns;
        bin->longest_task = event->task;
    }
    if (start_ns >> BIN_SHIFT == event->time_ns >> BIN_SHIFT)
        bin->busy_ns += duration;
    else
        bins_spread(bins, start_ns, event->time_ns);
}

static inline void add_of_task(struct model *model, struct thread *thread, struct task_row *task,
                               const struct event *event, uint64_t start, struct worker_bin *bin)
{
    uint64_t delay = task->progress.delay_ns, stall = model->process.stall_ns;
    task->progress.is_polled = true;
    progress_apply_poll(thread->worker, task, event);
    if (delay != MODEL_NEVER) {
        add_delay(thread->worker, bin, start, delay);
        if (delay >= stall)
            delays_add(model, thread, task, start);
    }
    if (event->arg >= ((event->flags & LSC_POLL_FORCED) ? stall / FORCED_PART : stall))
        long_polls_add(model, thread, task, event);
}

void worker_apply_poll(struct model *model, struct thread *thread, struct task_row *task,
                       const struct event *event)
{
    if (!worker_is_poll_of_task(event))
        return;
    uint64_t start = span_start(event);
    struct worker *worker = worker_at(model, thread, start, event->time_ns);
    struct worker_bin *bin = worker ? bin_of(model, worker, event->time_ns) : NULL;
    if (!bin)
        return;
    if (task)
        add_of_task(model, thread, task, event, start, bin);
    worker->polls++;
    worker->busy_ns += event->time_ns - start;
    add_poll(worker->bins, bin, event, start);
}

int worker_apply(struct model *model, struct thread *thread, const struct event *event)
{
    bool is_park = event->type == LSC_RECORD_PARK;
    uint64_t start = is_park ? span_start(event) : event->time_ns;
    struct worker *worker = worker_at(model, thread, start, event->time_ns);
    if (!worker)
        return model->worker_count == WORKERS_MAX ? 0 : -ENOMEM;
    bin_of(model, worker, event->time_ns);
    if (is_park) {
        worker->parks++;
        worker->parked_ns += event->time_ns - start;
    } else {
        worker->steals++;
        worker->stolen += event->task;
    }
    return 0;
}

void worker_free(struct worker *worker)
{
    if (!worker)
        return;
    free(worker->bins);
    free(worker);
}

const struct worker *thread_worker(const struct thread *thread)
{
    return thread->worker;
}

/* A libuv handle knows the stack it was created at, an executor's task the site. */
static bool is_task(const struct model *model, uint32_t handle)
{
    const struct task_row *task = task_find(model, handle);
    return task && (task->progress.is_polled || (task->info.stack == 0 && task->info.site != 0));
}

uint64_t worker_poll_since(const struct model *model, const struct thread *thread)
{
    const struct now_item *now = &thread->now;
    if (!thread->has_now || now->poll_since_ns >= now->time_ns ||
        !is_task(model, now->current_task))
        return MODEL_NEVER;
    bool is_over = thread->worker && thread->worker->last_ns > now->poll_since_ns;
    return is_over ? MODEL_NEVER : now->poll_since_ns;
}

/* A poll's begin is rounded, so that the next may seem to have begun before its end. */
static uint64_t poll_in_progress_ns(const struct model *model, const struct thread *thread)
{
    uint64_t since = worker_poll_since(model, thread);
    return since == MODEL_NEVER ? 0 : thread->now.time_ns - since;
}

uint64_t worker_span_ns(const struct thread *thread)
{
    const struct worker *worker = thread->worker;
    uint64_t end = worker->last_ns;
    if (thread->has_now) /* the record of a park comes when it is over */
        end = larger(end, thread->now.time_ns);
    return at_least_zero(end, smaller(worker->first_ns, end));
}

/* A thread that parks says nothing: what is seen of others then is time in which it was idle. */
static uint64_t idle_since_ns(const struct model *model, const struct thread *thread)
{
    uint64_t until = thread->has_ended ? thread->ended_ns : model->seen_ns;
    uint64_t known = thread->worker->last_ns;
    if (thread->has_now)
        known = larger(known, thread->now.time_ns);
    return worker_poll_since(model, thread) == MODEL_NEVER ? at_least_zero(until, known) : 0;
}

unsigned worker_utilization(const struct model *model, const struct thread *thread)
{
    uint64_t span = worker_span_ns(thread) + idle_since_ns(model, thread);
    uint64_t busy = thread->worker->busy_ns + poll_in_progress_ns(model, thread);
    return (unsigned)share_of(10000, smaller(busy, span), span);
}
