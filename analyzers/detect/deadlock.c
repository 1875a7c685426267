/* SPDX-License-Identifier: MIT */
/* Detector deadlock: tasks that wait for what only others of them can give. A task is stuck when it
 * waits for a resource each of whose holders is stuck, itself included; what remains when all that
 * can go on is taken away has a cycle in it. That is a proof, not a suspicion, as long as the
 * holders are known and the waits have no deadline: so that a wait must have lasted ten times the
 * stall threshold, longer than records need to arrive and a lock's timeout is usually set to
 * expire. A task that was woken since is on its way and not stuck. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "judge.h"
#include "registry.h"

#define STUCK_TENTHS 100 /* of the stall threshold */
#define PASSES_MAX 64    /* chains that need more are left for the next judgement */
#define CYCLES_MAX 32
#define MEMBERS_SAID 4

struct search {
    const struct judgement *in;
    unsigned slots;
    uint32_t *cycle; /* by task slot: 0 can go on, STUCK, or the number of its cycle */
    uint32_t entry[CYCLES_MAX], cycles; /* a slot on each */
};
#define STUCK UINT32_MAX

static const struct resource_row *awaited(const struct search *search, uint32_t slot)
{
    return model_resource(search->in->model, model_task_at(search->in->model, slot)->awaits);
}

static bool waits_long(const struct judgement *in, const struct task_row *task)
{
    if (!task || task->has_ended || !task->awaits || task->await_ns == MODEL_NEVER)
        return false;
    if (task->last_wake_ns != MODEL_NEVER && task->last_wake_ns >= task->await_ns)
        return false;
    uint64_t seen = model_seen_ns(in->model);
    return seen > task->await_ns && (seen - task->await_ns) / STUCK_TENTHS >= in->stall_ns / 10;
}

static bool is_stuck(const struct search *search, uint32_t slot)
{
    const struct resource_row *row = awaited(search, slot);
    if (!row || row->hold_count == 0 || !holds_are_known(search->in->model, row))
        return false;
    if (row->capacity > row->hold_count) /* a permit is left */
        return false;
    for (unsigned i = 0; i < row->hold_count; i++)
        if (!model_task(search->in->model, row->holds[i].task) ||
            !search->cycle[LSC_HANDLE_SLOT(row->holds[i].task)])
            return false;
    return true;
}

/* Takes away who can go on, until none is left that can. False: too many passes. */
static bool sift(struct search *search)
{
    for (unsigned pass = 0; pass < PASSES_MAX; pass++) {
        bool has_changed = false;
        for (uint32_t slot = 0; slot < search->slots; slot++)
            if (search->cycle[slot] && !is_stuck(search, slot)) {
                search->cycle[slot] = 0;
                has_changed = true;
            }
        if (!has_changed)
            return true;
    }
    return false;
}

static uint32_t next_of(const struct search *search, uint32_t slot)
{
    return LSC_HANDLE_SLOT(awaited(search, slot)->holds[0].task);
}

/* From one stuck task along who holds what it waits for, to a cycle known or new. */
static void follow(struct search *search, uint32_t from)
{
    uint32_t number = search->cycles + 1, slot = from;
    while (search->cycle[slot] == STUCK) {
        search->cycle[slot] = number;
        slot = next_of(search, slot);
    }
    uint32_t reached = search->cycle[slot];
    if (reached == number)
        search->entry[search->cycles++] = slot;
    for (slot = from; reached != number && search->cycle[slot] == number;
         slot = next_of(search, slot))
        search->cycle[slot] = reached;
}

static void say_member(struct sentence *s, const struct search *search, uint32_t slot)
{
    const struct model *model = search->in->model;
    const struct task_row *task = model_task_at(model, slot);
    const struct resource_row *row = awaited(search, slot);
    char name[160], next[160], resource[160], wait[DURATION_BYTES];
    task_name(model, task->handle, 0, name, sizeof(name));
    task_name(model, row->holds[0].task, 0, next, sizeof(next));
    resource_name(model, row, resource, sizeof(resource));
    say(s, "%s", name);
    say_place(s, " spawned by ", model, task->info.stack, task->info.site);
    say(s, " has waited %s", duration_text(wait, model_seen_ns(model) - task->await_ns));
    say_place(s, " in ", model, 0, task->await_site);
    say(s, " for %s", resource);
    say(s, " held by %s", row->holds[0].task == task->handle ? "itself" : next);
}

static void say_cycle(struct finding *finding, const struct search *search, uint32_t entry,
                      unsigned length, unsigned behind)
{
    struct sentence s = {finding->title, sizeof(finding->title), 0};
    if (length == 1)
        say(&s, "A task waits for what it holds itself and can never go on: ");
    else
        say(&s, "%u tasks wait for each other in a circle and can never go on: ", length);
    uint32_t slot = entry;
    for (unsigned i = 0; i < length && i < MEMBERS_SAID; i++, slot = next_of(search, slot)) {
        say(&s, i ? "; " : "");
        say_member(&s, search, slot);
    }
    if (length > MEMBERS_SAID)
        say(&s, "; and %u more", length - MEMBERS_SAID);
    if (behind)
        say(&s, "; %u other task%s behind them", behind, behind == 1 ? " waits" : "s wait");
    say(&s, ".");
}

static void facts_of_cycle(struct finding *finding, const struct search *search, uint32_t entry,
                           unsigned length)
{
    static const char *const tasks[MEMBERS_SAID] = {"task_1", "task_2", "task_3", "task_4"};
    static const char *const sites[MEMBERS_SAID] = {"await_1", "await_2", "await_3", "await_4"};
    static const char *const waits[MEMBERS_SAID] = {"awaited_1", "awaited_2", "awaited_3",
                                                    "awaited_4"};
    const struct model *model = search->in->model;
    uint32_t slot = entry;
    for (unsigned i = 0; i < length && i < MEMBERS_SAID; i++, slot = next_of(search, slot)) {
        char name[160];
        task_name(model, model_task_at(model, slot)->handle, 0, name, sizeof(name));
        fact_text(finding, tasks[i], name);
        resource_name(model, awaited(search, slot), name, sizeof(name));
        fact_text(finding, waits[i], name);
        fact_place(finding, sites[i], model, 0, model_task_at(model, slot)->await_site);
    }
}

static void report(const struct detector *detector, const struct search *search, uint32_t number,
                   struct findings *out)
{
    struct finding *finding = finding_new(out, detector);
    if (!finding)
        return;
    const struct model *model = search->in->model;
    uint32_t entry = search->entry[number - 1], slot = entry;
    unsigned length = 0, all = 0;
    uint64_t since = 0;
    do {
        uint64_t await_ns = model_task_at(model, slot)->await_ns;
        since = await_ns > since ? await_ns : since;
        length++;
        slot = next_of(search, slot);
    } while (slot != entry);
    for (slot = 0; slot < search->slots; slot++)
        all += search->cycle[slot] == number;
    finding->severity = SEVERITY_CRITICAL;
    finding->cause = "deadlock";
    finding->count = 1;
    finding->first_ns = since;
    finding->last_ns = model_seen_ns(model);
    finding->total_ns = finding->worst_ns = finding->last_ns - since;
    finding->seen_ns = model_seen_ns(model);
    finding->in_progress = true;
    task_name(model, model_task_at(model, entry)->handle, 0, finding->entity,
              sizeof(finding->entity));
    finding->task = model_task_at(model, entry)->handle;
    say_cycle(finding, search, entry, length, all - length);
    fact_number(finding, "tasks", FACT_COUNT, length);
    fact_number(finding, "tasks_behind", FACT_COUNT, all - length);
    facts_of_cycle(finding, search, entry, length);
    finding->why = "None of them will ever be woken: each waits for a release that only another of "
                   "them can make.";
    finding->advice = "Take these locks in one order everywhere, take both at once, or let go of "
                      "the first before waiting for the second.";
}

static enum verdict nothing_found(const struct judgement *in)
{
    for (unsigned i = 0; i < model_resource_slots(in->model); i++) {
        const struct resource_row *row = model_resource_at(in->model, i);
        if (row && row->hold_records)
            return VERDICT_OK;
    }
    return VERDICT_NOT_YET;
}

static enum verdict judge(const struct detector *detector, const struct judgement *in,
                          struct findings *out)
{
    size_t before = out->count;
    struct search search = {.in = in, .slots = model_task_slots(in->model)};
    if (nothing_found(in) == VERDICT_NOT_YET)
        return VERDICT_NOT_YET;
    search.cycle = calloc(search.slots + 1, sizeof(*search.cycle));
    if (!search.cycle)
        return VERDICT_NOT_YET;
    for (uint32_t slot = 0; slot < search.slots; slot++)
        search.cycle[slot] = waits_long(in, model_task_at(in->model, slot)) ? STUCK : 0;
    bool is_settled = sift(&search);
    for (uint32_t slot = 0; is_settled && slot < search.slots; slot++)
        if (search.cycle[slot] == STUCK && search.cycles < CYCLES_MAX)
            follow(&search, slot);
    for (uint32_t number = 1; number <= search.cycles; number++)
        report(detector, &search, number, out);
    free(search.cycle);
    return out->count > before ? VERDICT_FINDING : VERDICT_OK;
}

const struct detector detector_deadlock = {
    .id = "deadlock",
    .title = "tasks that wait for each other in a circle",
    .defaults = &severity_default,
    .reads = "which tasks hold which resources, and for which each task waits",
    .judge = judge,
};
