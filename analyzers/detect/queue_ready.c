/* SPDX-License-Identifier: MIT */
/* Two kinds of full that healthy programs may show: waits that return as many ready events as fit,
 * and buffers towards a peer that reads slowly. Notes, but for a loop that is late as well. */
#include <inttypes.h>
#include <stdio.h>

#include "queue.h"

/* Arrays for fewer events are meant to be full (Python's selectors ask for as many as there are
 * descriptors). */
#define BATCH_MIN 16
#define BATCH_TURNS_MIN 10
#define BATCH_SHARE 1000 /* hundredths of a percent of the turns */

static void judge_batches_of(const struct detector *detector, const struct judgement *in,
                             const struct thread *thread, struct findings *out)
{
    const struct loop *loop = thread->loop;
    if (loop->batch_full < BATCH_TURNS_MIN || loop->ready.max < BATCH_MIN ||
        loop->batch_full * 10000 < loop->turns * BATCH_SHARE)
        return;
    uint64_t lag = histogram_quantile(&loop->lag_ns, 9900);
    struct finding *finding = finding_new(out, detector);
    if (!finding)
        return;
    char text[DURATION_BYTES];
    finding->cause = "batch-full";
    finding->severity = lag >= in->stall_ns ? SEVERITY_WARNING : SEVERITY_NOTE;
    finding->count = loop->batch_full;
    finding->first_ns = loop->first_ns;
    finding->last_ns = loop->last_ns;
    finding->seen_ns = thread_span_ns(thread);
    finding->thread = thread->id;
    snprintf(finding->entity, sizeof(finding->entity), "thread '%s' (tid %" PRIu32 ")",
             thread->name, thread->tid);
    struct sentence s = {finding->title, sizeof(finding->title), 0};
    say(&s,
        "%" PRIu64 " of %" PRIu64 " waits of the loop of %s returned as many ready events as "
        "fit (%" PRIu64 "): more was ready than it was told of; lag p99 %s.",
        loop->batch_full, loop->turns, finding->entity, loop->ready.max, duration_text(text, lag));
    fact_number(finding, "batch_full", FACT_COUNT, loop->batch_full);
    fact_number(finding, "turns", FACT_COUNT, loop->turns);
    fact_number(finding, "ready_max", FACT_COUNT, loop->ready.max);
    fact_number(finding, "lag_p99_ns", FACT_NS, lag);
    finding->why = "What does not fit waits until all that did has been served.";
    finding->advice = "Spread the descriptors over several loops; a larger array of events saves "
                      "system calls, not time.";
}

void judge_ready_batches(const struct detector *detector, const struct judgement *in,
                         struct findings *out)
{
    for (unsigned i = 0; i < model_thread_count(in->model); i++)
        if (model_thread_at(in->model, i)->loop)
            judge_batches_of(detector, in, model_thread_at(in->model, i), out);
}

/* Full buffers of one kind, told together: a server has many clients. */
struct slow_readers {
    struct saturation s;
    const struct resource_row *worst;
    uint64_t queues, worst_ns;
};

static void add_reader(struct slow_readers *all, const struct saturation *s,
                       const struct resource_row *row)
{
    all->s.total_ns += s->total_ns;
    all->s.stretches += s->stretches;
    all->s.in_progress |= s->in_progress;
    if (all->queues == 0 || s->first_ns < all->s.first_ns)
        all->s.first_ns = s->first_ns;
    if (s->last_ns > all->s.last_ns)
        all->s.last_ns = s->last_ns;
    if (!all->worst || s->longest_ns > all->s.longest_ns) {
        all->s.longest_ns = s->longest_ns;
        all->s.longest_start_ns = s->longest_start_ns;
        all->worst = row;
    }
    all->s.seen_ns += s->seen_ns;
    all->queues++;
}

static void report_readers(const struct detector *detector, const struct judgement *in,
                           const struct slow_readers *all, struct findings *out)
{
    struct finding *finding = saturation_finding(detector, in, &all->s, out);
    if (!finding)
        return;
    char depth[AMOUNT_BYTES];
    finding->severity = SEVERITY_NOTE;
    queue_name(in->model, all->worst, finding->entity, sizeof(finding->entity));
    finding->resource = all->worst->handle;
    struct sentence s = {finding->title, sizeof(finding->title), 0};
    say(&s, "The %s was full (%s)", finding->entity,
        amount_text(depth, all->worst->capacity, true));
    say_stretches(&s, &all->s);
    if (all->queues > 1)
        say(&s, "; %" PRIu64 " others of its kind were, too", all->queues - 1);
    say(&s, ".");
    fact_number(finding, "queues", FACT_COUNT, all->queues);
    finding->why = "The other side reads more slowly than this one writes; what is written next "
                   "waits in the program's memory.";
    finding->advice = "Produce no more until the other side has caught up: stop reading the source "
                      "while a write is outstanding.";
}

void judge_slow_readers(const struct detector *detector, const struct judgement *in,
                        struct findings *out)
{
    struct slow_readers sent = {0}, pipes = {0};
    for (unsigned i = 0; i < model_resource_slots(in->model); i++) {
        const struct resource_row *row = model_resource_at(in->model, i);
        enum queue_sort sort = row ? queue_sort_of(in->model, row) : QUEUE_OWN;
        if (sort != QUEUE_SENT && sort != QUEUE_PIPE)
            continue;
        struct saturation s = saturation_of(in->model, row);
        if (s.stretches && saturation_matters(detector, in, &s))
            add_reader(sort == QUEUE_SENT ? &sent : &pipes, &s, row);
    }
    if (sent.worst)
        report_readers(detector, in, &sent, out);
    if (pipes.worst)
        report_readers(detector, in, &pipes, out);
}
