/* SPDX-License-Identifier: MIT */
/* Detector lost-wakeup: tasks that are pending and that nobody can wake any more. The executor
 * knows it: the last waker of a task is given up, by a drop or because the poll left none, while
 * the task waits for no timer, lock, channel or I/O of the executor's own. Only a cancellation
 * could still reach it; so it is told once it has lasted ten times the stall threshold, which is
 * longer than whoever drops a waker in order to cancel takes. Tasks that lost theirs in the same
 * way are one finding. */
#include <inttypes.h>
#include <stdio.h>

#include "judge.h"
#include "registry.h"

#define STRANDED_TENTHS 100 /* of the stall threshold */
#define WAYS_MAX 32         /* the rest joins the last */

/* Tasks that wait at one place and whose wakers were given up at one place. */
struct way {
    const struct task_row *longest;
    uint32_t await_site, drop_site;
    bool is_own; /* their own polls left no waker */
    uint64_t tasks;
};
struct ways {
    struct way items[WAYS_MAX];
    unsigned count;
};

static bool is_lost(const struct judgement *in, const struct task_row *task)
{
    uint64_t seen = model_seen_ns(in->model);
    if (task->has_ended || task->stranded_ns == MODEL_NEVER || seen <= task->stranded_ns)
        return false;
    return (seen - task->stranded_ns) / STRANDED_TENTHS >= in->stall_ns / 10;
}

static void add(struct ways *ways, const struct task_row *task)
{
    bool is_own = task->stranded_by == task->handle;
    unsigned at = 0;
    while (at < ways->count &&
           (ways->items[at].await_site != task->await_site ||
            ways->items[at].drop_site != task->stranded_site || ways->items[at].is_own != is_own))
        at++;
    if (at == ways->count && ways->count < WAYS_MAX)
        ways->items[ways->count++] = (struct way){.longest = task,
                                                  .await_site = task->await_site,
                                                  .drop_site = task->stranded_site,
                                                  .is_own = is_own};
    struct way *way = &ways->items[at < WAYS_MAX ? at : WAYS_MAX - 1];
    way->tasks++;
    if (task->stranded_ns < way->longest->stranded_ns)
        way->longest = task;
}

static void say_lost(struct finding *finding, const struct judgement *in, const struct way *way)
{
    const struct task_row *task = way->longest;
    struct sentence s = {finding->title, sizeof(finding->title), 0};
    char since[DURATION_BYTES], dropper[160];
    say(&s, "The %s", finding->entity);
    say_place(&s, " spawned by ", in->model, task->info.stack, task->info.site);
    say_place(&s, " waits in ", in->model, 0, task->await_site);
    say(&s, " and nobody can wake it any more: ");
    duration_text(since, model_seen_ns(in->model) - task->stranded_ns);
    if (way->is_own) {
        say(&s, "when its poll ended, %s ago, nobody had a waker of it", since);
    } else {
        task_name(in->model, task->stranded_by, 0, dropper, sizeof(dropper));
        say(&s, "its last waker was given up unused %s ago", since);
        if (task->stranded_by)
            say(&s, " by %s", dropper);
        say_place(&s, " in ", in->model, 0, task->stranded_site);
    }
    if (way->tasks > 1)
        say(&s, "; %" PRIu64 " other%s of its kind %s so, too", way->tasks - 1,
            way->tasks == 2 ? "" : "s", way->tasks == 2 ? "is" : "are");
    say(&s, ".");
}

static void report(const struct detector *detector, const struct judgement *in,
                   const struct way *way, struct findings *out)
{
    struct finding *finding = finding_new(out, detector);
    if (!finding)
        return;
    const struct task_row *task = way->longest;
    uint64_t seen = model_seen_ns(in->model);
    task_name(in->model, task->handle, 0, finding->entity, sizeof(finding->entity));
    finding->cause = "no-waker";
    finding->severity = SEVERITY_CRITICAL;
    finding->count = way->tasks;
    finding->first_ns = task->stranded_ns;
    finding->last_ns = seen;
    finding->seen_ns = seen;
    finding->total_ns = finding->worst_ns = seen - task->stranded_ns;
    finding->in_progress = true;
    say_lost(finding, in, way);
    fact_number(finding, "tasks", FACT_COUNT, way->tasks);
    fact_number(finding, "pending_for_ns", FACT_NS, seen - task->stranded_ns);
    fact_number(finding, "polls", FACT_COUNT, task->polls);
    fact_number(finding, "wakes", FACT_COUNT, task->wakes);
    fact_place(finding, "awaits_in", in->model, 0, task->await_site);
    fact_place(finding, "given_up_in", in->model, 0, task->stranded_site);
    fact_place(finding, "created_by", in->model, task->info.stack, task->info.site);
    finding->why = "A task runs again only when it is woken: it stands there for good, with all "
                   "that it holds, and whoever waits for its end waits with it.";
    finding->advice =
        way->is_own
            ? "A poll function that returns pending must first leave a waker with whoever will "
              "finish the work, at every poll, also after a wake that came too early."
            : "Whoever gives a waker up must wake it first, on every path, also when the work "
              "failed or was abandoned; keep it until the work is done, and replace it when the "
              "task is polled again.";
}

static enum verdict judge(const struct detector *detector, const struct judgement *in,
                          struct findings *out)
{
    struct ways ways = {.count = 0};
    bool has_waits = false;
    for (unsigned i = 0; i < model_task_slots(in->model); i++) {
        const struct task_row *task = model_task_at(in->model, i);
        if (!task)
            continue;
        has_waits |=
            task->await_site || task->await_ns != MODEL_NEVER || task->stranded_ns != MODEL_NEVER;
        if (is_lost(in, task))
            add(&ways, task);
    }
    for (unsigned i = 0; i < ways.count; i++)
        report(detector, in, &ways.items[i], out);
    if (ways.count)
        return VERDICT_FINDING;
    return has_waits ? VERDICT_OK : VERDICT_NOT_YET;
}

const struct detector detector_lost_wakeup = {
    .id = "lost-wakeup",
    .title = "tasks that wait and that nobody can wake",
    .defaults = &severity_default,
    .reads = "what tasks await, and when the last waker of one was given up",
    .judge = judge,
};
