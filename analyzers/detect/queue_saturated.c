/* SPDX-License-Identifier: MIT */
/* Detector queue-saturated: pools whose jobs wait, and queues at their capacity. Of a pool without
 * JOB records the queue cannot be seen from outside; that jobs wait in it is inferred from no
 * worker being free. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "../model/contention.h"
#include "queue.h"
#include "registry.h"

bool saturation_matters(const struct detector *detector, const struct judgement *in,
                        const struct saturation *s)
{
    return severity_of(detector->defaults, in->stall_ns, s->stretches, s->longest_ns, s->total_ns,
                       s->seen_ns) > SEVERITY_NOTE;
}

struct finding *saturation_finding(const struct detector *detector, const struct judgement *in,
                                   const struct saturation *s, struct findings *out)
{
    struct finding *finding = finding_new(out, detector);
    if (!finding)
        return NULL;
    const struct severity_rule *rule = detector->defaults;
    finding->cause = "saturated";
    finding->count = s->stretches;
    finding->total_ns = s->total_ns;
    finding->worst_ns = s->longest_ns;
    finding->first_ns = s->first_ns;
    finding->last_ns = s->last_ns;
    finding->seen_ns = s->seen_ns;
    finding->in_progress = s->in_progress;
    finding->severity =
        severity_of(rule, in->stall_ns, s->stretches, s->longest_ns, s->total_ns, s->seen_ns);
    fact_number(finding, "saturated_ns", FACT_NS, s->total_ns);
    fact_number(finding, "longest_ns", FACT_NS, s->longest_ns);
    fact_number(finding, "longest_start_ns", FACT_NS, s->longest_start_ns);
    fact_number(finding, "stretches", FACT_COUNT, s->stretches);
    fact_number(finding, "seen_ns", FACT_NS, s->seen_ns);
    fact_number(finding, "share_percent", FACT_PERCENT,
                s->seen_ns ? (uint64_t)((unsigned __int128)s->total_ns * 10000 / s->seen_ns) : 0);
    fact_number(finding, "warning_longest_ns", FACT_NS, in->stall_ns / 10 * rule->warning_worst);
    fact_number(finding, "warning_share_percent", FACT_PERCENT, rule->warning_share);
    if (s->in_progress)
        fact_number(finding, "in_progress", FACT_YES, 1);
    return finding;
}

void say_stretches(struct sentence *sentence, const struct saturation *s)
{
    char total[DURATION_BYTES], longest[DURATION_BYTES];
    duration_text(longest, s->longest_ns);
    if (s->stretches <= 1)
        say(sentence, " for %s", longest);
    else
        say(sentence, " %" PRIu64 " times, %s in total, at worst %s in one stretch", s->stretches,
            duration_text(total, s->total_ns), longest);
    if (s->in_progress)
        say(sentence, ", still so when last seen");
}

void advise_pool(struct finding *finding, const char *name)
{
    finding->why =
        "File, DNS, crypto and other jobs wait in the pool's queue until a worker is free; "
        "the loop itself looks healthy meanwhile.";
    finding->advice = "Submit fewer jobs at a time, or make the pool larger or the jobs shorter.";
    if (strcmp(name, "libuv thread pool") == 0)
        finding->advice =
            "Raise UV_THREADPOOL_SIZE (4 by default, read at start) to the number of jobs that "
            "should "
            "run at once, limit how many are submitted together, and keep long CPU work (pbkdf2, "
            "zlib) apart from file and DNS jobs, in worker threads.";
}

static void judge_pool(const struct detector *detector, const struct judgement *in,
                       const struct pool *pool, struct findings *out)
{
    char name[sizeof((struct finding){0}.entity)];
    enum pool_growth growth;
    const char *known = pool_known_name(in->model, pool, &growth);
    if (growth != POOL_FIXED || (pool->size_max < 2 && !known))
        return;
    struct pool_view view = pool_view(in->model, pool);
    struct saturation s = {.total_ns = view.saturated_ns,
                           .longest_ns = view.longest_ns,
                           .longest_start_ns = view.longest_start_ns,
                           .stretches = view.stretches,
                           .first_ns = view.first_ns,
                           .last_ns = view.last_ns,
                           .seen_ns = view.seen_ns,
                           .in_progress = view.in_progress};
    struct finding *finding =
        saturation_matters(detector, in, &s) ? saturation_finding(detector, in, &s, out) : NULL;
    if (!finding)
        return;
    pool_name(in->model, pool, name, sizeof(name));
    snprintf(finding->entity, sizeof(finding->entity), "%s", name);
    struct sentence sentence = {finding->title, sizeof(finding->title), 0};
    say(&sentence, "All %u workers of the %s were busy", pool->size_max, name);
    say_stretches(&sentence, &s);
    say(&sentence, "; jobs may have waited for a free one: the queue itself is not visible, this "
                   "is inferred.");
    fact_number(finding, "workers", FACT_COUNT, pool->size_max);
    fact_number(finding, "utilization_percent", FACT_PERCENT, view.utilization);
    fact_text(finding, "queue_depth", "inferred: the queue itself cannot be seen from outside");
    advise_pool(finding, name);
}

struct saturation saturation_of(const struct model *model, const struct resource_row *row)
{
    struct saturation s = {.stretches = row->stretches,
                           .first_ns = row->first_saturated_ns,
                           .last_ns = row->saturated_since == MODEL_NEVER ? row->last_saturated_ns
                                                                          : model_seen_ns(model),
                           .longest_start_ns = resource_longest_start(model, row),
                           .in_progress = row->saturated_since != MODEL_NEVER};
    s.total_ns = resource_saturated_ns(model, row, &s.longest_ns);
    s.seen_ns = model_seen_ns(model) > row->first_ns ? model_seen_ns(model) - row->first_ns : 0;
    return s;
}

/* Every receiver gets every item: it is full when one of them is a whole ring behind. */
static bool is_broadcast(const struct model *model, const struct resource_row *row)
{
    return strcmp(model_string(model, row->info.kind).bytes, "broadcast") == 0;
}

static void say_lost(struct sentence *sentence, const struct model *model,
                     const struct resource_row *row)
{
    if (row->dropped && is_broadcast(model, row))
        say(sentence, "; receivers that lagged missed %" PRIu64 " items", row->dropped);
    else if (row->dropped)
        say(sentence, "; it dropped %" PRIu64, row->dropped);
    if (row->waiters_max)
        say(sentence, "; up to %" PRIu64 " task%s waited at it", row->waiters_max,
            row->waiters_max == 1 ? "" : "s");
}

static void advise_own_queue(struct finding *finding, bool is_of_all)
{
    finding->why = is_of_all
                       ? "One receiver is a whole ring behind, and misses what is overwritten."
                       : "Whoever puts into a full queue waits, is refused or loses what it "
                         "brings.";
    finding->advice =
        is_of_all ? "Find the slow receiver: give it less to do per item, or a queue of its own; a "
                    "larger ring only helps against bursts."
                  : "Find the slow consumer first; a larger queue only makes the wait longer. Push "
                    "back to the source, or add consumers.";
}

static void judge_own_queue(const struct detector *detector, const struct judgement *in,
                            const struct resource_row *row, struct findings *out)
{
    struct saturation s = saturation_of(in->model, row);
    struct filler filler = resource_heaviest_filler(row);
    if (row->stretches == 0 || !saturation_matters(detector, in, &s))
        return;
    struct finding *finding = saturation_finding(detector, in, &s, out);
    if (!finding)
        return;
    queue_name(in->model, row, finding->entity, sizeof(finding->entity));
    finding->resource = row->handle;
    struct sentence sentence = {finding->title, sizeof(finding->title), 0};
    say(&sentence, "The %s", finding->entity);
    say_place(&sentence, " made in ", in->model, 0, row->info.site);
    say(&sentence, " was full (%" PRIu64 " of %" PRIu64 ")", row->capacity, row->capacity);
    say_stretches(&sentence, &s);
    say_lost(&sentence, in->model, row);
    if (filler.is_site)
        say_place(&sentence, "; filled most by ", in->model, 0, filler.place);
    say(&sentence, ".");
    fact_place(finding, "created_by", in->model, 0, row->info.site);
    if (filler.is_site)
        fact_place(finding, "filled_by", in->model, 0, filler.place);
    fact_number(finding, "waiters_max", FACT_COUNT, row->waiters_max);
    fact_number(finding, "capacity", FACT_COUNT, row->capacity);
    fact_number(finding, "dropped", FACT_COUNT, row->dropped);
    advise_own_queue(finding, is_broadcast(in->model, row));
}

/* Permits that are all taken are what they are for; what counts is that tasks wait for one. Of one
 * alone, a lock, its own detectors tell. */
static void judge_permits(const struct detector *detector, const struct judgement *in,
                          const struct resource_row *row, struct findings *out)
{
    struct contention c;
    struct saturation s = saturation_of(in->model, row);
    if (row->capacity <= 1 || row->stretches == 0 || !contention_view(in->model, row, &c))
        return;
    s.total_ns = c.waited_ns < s.total_ns ? c.waited_ns : s.total_ns;
    s.longest_ns = c.waited_ns < s.longest_ns ? c.waited_ns : s.longest_ns;
    if (s.total_ns == 0 || !saturation_matters(detector, in, &s))
        return;
    struct finding *finding = saturation_finding(detector, in, &s, out);
    if (!finding)
        return;
    char text[DURATION_BYTES], worst[DURATION_BYTES];
    queue_name(in->model, row, finding->entity, sizeof(finding->entity));
    finding->resource = row->handle;
    struct sentence sentence = {finding->title, sizeof(finding->title), 0};
    say(&sentence, "All %" PRIu64 " permits of %s", row->capacity, finding->entity);
    say_place(&sentence, " made in ", in->model, 0, row->info.site);
    say(&sentence, " were taken and tasks waited for one");
    say_stretches(&sentence, &s);
    say(&sentence, ", up to %" PRIu64 " at a time", c.waiting_max);
    if (c.waits > 1)
        say(&sentence, "; %" PRIu64 " waits took %s each, at worst %s", c.waits,
            duration_text(text, c.wait_ns / c.waits), duration_text(worst, c.worst_wait_ns));
    say(&sentence, ".");
    fact_place(finding, "created_by", in->model, 0, row->info.site);
    fact_number(finding, "capacity", FACT_COUNT, row->capacity);
    fact_number(finding, "waiting_max", FACT_COUNT, c.waiting_max);
    fact_number(finding, "waits", FACT_COUNT, c.waits);
    fact_number(finding, "wait_total_ns", FACT_NS, c.wait_ns);
    fact_number(finding, "worst_wait_ns", FACT_NS, c.worst_wait_ns);
    finding->why = "Whoever asks for a permit waits for somebody to give one back.";
    finding->advice = "Give permits back sooner, after what needs them rather than at the end; "
                      "admit less; or allow more of them, if what they guard can bear it.";
}

static void judge_resource(const struct detector *detector, const struct judgement *in,
                           const struct resource_row *row, struct findings *out)
{
    switch (queue_sort_of(in->model, row)) {
    case QUEUE_OWN:
    case QUEUE_WRITES:
        if (row->hold_records)
            judge_permits(detector, in, row, out);
        else
            judge_own_queue(detector, in, row, out);
        break;
    case QUEUE_BACKLOG:
    case QUEUE_DATAGRAMS:
        judge_kernel_queue(detector, in, row, out);
        break;
    case QUEUE_SENT:
    case QUEUE_PIPE:
        break; /* judged together */
    }
}

static enum verdict judge(const struct detector *detector, const struct judgement *in,
                          struct findings *out)
{
    size_t before = out->count;
    bool is_any = false;
    for (unsigned i = 0; i < model_pool_count(in->model); i++) {
        const struct pool *pool = model_pool_at(in->model, i);
        struct job_view *view = job_view_new(in->model, pool);
        if (view)
            judge_jobs(detector, in, pool, view, out);
        else
            judge_pool(detector, in, pool, out);
        job_view_delete(view);
        is_any = true;
    }
    for (unsigned i = 0; i < model_resource_slots(in->model); i++) {
        const struct resource_row *row = model_resource_at(in->model, i);
        if (!row || (!row->changes && !row->dropped))
            continue;
        judge_resource(detector, in, row, out);
        is_any = true;
    }
    judge_slow_readers(detector, in, out);
    judge_ready_batches(detector, in, out);
    if (out->count > before)
        return VERDICT_FINDING;
    return is_any ? VERDICT_OK : VERDICT_NOT_YET;
}

const struct detector detector_queue_saturated = {
    .id = "queue-saturated",
    .title = "pools and queues that are full",
    .defaults = &severity_saturated,
    .reads =
        "JOB records, busy spells of pool workers, depths and drops of queues, full ready batches",
    .judge = judge,
};
