/* SPDX-License-Identifier: MIT */
/* Detector timer-late: timers that ran at least the stall threshold after they were due because a
 * function of the same loop ran meanwhile. Lateness that no function had a quarter of is left to
 * the detectors of stalls: the loop waited for a CPU or in the kernel, which is no timer's matter.
 */
#include <stdlib.h>
#include <string.h>

#include "judge.h"
#include "registry.h"

/* A group is a timer's function (`extra`) with the function that made it late. */
struct late {
    uint64_t overlap_ns, runs, worst_ns;
    uint64_t worst_overlap_ns;
    uint32_t task, callback; /* the timer */
};
struct all_late {
    struct groups groups;
    struct late late[GROUPS_MAX]; /* by index of the group */
};

static void add_row(struct all_late *all, const struct judgement *in, const struct late_row *row)
{
    struct group key = {.extra = row->key.callback, .by_function = true};
    group_blame(in->model, row->key.neighbour, &key);
    if (!key.where)
        return;
    struct group *group = group_get(&all->groups, &key);
    if (!group)
        return;
    struct late *late = &all->late[group - all->groups.items];
    group_add(group, row->key.thread, row->key.neighbour, row->count, row->total_ns, row->worst_ns);
    group_span(group, row->first_ns, row->last_ns);
    group_add_poll(group, row->neighbour_task, row->neighbour_task ? row->key.neighbour : 0,
                   row->neighbour_what, row->worst_ns);
    late->overlap_ns += row->overlap_ns;
    late->runs += row->neighbour_runs;
    if (row->worst_ns < late->worst_ns)
        return;
    late->worst_ns = row->worst_ns;
    late->worst_overlap_ns = row->worst_overlap_ns;
    late->task = row->worst_task;
    late->callback = row->key.callback;
}

/* How much of the time in the function's stalls was its own doing, in hundredths of a percent: not
 * that in which its thread got no CPU. */
static uint64_t own_share(const struct judgement *in, const struct group *group)
{
    uint64_t starved = 0, all = 0;
    for (size_t i = 0; i < in->stall_count; i++) {
        const struct stall *stall = &in->stalls[i];
        if (stall->thread != group->worst_thread || stall->callback != group->callback)
            continue;
        starved += stall->part[PART_STARVED];
        all += stall->wall_ns;
    }
    return all ? (uint64_t)((unsigned __int128)(all - starved) * 10000 / all) : 10000;
}

/* Only the function's own doing counts for how bad it is. */
static enum severity severity_of_own(const struct detector *detector, const struct judgement *in,
                                     const struct finding *finding, uint64_t share)
{
    uint64_t worst = (uint64_t)((unsigned __int128)finding->worst_ns * share / 10000);
    uint64_t total = (uint64_t)((unsigned __int128)finding->total_ns * share / 10000);
    return severity_of(detector->defaults, in->stall_ns, finding->count, worst, total,
                       finding->seen_ns);
}

static void say_timer(struct sentence *s, const struct model *model, const struct late *late)
{
    const struct task_row *task = model_task(model, late->task);
    struct text name = model_string(model, task ? task->info.name : 0);
    struct group own = {0};
    group_blame(model, late->callback, &own);
    if (name.length)
        say(s, "The timer '%.*s'", text_cut(name, 80), name.bytes);
    else
        say(s, "A timer");
    say_where(s, " of ", own.where, own.where_pc);
    size_t before = s->used;
    if (task)
        say_place(s, ", created by ", model, task->info.stack, task->info.site);
    say(s, "%s was late ", s->used > before ? "," : "");
}

static void say_late(struct finding *finding, const struct judgement *in, const struct group *group,
                     const struct late *late, bool is_starved)
{
    struct sentence s = {finding->title, sizeof(finding->title), 0};
    char part[DURATION_BYTES];
    bool is_own = group->callback == late->callback && group->task == late->task && late->task;
    say_timer(&s, in->model, late);
    say_amounts(&s, group);
    if (is_own)
        say(&s, ", because its own function took longer than its period");
    else
        say_where(&s, ", because its loop was in ", group->where, group->where_pc);
    if (!is_own && group->task)
        say_poll(&s, in->model, group, group->where);
    say(&s, ", for %s of the worst delay%s.", duration_text(part, late->worst_overlap_ns),
        is_starved ? "; the thread was ready to run but got no CPU most of that time" : "");
}

static void report(const struct detector *detector, const struct judgement *in,
                   const struct group *group, const struct late *late, struct findings *out)
{
    struct finding *finding = finding_new(out, detector);
    if (!finding)
        return;
    finding->cause = "late";
    finding_from_group(finding, in, group);
    uint64_t share = own_share(in, group);
    finding->severity = severity_of_own(detector, in, finding, share);
    say_late(finding, in, group, late, share < 5000);
    const struct task_row *task = model_task(in->model, late->task);
    char name[160];
    task_name(in->model, late->task, 0, name, sizeof(name));
    finding->task = late->task;
    fact_text(finding, "timer", name);
    fact_place(finding, "timer_function", in->model, late->callback, 0);
    if (task)
        fact_place(finding, "timer_created_by", in->model, task->info.stack, task->info.site);
    fact_number(finding, "neighbour_ns", FACT_NS, late->overlap_ns);
    fact_number(finding, "neighbour_worst_ns", FACT_NS, late->worst_overlap_ns);
    fact_number(finding, "neighbour_runs", FACT_COUNT, late->runs);
    fact_number(finding, "neighbour_own_percent", FACT_PERCENT, share);
    facts_of_poll(finding, in->model, group);
    finding->why =
        "A timer runs when the loop comes to it: whatever runs while it is due delays it "
        "and every other timeout, heartbeat and interval of this loop.";
    finding->advice =
        "Let that function do its work in pieces of a few milliseconds, or hand it to a thread "
        "(uv_queue_work); put a timer that must be on time on a loop of its own.";
}

/* Without a timer that ran there is nothing to judge. */
static bool saw_timer(const struct model *model)
{
    for (unsigned i = 0; i < model_callback_count(model); i++) {
        const struct callback_row *row = model_callback_at(model, i);
        if (strcmp(model_string(model, CALLBACK_KIND(row->key.what)).bytes, "timer") == 0)
            return true;
    }
    return false;
}

static enum verdict judge(const struct detector *detector, const struct judgement *in,
                          struct findings *out)
{
    size_t before = out->count;
    struct all_late *all = calloc(1, sizeof(*all));
    for (unsigned i = 0; all && i < model_late_count(in->model); i++)
        add_row(all, in, model_late_at(in->model, i));
    for (size_t i = 0; all && i < all->groups.count; i++)
        report(detector, in, &all->groups.items[i], &all->late[i], out);
    if (all)
        groups_free(&all->groups);
    free(all);
    if (out->count > before)
        return VERDICT_FINDING;
    return saw_timer(in->model) ? VERDICT_OK : VERDICT_NOT_YET;
}

const struct detector detector_timer_late = {
    .id = "timer-late",
    .title = "timers that another callback makes late",
    .defaults = &severity_late,
    .reads = "how long after their due time libuv's timers ran, and what ran in between",
    .judge = judge,
};
