/* SPDX-License-Identifier: MIT */
/* Detector lock-convoy: a lock at which tasks queue for long, although it goes from hand to hand:
 * one who comes waits for all who came before. Told of stretches during which CROWD tasks or more
 * waited at any time, when it changed hands at least HANDOVERS times in them (a lock that one task
 * keeps is another finding) and somebody waited for at least the stall threshold: a queue that
 * moves faster does no harm. */
#include <inttypes.h>
#include <stdio.h>

#include "locks.h"
#include "registry.h"

#define HANDOVERS 8

static const struct holder *longest_holder(const struct contention *c)
{
    const struct holder *longest = &c->holders[0];
    for (unsigned i = 1; i < HOLDERS_MAX; i++)
        if (c->holders[i].held_ns > longest->held_ns)
            longest = &c->holders[i];
    return longest;
}

static uint64_t held_in_all(const struct contention *c)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < HOLDERS_MAX; i++)
        sum += c->holders[i].held_ns;
    return sum;
}

static void say_convoy(struct finding *finding, const struct judgement *in,
                       const struct resource_row *row, const struct contention *c)
{
    const struct holder *holder = longest_holder(c);
    struct sentence s = {finding->title, sizeof(finding->title), 0};
    char crowded[DURATION_BYTES], mean[DURATION_BYTES], worst[DURATION_BYTES];
    char held[DURATION_BYTES], busy[DURATION_BYTES], longest[DURATION_BYTES];
    uint64_t all = held_in_all(c);
    say(&s, "Up to %" PRIu64 " tasks queued at %s", c->waiting_max, finding->entity);
    say_place(&s, " made in ", in->model, 0, row->info.site);
    say(&s, " for %s", duration_text(crowded, c->crowded_ns));
    if (c->stretches > 1)
        say(&s, ", %s in one stretch", duration_text(longest, c->longest_ns));
    if (c->waits == 1)
        say(&s, ": somebody waited for %s", duration_text(worst, c->worst_wait_ns));
    else if (c->waits)
        say(&s, ": %" PRIu64 " waits took %s each, at worst %s", c->waits,
            duration_text(mean, c->wait_ns / c->waits), duration_text(worst, c->worst_wait_ns));
    say(&s, "; it changed hands %" PRIu64 " times meanwhile", c->crowded_handovers);
    if (holder->holds) {
        say_place(&s, ", and was held by ", in->model, 0, holder->site);
        if (all > holder->held_ns)
            say(&s, " for %" PRIu64 " %% of the time it was held",
                (uint64_t)((unsigned __int128)holder->held_ns * 100 / all));
        say(&s, ", %s each time", duration_text(held, holder->held_ns / holder->holds));
        say(&s, ", of which its holder ran %s",
            duration_text(busy, holder->across.busy_ns / holder->holds));
    }
    say(&s, ".");
}

static void facts(struct finding *finding, const struct model *model,
                  const struct resource_row *row, const struct contention *c)
{
    const struct holder *holder = longest_holder(c);
    char name[160];
    fact_number(finding, "waiting_max", FACT_COUNT, c->waiting_max);
    fact_number(finding, "crowded_ns", FACT_NS, c->crowded_ns);
    fact_number(finding, "longest_ns", FACT_NS, c->longest_ns);
    fact_number(finding, "longest_start_ns", FACT_NS, c->longest_start_ns);
    fact_number(finding, "waits", FACT_COUNT, c->waits);
    fact_number(finding, "wait_total_ns", FACT_NS, c->wait_ns);
    fact_number(finding, "worst_wait_ns", FACT_NS, c->worst_wait_ns);
    if (c->worst_task) {
        task_name(model, c->worst_task, 0, name, sizeof(name));
        fact_text(finding, "worst_waiter", name);
        fact_place(finding, "worst_waited_in", model, 0, c->worst_site);
    }
    fact_number(finding, "handovers", FACT_COUNT, c->crowded_handovers);
    fact_number(finding, "holds", FACT_COUNT, c->holds);
    fact_number(finding, "held_ns", FACT_NS, held_in_all(c));
    fact_number(finding, "held_there_ns", FACT_NS, holder->held_ns);
    fact_number(finding, "ran_there_ns", FACT_NS, holder->across.busy_ns);
    fact_place(finding, "held_in", model, 0, holder->site);
    fact_place(finding, "created_by", model, 0, row->info.site);
    for (unsigned i = 0; i < row->hold_count && i < 1; i++) {
        task_name(model, row->holds[i].task, 0, name, sizeof(name));
        fact_text(finding, "holder_now", name);
    }
}

static void report(const struct detector *detector, const struct judgement *in,
                   const struct resource_row *row, const struct contention *c, struct findings *out)
{
    struct finding *finding = finding_new(out, detector);
    if (!finding)
        return;
    resource_name(in->model, row, finding->entity, sizeof(finding->entity));
    finding->resource = row->handle;
    finding->cause = "convoy";
    finding->count = c->waits;
    finding->total_ns = c->crowded_ns;
    finding->worst_ns = c->longest_ns;
    finding->first_ns = c->first_ns;
    finding->last_ns = c->last_ns;
    finding->seen_ns = contention_seen(c);
    finding->in_progress = c->crowded_since != MODEL_NEVER;
    finding->severity = severity_of(detector->defaults, in->stall_ns, c->stretches, c->longest_ns,
                                    c->crowded_ns, finding->seen_ns);
    say_convoy(finding, in, row, c);
    facts(finding, in->model, row, c);
    finding->why = "Tasks that could run side by side go through it one after another; however "
                   "many workers there are, the lock sets the pace, and whoever comes waits for "
                   "all who came before.";
    finding->advice = "Do less under the lock: compute and await before or after it. Else split "
                      "what it guards into parts with a lock each, let readers share it (a "
                      "rwlock), or let one task own the data and take requests in batches.";
}

static bool is_convoy(const struct detector *detector, const struct judgement *in,
                      const struct contention *c)
{
    return c->crowded_handovers >= HANDOVERS && c->worst_wait_ns >= in->stall_ns &&
           severity_of(detector->defaults, in->stall_ns, c->stretches, c->longest_ns, c->crowded_ns,
                       contention_seen(c)) > SEVERITY_NOTE;
}

static void judge_lock(const struct detector *detector, const struct judgement *in,
                       const struct resource_row *row, const struct contention *contention,
                       struct findings *out)
{
    if (is_convoy(detector, in, contention))
        report(detector, in, row, contention, out);
}

static enum verdict judge(const struct detector *detector, const struct judgement *in,
                          struct findings *out)
{
    return locks_judge(detector, in, judge_lock, out);
}

const struct detector detector_lock_convoy = {
    .id = "lock-convoy",
    .title = "locks at which tasks queue for long",
    .defaults = &severity_saturated,
    .reads = "how many tasks wait for a lock over time, how long, and who holds it from where",
    .judge = judge,
};
