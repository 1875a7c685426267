/* SPDX-License-Identifier: MIT */
/* Detector busy-poll: tasks that wake themselves to look again whether something has come, instead
 * of waiting to be woken. Counted are polls by which a task woke itself, with nothing to show for
 * it (see progress.h) and nobody else woken; one after the other, a gap of a millisecond ends a
 * spell. Told when the spells of the tasks of one place add up to
 *   - SPIN_NS and SPIN_POLLS, SPIN_RATE polls a second at least;
 *   - polls of at most STEP_NS on average. A computation that yields between its pieces leaves no
 *     other trace than this, but who looks at a flag is done within a microsecond or two, and a
 *     piece of work that short would be as badly cut.
 * tokio-console's self-wakes warns when half of a task's wakes are its own, however few; a yield
 * now and then is right and not told here. */
#include <inttypes.h>
#include <stdio.h>

#include "registry.h"
#include "tasks.h"

#define SPIN_NS UINT64_C(500000000)
#define SPIN_POLLS 1000
#define SPIN_RATE 10000
#define STEP_NS 5000
#define PLACES_MAX 64

/* The tasks of one class. */
struct spinner {
    uint32_t class;
    const struct task_row *worst;
    uint64_t tasks, polls, all_polls, self_wakes, span_ns, busy_ns, first_ns, last_ns;
};
struct spinners {
    struct spinner at[PLACES_MAX];
    unsigned count;
};

/* Such a task fills its ring faster than anybody reads it: what was seen stands for all of what the
 * probe counted. */
static uint64_t in_all(const struct task_row *task, uint64_t seen)
{
    uint64_t counted = task->info.self_wakes;
    return counted <= task->self_wakes
               ? seen
               : (uint64_t)((unsigned __int128)seen * counted / task->self_wakes);
}

static void add(struct spinners *spinners, const struct task_row *task)
{
    const struct spin *spin = &task->past.spin;
    unsigned i = 0;
    while (i < spinners->count && spinners->at[i].class != task->class)
        i++;
    if (i == PLACES_MAX)
        return;
    struct spinner *spinner = &spinners->at[i];
    if (i == spinners->count)
        spinners->at[spinners->count++] =
            (struct spinner){.class = task->class, .worst = task, .first_ns = spin->first_ns};
    spinner->tasks++;
    spinner->polls += in_all(task, spin->polls);
    spinner->all_polls += task->info.polls > task->polls ? task->info.polls : task->polls;
    spinner->self_wakes += in_all(task, task->self_wakes);
    spinner->span_ns += in_all(task, spin->span_ns);
    spinner->busy_ns += in_all(task, spin->busy_ns);
    spinner->first_ns = spin->first_ns < spinner->first_ns ? spin->first_ns : spinner->first_ns;
    spinner->last_ns = spin->until_ns > spinner->last_ns ? spin->until_ns : spinner->last_ns;
    if (spin->span_ns > spinner->worst->past.spin.span_ns)
        spinner->worst = task;
}

static uint64_t rate_of(const struct spinner *spinner)
{
    return (uint64_t)((unsigned __int128)spinner->polls * 1000000000 / spinner->span_ns);
}

static bool is_busy(const struct spinner *spinner)
{
    return spinner->span_ns >= SPIN_NS && spinner->polls >= SPIN_POLLS &&
           rate_of(spinner) >= SPIN_RATE && spinner->busy_ns / spinner->polls <= STEP_NS;
}

static void say_spinner(struct finding *finding, const struct model *model,
                        const struct spinner *spinner)
{
    struct sentence s = {finding->title, sizeof(finding->title), 0};
    char span[DURATION_BYTES], each[DURATION_BYTES];
    if (spinner->tasks == 1)
        say(&s, "A task woke itself");
    else
        say(&s, "%" PRIu64 " tasks woke themselves", spinner->tasks);
    say(&s, " to look again, with nothing to show for it, %" PRIu64 " times, %" PRIu64 " a second",
        spinner->polls, rate_of(spinner));
    say(&s, " and %s each, for %s", duration_text(each, spinner->busy_ns / spinner->polls),
        duration_text(span, spinner->span_ns));
    say(&s, spinner->tasks == 1 ? ": " : " in all, first of all ");
    say_task(&s, model, spinner->worst->handle);
    say_place(&s, ", last waiting in ", model, 0, spinner->worst->await_site);
    say(&s, ".");
}

static void facts(struct finding *finding, const struct model *model, const struct spinner *spinner)
{
    facts_of_task(finding, model, "task", "spawned_by", spinner->worst->handle);
    fact_place(finding, "waited_last_in", model, 0, spinner->worst->await_site);
    fact_number(finding, "tasks", FACT_COUNT, spinner->tasks);
    fact_number(finding, "polls_without_progress", FACT_COUNT, spinner->polls);
    fact_number(finding, "polls", FACT_COUNT, spinner->all_polls);
    fact_number(finding, "self_wakes", FACT_COUNT, spinner->self_wakes);
    fact_number(finding, "polls_per_second", FACT_COUNT, rate_of(spinner));
    fact_number(finding, "spinning_ns", FACT_NS, spinner->span_ns);
    fact_number(finding, "in_polls_ns", FACT_NS, spinner->busy_ns);
    fact_number(finding, "seen_ns", FACT_NS, finding->seen_ns);
    fact_number(finding, "share_percent", FACT_PERCENT,
                finding->seen_ns
                    ? (uint64_t)((unsigned __int128)spinner->span_ns * 10000 / finding->seen_ns)
                    : 0);
}

static void report(const struct detector *detector, const struct judgement *in,
                   const struct spinner *spinner, struct findings *out)
{
    struct finding *finding = finding_new(out, detector);
    if (!finding)
        return;
    finding->cause = "self-wakes";
    finding->count = spinner->polls;
    finding->total_ns = spinner->span_ns;
    finding->first_ns = spinner->first_ns;
    finding->last_ns = spinner->last_ns;
    finding->seen_ns = model_seen_ns(in->model);
    finding->severity = severity_of(detector->defaults, in->stall_ns, spinner->polls, 0,
                                    spinner->span_ns, finding->seen_ns);
    task_name(in->model, spinner->worst->handle, 0, finding->entity, sizeof(finding->entity));
    finding->task = spinner->worst->handle;
    say_spinner(finding, in->model, spinner);
    facts(finding, in->model, spinner);
    finding->why = "It keeps a processor busy with nothing, takes turns from tasks that have work, "
                   "and its worker never sleeps.";
    finding->advice = "Wait for the event itself: a notify, a channel, a join handle, or a waker "
                      "given to whoever changes the flag; where there is none, sleep for some "
                      "milliseconds between two looks.";
}

static enum verdict judge(const struct detector *detector, const struct judgement *in,
                          struct findings *out)
{
    size_t before = out->count;
    struct spinners spinners = {.count = 0};
    for (unsigned i = 0; i < model_task_slots(in->model); i++) {
        const struct task_row *task = model_task_at(in->model, i);
        if (task && task->past.spin.polls)
            add(&spinners, task);
    }
    for (unsigned i = 0; i < spinners.count; i++)
        if (is_busy(&spinners.at[i]))
            report(detector, in, &spinners.at[i], out);
    if (out->count > before)
        return VERDICT_FINDING;
    return tasks_are_seen(in->model) && model_seen_ns(in->model) >= SPIN_NS ? VERDICT_OK
                                                                            : VERDICT_NOT_YET;
}

const struct detector detector_busy_poll = {
    .id = "busy-poll",
    .title = "tasks that wake themselves with nothing to show for it",
    .defaults = &severity_storm,
    .reads = "polls that woke their own task, and what was recorded during them",
    .judge = judge,
};
