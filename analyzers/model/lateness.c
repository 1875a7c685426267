/* SPDX-License-Identifier: MIT */
/* Timers that ran late, and who kept their loop meanwhile. */
#include <string.h>

#include "poll_log.h"

_Static_assert(sizeof(struct late_key) == ROWS_KEY_BYTES, "keys fill a row's key");

static bool is_timer(const struct model *model, uint32_t what)
{
    struct text kind = model_string(model, CALLBACK_KIND(what));
    return kind.length == strlen("timer") && memcmp(kind.bytes, "timer", kind.length) == 0;
}

/* A blocking call of the turn that took more of the time than any callback was made outside of
 * them. */
static struct neighbour heavier_call(const struct model *model, const struct thread *thread,
                                     uint64_t due_ns, uint64_t end_ns, struct neighbour best)
{
    const struct evidence *evidence = thread->evidence;
    for (uint32_t i = 0; evidence && i < evidence->call_count; i++) {
        const struct open_call *call = &evidence->calls[i];
        uint64_t start = larger(call->start_ns, due_ns), end = smaller(call->end_ns, end_ns);
        if (!call->row || at_least_zero(end, start) <= best.overlap_ns)
            continue;
        const struct blocked_row *row = rows_at(&model->blocked, call->row - 1);
        best = (struct neighbour){.overlap_ns = end - start, .callback = row->key.stack, .runs = 1};
    }
    return best;
}

static void add_to_row(struct late_row *row, const struct poll *poll,
                       const struct neighbour *neighbour)
{
    uint64_t due = at_least_zero(poll->start_ns, poll->delay_ns);
    if (row->count++ == 0)
        row->first_ns = due;
    row->last_ns = poll->start_ns;
    row->total_ns += poll->delay_ns;
    row->overlap_ns += neighbour->overlap_ns;
    row->neighbour_runs += neighbour->runs;
    if (poll->delay_ns < row->worst_ns)
        return;
    row->worst_ns = poll->delay_ns;
    row->worst_overlap_ns = neighbour->overlap_ns;
    row->worst_task = poll->event->task;
    row->neighbour_task = neighbour->task;
    row->neighbour_what = neighbour->what;
}

void lateness_add(struct model *model, const struct thread *thread, const struct poll *poll)
{
    if (!is_timer(model, poll->what))
        return;
    uint64_t due = at_least_zero(poll->start_ns, poll->delay_ns);
    struct neighbour neighbour = recent_heaviest(thread->polls, due, poll->start_ns);
    neighbour = heavier_call(model, thread, due, poll->start_ns, neighbour);
    if (neighbour.overlap_ns < poll->delay_ns / 4)
        neighbour = (struct neighbour){0};
    struct late_key key = {
        .thread = thread->id, .callback = poll->callback, .neighbour = neighbour.callback};
    struct late_row *row = rows_get(&model->late, &key);
    if (row)
        add_to_row(row, poll, &neighbour);
    else
        model->unheld.rows++;
}

unsigned model_late_count(const struct model *model)
{
    return (unsigned)model->late.count;
}

const struct late_row *model_late_at(const struct model *model, unsigned index)
{
    return index < model->late.count ? rows_at(&model->late, index) : NULL;
}
