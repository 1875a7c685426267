/* SPDX-License-Identifier: MIT */
/* A poll, applied: to its task, to the row of its function, to the phases of the open turn, and to
 * the stalls when it is one. */
#include <errno.h>
#include <stdlib.h>

#include "poll_log.h"

_Static_assert(sizeof(struct callback_key) == ROWS_KEY_BYTES, "keys fill a row's key");

static struct poll_log *log_get(struct thread *thread)
{
    if (thread->polls)
        return thread->polls;
    thread->polls = calloc(1, sizeof(*thread->polls));
    /* What the turns before took is known to be no poll. */
    if (thread->polls && thread->loop)
        thread->polls->time.other_ns = thread->loop->busy_ns;
    return thread->polls;
}

static struct callback_row *row_of(struct model *model, struct poll_log *log, uint32_t thread,
                                   const struct poll *poll)
{
    uint32_t hash = (poll->callback ^ poll->what * 2654435761u) * 2654435761u;
    struct callback_slot *slot = &log->slots[hash >> 16 & (CALLBACK_SLOTS - 1)];
    if (slot->row && slot->callback == poll->callback && slot->what == poll->what)
        return rows_at(&model->callbacks, slot->row - 1);
    struct callback_key key = {.thread = thread, .callback = poll->callback, .what = poll->what};
    struct callback_row *row = rows_get(&model->callbacks, &key);
    if (!row) {
        model->unheld.rows++;
        return NULL;
    }
    size_t index = (size_t)(row - (struct callback_row *)model->callbacks.items);
    *slot = (struct callback_slot){poll->callback, poll->what, (uint32_t)index + 1};
    return row;
}

static void add_to_row(struct callback_row *row, const struct poll *poll)
{
    if (row->count++ == 0)
        row->first_ns = poll->start_ns;
    row->last_ns = poll->event->time_ns;
    row->total_ns += poll->duration_ns;
    if (poll->duration_ns >= row->worst_ns) {
        row->worst_ns = poll->duration_ns;
        row->worst_task = poll->event->task;
    }
    if (poll->delay_ns == 0)
        return;
    row->delays++;
    row->delay_ns += poll->delay_ns;
    row->worst_delay_ns = larger(row->worst_delay_ns, poll->delay_ns);
}

/* The blocking calls made in this poll now have a callback that made them. A call that seems to
 * have begun before it may do so by rounding: its middle counts. */
static void name_calls(struct model *model, const struct thread *thread, const struct poll *poll)
{
    const struct evidence *evidence = thread->evidence;
    for (uint32_t i = evidence ? evidence->call_count : 0; i-- > 0;) {
        const struct open_call *call = &evidence->calls[i];
        if (call->start_ns + (call->end_ns - call->start_ns) / 2 < poll->start_ns)
            return;
        struct blocked_row *row = call->row ? rows_at(&model->blocked, call->row - 1) : NULL;
        if (!row || (row->callback && call->end_ns - call->start_ns < row->worst_ns))
            continue;
        row->task = poll->event->task;
        row->callback = poll->callback;
        row->what = poll->what;
    }
}

int poll_apply(struct model *model, struct thread *thread, const struct event *event)
{
    struct task_row *task = task_apply_poll(model, event);
    worker_apply_poll(model, thread, task, event);
    struct poll_log *log = log_get(thread);
    if (!log)
        return -ENOMEM;
    struct poll poll = {.event = event,
                        .start_ns = span_start(event),
                        .delay_ns = LSC_POLL_DELAY(event->arg2),
                        .callback = LSC_POLL_CALLBACK(event->arg2),
                        .what = what_pack(LSC_POLL_PHASE(event->flags), LSC_POLL_ROLE(event->flags),
                                          task ? task->info.kind : 0)};
    poll.duration_ns = event->time_ns - poll.start_ns;
    struct callback_row *row = row_of(model, log, thread->id, &poll);
    if (row)
        add_to_row(row, &poll);
    if (event->flags & LSC_POLL_BLOCKING)
        return 0;
    if (poll.delay_ns >= model->process.stall_ns)
        lateness_add(model, thread, &poll);
    recent_add(log, &poll, model->process.stall_ns);
    phases_add_poll(log, &poll);
    name_calls(model, thread, &poll);
    return turn_apply_poll(model, thread, &poll);
}

unsigned model_callback_count(const struct model *model)
{
    return (unsigned)model->callbacks.count;
}

const struct callback_row *model_callback_at(const struct model *model, unsigned index)
{
    return index < model->callbacks.count ? rows_at(&model->callbacks, index) : NULL;
}

const char *phase_name(unsigned phase)
{
    static const char *const names[] = {
#define X(name, title) [LSC_PHASE_##name] = title,
        LSC_PHASES(X)
#undef X
    };
    return phase < LSC_PHASE_LIMIT ? names[phase] : names[LSC_PHASE_NONE];
}

const char *role_name(unsigned role)
{
    static const char *const names[] = {
#define X(name, title) [LSC_CALLBACK_##name] = title,
        LSC_CALLBACK_ROLES(X)
#undef X
    };
    return role < LSC_CALLBACK_LIMIT ? names[role] : "";
}
