/* SPDX-License-Identifier: MIT */
/* A stall taken apart: how its wall time divides into parts, and which of them are causes. */
#include "state.h"

#include <stdlib.h>
#include <string.h>

static void count_states(const struct evidence *evidence, struct stall *stall)
{
    stall->seen_running = stall->seen_sleeping = stall->seen_disk = 0;
    uint32_t held =
        evidence->state_count < EVIDENCE_STATES ? evidence->state_count : EVIDENCE_STATES;
    for (uint32_t i = 0; i < held; i++) {
        const struct state_seen *seen = &evidence->states[i];
        if (seen->time_ns < stall->start_ns || seen->time_ns > stall->end_ns)
            continue;
        if (seen->state == 'R') {
            stall->seen_running++;
            continue;
        }
        if (seen->state == 'D')
            stall->seen_disk++;
        else
            stall->seen_sleeping++;
        if (seen->wait_channel)
            stall->wait_channel = seen->wait_channel;
    }
}

/* Moves up to `want` of what is unexplained so far into a part. */
static void explain(struct stall *stall, uint64_t *rest, enum stall_part part, uint64_t want)
{
    uint64_t got = smaller(*rest, want);
    stall->part[part] += got;
    *rest -= got;
}

/* A counter's share of the stall, less what belongs to polls judged apart. */
static bool counter(const struct reading_log *log, unsigned field, const struct thread *thread,
                    const struct stall *stall, uint64_t *value)
{
    if (!reading_share(log, field, thread, stall, value))
        return false;
    *value = share_of(*value, stall->wall_ns, stall->end_ns - stall->start_ns);
    return true;
}

/* No accounting: samples say on the CPU, states say off it, each for its share. */
static void estimate(struct stall *stall, uint64_t *rest)
{
    uint64_t on = stall->samples, off = stall->seen_sleeping + stall->seen_disk;
    uint64_t all = on + off + stall->seen_running;
    uint64_t before = *rest;
    stall->is_estimated = true;
    explain(stall, rest, PART_CPU, share_of(before, on, all));
    explain(stall, rest, PART_STARVED, share_of(before, stall->seen_running, all));
}

static void explain_by_accounting(const struct thread *thread, struct stall *stall, uint64_t *rest)
{
    const struct reading_log *usage = &thread->evidence->usage;
    uint64_t value;
    if (!counter(usage, READING_USED, thread, stall, &value)) {
        estimate(stall, rest);
        return;
    }
    explain(stall, rest, PART_CPU, value);
    if (counter(usage, READING_WAITED, thread, stall, &value))
        explain(stall, rest, PART_STARVED, value);
    else if (stall->seen_running > stall->seen_sleeping + stall->seen_disk)
        explain(stall, rest, PART_STARVED, *rest); /* no schedstat: runnable, yet no CPU time */
}

/* Block I/O delay is often switched off in the kernel and reads 0; then major faults are the
 * evidence, together with disk sleep or with no other sleep: faults are short, and the watchdog,
 * which looks every few milliseconds, may find the thread between two of them each time. */
static void explain_faults(const struct thread *thread, struct stall *stall, uint64_t *rest)
{
    const struct reading_log *faults = &thread->evidence->faults;
    uint64_t count = 0, io_ns = 0;
    bool has_count = counter(faults, READING_USED, thread, stall, &count);
    bool has_io = counter(faults, READING_WAITED, thread, stall, &io_ns);
    stall->major_faults = has_count ? count : 0;
    if (has_io)
        explain(stall, rest, PART_FAULT, io_ns);
    uint64_t off = stall->seen_disk + stall->seen_sleeping;
    if (stall->major_faults && off == 0 && io_ns == 0)
        explain(stall, rest, PART_FAULT, *rest);
    else if (stall->major_faults)
        explain(stall, rest, PART_FAULT, share_of(*rest, stall->seen_disk, off));
}

void stall_settle(const struct thread *thread, struct stall *stall)
{
    uint64_t rest = stall->wall_ns;
    uint64_t blocked = stall->part[PART_BLOCKED], lock = stall->part[PART_LOCK];
    stall->part[PART_BLOCKED] = stall->part[PART_LOCK] = 0;
    explain(stall, &rest, PART_BLOCKED, blocked);
    explain(stall, &rest, PART_LOCK, lock);
    if (thread->evidence) {
        count_states(thread->evidence, stall);
        explain_by_accounting(thread, stall, &rest);
        explain_faults(thread, stall, &rest);
        if (stall->seen_sleeping + stall->seen_disk)
            explain(stall, &rest, PART_ASLEEP, rest);
    }
    explain(stall, &rest, PART_UNKNOWN, rest);
}

bool stall_is_caused_by(const struct stall *stall, enum stall_part part, uint64_t threshold)
{
    uint64_t value = stall->part[part];
    bool is_half = value > 0 && value >= stall->wall_ns - value;
    if (part == PART_UNKNOWN) /* what is left of imprecise figures is no cause */
        return is_half;
    return is_half || value >= threshold;
}

static void add_cause(struct rows *rows, const struct stall *stall, const struct cause_key *key,
                      uint64_t share, uint32_t samples, bool leads)
{
    struct cause_row *row = rows_get(rows, key);
    if (!row)
        return;
    if (row->stalls++ == 0 || stall->start_ns < row->first_ns)
        row->first_ns = stall->start_ns;
    row->last_ns = larger(row->last_ns, stall->end_ns);
    if (stall->wall_ns >= row->worst_stall && (stall->task || stall->callback)) {
        row->task = stall->task;
        row->callback = stall->callback;
        row->what = stall->what;
    }
    row->leads += leads;
    row->total_ns += share;
    row->worst_ns = larger(row->worst_ns, share);
    row->samples += samples;
    row->stall_ns += stall->wall_ns;
    row->worst_stall = larger(row->worst_stall, stall->wall_ns);
    for (unsigned i = 0; i < PART_COUNT; i++)
        row->parts[i] += stall->part[i];
    row->major_faults += stall->major_faults;
    row->in_progress |= stall->in_progress;
    row->is_estimated |= stall->is_estimated;
}

/* A part with sampled stacks is shared among them in proportion to their samples. */
static void add_by_stack(struct rows *rows, const struct stall *stall, enum stall_part part)
{
    struct cause_key key = {.part = part, .thread = stall->thread};
    uint64_t held = 0;
    uint32_t lead = 0;
    for (uint32_t i = 0; i < stall->stack_count; i++) {
        held += stall->stacks[i].count;
        if (stall->stacks[i].count > stall->stacks[lead].count)
            lead = i;
    }
    if (held == 0)
        add_cause(rows, stall, &key, stall->part[part], 0, true);
    for (uint32_t i = 0; held && i < stall->stack_count; i++) {
        key.id = stall->stacks[i].stack;
        add_cause(rows, stall, &key, share_of(stall->part[part], stall->stacks[i].count, held),
                  stall->samples ? stall->stacks[i].count : 0, i == lead);
    }
}

static void add_causes(struct rows *rows, const struct stall *stall, uint64_t threshold)
{
    struct cause_key starved = {.part = PART_STARVED, .thread = stall->thread};
    struct cause_key asleep = {
        .part = PART_ASLEEP, .thread = stall->thread, .id = stall->wait_channel};
    if (stall_is_caused_by(stall, PART_CPU, threshold))
        add_by_stack(rows, stall, PART_CPU);
    if (stall_is_caused_by(stall, PART_STARVED, threshold))
        add_cause(rows, stall, &starved, stall->part[PART_STARVED], 0, true);
    if (stall_is_caused_by(stall, PART_FAULT, threshold))
        add_by_stack(rows, stall, PART_FAULT);
    if (stall_is_caused_by(stall, PART_ASLEEP, threshold))
        add_cause(rows, stall, &asleep, stall->part[PART_ASLEEP], 0, true);
    if (stall_is_caused_by(stall, PART_UNKNOWN, threshold))
        add_by_stack(rows, stall, PART_UNKNOWN);
}

static void keep_worst(struct model *model, const struct stall *stall)
{
    if (model->stall_count < MODEL_STALLS_MAX) {
        model->stalls[model->stall_count++] = *stall;
        return;
    }
    struct stall *least = &model->stalls[0];
    for (uint32_t i = 1; i < MODEL_STALLS_MAX; i++)
        if (model->stalls[i].wall_ns < least->wall_ns)
            least = &model->stalls[i];
    if (stall->wall_ns > least->wall_ns)
        *least = *stall;
}

static void conclude(struct model *model, const struct thread *thread, struct stall *stall)
{
    stall_settle(thread, stall);
    add_causes(&model->causes, stall, model->process.stall_ns);
    keep_worst(model, stall);
}

static void drop_first_pending(struct evidence *evidence)
{
    evidence->pending_count--;
    memmove(evidence->pending, evidence->pending + 1,
            evidence->pending_count * sizeof(evidence->pending[0]));
}

void stall_settle_pending(struct model *model, struct thread *thread, uint64_t until_ns)
{
    struct evidence *evidence = thread->evidence;
    while (evidence->pending_count && evidence->pending[0].end_ns <= until_ns) {
        conclude(model, thread, &evidence->pending[0]);
        drop_first_pending(evidence);
    }
}

void stall_push(struct model *model, struct thread *thread, const struct stall *stall)
{
    struct evidence *evidence = thread_evidence(thread);
    if (!evidence) {
        struct stall alone = *stall;
        conclude(model, thread, &alone);
        return;
    }
    if (evidence->pending_count == EVIDENCE_PENDING) {
        conclude(model, thread, &evidence->pending[0]);
        drop_first_pending(evidence);
    }
    evidence->pending[evidence->pending_count++] = *stall;
}

/* Calls `each` for every stall that is not in the tables yet: pending ones and those in progress.
 */
static void each_unsettled(const struct model *model,
                           void (*each)(const struct model *, const struct stall *, void *),
                           void *context)
{
    for (unsigned i = 0; i < model->thread_count; i++) {
        const struct thread *thread = model_thread_at(model, i);
        struct stall stall;
        for (uint32_t p = 0; thread->evidence && p < thread->evidence->pending_count; p++) {
            stall = thread->evidence->pending[p];
            stall_settle(thread, &stall);
            each(model, &stall, context);
        }
        if (turn_open_stall(model, thread, &stall))
            each(model, &stall, context);
    }
}

static void add_to_rows(const struct model *model, const struct stall *stall, void *context)
{
    add_causes(context, stall, model->process.stall_ns);
}

struct cause_row *model_causes(const struct model *model, size_t *count)
{
    struct rows copy;
    *count = 0;
    if (rows_copy(&copy, &model->causes) < 0)
        return NULL;
    each_unsettled(model, add_to_rows, &copy);
    *count = copy.count;
    struct cause_row *rows = copy.items;
    copy.items = NULL;
    rows_free(&copy);
    return rows;
}

struct stall_list {
    struct stall *items;
    size_t count, room;
};

static void add_to_list(const struct model *model, const struct stall *stall, void *context)
{
    (void)model;
    struct stall_list *list = context;
    if (list->count < list->room)
        list->items[list->count++] = *stall;
}

/* Longest first; ties in order of time, then of thread, so that the order is total. */
static int longer_first(const void *left, const void *right)
{
    const struct stall *a = left, *b = right;
    if (a->wall_ns != b->wall_ns)
        return a->wall_ns > b->wall_ns ? -1 : 1;
    if (a->start_ns != b->start_ns)
        return a->start_ns < b->start_ns ? -1 : 1;
    return a->thread < b->thread ? -1 : a->thread > b->thread;
}

struct stall *model_stalls(const struct model *model, size_t *count)
{
    struct stall_list list = {.room = model->stall_count +
                                      (size_t)model->thread_count * (EVIDENCE_PENDING + 1)};
    *count = 0;
    list.items = list.room ? calloc(list.room, sizeof(*list.items)) : NULL;
    if (!list.items)
        return NULL;
    for (uint32_t i = 0; i < model->stall_count; i++)
        list.items[list.count++] = model->stalls[i];
    each_unsettled(model, add_to_list, &list);
    qsort(list.items, list.count, sizeof(*list.items), longer_first);
    *count = list.count;
    return list.items;
}
