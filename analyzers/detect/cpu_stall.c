/* SPDX-License-Identifier: MIT */
/* Detector cpu-stall: code that keeps a loop on the CPU. CPU time of stalls, shared among the
 * functions their samples name. Also here, in words of their own: stalls that nothing explains. */
#include "judge.h"
#include "registry.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void add_row(struct groups *groups, const struct judgement *in, const struct hot *hot,
                    const struct cause_row *row)
{
    struct group key = {.extra = row->key.part, .by_function = true};
    hot_blame(hot, in->model, row->key.id, &key);
    if (!key.where) /* no stack: what is known is the thread */
        key.where_pc = row->key.thread;
    struct group *group = group_get(groups, &key);
    if (!group)
        return;
    group_add(group, row->key.thread, row->key.id, row->leads, row->total_ns, row->worst_ns);
    group_span(group, row->first_ns, row->last_ns);
    group_add_poll(group, row->task, row->callback, row->what, row->worst_stall);
    group->in_progress |= row->in_progress;
    group->is_estimated |= row->is_estimated;
    group->samples += row->samples;
    group->major_faults += row->leads ? row->major_faults : 0;
    if (row->leads && row->stall_ns > group->stalls_ns) {
        group->stalls_ns = row->stall_ns;
        memcpy(group->parts, row->parts, sizeof(group->parts));
    }
}

/* A function's share of one whole stall, over all its stacks, is what its worst occurrence is
 * about. */
static void share_stall(struct groups *groups, const struct judgement *in, const struct hot *hot,
                        const struct stall *stall, enum stall_part part)
{
    uint64_t held = 0;
    for (unsigned i = 0; i < stall->stack_count; i++)
        held += stall->stacks[i].count;
    for (size_t g = 0; g < groups->count; g++)
        groups->items[g].hits = 0;
    for (unsigned i = 0; i < stall->stack_count; i++) {
        struct group key = {.extra = part, .by_function = true};
        hot_blame(hot, in->model, stall->stacks[i].stack, &key);
        struct group *group = group_find(groups, &key);
        if (!group)
            continue;
        group->hits += stall->stacks[i].count;
        uint64_t share = (uint64_t)((unsigned __int128)stall->part[part] * group->hits / held);
        if (share > group->worst_ns) {
            group->worst_ns = share;
            group->worst_thread = stall->thread;
        }
    }
}

static void find_worst(struct groups *groups, const struct judgement *in, const struct hot *hot)
{
    for (size_t i = 0; i < in->stall_count; i++) {
        if (stall_is_caused_by(&in->stalls[i], PART_CPU, in->stall_ns))
            share_stall(groups, in, hot, &in->stalls[i], PART_CPU);
        if (stall_is_caused_by(&in->stalls[i], PART_UNKNOWN, in->stall_ns))
            share_stall(groups, in, hot, &in->stalls[i], PART_UNKNOWN);
    }
}

static void say_busy(struct finding *finding, const struct judgement *in, const struct group *group)
{
    struct sentence s = {finding->title, sizeof(finding->title), 0};
    bool is_known = group->extra == PART_CPU;
    say_threads(&s, in->model, group);
    say(&s, " %s %s ", was_or_were(in->model, group), is_known ? "kept busy on the CPU" : "late");
    say_amounts(&s, group);
    if (group->where)
        say_where(&s, ", by ", group->where, group->where_pc);
    else
        say(&s, is_known ? "; no stack could be taken" : "; nothing seen explains why");
    say_poll(&s, in->model, group, group->where);
    if (group->in_progress)
        say(&s, "; still going on when last seen");
    say(&s, ".");
}

static void report(const struct detector *detector, const struct judgement *in,
                   const struct hot *hot, struct group *group, struct findings *out)
{
    struct finding *finding = finding_new(out, detector);
    if (!finding)
        return;
    if (group->stack) { /* the line of the heaviest stack stands for the function */
        struct group key = {0};
        hot_blame(hot, in->model, group->stack, &key);
        group->where = key.where;
        group->where_pc = key.where_pc;
    }
    if (group->count == 0)
        group->count = 1;
    finding->cause = group->extra == PART_CPU ? "on-cpu" : "unknown";
    finding_from_group(finding, in, group);
    facts_of_parts(finding, group);
    facts_of_poll(finding, in->model, group);
    say_busy(finding, in, group);
    advise(finding, in->model, LSC_CALL_NONE);
}

/* What a few stray samples name is no cause, unless nothing else is named either. */
static bool is_stray(const struct group *group, const struct groups *groups, uint64_t stall_ns)
{
    uint64_t most = 0;
    for (size_t i = 0; i < groups->count; i++)
        most = groups->items[i].total_ns > most ? groups->items[i].total_ns : most;
    return group->total_ns < stall_ns / 2 && group->total_ns < most;
}

static bool is_ours(const struct cause_row *row)
{
    return row->key.part == PART_CPU || row->key.part == PART_UNKNOWN;
}

static enum verdict judge(const struct detector *detector, const struct judgement *in,
                          struct findings *out)
{
    size_t before = out->count;
    struct groups groups = {0};
    struct hot *hot = hot_new(in);
    for (size_t i = 0; i < in->cause_count; i++)
        if (is_ours(&in->causes[i]))
            add_row(&groups, in, hot, &in->causes[i]);
    find_worst(&groups, in, hot);
    for (size_t i = 0; i < groups.count; i++)
        if (!is_stray(&groups.items[i], &groups, in->stall_ns))
            report(detector, in, hot, &groups.items[i], out);
    hot_delete(hot);
    groups_free(&groups);
    return verdict_of(in, out, before);
}

const struct detector detector_cpu_stall = {
    .id = "cpu-stall",
    .title = "code that keeps a loop on the CPU",
    .defaults = &severity_default,
    .reads =
        "turns and polls over the stall threshold, the stacks sampled in them, and the CPU time "
        "of their thread",
    .judge = judge,
};
