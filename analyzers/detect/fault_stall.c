/* SPDX-License-Identifier: MIT */
/* Detector fault-stall: a loop thread that waits for its memory to come from the disk, or for block
 * I/O outside of known calls. */
#include "judge.h"
#include "registry.h"

#include <inttypes.h>
#include <string.h>

static void add_row(struct groups *groups, const struct judgement *in, const struct cause_row *row)
{
    struct group key = {.by_function = true};
    group_blame(in->model, row->key.id, &key);
    if (!key.where)
        key.where_pc = row->key.thread;
    struct group *group = group_get(groups, &key);
    if (!group)
        return;
    group_add(group, row->key.thread, row->key.id, row->leads, row->total_ns, row->worst_ns);
    group_span(group, row->first_ns, row->last_ns);
    group_add_poll(group, row->task, row->callback, row->what, row->worst_stall);
    group->in_progress |= row->in_progress;
    group->samples += row->samples;
    group->major_faults += row->major_faults;
    group->stalls_ns += row->stall_ns;
    for (unsigned i = 0; i < PART_COUNT; i++)
        group->parts[i] += row->parts[i];
}

static void report(const struct detector *detector, const struct judgement *in, struct group *group,
                   struct findings *out)
{
    struct finding *finding = finding_new(out, detector);
    if (!finding)
        return;
    if (group->count == 0)
        group->count = 1;
    finding->cause = "page-fault";
    finding_from_group(finding, in, group);
    facts_of_parts(finding, group);
    facts_of_poll(finding, in->model, group);
    struct sentence s = {finding->title, sizeof(finding->title), 0};
    say_threads(&s, in->model, group);
    say(&s, " waited for memory or the disk ");
    say_amounts(&s, group);
    if (group->major_faults)
        say(&s, " (%" PRIu64 " major page faults)", group->major_faults);
    say_where(&s, ", near ", group->where, group->where_pc);
    say_poll(&s, in->model, group, group->where);
    say(&s, group->in_progress ? "; still going on when last seen." : ".");
    finding->why =
        "A page that is not in memory is read from the disk while the whole loop waits; no "
        "call in the code shows it.";
    finding->advice = "Give the machine or container more memory, or keep the data in it: mlock, "
                      "madvise(MADV_WILLNEED) or reading ahead on another thread for mapped files; "
                      "look for swapping (vmstat, si and so).";
}

static enum verdict judge(const struct detector *detector, const struct judgement *in,
                          struct findings *out)
{
    size_t before = out->count;
    struct groups groups = {0};
    for (size_t i = 0; i < in->cause_count; i++)
        if (in->causes[i].key.part == PART_FAULT)
            add_row(&groups, in, &in->causes[i]);
    for (size_t i = 0; i < groups.count; i++)
        report(detector, in, &groups.items[i], out);
    groups_free(&groups);
    return verdict_of(in, out, before);
}

const struct detector detector_fault_stall = {
    .id = "fault-stall",
    .title = "page faults that a loop thread waits for",
    .defaults = &severity_default,
    .reads = "major faults and block I/O delay of the thread during its stalls",
    .judge = judge,
};
