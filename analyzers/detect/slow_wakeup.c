/* SPDX-License-Identifier: MIT */
/* Detector slow-wakeup: tasks that were woken and came to run late, because their worker ran
 * something else. Late is the stall threshold: what a loop may not do to its callbacks, a worker
 * may not do to its tasks (dial9 warns of 5 ms; the default here is 20 ms, and can be set).
 *   - One poll had at least half of the wait: that poll is to blame. Told from the third such poll
 *     on, or when one was five thresholds late: a machine that takes the CPU away once is no habit.
 *   - Many polls had it together: there is more to do than the worker can. A server at its limit
 *     does that, so only waits of five thresholds count.
 * Waits in which the worker ran little are left to `starved`: its thread slept or got no CPU. The
 * part of long polls in which they got none is taken away, and many polls are not blamed on a
 * thread that got none for half of the time, as far as the kernel told of it. A timer that libuv
 * runs late is `timer-late`. A task that sleeps is woken when its worker gets to its timer: what
 * kept the worker from it is told by `never-yields`, not here. */
#include <inttypes.h>
#include <stdio.h>

#include "registry.h"
#include "tasks.h"

#define BLOCKERS_ENOUGH 3
#define MUCH 5 /* thresholds */

/* What of a delay was the doing of the poll to blame, not of the machine that it ran on. */
static uint64_t own(const struct judgement *in, const struct slow_row *row, uint64_t ns)
{
    bool is_one = row->key.reason == SLOW_ONE_POLL;
    return is_one ? time_without(in, row->key.class, PART_BIT(PART_STARVED), ns) : ns;
}

/* What ran was many polls, each a little longer than it should be for want of a CPU. */
static bool was_starved(const struct judgement *in, const struct slow_row *row)
{
    uint64_t starved = 0;
    for (size_t i = 0; i < in->cause_count; i++)
        if (in->causes[i].key.part == PART_STARVED && in->causes[i].key.thread == row->thread)
            starved += in->causes[i].total_ns;
    return starved >= row->waited_ns / 2;
}

static bool is_slow(const struct judgement *in, const struct slow_row *row)
{
    if (row->key.reason == SLOW_MANY_POLLS && was_starved(in, row))
        return false;
    uint64_t worst = own(in, row, row->worst_ns);
    uint64_t mean = own(in, row, row->total_ns / row->count);
    if (row->key.reason == SLOW_ONE_POLL && row->blockers >= BLOCKERS_ENOUGH &&
        mean >= in->stall_ns)
        return true;
    return worst / MUCH >= in->stall_ns;
}

static void say_reason(struct sentence *s, const struct model *model, const struct slow_row *row)
{
    char time[DURATION_BYTES];
    if (row->key.reason == SLOW_MANY_POLLS) {
        say(s, " first ran %" PRIu64 " polls of others, %s in all", row->ran_polls,
            duration_text(time, row->ran_ns));
        return;
    }
    const struct task_row *blocker = model_task(model, row->blocker);
    say(s, " was in one poll of ");
    say_task(s, model, row->blocker);
    say(s, " for %s", duration_text(time, row->blocker_ns));
    if (blocker)
        say_place(s, ", last waiting in ", model, 0, blocker->await_site);
}

static void say_slow(struct finding *finding, const struct model *model, const struct slow_row *row)
{
    struct sentence s = {finding->title, sizeof(finding->title), 0};
    char worst[DURATION_BYTES], waited[DURATION_BYTES];
    if (row->count == 1) {
        say(&s, "A task that was ready came to run %s late: ", duration_text(worst, row->worst_ns));
    } else {
        say(&s, "Tasks that were ready came to run late %" PRIu64 " times", row->count);
        say(&s, ", in %s altogether, at worst %s late: ", duration_text(waited, row->waited_ns),
            duration_text(worst, row->worst_ns));
    }
    say_task(&s, model, row->task);
    say(&s, " waited for ");
    say_worker(&s, model_thread(model, row->thread));
    say(&s, ", which");
    say_reason(&s, model, row);
    say(&s, ".");
}

static void facts(struct finding *finding, const struct judgement *in, const struct slow_row *row)
{
    const struct thread *thread = model_thread(in->model, row->thread);
    const struct worker *worker = thread_worker(thread);
    uint64_t all = worker_delays(worker);
    fact_text(finding, "worker", thread->name);
    fact_number(finding, "tid", FACT_COUNT, thread->tid);
    facts_of_task(finding, in->model, "late_task", "late_task_spawned_by", row->task);
    facts_of_task(finding, in->model, "ran_instead", "ran_spawned_by", row->blocker);
    fact_number(finding, "ran_ns", FACT_NS, row->ran_ns);
    fact_number(finding, "ran_polls", FACT_COUNT, row->ran_polls);
    fact_number(finding, "longest_poll_ns", FACT_NS, row->blocker_ns);
    fact_number(finding, "delays_total_ns", FACT_NS, row->total_ns);
    fact_number(finding, "polls_with_delay", FACT_COUNT, all);
    if (all)
        fact_number(finding, "late_percent", FACT_PERCENT,
                    (uint64_t)((unsigned __int128)row->count * 10000 / all));
    fact_number(finding, "delay_p50_ns", FACT_NS, worker_delay_quantile(worker, 5000));
    fact_number(finding, "delay_p90_ns", FACT_NS, worker_delay_quantile(worker, 9000));
    fact_number(finding, "delay_p99_ns", FACT_NS, worker_delay_quantile(worker, 9900));
    fact_number(finding, "late_from_ns", FACT_NS, in->stall_ns);
    if (model_lost_records(in->model))
        fact_number(finding, "records_lost", FACT_COUNT, model_lost_records(in->model));
}

static void report(const struct detector *detector, const struct judgement *in,
                   const struct slow_row *row, struct findings *out)
{
    struct finding *finding = finding_new(out, detector);
    const struct thread *thread = model_thread(in->model, row->thread);
    if (!finding)
        return;
    bool is_one = row->key.reason == SLOW_ONE_POLL;
    finding->cause = is_one ? "one-poll" : "many-polls";
    finding->count = row->count;
    finding->total_ns = row->waited_ns;
    finding->worst_ns = row->worst_ns;
    finding->first_ns = row->first_ns;
    finding->last_ns = row->last_ns;
    finding->seen_ns = worker_span_ns(thread);
    finding->thread = row->thread;
    /* With a gap in the records a wait may seem to go on that was over. */
    finding->severity =
        model_lost_records(in->model)
            ? SEVERITY_NOTE
            : severity_of(detector->defaults, in->stall_ns, row->count, own(in, row, row->worst_ns),
                          own(in, row, row->waited_ns), finding->seen_ns);
    task_name(in->model, row->task, 0, finding->entity, sizeof(finding->entity));
    finding->task = row->task;
    say_slow(finding, in->model, row);
    facts(finding, in, row);
    finding->why = "Whoever waits for that task waits as much longer: its timeouts, answers and "
                   "heartbeats are late although nothing they wait for is.";
    finding->advice =
        is_one ? "Let the poll that ran meanwhile return sooner: await lsc_yield between pieces of "
                 "a long computation, or hand it to lsc_spawn_blocking."
               : "Give the executor more workers, do less for each wake, or admit less at a time "
                 "(a semaphore, a bounded channel).";
}

static enum verdict judge(const struct detector *detector, const struct judgement *in,
                          struct findings *out)
{
    size_t before = out->count;
    for (unsigned i = 0; i < model_slow_count(in->model); i++) {
        const struct slow_row *row = model_slow_at(in->model, i);
        if (is_slow(in, row))
            report(detector, in, row, out);
    }
    if (out->count > before)
        return VERDICT_FINDING;
    return tasks_are_seen(in->model) ? VERDICT_OK : VERDICT_NOT_YET;
}

const struct detector detector_slow_wakeup = {
    .id = "slow-wakeup",
    .title = "tasks that are ready but come to run late",
    .defaults = &severity_late,
    .reads = "wakes, spawns and polls of tasks, and what the worker ran in between",
    .judge = judge,
};
