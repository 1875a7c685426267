/* SPDX-License-Identifier: MIT */
/* The recent polls of a thread: which were nested in one another, and which function had most of an
 * interval. */
#include "poll_log.h"

/* Polls of one function this close together are one entry, so that a burst of short ones does not
 * push everything else out. */
#define GAP_NS 20000

/* How far a poll's begin may be off: times and durations are rounded, see source/quantize.h. */
static uint64_t slack_of(const struct poll *poll)
{
    return 2048 + poll->duration_ns / 128;
}

/* The n-th from the newest, 0 the newest itself. */
static const struct recent_poll *from_newest(const struct poll_log *log, uint32_t n)
{
    return &log->recent[(log->head - 1 - n) % POLLS_RECENT];
}

/* A poll's record comes at its end, so those nested in it have come before, and are the newest that
 * began no earlier. They stay out of what is remembered: the outer one covers them. */
static void take_nested(struct poll_log *log, struct poll *poll)
{
    while (log->held > 0) {
        const struct recent_poll *inner = from_newest(log, 0);
        if (inner->start_ns < poll->start_ns || inner->end_ns <= poll->start_ns + slack_of(poll))
            return;
        poll->inner_ns += inner->busy_ns;
        poll->inner_judged_ns += inner->judged_ns;
        log->head--;
        log->held--;
    }
}

void recent_add(struct poll_log *log, struct poll *poll, uint64_t stall_ns)
{
    take_nested(log, poll);
    poll->inner_ns = smaller(poll->inner_ns, poll->duration_ns);
    poll->inner_judged_ns = smaller(poll->inner_judged_ns, poll->duration_ns);
    bool is_stall = poll->duration_ns - poll->inner_judged_ns >= stall_ns;
    uint64_t judged = is_stall ? poll->duration_ns : poll->inner_judged_ns;
    struct recent_poll *last = &log->recent[(log->head - 1) % POLLS_RECENT];
    uint64_t end = poll->event->time_ns;
    if (log->held && last->callback == poll->callback && last->what == poll->what &&
        poll->callback != 0 && judged == 0 && end >= last->end_ns &&
        at_least_zero(poll->start_ns, last->end_ns) <= GAP_NS) {
        last->end_ns = end;
        last->busy_ns += poll->duration_ns;
        last->runs++;
        return;
    }
    log->held += log->held < POLLS_RECENT;
    log->recent[log->head++ % POLLS_RECENT] = (struct recent_poll){.start_ns = poll->start_ns,
                                                                   .end_ns = end,
                                                                   .busy_ns = poll->duration_ns,
                                                                   .judged_ns = judged,
                                                                   .callback = poll->callback,
                                                                   .what = poll->what,
                                                                   .task = poll->event->task,
                                                                   .runs = 1};
}

struct interval {
    uint64_t start_ns, end_ns;
    bool unjudged; /* only polls that are no stalls of their own */
};

/* The part of an entry inside [start, end]; of one with gaps, its busy share of that. */
static uint64_t overlap_of(const struct recent_poll *entry, const struct interval *in)
{
    if (in->unjudged && entry->judged_ns)
        return 0;
    uint64_t span =
        at_least_zero(smaller(entry->end_ns, in->end_ns), larger(entry->start_ns, in->start_ns));
    return share_of(span, entry->busy_ns, at_least_zero(entry->end_ns, entry->start_ns));
}

static struct neighbour of_callback(const struct poll_log *log, uint32_t callback,
                                    const struct interval *in)
{
    struct neighbour sum = {.callback = callback};
    for (uint32_t i = 0; i < log->held; i++) {
        const struct recent_poll *entry = from_newest(log, i);
        uint64_t overlap = entry->callback == callback ? overlap_of(entry, in) : 0;
        if (overlap == 0)
            continue;
        sum.overlap_ns += overlap;
        sum.runs += entry->runs;
        if (overlap > sum.longest_ns) {
            sum.longest_ns = overlap;
            sum.what = entry->what;
            sum.task = entry->task;
        }
    }
    return sum;
}

static struct neighbour heaviest(const struct poll_log *log, const struct interval *in)
{
    struct neighbour best = {0};
    for (uint32_t i = 0; i < log->held; i++) {
        const struct recent_poll *entry = from_newest(log, i);
        if (entry->end_ns <= in->start_ns) /* entries are in order of their end */
            break;
        if (entry->callback == best.callback || overlap_of(entry, in) == 0)
            continue;
        struct neighbour other = of_callback(log, entry->callback, in);
        if (other.overlap_ns > best.overlap_ns)
            best = other;
    }
    return best;
}

struct neighbour recent_heaviest(const struct poll_log *log, uint64_t start_ns, uint64_t end_ns)
{
    return heaviest(log, &(struct interval){.start_ns = start_ns, .end_ns = end_ns});
}

struct neighbour recent_heaviest_unjudged(const struct poll_log *log, uint64_t start_ns,
                                          uint64_t end_ns)
{
    return heaviest(log,
                    &(struct interval){.start_ns = start_ns, .end_ns = end_ns, .unjudged = true});
}
