/* SPDX-License-Identifier: MIT */
/* Detector lock-across-await: a task that holds a lock awaits something else, and others wait for
 * the lock meanwhile. What counts is the time during which both were so at once: a lock held across
 * an await that nobody wants does no harm. A lock and the place where it is taken are one finding;
 * its holds may await at several lines, of which the one that blocked longest is named. */
#include <inttypes.h>
#include <stdio.h>

#include "locks.h"
#include "registry.h"

/* Shorter in all is noise. */
#define LEAST_TENTHS 10 /* of the stall threshold */

struct hindrance {
    const struct resource_row *row;
    const struct holder *holder;
    uint64_t seen_ns;
};

static void say_awaited(struct sentence *s, const struct model *model, const struct holder *holder)
{
    const struct across *across = &holder->across;
    const struct resource_row *row = model_resource(model, across->worst_resource);
    char name[160];
    say(s, " while %s awaited", holder->has_others ? "they" : "it");
    if (row) {
        resource_name(model, row, name, sizeof(name));
        say(s, " %s", name);
    }
    say_place(s, " in ", model, 0, across->worst_site);
    if (across->awaits > 1)
        say(s, ", %" PRIu64 " times", across->awaits);
}

static void say_hindrance(struct finding *finding, const struct model *model,
                          const struct hindrance *h)
{
    const struct across *across = &h->holder->across;
    struct sentence s = {finding->title, sizeof(finding->title), 0};
    char name[160], blocked[DURATION_BYTES], worst[DURATION_BYTES], held[DURATION_BYTES];
    char busy[DURATION_BYTES], waited[DURATION_BYTES];
    task_name(model, h->holder->task, 0, name, sizeof(name));
    say(&s, "%s %s held %s", h->holder->has_others ? "Tasks like" : "The", name, finding->entity);
    say_place(&s, " taken in ", model, 0, h->holder->site);
    say_awaited(&s, model, h->holder);
    say(&s, ", and others waited for the lock meanwhile: %s",
        duration_text(blocked, across->blocked_ns));
    if (across->awaits > 1)
        say(&s, " in all, at worst %s", duration_text(worst, across->worst_ns));
    if (across->worst_waiting > 1)
        say(&s, ", up to %" PRIu32 " tasks at a time, %s together", across->worst_waiting,
            duration_text(waited, across->blocked_task_ns));
    say(&s, "; of the %s that it was held there, %s ran for %s.",
        duration_text(held, h->holder->held_ns),
        h->holder->has_others ? "its holders" : "its holder", duration_text(busy, across->busy_ns));
}

static void facts(struct finding *finding, const struct model *model, const struct hindrance *h)
{
    const struct across *across = &h->holder->across;
    const struct resource_row *awaited = model_resource(model, across->worst_resource);
    const struct task_row *task = model_task(model, h->holder->task);
    char name[160];
    task_name(model, h->holder->task, 0, name, sizeof(name));
    fact_text(finding, "holder", name);
    fact_place(finding, "taken_in", model, 0, h->holder->site);
    fact_place(finding, "awaited_in", model, 0, across->worst_site);
    if (awaited) {
        resource_name(model, awaited, name, sizeof(name));
        fact_text(finding, "awaited", name);
    }
    fact_number(finding, "holds", FACT_COUNT, h->holder->holds);
    fact_number(finding, "held_ns", FACT_NS, h->holder->held_ns);
    fact_number(finding, "busy_ns", FACT_NS, across->busy_ns);
    fact_number(finding, "awaits", FACT_COUNT, across->awaits);
    fact_number(finding, "awaited_ns", FACT_NS, across->awaited_ns);
    fact_number(finding, "blocked_ns", FACT_NS, across->blocked_ns);
    fact_number(finding, "worst_ns", FACT_NS, across->worst_ns);
    fact_number(finding, "waiting_max", FACT_COUNT, across->worst_waiting);
    fact_number(finding, "waited_together_ns", FACT_NS, across->blocked_task_ns);
    fact_place(finding, "lock_created_by", model, 0, h->row->info.site);
    if (task)
        fact_place(finding, "holder_created_by", model, task->info.stack, task->info.site);
}

static void report(const struct detector *detector, const struct judgement *in,
                   const struct hindrance *h, struct findings *out)
{
    struct finding *finding = finding_new(out, detector);
    if (!finding)
        return;
    const struct across *across = &h->holder->across;
    resource_name(in->model, h->row, finding->entity, sizeof(finding->entity));
    finding->resource = h->row->handle;
    finding->task = h->holder->task;
    finding->cause = "held-across-await";
    finding->count = across->awaits;
    finding->total_ns = across->blocked_ns;
    finding->worst_ns = across->worst_ns;
    finding->first_ns = h->holder->first_ns;
    finding->last_ns = h->holder->last_ns;
    finding->seen_ns = h->seen_ns;
    finding->in_progress = h->holder->is_open;
    finding->severity = severity_of(detector->defaults, in->stall_ns, across->awaits,
                                    across->worst_ns, across->blocked_ns, h->seen_ns);
    say_hindrance(finding, in->model, h);
    facts(finding, in->model, h);
    finding->why = "A lock should cost those who wait what its holder computes; here they wait for "
                   "a timer, a peer or another queue as well.";
    finding->advice = "Await first and lock afterwards; or take a copy under the lock, let go, "
                      "await, and lock again to store the result; or give the data to one task "
                      "and send it requests through a channel.";
}

static void judge_lock(const struct detector *detector, const struct judgement *in,
                       const struct resource_row *row, const struct contention *contention,
                       struct findings *out)
{
    for (unsigned i = 0; i < HOLDERS_MAX; i++) {
        const struct holder *holder = &contention->holders[i];
        struct hindrance hindrance = {
            .row = row, .holder = holder, .seen_ns = contention_seen(contention)};
        if (holder->across.blocked_ns / LEAST_TENTHS >= in->stall_ns / 10)
            report(detector, in, &hindrance, out);
    }
}

static enum verdict judge(const struct detector *detector, const struct judgement *in,
                          struct findings *out)
{
    return locks_judge(detector, in, judge_lock, out);
}

const struct detector detector_lock_across_await = {
    .id = "lock-across-await",
    .title = "locks held while their holder awaits something else",
    .defaults = &severity_default,
    .reads = "who holds a lock and what it awaits meanwhile, and how many wait for the lock",
    .judge = judge,
};
