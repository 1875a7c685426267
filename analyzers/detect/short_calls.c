/* SPDX-License-Identifier: MIT */
/* Detector short-blocking-calls: calls too short to matter alone that add up within one turn, such
 * as a thousand reads of 50 µs. */
#include "judge.h"
#include "registry.h"

#include <inttypes.h>
#include <stdio.h>

static void add_row(struct groups *groups, const struct judgement *in, const struct short_row *row)
{
    struct group key = {.call = row->key.call, .extra = row->key.is_nonblocking};
    group_blame(in->model, row->key.stack, &key);
    struct group *group = group_get(groups, &key);
    if (!group)
        return;
    uint64_t worst = group->worst_ns;
    group_add(group, row->key.thread, row->key.stack, row->turns, row->total_ns, row->worst_ns);
    group_span(group, row->first_ns, row->last_ns);
    group->calls += row->calls;
    if (row->worst_ns >= worst)
        group->worst_calls = row->worst_calls;
}

static void report(const struct detector *detector, const struct judgement *in,
                   const struct group *group, struct findings *out)
{
    struct finding *finding = finding_new(out, detector);
    if (!finding)
        return;
    finding->call = call_name(group->call);
    finding->cause = "short-blocking-calls";
    finding_from_group(finding, in, group);
    if (group->extra) /* such as a send that delivers to a receiver on the same machine */
        finding->severity = SEVERITY_NOTE;
    fact_number(finding, "turns", FACT_COUNT, group->count);
    fact_number(finding, "calls", FACT_COUNT, group->calls);
    fact_number(finding, "worst_turn_calls", FACT_COUNT, group->worst_calls);
    char total[DURATION_BYTES], worst[DURATION_BYTES];
    struct sentence s = {finding->title, sizeof(finding->title), 0};
    say_threads(&s, in->model, group);
    say(&s, " spent %s in %" PRIu64 " short calls of %s", duration_text(total, group->total_ns),
        group->calls, call_name(group->call));
    say(&s, ", at worst %" PRIu64 " calls and %s within one turn", group->worst_calls,
        duration_text(worst, group->worst_ns));
    say_where(&s, ", e.g. from ", group->where, group->where_pc);
    say(&s, ".");
    advise(finding, in->model, group->call);
    finding->why = "Each call is short, but a turn waits for all of them before it serves anything "
                   "else.";
}

static enum verdict judge(const struct detector *detector, const struct judgement *in,
                          struct findings *out)
{
    size_t before = out->count;
    struct groups groups = {0};
    for (unsigned i = 0; i < model_short_count(in->model); i++)
        add_row(&groups, in, model_short_at(in->model, i));
    for (size_t i = 0; i < groups.count; i++)
        report(detector, in, &groups.items[i], out);
    groups_free(&groups);
    return verdict_of(in, out, before);
}

const struct detector detector_short_calls = {
    .id = "short-blocking-calls",
    .title = "short calls that add up within a turn",
    .defaults = &severity_default,
    .reads = "CALLS records: calls of one kind in one turn, each under the block threshold",
    .judge = judge,
};
