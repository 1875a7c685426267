/* SPDX-License-Identifier: MIT */
/* Detector livelock: tasks that keep waking one another and get nowhere. The evidence, all of it:
 *   - a circle: each task was last woken by the next, and the last by the first;
 *   - each was woken by tasks alone, RALLY_RATE times a second or more, for RALLY_SPAN_NS and
 *     RALLY_WAKES wakes at least, all at the same time: nothing came in from a timer, from I/O or
 *     from another thread;
 *   - in all that time none of them made progress as progress.h has it: none ended or spawned, the
 *     depth of no queue changed in their polls, and no lock was got that had been waited for.
 * What they computed or wrote to memory is not recorded. Two tasks that play ping-pong through
 * wakers alone, as a benchmark does, look the same: so this is a warning and never more, and a mark
 * (lsc_mark) at what counts as done takes it back. Two that fight over locks take and give them
 * back all the time, which is why that is no progress here. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "registry.h"
#include "tasks.h"

#define RALLY_WAKES 1000
#define RALLY_RATE 1000
#define CIRCLES_MAX 32
#define MEMBERS_SAID 4

struct search {
    const struct model *model;
    unsigned slots;
    uint32_t *walk; /* by task slot: number of the walk that came by first, 0 none */
    uint32_t entry[CIRCLES_MAX], count;
};

static bool is_long(const struct rally *rally)
{
    uint64_t span = rally->last_ns - rally->since_ns;
    return rally->wakes >= RALLY_WAKES && rally->last_ns > rally->since_ns &&
           span >= RALLY_SPAN_NS &&
           (unsigned __int128)rally->wakes * 1000000000 >= (unsigned __int128)RALLY_RATE * span;
}

/* The one that goes on, or the longest that is over. NULL: none that counts. */
static const struct rally *rally_of(const struct task_row *task)
{
    if (task && is_long(&task->progress.rally))
        return &task->progress.rally;
    return task && is_long(&task->past.longest) ? &task->past.longest : NULL;
}

static bool overlap(const struct rally *a, const struct rally *b)
{
    uint64_t from = a->since_ns > b->since_ns ? a->since_ns : b->since_ns;
    uint64_t to = a->last_ns < b->last_ns ? a->last_ns : b->last_ns;
    return to > from && to - from >= RALLY_SPAN_NS;
}

/* Who woke it, if that one was in the same rally. */
static const struct task_row *waker_of(const struct search *search, const struct task_row *task)
{
    const struct rally *own = rally_of(task);
    const struct task_row *waker = own ? model_task(search->model, own->waker) : NULL;
    const struct rally *other = rally_of(waker);
    return other && overlap(own, other) ? waker : NULL;
}

/* From waker to waker until there is none, or one is met again: on this walk, that is a circle. */
static void follow(struct search *search, const struct task_row *task, uint32_t number)
{
    while (task && search->walk[LSC_HANDLE_SLOT(task->handle)] == 0) {
        search->walk[LSC_HANDLE_SLOT(task->handle)] = number;
        task = waker_of(search, task);
    }
    if (task && search->walk[LSC_HANDLE_SLOT(task->handle)] == number &&
        search->count < CIRCLES_MAX)
        search->entry[search->count++] = task->handle;
}

struct circle {
    const struct task_row *entry;
    unsigned length;
    uint64_t wakes, since_ns, last_ns; /* of all: together */
    bool goes_on;
};

static struct circle measure(const struct search *search, uint32_t entry)
{
    struct circle circle = {
        .entry = model_task(search->model, entry), .last_ns = MODEL_NEVER, .goes_on = true};
    const struct task_row *task = circle.entry;
    do {
        const struct rally *rally = rally_of(task);
        circle.length++;
        circle.wakes += rally->wakes;
        circle.since_ns = rally->since_ns > circle.since_ns ? rally->since_ns : circle.since_ns;
        circle.last_ns = rally->last_ns < circle.last_ns ? rally->last_ns : circle.last_ns;
        circle.goes_on &= rally == &task->progress.rally && !task->has_ended;
        task = waker_of(search, task);
    } while (task != circle.entry);
    return circle;
}

static void say_circle(struct finding *finding, const struct search *search,
                       const struct circle *circle)
{
    struct sentence s = {finding->title, sizeof(finding->title), 0};
    char span[DURATION_BYTES];
    const struct task_row *task = circle->entry;
    bool is_cut = model_lost_records(search->model) != 0;
    say(&s, "%u tasks woke one another %s%" PRIu64 " times in %s", circle->length,
        is_cut ? "at least " : "", circle->wakes,
        duration_text(span, circle->last_ns - circle->since_ns));
    say(&s, ", and nothing came of it that shows: ");
    for (unsigned i = 0; i < circle->length && i < MEMBERS_SAID; i++) {
        say(&s, i ? "; " : "");
        say_task(&s, search->model, task->handle);
        say_place(&s, ", last waiting in ", search->model, 0, task->await_site);
        task = waker_of(search, task);
    }
    if (circle->length > MEMBERS_SAID)
        say(&s, "; and %u more", circle->length - MEMBERS_SAID);
    say(&s, circle->goes_on ? "; still going on when last seen." : ".");
}

static void facts(struct finding *finding, const struct search *search, const struct circle *circle)
{
    static const char *const names[MEMBERS_SAID] = {"task_1", "task_2", "task_3", "task_4"};
    static const char *const places[MEMBERS_SAID] = {"spawned_1", "spawned_2", "spawned_3",
                                                     "spawned_4"};
    const struct task_row *task = circle->entry;
    for (unsigned i = 0; i < circle->length && i < MEMBERS_SAID; i++) {
        facts_of_task(finding, search->model, names[i], places[i], task->handle);
        task = waker_of(search, task);
    }
    fact_number(finding, "tasks", FACT_COUNT, circle->length);
    fact_number(finding, "wakes_per_second", FACT_COUNT,
                (uint64_t)((unsigned __int128)circle->wakes * 1000000000 /
                           (circle->last_ns - circle->since_ns)));
    if (circle->goes_on)
        fact_number(finding, "in_progress", FACT_YES, 1);
    if (model_lost_records(search->model))
        fact_number(finding, "records_lost", FACT_COUNT, model_lost_records(search->model));
}

static void report(const struct detector *detector, const struct judgement *in,
                   const struct search *search, uint32_t entry, struct findings *out)
{
    struct circle circle = measure(search, entry);
    struct finding *finding = circle.length > 1 ? finding_new(out, detector) : NULL;
    if (!finding)
        return;
    finding->severity = SEVERITY_WARNING;
    finding->cause = "livelock";
    finding->count = circle.wakes;
    finding->first_ns = circle.since_ns;
    finding->last_ns = circle.last_ns;
    finding->total_ns = finding->worst_ns = circle.last_ns - circle.since_ns;
    finding->seen_ns = model_seen_ns(in->model);
    finding->in_progress = circle.goes_on;
    task_name(in->model, entry, 0, finding->entity, sizeof(finding->entity));
    finding->task = entry;
    say_circle(finding, search, &circle);
    facts(finding, search, &circle);
    finding->why = "They are always busy and never done: whoever waits for them waits forever, and "
                   "they take the processor from tasks that could go on.";
    finding->advice =
        "Let one of them win: take locks in one order, let what one did survive the other's "
        "change, wait a random time before trying again, or give up after some tries. If something "
        "does come of it, mark it with lsc_mark.";
}

static enum verdict judge(const struct detector *detector, const struct judgement *in,
                          struct findings *out)
{
    size_t before = out->count;
    struct search search = {.model = in->model, .slots = model_task_slots(in->model)};
    search.walk = calloc(search.slots + 1, sizeof(*search.walk));
    if (!search.walk)
        return VERDICT_NOT_YET;
    for (uint32_t slot = 0; slot < search.slots; slot++) {
        const struct task_row *task = model_task_at(in->model, slot);
        if (rally_of(task) && search.walk[slot] == 0)
            follow(&search, task, slot + 1);
    }
    for (unsigned i = 0; i < search.count; i++)
        report(detector, in, &search, search.entry[i], out);
    free(search.walk);
    if (out->count > before)
        return VERDICT_FINDING;
    return tasks_are_seen(in->model) && model_seen_ns(in->model) >= RALLY_SPAN_NS ? VERDICT_OK
                                                                                  : VERDICT_NOT_YET;
}

const struct detector detector_livelock = {
    .id = "livelock",
    .title = "tasks that wake one another and get nowhere",
    .defaults = &severity_default,
    .reads = "which task woke which, and what was recorded during their polls",
    .judge = judge,
};
