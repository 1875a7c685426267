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

/* How long a task stood so, or stands. */
struct loss {
    uint64_t from_ns, lasted_ns;
    uint32_t by, site; /* who gave its last waker up, where */
    bool goes_on;
};

/* Tasks that wait at one place and whose wakers were given up at one place. */
struct way {
    const struct task_row *longest;
    struct loss loss; /* its */
    uint32_t await_site, drop_site;
    bool is_own; /* their own polls left no waker */
    uint64_t tasks;
};
struct ways {
    struct way items[WAYS_MAX];
    unsigned count;
};

static bool is_lost(const struct judgement *in, const struct task_row *task, struct loss *loss)
{
    uint64_t seen = model_seen_ns(in->model);
    *loss = (struct loss){.from_ns = task->stood_until_ns - task->stood_ns,
                          .lasted_ns = task->stood_ns,
                          .by = task->stood_by,
                          .site = task->stood_site};
    if (task->stranded_ns < seen && seen - task->stranded_ns > loss->lasted_ns)
        *loss = (struct loss){.from_ns = task->stranded_ns,
                              .lasted_ns = seen - task->stranded_ns,
                              .by = task->stranded_by,
                              .site = task->stranded_site,
                              .goes_on = true};
    return loss->lasted_ns / STRANDED_TENTHS >= in->stall_ns / 10;
}

static void add(struct ways *ways, const struct task_row *task, const struct loss *loss)
{
    bool is_own = loss->by == task->handle;
    unsigned at = 0;
    while (at < ways->count &&
           (ways->items[at].await_site != task->await_site ||
            ways->items[at].drop_site != loss->site || ways->items[at].is_own != is_own))
        at++;
    if (at == ways->count && ways->count < WAYS_MAX)
        ways->items[ways->count++] = (struct way){.longest = task,
                                                  .loss = *loss,
                                                  .await_site = task->await_site,
                                                  .drop_site = loss->site,
                                                  .is_own = is_own};
    struct way *way = &ways->items[at < WAYS_MAX ? at : WAYS_MAX - 1];
    way->tasks++;
    if (loss->lasted_ns > way->loss.lasted_ns) {
        way->longest = task;
        way->loss = *loss;
    }
}

static void say_why(struct sentence *s, const struct model *model, const struct way *way)
{
    char dropper[160];
    if (way->is_own) {
        say(s, "when its poll ended nobody had a waker of it");
        return;
    }
    say(s, "its last waker was given up unused");
    if (way->loss.by) {
        task_name(model, way->loss.by, 0, dropper, sizeof(dropper));
        say(s, " by %s", dropper);
    }
    say_place(s, " in ", model, 0, way->loss.site);
}

static void say_lost(struct finding *finding, const struct judgement *in, const struct way *way)
{
    const struct task_row *task = way->longest;
    struct sentence s = {finding->title, sizeof(finding->title), 0};
    char lasted[DURATION_BYTES];
    say(&s, "The %s", finding->entity);
    say_place(&s, " spawned by ", in->model, task->info.stack, task->info.site);
    say(&s, way->loss.goes_on ? " waits" : " waited");
    say_place(&s, " in ", in->model, 0, task->await_site);
    say(&s, way->loss.goes_on ? " and nobody can wake it any more: "
                              : " and nobody could wake it any more: ");
    say_why(&s, in->model, way);
    duration_text(lasted, way->loss.lasted_ns);
    if (way->loss.goes_on)
        say(&s, ", %s ago", lasted);
    else
        say(&s, "; it stood there for %s, until it was cancelled or ended", lasted);
    if (way->tasks > 1)
        say(&s, "; %" PRIu64 " other%s of its kind, too", way->tasks - 1,
            way->tasks == 2 ? "" : "s");
    say(&s, ".");
}

static void report(const struct detector *detector, const struct judgement *in,
                   const struct way *way, struct findings *out)
{
    struct finding *finding = finding_new(out, detector);
    if (!finding)
        return;
    const struct task_row *task = way->longest;
    task_name(in->model, task->handle, 0, finding->entity, sizeof(finding->entity));
    finding->task = task->handle;
    finding->resource = task->awaits;
    finding->cause = "no-waker";
    finding->severity = SEVERITY_CRITICAL;
    finding->count = way->tasks;
    finding->first_ns = way->loss.from_ns;
    finding->last_ns = way->loss.from_ns + way->loss.lasted_ns;
    finding->seen_ns = model_seen_ns(in->model);
    finding->total_ns = finding->worst_ns = way->loss.lasted_ns;
    finding->in_progress = way->loss.goes_on;
    say_lost(finding, in, way);
    fact_number(finding, "tasks", FACT_COUNT, way->tasks);
    fact_number(finding, "pending_for_ns", FACT_NS, way->loss.lasted_ns);
    fact_number(finding, "polls", FACT_COUNT, task->polls);
    fact_number(finding, "wakes", FACT_COUNT, task->wakes);
    fact_place(finding, "awaits_in", in->model, 0, task->await_site);
    fact_place(finding, "given_up_in", in->model, 0, way->loss.site);
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
        struct loss loss;
        if (!task)
            continue;
        has_waits |=
            task->await_site || task->await_ns != MODEL_NEVER || task->stranded_ns != MODEL_NEVER;
        if (is_lost(in, task, &loss))
            add(&ways, task, &loss);
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
