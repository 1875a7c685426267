/* SPDX-License-Identifier: MIT */
/* Detector wake-storm: a task woken far more often than it has work. Two signs, each over a second
 * and STORM_WAKES wakes at least:
 *   - its loop turns for it alone, STORM_RATE times a second or more, and in those turns the task's
 *     own work is the smaller part: entering the kernel and coming back costs more than what is
 *     done. Worth telling from STORM_SHARE of the time on, under it the loop has nothing to gain;
 *   - it is woken WASTED_PER_RUN times for each run, at WASTED_RATE a second: all but one of them
 *     were for nothing. A wake that is already pending costs some 10 ns (libuv, Tokio), so that the
 *     rate is where it comes to a few thousandths of the sender's time: a note. */
#include <inttypes.h>
#include <stdio.h>

#include "judge.h"
#include "registry.h"

#define STORM_WAKES 1000
#define STORM_SPAN_NS UINT64_C(1000000000)
#define STORM_RATE 1000
#define STORM_SHARE 500 /* hundredths of a percent */
#define WASTED_PER_RUN 20
#define WASTED_RATE 200000

struct storm {
    const struct task_row *task;
    const struct wake_sender *sender; /* NULL unknown */
    uint64_t span_ns, rate;           /* a second */
    bool is_busy, is_wasted;
};

static uint64_t share_of_span(const struct storm *storm)
{
    return (uint64_t)((unsigned __int128)storm->task->sole_ns * 10000 / storm->span_ns);
}

static bool is_storm(const struct task_row *task, struct storm *storm)
{
    *storm = (struct storm){.task = task,
                            .sender = task_waker(task),
                            .span_ns = task->last_woken_ns > task->first_woken_ns
                                           ? task->last_woken_ns - task->first_woken_ns
                                           : 0};
    if (task->wakes < STORM_WAKES || storm->span_ns < STORM_SPAN_NS)
        return false;
    storm->rate = (uint64_t)((unsigned __int128)task->wakes * 1000000000 / storm->span_ns);
    uint64_t turns = (uint64_t)((unsigned __int128)task->sole_turns * 1000000000 / storm->span_ns);
    storm->is_busy = turns >= STORM_RATE && task->sole_work_ns <= task->sole_ns / 2 &&
                     share_of_span(storm) >= STORM_SHARE;
    storm->is_wasted =
        storm->rate >= WASTED_RATE && task->wakes / WASTED_PER_RUN >= task->polls + 1;
    return storm->is_busy || storm->is_wasted;
}

static void say_sender(struct sentence *s, const struct model *model, const struct storm *storm)
{
    const struct wake_sender *sender = storm->sender;
    if (!sender)
        return;
    const struct thread *thread = model_thread(model, sender->thread);
    bool is_most = sender->count >= storm->task->wakes / 2;
    const char *word = is_most ? ", mostly by " : ", among others by ";
    size_t before = s->used;
    say_place(s, word, model, sender->is_site ? 0 : sender->place,
              sender->is_site ? sender->place : 0);
    if (thread)
        say(s, "%sthread '%s' (tid %" PRIu32 ")", s->used > before ? " on " : word,
            thread->name[0] ? thread->name : "?", thread->tid);
}

static void say_storm(struct finding *finding, const struct judgement *in,
                      const struct storm *storm, const char *name)
{
    struct sentence s = {finding->title, sizeof(finding->title), 0};
    const struct task_row *task = storm->task;
    char turns[DURATION_BYTES], work[DURATION_BYTES];
    say(&s, "The %s", name);
    say_place(&s, " created by ", in->model, task->info.stack, task->info.site);
    say(&s, " was woken %" PRIu64 " times, %" PRIu64 " a second", task->wakes, storm->rate);
    say_sender(&s, in->model, storm);
    if (storm->is_busy)
        say(&s,
            ": %" PRIu64
            " turns of its loop served nothing else and took %s, of which its work was "
            "%s.",
            task->sole_turns, duration_text(turns, task->sole_ns),
            duration_text(work, task->sole_work_ns));
    else
        say(&s, ", but ran only %" PRIu64 " times: %" PRIu64 " wakes for each run.", task->polls,
            task->wakes / (task->polls ? task->polls : 1));
}

static void facts(struct finding *finding, const struct judgement *in, const struct storm *storm)
{
    const struct task_row *task = storm->task;
    fact_number(finding, "wakes", FACT_COUNT, task->wakes);
    fact_number(finding, "wakes_per_second", FACT_COUNT, storm->rate);
    fact_number(finding, "runs", FACT_COUNT, task->polls);
    fact_number(finding, "turns_for_it_alone", FACT_COUNT, task->sole_turns);
    fact_number(finding, "turns_ns", FACT_NS, task->sole_ns);
    fact_number(finding, "work_ns", FACT_NS, task->sole_work_ns);
    fact_number(finding, "share_percent", FACT_PERCENT, share_of_span(storm));
    fact_number(finding, "seen_ns", FACT_NS, storm->span_ns);
    if (storm->sender) {
        fact_number(finding, "wakes_of_sender", FACT_COUNT, storm->sender->count);
        fact_place(finding, "sender", in->model, storm->sender->is_site ? 0 : storm->sender->place,
                   storm->sender->is_site ? storm->sender->place : 0);
    }
    fact_place(finding, "created_by", in->model, task->info.stack, task->info.site);
}

static void report(const struct detector *detector, const struct judgement *in,
                   const struct storm *storm, struct findings *out)
{
    struct finding *finding = finding_new(out, detector);
    if (!finding)
        return;
    const struct task_row *task = storm->task;
    struct group blamed = {0};
    if (storm->sender && !storm->sender->is_site) {
        finding->stack = storm->sender->place;
        group_blame(in->model, finding->stack, &blamed);
    }
    finding->where = blamed.where;
    finding->where_pc = blamed.where_pc;
    finding->cause = "wakes";
    finding->count = task->wakes;
    finding->total_ns = storm->is_busy ? task->sole_ns : 0;
    finding->first_ns = task->first_woken_ns;
    finding->last_ns = task->last_woken_ns;
    finding->seen_ns = storm->span_ns;
    finding->severity = storm->is_busy
                            ? severity_of(detector->defaults, in->stall_ns, task->sole_turns, 0,
                                          task->sole_ns, storm->span_ns)
                            : SEVERITY_NOTE;
    task_name(in->model, task->handle, 0, finding->entity, sizeof(finding->entity));
    finding->task = task->handle;
    say_storm(finding, in, storm, finding->entity);
    facts(finding, in, storm);
    finding->why = "Each wake costs a turn of the loop, system calls included, or the sender's "
                   "time, and whatever else the loop serves waits meanwhile.";
    finding->advice = "Wake once for many: put what is to be done into a queue, wake only when it "
                      "was empty, and let the callback take all there is; or collect for a "
                      "millisecond.";
}

static enum verdict judge(const struct detector *detector, const struct judgement *in,
                          struct findings *out)
{
    size_t before = out->count;
    bool is_any = false;
    for (unsigned i = 0; i < model_task_slots(in->model); i++) {
        const struct task_row *task = model_task_at(in->model, i);
        struct storm storm;
        if (!task || task->wakes == 0)
            continue;
        is_any = true;
        if (is_storm(task, &storm))
            report(detector, in, &storm, out);
    }
    if (out->count > before)
        return VERDICT_FINDING;
    return is_any && model_seen_ns(in->model) >= STORM_SPAN_NS ? VERDICT_OK : VERDICT_NOT_YET;
}

const struct detector detector_wake_storm = {
    .id = "wake-storm",
    .title = "tasks woken far more often than they have work",
    .defaults = &severity_storm,
    .reads = "wakes with who sent them, runs, and turns that served one task alone",
    .judge = judge,
};
