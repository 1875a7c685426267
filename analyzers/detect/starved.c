/* SPDX-License-Identifier: MIT */
/* Detector starved: a loop thread that was ready to run and got no CPU. */
#include "judge.h"
#include "registry.h"

#include <string.h>

static void report(const struct detector *detector, const struct judgement *in,
                   const struct cause_row *row, struct findings *out)
{
    struct finding *finding = finding_new(out, detector);
    if (!finding)
        return;
    struct group group = {.worst_thread = UINT32_MAX, .first_ns = MODEL_NEVER};
    group_add(&group, row->key.thread, 0, row->stalls, row->total_ns, row->worst_ns);
    group_span(&group, row->first_ns, row->last_ns);
    group.in_progress = row->in_progress;
    group.is_estimated = row->is_estimated;
    group.stalls_ns = row->stall_ns;
    memcpy(group.parts, row->parts, sizeof(group.parts));
    finding->cause = "starved";
    finding_from_group(finding, in, &group);
    facts_of_parts(finding, &group);
    struct sentence s = {finding->title, sizeof(finding->title), 0};
    say_threads(&s, in->model, &group);
    say(&s, " %s ready to run but got no CPU ", was_or_were(in->model, &group));
    say_amounts(&s, &group);
    say(&s, group.in_progress ? "; still going on when last seen." : ".");
    finding->why =
        "Other threads had the CPU: nothing in this program's code was slow at that time.";
    finding->advice =
        "See who uses the CPUs (top -H, pidstat -t); check the container's CPU quota "
        "(cpu.stat, nr_throttled) and pinning; run fewer busy threads than CPUs, or give the loop "
        "thread a better nice value.";
}

static enum verdict judge(const struct detector *detector, const struct judgement *in,
                          struct findings *out)
{
    size_t before = out->count;
    for (size_t i = 0; i < in->cause_count; i++)
        if (in->causes[i].key.part == PART_STARVED)
            report(detector, in, &in->causes[i], out);
    return verdict_of(in, out, before);
}

const struct detector detector_starved = {
    .id = "starved",
    .title = "loop threads that are ready but get no CPU",
    .defaults = &severity_starved,
    .reads = "the kernel's run-queue wait of the thread during its stalls",
    .judge = judge,
};
