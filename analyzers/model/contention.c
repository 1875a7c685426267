/* SPDX-License-Identifier: MIT */
/* Contention: see contention.h. Records come in order of time, but for that of a poll, which comes
 * at its end: so a hold that ends within a poll waits for that poll's record, in model->closing. */
#include "contention.h"

#include <stdlib.h>
#include <string.h>

#include "polls.h"
#include "state.h"

static struct contention *contention_get(struct model *model, struct resource_row *row,
                                         uint64_t now_ns)
{
    if (row->contention || model->contentions >= CONTENTIONS_MAX) {
        model->unheld.rows += !row->contention;
        return row->contention;
    }
    struct contention *contention = row->contention = calloc(1, sizeof(*contention));
    if (!contention)
        return NULL;
    model->contentions++;
    contention->begun_ns = contention->changed_ns = now_ns;
    contention->crowded_since = MODEL_NEVER;
    contention->waiting = row->waiters;
    contention->tells_waiters = row->waiters_max != 0;
    return contention;
}

void contention_free(struct model *model, struct resource_row *row)
{
    model->contentions -= row->contention != NULL;
    free(row->contention);
    row->contention = NULL;
}

/* ---- how many wait ---- */

static void pass_time(struct contention *c, uint64_t now_ns)
{
    uint64_t passed = at_least_zero(now_ns, c->changed_ns);
    c->waited_ns += c->waiting ? passed : 0;
    c->task_ns += c->waiting * passed;
    c->changed_ns = larger(c->changed_ns, now_ns);
}

static void end_crowd(struct contention *c, uint64_t now_ns)
{
    uint64_t length = at_least_zero(now_ns, c->crowded_since);
    c->crowded_ns += length;
    if (length >= c->longest_ns) {
        c->longest_ns = length;
        c->longest_start_ns = c->crowded_since;
    }
    c->last_ns = now_ns;
    c->crowded_since = MODEL_NEVER;
}

static void set_waiting(struct contention *c, uint64_t waiting, uint64_t now_ns)
{
    pass_time(c, now_ns);
    c->waiting = waiting;
    c->waiting_max = larger(c->waiting_max, waiting);
    if (waiting >= CROWD && c->crowded_since == MODEL_NEVER) {
        c->crowded_since = now_ns;
        if (c->stretches++ == 0)
            c->first_ns = now_ns;
    } else if (waiting < CROWD && c->crowded_since != MODEL_NEVER) {
        end_crowd(c, now_ns);
    }
}

void contention_waiters(struct resource_row *row, uint64_t waiters, uint64_t now_ns)
{
    if (!row->contention)
        return;
    row->contention->tells_waiters = true;
    set_waiting(row->contention, waiters, now_ns);
}

/* ---- waits of tasks ---- */

static struct contention *waited_for(const struct model *model, const struct task_row *task)
{
    struct resource_row *row = resource_find(model, task->waits_for);
    return row ? row->contention : NULL;
}

static void end_wait(struct model *model, struct task_row *task, uint64_t now_ns)
{
    struct contention *c = task->waits_for ? waited_for(model, task) : NULL;
    if (c) {
        uint64_t wait = at_least_zero(now_ns, task->waits_since_ns);
        c->waits++;
        c->wait_ns += wait;
        if (wait > c->worst_wait_ns) {
            c->worst_wait_ns = wait;
            c->worst_task = task->handle;
            c->worst_site = task->await_site;
        }
        if (!c->tells_waiters)
            set_waiting(c, at_least_zero(c->waiting, 1), now_ns);
    }
    task->waits_for = 0;
}

void contention_await(struct model *model, struct task_row *task, uint32_t resource,
                      uint64_t now_ns)
{
    end_wait(model, task, now_ns);
    struct resource_row *row = resource_find(model, resource);
    if (!row || !row->contention || task->has_ended)
        return;
    task->waits_for = resource;
    task->waits_since_ns = now_ns;
    if (!row->contention->tells_waiters)
        set_waiting(row->contention, row->contention->waiting + 1, now_ns);
}

/* ---- holds ---- */

/* The place's row; a new place takes that of the one held least. */
static struct holder *holder_of(struct contention *c, uint32_t site, uint64_t since_ns)
{
    struct holder *least = &c->holders[0];
    for (unsigned i = 0; i < HOLDERS_MAX; i++) {
        struct holder *holder = &c->holders[i];
        if (holder->holds && holder->site == site)
            return holder;
        least = holder->held_ns < least->held_ns || !holder->holds ? holder : least;
        if (!holder->holds)
            break;
    }
    *least = (struct holder){.site = site, .first_ns = since_ns};
    return least;
}

static void add_hold(struct contention *c, const struct hold *hold, const struct live_hold *live,
                     uint64_t end_ns)
{
    struct holder *holder = holder_of(c, hold->site, hold->since_ns);
    const struct across *more = &live->across;
    struct across *sum = &holder->across;
    uint64_t held = at_least_zero(end_ns, hold->since_ns);
    holder->has_others |= holder->holds && holder->task != hold->task;
    if (more->worst_ns > sum->worst_ns || (sum->worst_ns == 0 && held > holder->worst_held_ns))
        holder->task = hold->task;
    if (more->worst_ns > sum->worst_ns) {
        sum->worst_ns = more->worst_ns;
        sum->worst_site = more->worst_site;
        sum->worst_resource = more->worst_resource;
    }
    sum->worst_waiting =
        sum->worst_waiting > more->worst_waiting ? sum->worst_waiting : more->worst_waiting;
    sum->busy_ns += more->busy_ns;
    sum->awaits += more->awaits;
    sum->awaited_ns += more->awaited_ns;
    sum->blocked_ns += more->blocked_ns;
    sum->blocked_task_ns += more->blocked_task_ns;
    holder->holds++;
    holder->held_ns += held;
    holder->worst_held_ns = larger(holder->worst_held_ns, held);
    holder->last_ns = larger(holder->last_ns, end_ns);
}

/* The holder's await was over at `start_ns`; the resource's sums are those of `now_ns`. */
static void end_across(const struct contention *c, struct live_hold *live, uint64_t start_ns,
                       uint64_t now_ns)
{
    struct across *across = &live->across;
    if (live->since_ns == MODEL_NEVER)
        return;
    uint64_t awaited = at_least_zero(start_ns, live->since_ns);
    uint64_t later = at_least_zero(now_ns, start_ns);
    uint64_t blocked = at_least_zero(c->waited_ns - live->waited_mark, c->waiting ? later : 0);
    uint64_t tasks = at_least_zero(c->task_ns - live->task_mark, c->waiting * later);
    blocked = smaller(blocked, awaited);
    across->awaits++;
    across->awaited_ns += awaited;
    across->blocked_ns += blocked;
    across->blocked_task_ns += tasks;
    if (blocked > across->worst_ns) {
        across->worst_ns = blocked;
        across->worst_site = live->site;
        across->worst_resource = live->resource;
    }
    if (blocked && c->waiting > across->worst_waiting)
        across->worst_waiting = (uint32_t)smaller(c->waiting, UINT32_MAX);
    live->since_ns = MODEL_NEVER;
}

/* Records were lost since: how long it took is not known. */
static void doubt_across(const struct model *model, struct live_hold *live)
{
    if (model->lost_records && live->since_ns <= model->lost_ns)
        live->since_ns = MODEL_NEVER;
}

static void begin_across(struct contention *c, struct live_hold *live, const struct task_row *task)
{
    live->since_ns = task->await_ns;
    live->site = task->await_site;
    live->resource = task->awaits;
    live->waited_mark = c->waited_ns;
    live->task_mark = c->task_ns;
}

static void remember(struct task_row *task, uint32_t resource)
{
    if (task->held_count < TASK_HOLDS_MAX)
        task->held[task->held_count++] = resource;
}

static void forget(struct task_row *task, uint32_t resource)
{
    for (unsigned i = 0; i < task->held_count; i++)
        if (task->held[i] == resource) {
            task->held[i] = task->held[--task->held_count];
            return;
        }
}

void contention_hold(struct model *model, struct resource_row *row, unsigned index)
{
    const struct hold *hold = &row->holds[index];
    struct task_row *task = task_find(model, hold->task);
    /* Handed over to one who waits: it is polled later. */
    bool is_granted = task && task->awaits == row->handle;
    if (task && task->waits_for == row->handle)
        end_wait(model, task, hold->since_ns);
    struct contention *c = contention_get(model, row, hold->since_ns);
    if (!c)
        return;
    bool is_handover = c->holds && c->last_holder != hold->task;
    c->holds++;
    c->handovers += is_handover;
    c->crowded_handovers += is_handover && c->crowded_since != MODEL_NEVER;
    c->last_holder = hold->task;
    c->live[index] = (struct live_hold){.polls = is_granted ? UINT64_MAX
                                                 : task     ? task->polls
                                                            : 0,
                                        .since_ns = MODEL_NEVER};
    if (task)
        remember(task, row->handle);
}

/* It is over, and so are the polls it lasted through. */
static void settle(struct model *model, const struct closing *closing, uint64_t start_ns)
{
    struct resource_row *row = resource_find(model, closing->resource);
    struct contention *c = row ? row->contention : NULL;
    if (!c)
        return;
    struct live_hold live = closing->live;
    /* As the sums were when it was released. */
    struct contention then = {
        .waiting = closing->waiting, .waited_ns = closing->waited_ns, .task_ns = closing->task_ns};
    start_ns = smaller(start_ns, closing->end_ns);
    doubt_across(model, &live);
    end_across(&then, &live, start_ns, closing->end_ns);
    live.across.busy_ns += at_least_zero(closing->end_ns, larger(start_ns, closing->hold.since_ns));
    add_hold(c, &closing->hold, &live, closing->end_ns);
}

static void close_later(struct model *model, const struct closing *closing)
{
    struct closing *place = &model->closing[model->closing_next++ % CLOSING_MAX];
    if (place->hold.task) /* its poll never came, or was lost */
        settle(model, place, place->end_ns);
    *place = *closing;
}

void contention_release(struct model *model, struct resource_row *row, unsigned index,
                        uint64_t now_ns)
{
    struct contention *c = row->contention;
    const struct hold *hold = &row->holds[index];
    struct task_row *task = task_find(model, hold->task);
    if (task)
        forget(task, row->handle);
    if (!c)
        return;
    struct live_hold *live = &c->live[index];
    pass_time(c, now_ns);
    if (task && !task->has_ended && task->polls != live->polls) {
        struct closing closing = {.hold = *hold,
                                  .live = *live,
                                  .resource = row->handle,
                                  .end_ns = now_ns,
                                  .waiting = c->waiting,
                                  .waited_ns = c->waited_ns,
                                  .task_ns = c->task_ns};
        close_later(model, &closing);
        task->closing++;
    } else { /* within one poll */
        live->across.busy_ns += at_least_zero(now_ns, hold->since_ns);
        add_hold(c, hold, live, now_ns);
    }
    memmove(live, live + 1, (HOLDS_MAX - index - 1) * sizeof(*live));
}

static void settle_closing(struct model *model, struct task_row *task, uint64_t start_ns,
                           uint64_t end_ns)
{
    for (unsigned i = 0; i < CLOSING_MAX && task->closing; i++) {
        struct closing *closing = &model->closing[i];
        if (closing->hold.task != task->handle || closing->end_ns > end_ns)
            continue;
        settle(model, closing, start_ns);
        *closing = (struct closing){.end_ns = 0};
        task->closing--;
    }
    task->closing = 0;
}

static void poll_hold(const struct model *model, struct resource_row *row, unsigned index,
                      const struct task_row *task, const struct event *poll)
{
    struct contention *c = row->contention;
    struct live_hold *live = &c->live[index];
    const struct hold *hold = &row->holds[index];
    uint64_t start = span_start(poll);
    pass_time(c, poll->time_ns);
    doubt_across(model, live);
    end_across(c, live, start, poll->time_ns);
    live->across.busy_ns += at_least_zero(poll->time_ns, larger(start, hold->since_ns));
    bool is_for_itself = task->awaits == row->handle; /* a grant that came in between */
    if (task->await_ns != MODEL_NEVER && task->await_ns >= hold->since_ns && !is_for_itself)
        begin_across(c, live, task);
}

/* After what the poll says of the task's own wait. */
void contention_poll(struct model *model, struct task_row *task, const struct event *poll)
{
    uint64_t start = span_start(poll);
    if (task->waits_for && task->awaits != task->waits_for)
        end_wait(model, task, start);
    if (task->closing)
        settle_closing(model, task, start, poll->time_ns);
    for (unsigned i = 0; i < task->held_count; i++) {
        struct resource_row *row = resource_find(model, task->held[i]);
        for (unsigned h = 0; row && row->contention && h < row->hold_count; h++)
            if (row->holds[h].task == task->handle)
                poll_hold(model, row, h, task, poll);
    }
}

void contention_leave(struct model *model, struct task_row *task, uint64_t now_ns)
{
    if (task->waits_for)
        end_wait(model, task, now_ns);
    if (task->closing)
        settle_closing(model, task, now_ns, now_ns);
}

/* ---- read ---- */

bool contention_view(const struct model *model, const struct resource_row *row,
                     struct contention *out)
{
    if (!row->contention)
        return false;
    *out = *row->contention;
    uint64_t now = row->info.has_ended ? row->ended_ns : model->seen_ns;
    pass_time(out, now);
    if (out->crowded_since != MODEL_NEVER)
        end_crowd(out, now);
    out->crowded_since = row->contention->crowded_since;
    for (unsigned i = 0; i < row->hold_count && holds_are_known(model, row); i++) {
        struct live_hold live = out->live[i];
        doubt_across(model, &live);
        end_across(out, &live, now, now);
        add_hold(out, &row->holds[i], &live, now);
        holder_of(out, row->holds[i].site, now)->is_open = true;
    }
    return true;
}
