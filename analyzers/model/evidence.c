/* SPDX-License-Identifier: MIT */
/* What the kernel said of a thread: absolute counters read now and then by the watchdog, from which
 * the share of one stall has to be worked out, and the states it was seen in. */
#include "state.h"

#include <errno.h>

/* The readings that belong to one stall come in several records; none is later than this. */
#define SETTLE_AFTER_NS UINT64_C(50000000)

static void log_reading(struct reading_log *log, const struct thread *thread,
                        const struct event *event)
{
    log->at[log->count++ % EVIDENCE_COUNTERS] =
        (struct reading){.time_ns = event->time_ns,
                         .value = {event->arg, event->arg2},
                         .busy_ns = thread->loop ? thread->loop->busy_ns : 0};
}

/* Records of the watchdog name the thread they are about in `task`. */
int usage_apply(struct model *model, const struct event *event)
{
    struct thread *thread = thread_get(model, event->task);
    struct evidence *evidence = thread ? thread_evidence(thread) : NULL;
    if (!evidence)
        return thread ? -ENOMEM : 0;
    log_reading(&evidence->usage, thread, event);
    stall_settle_pending(model, thread, at_least_zero(event->time_ns, SETTLE_AFTER_NS));
    return 0;
}

int faults_apply(struct model *model, const struct event *event)
{
    struct thread *thread = thread_get(model, event->task);
    struct evidence *evidence = thread ? thread_evidence(thread) : NULL;
    if (!evidence)
        return thread ? -ENOMEM : 0;
    log_reading(&evidence->faults, thread, event);
    return 0;
}

int state_apply(struct model *model, const struct event *event)
{
    struct thread *thread = thread_get(model, event->task);
    struct evidence *evidence = thread ? thread_evidence(thread) : NULL;
    if (!evidence)
        return thread ? -ENOMEM : 0;
    evidence->states[evidence->state_count++ % EVIDENCE_STATES] =
        (struct state_seen){.time_ns = event->time_ns,
                            .wait_channel = (uint32_t)event->arg2,
                            .state = (char)(event->arg & 0x7f)};
    return 0;
}

/* The readings around a stall. An absent one is NULL. */
struct bracket {
    const struct reading *before;       /* latest at or before its start */
    const struct reading *first, *last; /* inside */
    const struct reading *after;        /* earliest at or after its end */
    struct reading birth;               /* a thread begins with every counter at 0 */
};

static void consider(struct bracket *bracket, const struct reading *reading,
                     const struct stall *stall)
{
    uint64_t time = reading->time_ns;
    if (time <= stall->start_ns) {
        if (!bracket->before || time >= bracket->before->time_ns)
            bracket->before = reading;
    } else if (time >= stall->end_ns) {
        if (!bracket->after || time < bracket->after->time_ns)
            bracket->after = reading;
    } else {
        if (!bracket->first || time < bracket->first->time_ns)
            bracket->first = reading;
        if (!bracket->last || time >= bracket->last->time_ns)
            bracket->last = reading;
    }
}

static void find_bracket(struct bracket *bracket, const struct reading_log *log, unsigned field,
                         const struct thread *thread, const struct stall *stall)
{
    *bracket = (struct bracket){0};
    uint32_t held = log->count < EVIDENCE_COUNTERS ? log->count : EVIDENCE_COUNTERS;
    for (uint32_t i = 0; i < held; i++)
        if (log->at[i].value[field] != UINT64_MAX)
            consider(bracket, &log->at[i], stall);
    if (!bracket->before && thread->is_known && thread->started_ns <= stall->start_ns) {
        bracket->birth.time_ns = thread->started_ns;
        bracket->before = &bracket->birth;
    }
}

static uint64_t rise(const struct reading *from, const struct reading *to, unsigned field)
{
    return at_least_zero(to->value[field], from->value[field]);
}

/* How much of the time between `before` and the stall's start the thread was at work. */
static uint64_t busy_until(const struct bracket *bracket, const struct thread *thread,
                           const struct stall *stall)
{
    uint64_t gap = stall->start_ns - bracket->before->time_ns;
    if (bracket->before == &bracket->birth) /* before the first turn it ran outside of turns */
        return at_least_zero(gap, thread->loop ? thread->loop->idle_ns : 0);
    return smaller(gap, at_least_zero(stall->busy_before_ns, bracket->before->busy_ns));
}

static uint64_t busy_from(const struct bracket *bracket, const struct stall *stall)
{
    uint64_t gap = bracket->after->time_ns - stall->end_ns;
    uint64_t done = stall->busy_before_ns + (stall->end_ns - stall->start_ns);
    return smaller(gap, at_least_zero(bracket->after->busy_ns, done));
}

/* A rise over `inside` ns of the stall and `outside` ns of other work, shared by time. */
static uint64_t by_time(uint64_t delta, uint64_t inside, uint64_t outside)
{
    return smaller(inside, share_of(delta, inside, inside + outside));
}

/* One end of the stall, between its boundary and the nearest reading inside. When much other work
 * lies in the same gap, the rate seen inside the stall is the better witness. */
static uint64_t end_share(uint64_t delta, uint64_t inside, uint64_t outside, uint64_t inner_rise,
                          uint64_t inner_ns)
{
    if (inner_ns && outside > inside)
        return smaller(delta, share_of(inner_rise, inside, inner_ns));
    return by_time(delta, inside, outside);
}

/* The kernel adds a wait to its counter when the wait is over: readings inside the stall may know
 * nothing of one that is going on. So only the rise over the whole stall counts. */
static bool late_share(const struct bracket *b, unsigned field, const struct thread *thread,
                       const struct stall *stall, uint64_t *share)
{
    uint64_t wall = stall->end_ns - stall->start_ns, outside = 0;
    const struct reading *from = b->before, *to = b->after ? b->after : b->last;
    if (from)
        outside = busy_until(b, thread, stall);
    if (b->first && (!from || outside > wall)) {
        from = b->first;
        outside = 0;
    }
    if (!from || !to || from == to)
        return false;
    if (b->after)
        outside += busy_from(b, stall);
    *share = by_time(rise(from, to, field), wall, outside);
    return true;
}

bool reading_share(const struct reading_log *log, unsigned field, const struct thread *thread,
                   const struct stall *stall, uint64_t *share)
{
    struct bracket b;
    find_bracket(&b, log, field, thread, stall);
    uint64_t wall = stall->end_ns - stall->start_ns;
    if (field == READING_WAITED)
        return late_share(&b, field, thread, stall, share);
    if (!b.first) {
        if (!b.before || !b.after)
            return false;
        uint64_t outside = busy_until(&b, thread, stall) + busy_from(&b, stall);
        *share = by_time(rise(b.before, b.after, field), wall, outside);
        return true;
    }
    uint64_t inner_ns = b.last->time_ns - b.first->time_ns;
    uint64_t inner = rise(b.first, b.last, field);
    uint64_t sum = inner, covered = inner_ns;
    if (b.before) {
        uint64_t head = b.first->time_ns - stall->start_ns;
        sum += end_share(rise(b.before, b.first, field), head, busy_until(&b, thread, stall), inner,
                         inner_ns);
        covered += head;
    }
    if (b.after) {
        uint64_t tail = stall->end_ns - b.last->time_ns;
        sum += end_share(rise(b.last, b.after, field), tail, busy_from(&b, stall), inner, inner_ns);
        covered += tail;
    }
    if (covered < wall / 4 || covered == 0)
        return false;
    *share = share_of(sum, wall, covered); /* a gap without evidence counts by share */
    return true;
}
