/* SPDX-License-Identifier: MIT */
/* Queues that the kernel keeps for a loop that takes from them: connections that wait to be
 * accepted, datagrams that wait to be read. They fill while the loop is late, so the turn that kept
 * it is named with them. */
#include <inttypes.h>
#include <stdio.h>

#include "queue.h"

/* Such a queue is looked at now and then: a turn may have begun so long before it was seen full. */
#define LOOKED_AT_NS UINT64_C(1000000000)
/* Fewer datagrams lost are a note. */
#define DATAGRAMS_WARNING 100

static uint64_t overlap(uint64_t from_a, uint64_t to_a, uint64_t from_b, uint64_t to_b)
{
    uint64_t from = from_a > from_b ? from_a : from_b, to = to_a < to_b ? to_a : to_b;
    return to > from ? to - from : 0;
}

/* The stall that covers most of that time, NULL when there was none. */
static const struct stall *stall_during(const struct judgement *in, uint64_t from, uint64_t to)
{
    const struct stall *found = NULL;
    uint64_t most = 0;
    from = from > LOOKED_AT_NS ? from - LOOKED_AT_NS : 0;
    for (size_t i = 0; i < in->stall_count; i++) {
        uint64_t shared = overlap(from, to, in->stalls[i].start_ns, in->stalls[i].end_ns);
        if (shared > most) {
            most = shared;
            found = &in->stalls[i];
        }
    }
    return found;
}

/* The stack of its longest blocking call when it slept, else the one that was sampled most. */
static uint32_t stack_of(const struct judgement *in, const struct stall *stall)
{
    uint64_t slept = stall->part[PART_BLOCKED] + stall->part[PART_LOCK];
    uint64_t worst = 0;
    uint32_t stack = 0;
    for (size_t i = 0; slept > stall->part[PART_CPU] && i < in->blocked_count; i++) {
        const struct blocked_row *row = &in->blocked[i];
        if (row->key.thread == stall->thread && row->worst_ns > worst &&
            overlap(row->first_ns, row->last_ns, stall->start_ns, stall->end_ns)) {
            worst = row->worst_ns;
            stack = row->key.stack;
        }
    }
    uint32_t most = 0;
    for (uint32_t i = 0; stack == 0 && i < stall->stack_count; i++)
        most = stall->stacks[i].count > stall->stacks[most].count ? i : most;
    return stack || stall->stack_count == 0 ? stack : stall->stacks[most].stack;
}

static void blame_stall(struct finding *finding, const struct judgement *in,
                        const struct stall *stall, struct sentence *s)
{
    char length[DURATION_BYTES];
    struct group key = {.worst_thread = stall->thread, .thread_count = 1};
    finding->thread = stall->thread;
    finding->stack = stack_of(in, stall);
    group_blame(in->model, finding->stack, &key);
    finding->where = key.where;
    finding->where_pc = key.where_pc;
    fact_number(finding, "stall_ns", FACT_NS, stall->end_ns - stall->start_ns);
    say(s, " ");
    say_threads(s, in->model, &key);
    say(s, " was in one turn for %s meanwhile",
        duration_text(length, stall->end_ns - stall->start_ns));
    say_where(s, ", in ", finding->where, finding->where_pc);
    say(s, ".");
}

struct words {
    const char *things, *why, *with_stall, *without;
};
static const struct words backlog = {
    .things = "connection requests",
    .why = "A client whose request finds the backlog full gets no answer and asks again after a "
           "second, then after two, four…",
    .with_stall =
        "Mend the turn that kept the loop first. Then give bursts more room: listen(fd, n) with "
        "more than the clients that come in the longest turn, and net.core.somaxconn, which caps "
        "it.",
    .without = "Give bursts more room: listen(fd, n) with more than the clients that come at once, "
               "and net.core.somaxconn, which caps it; accept until there is none left each time."};
static const struct words datagrams = {
    .things = "datagrams",
    .why = "The kernel throws away what finds the receive queue full; the sender is not told.",
    .with_stall = "Mend the turn that kept the loop first. Then give bursts more room: SO_RCVBUF, "
                  "and net.core.rmem_max, which caps it.",
    .without = "Give bursts more room: SO_RCVBUF, and net.core.rmem_max, which caps it; read until "
               "there is none left each time (recvmmsg), or have several sockets (SO_REUSEPORT)."};

static enum severity severity_of_drops(enum queue_sort sort, uint64_t dropped)
{
    if (dropped == 0 || (sort == QUEUE_DATAGRAMS && dropped < DATAGRAMS_WARNING))
        return SEVERITY_NOTE;
    return SEVERITY_WARNING;
}

static void say_full(struct sentence *s, const struct resource_row *row, enum queue_sort sort,
                     const struct saturation *saturation, const char *entity)
{
    char depth[AMOUNT_BYTES], capacity[AMOUNT_BYTES];
    const struct words *words = sort == QUEUE_BACKLOG ? &backlog : &datagrams;
    bool is_bytes = queue_counts_bytes(sort);
    say(s, "The %s ", entity);
    if (saturation->stretches) {
        say(s, "was full (%s of %s)", amount_text(depth, row->depth_max, is_bytes),
            amount_text(capacity, row->capacity, is_bytes));
        say_stretches(s, saturation);
    } else {
        say(s, "overflowed");
    }
    if (row->dropped)
        say(s, "; %" PRIu64 " %s were dropped", row->dropped, words->things);
    say(s, ".");
}

void judge_kernel_queue(const struct detector *detector, const struct judgement *in,
                        const struct resource_row *row, struct findings *out)
{
    struct saturation s = saturation_of(in->model, row);
    enum queue_sort sort = queue_sort_of(in->model, row);
    const struct words *words = sort == QUEUE_BACKLOG ? &backlog : &datagrams;
    if (row->dropped == 0 && (s.stretches == 0 || !saturation_matters(detector, in, &s)))
        return;
    struct finding *finding = saturation_finding(detector, in, &s, out);
    if (!finding)
        return;
    enum severity by_drops = severity_of_drops(sort, row->dropped);
    if (s.stretches == 0 || by_drops > finding->severity)
        finding->severity = by_drops;
    if (s.stretches == 0) {
        finding->first_ns = row->first_drop_ns;
        finding->last_ns = row->last_drop_ns;
    }
    queue_name(in->model, row, finding->entity, sizeof(finding->entity));
    finding->resource = row->handle;
    struct sentence sentence = {finding->title, sizeof(finding->title), 0};
    say_full(&sentence, row, sort, &s, finding->entity);
    fact_number(finding, "capacity", FACT_COUNT, row->capacity);
    fact_number(finding, "depth_max", FACT_COUNT, row->depth_max);
    fact_number(finding, "dropped", FACT_COUNT, row->dropped);
    fact_text(finding, "depth_is", "looked at now and then, not at every change");
    const struct stall *stall =
        s.stretches ? stall_during(in, s.longest_start_ns, s.longest_start_ns + s.longest_ns)
                    : stall_during(in, row->first_drop_ns, row->last_drop_ns);
    if (stall)
        blame_stall(finding, in, stall, &sentence);
    finding->why = words->why;
    finding->advice = stall ? words->with_stall : words->without;
}
