/* SPDX-License-Identifier: MIT */
/* Detector never-yields: tasks whose polls do not return. While one runs, no other task of its
 * worker does. What `cpu-stall` says of threads and functions is told here of the task: its name,
 * where it was spawned, and where it waited before; it needs no preload. Signs:
 *   - a poll in progress for IN_PROGRESS_NS (tokio-console's never-yielded has the same second, but
 *     only for a first poll);
 *   - polls of at least the stall threshold, LONG_POLLS of them or one of five thresholds;
 *   - FORCED_POLLS polls that only the budget ended, each of a quarter of the threshold or more and
 *     for FORCED_NS together: it has always something to do, and does too much between two awaits.
 * The part of long polls in which they blocked, waited for a lock, a page or a CPU is the business
 * of other detectors and taken away first, as far as it is known. */
#include <inttypes.h>
#include <stdio.h>

#include "registry.h"
#include "tasks.h"

#define IN_PROGRESS_NS UINT64_C(1000000000)
#define LONG_POLLS 3
#define MUCH 5 /* thresholds */
#define FORCED_POLLS 100
#define FORCED_NS UINT64_C(1000000000)
#define NOT_ITS_DOING                                                                              \
    (PART_BIT(PART_BLOCKED) | PART_BIT(PART_LOCK) | PART_BIT(PART_STARVED) | PART_BIT(PART_FAULT))

struct hog {
    uint32_t class, task, thread, site;
    uint64_t count, total_ns, worst_ns, first_ns, last_ns;
    uint64_t forced, forced_ns;
    uint64_t since_ns; /* MODEL_NEVER: no poll in progress */
    bool is_by_budget; /* no poll of it is long by itself */
};

static uint64_t own(const struct judgement *in, uint32_t class, uint64_t ns)
{
    return time_without(in, class, NOT_ITS_DOING, ns);
}

static bool is_hog(const struct judgement *in, const struct long_row *row, struct hog *hog)
{
    uint32_t class = row->key.class;
    uint64_t mean = row->count ? row->total_ns / row->count : 0;
    bool is_long = (row->count >= LONG_POLLS && own(in, class, mean) >= in->stall_ns) ||
                   own(in, class, row->worst_ns) / MUCH >= in->stall_ns;
    bool is_forced = row->forced >= FORCED_POLLS && row->forced_ns >= FORCED_NS;
    if (!is_long && !is_forced)
        return false;
    *hog = (struct hog){.class = row->key.class,
                        .task = row->task,
                        .thread = row->thread,
                        .site = row->site,
                        .count = is_long ? row->count : row->forced,
                        .total_ns = is_long ? row->total_ns : row->forced_ns,
                        .worst_ns = row->longest_ns,
                        .first_ns = row->first_ns,
                        .last_ns = row->last_ns,
                        .forced = row->forced,
                        .forced_ns = row->forced_ns,
                        .since_ns = MODEL_NEVER,
                        .is_by_budget = !is_long};
    return true;
}

static bool is_running_on(const struct judgement *in, const struct thread *thread, struct hog *hog)
{
    uint64_t since = worker_poll_since(in->model, thread), now = thread->now.time_ns;
    if (since == MODEL_NEVER || now - since < IN_PROGRESS_NS || thread->now.call != LSC_CALL_NONE)
        return false;
    const struct task_row *task = model_task(in->model, thread->now.current_task);
    if (own(in, task->class, now - since) < IN_PROGRESS_NS / 2)
        return false;
    *hog = (struct hog){.class = task->class,
                        .task = task->handle,
                        .thread = thread->id,
                        .site = task->await_site,
                        .count = 1,
                        .total_ns = now - since,
                        .worst_ns = now - since,
                        .first_ns = since,
                        .last_ns = now,
                        .since_ns = since};
    return true;
}

static void say_hog(struct finding *finding, const struct judgement *in, const struct hog *hog)
{
    struct sentence s = {finding->title, sizeof(finding->title), 0};
    char least[DURATION_BYTES], total[DURATION_BYTES], worst[DURATION_BYTES];
    say_task(&s, in->model, hog->task);
    if (s.out[0] >= 'a' && s.out[0] <= 'z')
        s.out[0] = (char)(s.out[0] - 'a' + 'A');
    if (hog->since_ns != MODEL_NEVER) {
        say(&s, " has not returned from a poll for %s, on ", duration_text(worst, hog->worst_ns));
    } else {
        uint64_t from = hog->is_by_budget ? in->stall_ns / FORCED_PART : in->stall_ns;
        say(&s, " ran %" PRIu64 " time%s for %s or longer", hog->count, hog->count == 1 ? "" : "s",
            duration_text(least, from));
        say(&s, hog->is_by_budget ? " until its budget made it yield" : " without yielding");
        say(&s, ", %s in total, at worst %s, on ", duration_text(total, hog->total_ns),
            duration_text(worst, hog->worst_ns));
    }
    say_worker(&s, model_thread(in->model, hog->thread));
    say_place(&s, "; it waited last in ", in->model, 0, hog->site);
    say(&s, ".");
}

static void facts(struct finding *finding, const struct judgement *in, const struct hog *hog)
{
    const struct thread *thread = model_thread(in->model, hog->thread);
    facts_of_task(finding, in->model, "task", "spawned_by", hog->task);
    fact_place(finding, "waited_last_in", in->model, 0, hog->site);
    fact_text(finding, "worker", thread->name);
    fact_number(finding, "tid", FACT_COUNT, thread->tid);
    fact_number(finding, "forced_yields", FACT_COUNT, hog->forced);
    fact_number(finding, "forced_ns", FACT_NS, hog->forced_ns);
    fact_number(finding, "stall_threshold_ns", FACT_NS, in->stall_ns);
    fact_number(finding, "seen_ns", FACT_NS, finding->seen_ns);
    if (finding->in_progress)
        fact_number(finding, "in_progress", FACT_YES, 1);
}

static void report(const struct detector *detector, const struct judgement *in,
                   const struct hog *hog, struct findings *out)
{
    struct finding *finding = finding_new(out, detector);
    if (!finding)
        return;
    struct group blamed = {0};
    finding->stack = stack_of_stalls(in, hog->class);
    group_blame(in->model, finding->stack, &blamed);
    finding->where = blamed.where;
    finding->where_pc = blamed.where_pc;
    finding->cause = hog->is_by_budget ? "budget" : "long-poll";
    finding->count = hog->count;
    finding->total_ns = hog->total_ns;
    finding->worst_ns = hog->worst_ns;
    finding->first_ns = hog->first_ns;
    finding->last_ns = hog->last_ns;
    finding->seen_ns = model_seen_ns(in->model);
    finding->thread = hog->thread;
    finding->in_progress = hog->since_ns != MODEL_NEVER;
    finding->severity = severity_of(detector->defaults, in->stall_ns, hog->count,
                                    own(in, hog->class, hog->worst_ns),
                                    own(in, hog->class, hog->total_ns), finding->seen_ns);
    task_name(in->model, hog->task, 0, finding->entity, sizeof(finding->entity));
    finding->task = hog->task;
    say_hog(finding, in, hog);
    facts(finding, in, hog);
    finding->why = "A task is never interrupted: until its poll returns, its worker runs no other "
                   "task, and the timers and I/O of its loop wait.";
    finding->advice =
        hog->is_by_budget
            ? "Do less between two awaits, set a smaller budget, or hand the work to "
              "lsc_spawn_blocking."
            : "Await lsc_yield after every millisecond of work or less, split the work into tasks, "
              "or hand it to lsc_spawn_blocking; await instead of spinning.";
}

static enum verdict judge(const struct detector *detector, const struct judgement *in,
                          struct findings *out)
{
    size_t before = out->count;
    struct hog hog;
    for (unsigned i = 0; i < model_long_count(in->model); i++)
        if (is_hog(in, model_long_at(in->model, i), &hog))
            report(detector, in, &hog, out);
    for (unsigned i = 0; i < model_thread_count(in->model); i++)
        if (is_running_on(in, model_thread_at(in->model, i), &hog))
            report(detector, in, &hog, out);
    if (out->count > before)
        return VERDICT_FINDING;
    return tasks_are_seen(in->model) ? VERDICT_OK : VERDICT_NOT_YET;
}

const struct detector detector_never_yields = {
    .id = "never-yields",
    .title = "tasks whose polls do not return",
    .defaults = &severity_default,
    .reads = "how long polls of tasks took or take, and what ended them",
    .judge = judge,
};
