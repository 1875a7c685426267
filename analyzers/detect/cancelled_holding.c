/* SPDX-License-Identifier: MIT */
/* Detector cancelled-holding: a task that has ended, by itself or because it was cancelled, and is
 * still on record as the holder of a resource: nobody is left to let go of it. Told once the
 * release is a stall threshold overdue, for what ends a task may release on its behalf. Permits may
 * be given up on purpose, and a lock that nobody wants does no harm: a note, unless somebody waits
 * for it. Where the lock was given on for the task, by its own account, nobody waits for ever, but
 * what it guards may be half changed: a warning. */
#include <inttypes.h>
#include <stdio.h>

#include "judge.h"
#include "registry.h"

/* What waits for it by the tasks' own account; *since_ns: the longest of these waits. */
static uint64_t waiting(const struct model *model, const struct resource_row *row,
                        uint64_t *since_ns)
{
    uint64_t count = 0;
    *since_ns = MODEL_NEVER;
    for (unsigned i = 0; i < model_task_slots(model); i++) {
        const struct task_row *task = model_task_at(model, i);
        if (!task || task->has_ended || task->awaits != row->handle ||
            task->await_ns == MODEL_NEVER)
            continue;
        count++;
        *since_ns = task->await_ns < *since_ns ? task->await_ns : *since_ns;
    }
    return count;
}

static void report(const struct detector *detector, const struct judgement *in,
                   const struct resource_row *row, const struct hold *hold, struct findings *out)
{
    struct finding *finding = finding_new(out, detector);
    if (!finding)
        return;
    const struct task_row *task = model_task(in->model, hold->task);
    uint64_t seen = model_seen_ns(in->model), since;
    uint64_t waiters = waiting(in->model, row, &since);
    char name[160], resource[160], text[DURATION_BYTES];
    bool is_cancelled = task->cancelled_ns != MODEL_NEVER;
    task_name(in->model, hold->task, 0, name, sizeof(name));
    resource_name(in->model, row, resource, sizeof(resource));
    snprintf(finding->entity, sizeof(finding->entity), "%s", name);
    finding->task = hold->task;
    finding->resource = row->handle;
    finding->cause = "never-released";
    finding->count = 1;
    finding->first_ns = hold->since_ns;
    finding->last_ns = seen;
    finding->seen_ns = seen;
    finding->in_progress = true;
    uint64_t blocked_from = waiters && since > task->ended_ns ? since : task->ended_ns;
    if (waiters)
        finding->total_ns = finding->worst_ns = seen - blocked_from;
    finding->severity = waiters ? severity_of(detector->defaults, in->stall_ns, 1,
                                              finding->worst_ns, finding->total_ns, seen)
                                : SEVERITY_NOTE;
    struct sentence s = {finding->title, sizeof(finding->title), 0};
    say(&s, "The %s", name);
    say_place(&s, " spawned by ", in->model, task->info.stack, task->info.site);
    say(&s, " %s %s ago but still holds %s", is_cancelled ? "was cancelled and ended" : "ended",
        duration_text(text, seen - task->ended_ns), resource);
    say_place(&s, " taken in ", in->model, 0, hold->site);
    if (waiters)
        say(&s, ", for which %" PRIu64 " task%s since then, %s by now", waiters,
            waiters == 1 ? " waits" : "s wait", duration_text(text, finding->worst_ns));
    say(&s, ".");
    fact_text(finding, "resource", resource);
    fact_number(finding, "cancelled", FACT_YES, is_cancelled);
    fact_number(finding, "waiting_tasks", FACT_COUNT, waiters);
    fact_number(finding, "ended_ago_ns", FACT_NS, seen - task->ended_ns);
    fact_place(finding, "taken_in", in->model, 0, hold->site);
    fact_place(finding, "created_by", in->model, task->info.stack, task->info.site);
    finding->why = "Nobody is left who could let go of it: whoever waits for it waits forever.";
    finding->advice = "Let go of it on every way out of the task: in a clean-up handler that also "
                      "runs on cancellation, before returning an error.";
}

/* The last one stands for all of that resource. */
static void report_abandoned(const struct detector *detector, const struct judgement *in,
                             const struct resource_row *row, struct findings *out)
{
    struct finding *finding = finding_new(out, detector);
    if (!finding)
        return;
    const struct hold *hold = &row->abandoned;
    const struct task_row *task = model_task(in->model, hold->task);
    char name[160], resource[160];
    bool is_cancelled = task && task->cancelled_ns != MODEL_NEVER;
    task_name(in->model, hold->task, 0, name, sizeof(name));
    resource_name(in->model, row, resource, sizeof(resource));
    snprintf(finding->entity, sizeof(finding->entity), "%s", name);
    finding->task = hold->task;
    finding->resource = row->handle;
    finding->cause = "ended-holding";
    finding->severity = SEVERITY_WARNING;
    finding->count = row->abandonments;
    finding->first_ns = hold->since_ns;
    finding->last_ns = row->abandoned_ns;
    finding->seen_ns = model_seen_ns(in->model);
    struct sentence s = {finding->title, sizeof(finding->title), 0};
    say(&s, "The %s", name);
    if (task)
        say_place(&s, " spawned by ", in->model, task->info.stack, task->info.site);
    say(&s, " %s with %s in its hands", is_cancelled ? "was cancelled and ended" : "ended",
        resource);
    say_place(&s, ", taken in ", in->model, 0, hold->site);
    say(&s, "; it was given on to others");
    if (row->abandonments > 1)
        say(&s, ", the last of %" PRIu64 " times", row->abandonments);
    say(&s, ".");
    fact_text(finding, "resource", resource);
    fact_number(finding, "cancelled", FACT_YES, is_cancelled);
    fact_number(finding, "times", FACT_COUNT, row->abandonments);
    fact_place(finding, "taken_in", in->model, 0, hold->site);
    if (task)
        fact_place(finding, "created_by", in->model, task->info.stack, task->info.site);
    finding->why = "What the lock guards may be half changed: the task ended, on an error or a "
                   "cancellation, before it was done with it.";
    finding->advice = "Unlock on every way out of the task, also where an await between lock and "
                      "unlock returns an error; and first put in order what it guards.";
}

static enum verdict judge(const struct detector *detector, const struct judgement *in,
                          struct findings *out)
{
    size_t before = out->count;
    bool has_evidence = false;
    uint64_t seen = model_seen_ns(in->model);
    for (unsigned i = 0; i < model_resource_slots(in->model); i++) {
        const struct resource_row *row = model_resource_at(in->model, i);
        if (!row || !row->hold_records)
            continue;
        has_evidence = true;
        if (row->abandonments)
            report_abandoned(detector, in, row, out);
        if (row->info.has_ended || !holds_are_known(in->model, row))
            continue;
        for (unsigned h = 0; h < row->hold_count; h++) {
            const struct task_row *task = model_task(in->model, row->holds[h].task);
            if (task && task->has_ended && seen >= task->ended_ns &&
                task->ended_ns >= row->holds[h].since_ns && seen - task->ended_ns >= in->stall_ns)
                report(detector, in, row, &row->holds[h], out);
        }
    }
    if (out->count > before)
        return VERDICT_FINDING;
    return has_evidence ? VERDICT_OK : VERDICT_NOT_YET;
}

const struct detector detector_cancelled_holding = {
    .id = "cancelled-holding",
    .title = "tasks that ended with a lock in their hands",
    .defaults = &severity_default,
    .reads = "which tasks hold which resources, and the ends of tasks",
    .judge = judge,
};
