/* SPDX-License-Identifier: MIT */
/* Findings: made by detectors, filled with numbers and evidence, ranked. */
#include "judge.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct finding *finding_new(struct findings *findings, const struct detector *detector)
{
    if (findings->count == FINDINGS_MAX) {
        findings->unheld++;
        findings->count--;
    }
    if (findings->count == findings->room) {
        size_t room = findings->room ? findings->room * 2 : 8;
        struct finding *items = realloc(findings->items, room * sizeof(*items));
        if (!items)
            return NULL;
        findings->items = items;
        findings->room = room;
    }
    struct finding *finding = &findings->items[findings->count++];
    memset(finding, 0, sizeof(*finding));
    finding->detector = detector;
    finding->thread = UINT32_MAX;
    finding->cause = "unknown";
    finding->why = finding->advice = "";
    return finding;
}

static struct fact *fact_new(struct finding *finding, const char *key, enum fact_unit unit)
{
    if (finding->fact_count == FINDING_FACTS_MAX)
        return NULL;
    struct fact *fact = &finding->facts[finding->fact_count++];
    fact->key = key;
    fact->unit = unit;
    return fact;
}

void fact_number(struct finding *finding, const char *key, enum fact_unit unit, uint64_t value)
{
    struct fact *fact = fact_new(finding, key, unit);
    if (fact)
        fact->value = value;
}

void fact_text(struct finding *finding, const char *key, const char *text)
{
    struct fact *fact = fact_new(finding, key, FACT_TEXT);
    if (fact)
        snprintf(fact->text, sizeof(fact->text), "%s", text);
}

static uint64_t hundredths(uint64_t part, uint64_t whole)
{
    return whole ? (uint64_t)((unsigned __int128)part * 10000 / whole) : 0;
}

static void name_thread(struct finding *finding, const struct judgement *in,
                        const struct group *group)
{
    const struct thread *thread = model_thread(in->model, group->worst_thread);
    if (!thread)
        return;
    snprintf(finding->entity, sizeof(finding->entity), "thread '%s' (tid %" PRIu32 ")",
             thread->name, thread->tid);
    fact_text(finding, "thread", thread->name);
    fact_number(finding, "tid", FACT_COUNT, thread->tid);
    if (group->thread_count > 1)
        fact_number(finding, "threads", FACT_COUNT, group->thread_count + group->threads_unheld);
}

static void facts_of_thresholds(struct finding *finding, const struct judgement *in)
{
    const struct severity_rule *rule = finding->detector->defaults;
    fact_number(finding, "stall_threshold_ns", FACT_NS, in->stall_ns);
    fact_number(finding, "warning_worst_ns", FACT_NS, in->stall_ns / 10 * rule->warning_worst);
    fact_number(finding, "critical_worst_ns", FACT_NS, in->stall_ns / 10 * rule->critical_worst);
}

void finding_from_group(struct finding *finding, const struct judgement *in,
                        const struct group *group)
{
    finding->where = group->where;
    finding->where_pc = group->where_pc;
    finding->count = group->count;
    finding->total_ns = group->total_ns;
    finding->worst_ns = group->worst_ns;
    finding->first_ns = group->first_ns == MODEL_NEVER ? 0 : group->first_ns;
    finding->last_ns = group->last_ns;
    finding->seen_ns = group_seen_ns(in->model, group);
    finding->thread = group->worst_thread;
    finding->stack = group->stack;
    finding->task = group->task;
    finding->in_progress = group->in_progress;
    finding->severity = severity_of(finding->detector->defaults, in->stall_ns, group->count,
                                    group->worst_ns, group->total_ns, finding->seen_ns);
    name_thread(finding, in, group);
    fact_number(finding, "share_percent", FACT_PERCENT,
                hundredths(finding->total_ns, finding->seen_ns));
    fact_number(finding, "seen_ns", FACT_NS, finding->seen_ns);
    facts_of_thresholds(finding, in);
    if (group->in_progress)
        fact_number(finding, "in_progress", FACT_YES, 1);
}

void facts_of_parts(struct finding *finding, const struct group *group)
{
    static const char *const keys[PART_COUNT] = {
        [PART_BLOCKED] = "stalls_blocked_ns",    [PART_LOCK] = "stalls_lock_ns",
        [PART_CPU] = "stalls_on_cpu_ns",         [PART_STARVED] = "stalls_starved_ns",
        [PART_FAULT] = "stalls_fault_ns",        [PART_ASLEEP] = "stalls_asleep_ns",
        [PART_UNKNOWN] = "stalls_unexplained_ns"};
    fact_number(finding, "stalls_wall_ns", FACT_NS, group->stalls_ns);
    for (unsigned i = 0; i < PART_COUNT; i++)
        if (group->parts[i])
            fact_number(finding, keys[i], FACT_NS, group->parts[i]);
    if (group->samples)
        fact_number(finding, "samples", FACT_COUNT, group->samples);
    if (group->major_faults)
        fact_number(finding, "major_faults", FACT_COUNT, group->major_faults);
    if (group->is_estimated)
        fact_number(finding, "estimated_from_samples", FACT_YES, 1);
}

enum verdict verdict_of(const struct judgement *in, const struct findings *out, size_t before)
{
    if (out->count > before)
        return VERDICT_FINDING;
    return in->turns < TURNS_ENOUGH ? VERDICT_NOT_YET : VERDICT_OK;
}

/* A total order: nothing is left to the sort. */
static int worse_first(const void *left, const void *right)
{
    const struct finding *a = left, *b = right;
    if (a->severity != b->severity)
        return a->severity > b->severity ? -1 : 1;
    if (a->total_ns != b->total_ns)
        return a->total_ns > b->total_ns ? -1 : 1;
    int order = strcmp(a->detector->id, b->detector->id);
    return order ? order : strcmp(a->title, b->title);
}

static uint64_t count_turns(const struct model *model)
{
    uint64_t turns = 0;
    for (unsigned i = 0; i < model_thread_count(model); i++) {
        const struct thread *thread = model_thread_at(model, i);
        turns += thread->loop ? thread->loop->turns : 0;
    }
    return turns;
}

struct findings *findings_of(const struct model *model)
{
    struct findings *findings = calloc(1, sizeof(*findings));
    if (!findings)
        return NULL;
    struct judgement in = {
        .model = model, .stall_ns = model_process(model)->stall_ns, .turns = count_turns(model)};
    struct blocked_row *blocked = model_blocked(model, &in.blocked_count);
    struct cause_row *causes = model_causes(model, &in.cause_count);
    struct stall *stalls = model_stalls(model, &in.stall_count);
    in.blocked = blocked;
    in.causes = causes;
    in.stalls = stalls;
    for (unsigned i = 0; i < DETECTOR_COUNT; i++)
        findings->verdicts[i] = detectors[i]->judge(detectors[i], &in, findings);
    free(blocked);
    free(causes);
    free(stalls);
    if (findings->count)
        qsort(findings->items, findings->count, sizeof(*findings->items), worse_first);
    return findings;
}

void findings_delete(struct findings *findings)
{
    if (!findings)
        return;
    free(findings->items);
    free(findings);
}

size_t findings_count(const struct findings *findings, enum severity at_least)
{
    size_t count = 0;
    for (size_t i = 0; i < findings->count; i++)
        count += findings->items[i].severity >= at_least;
    return count;
}
