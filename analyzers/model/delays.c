/* SPDX-License-Identifier: MIT */
/* Polls that came late, with what the worker ran meanwhile, and polls that took long. */
#include "poll_log.h"
#include "worker_bins.h"

_Static_assert(sizeof(struct slow_key) == ROWS_KEY_BYTES, "keys fill a row's key");
_Static_assert(sizeof(struct long_key) == ROWS_KEY_BYTES, "keys fill a row's key");

/* A task that ran on another worker than it had been queued at was kept there. */
static bool find_reason(const struct model *model, const struct thread *thread,
                        const struct task_row *task, uint64_t start_ns, struct ran *ran,
                        const struct thread **where)
{
    uint64_t delay = task->progress.delay_ns, wake = at_least_zero(start_ns, delay);
    const struct thread *waker = model_thread(model, task->progress.woken_thread);
    const struct thread *places[] = {thread, waker != thread ? waker : NULL};
    for (unsigned i = 0; i < 2; i++) {
        if (!places[i] || !places[i]->worker)
            continue;
        *ran = bins_ran(places[i]->worker->bins, wake, start_ns);
        *where = places[i];
        if (ran->busy_ns >= delay / 2)
            return true;
    }
    return false;
}

static struct slow_row *row_of(struct model *model, const struct ran *ran, uint64_t delay_ns)
{
    struct slow_key key = {.reason = SLOW_MANY_POLLS};
    if (ran->longest_ns >= delay_ns / 2) {
        const struct task_row *blocker = task_find(model, ran->longest_task);
        key = (struct slow_key){.reason = SLOW_ONE_POLL, .class = blocker ? blocker->class : 0};
    }
    struct slow_row *row = rows_get(&model->slow, &key);
    model->unheld.rows += row == NULL;
    return row;
}

static void keep_worst(struct slow_row *row, const struct task_row *task,
                       const struct thread *where, const struct ran *ran)
{
    row->worst_ns = task->progress.delay_ns;
    row->task = task->handle;
    row->thread = where->id;
    row->blocker = row->key.reason == SLOW_ONE_POLL ? ran->longest_task : 0;
    row->blocker_ns = ran->longest_ns;
    row->ran_ns = ran->busy_ns;
    row->ran_polls = ran->polls;
}

void delays_add(struct model *model, const struct thread *thread, const struct task_row *task,
                uint64_t start_ns)
{
    struct ran ran;
    const struct thread *where;
    if (!find_reason(model, thread, task, start_ns, &ran, &where))
        return;
    uint64_t delay = task->progress.delay_ns, wake = at_least_zero(start_ns, delay);
    struct slow_row *row = row_of(model, &ran, delay);
    if (!row)
        return;
    if (row->count++ == 0)
        row->first_ns = wake;
    row->first_ns = smaller(row->first_ns, wake);
    row->last_ns = larger(row->last_ns, start_ns);
    row->total_ns += delay;
    row->waited_ns += at_least_zero(start_ns, larger(wake, where->worker->slow_until_ns));
    where->worker->slow_until_ns = larger(where->worker->slow_until_ns, start_ns);
    row->blockers += where->worker->blamed_ns != ran.longest_end_ns;
    where->worker->blamed_ns = ran.longest_end_ns;
    if (delay > row->worst_ns)
        keep_worst(row, task, where, &ran);
}

static void count_long(struct long_row *row, uint64_t duration_ns, uint64_t stall_ns,
                       bool is_forced)
{
    if (duration_ns >= stall_ns) {
        row->count++;
        row->total_ns += duration_ns;
        row->worst_ns = larger(row->worst_ns, duration_ns);
    }
    row->forced += is_forced;
    row->forced_ns += is_forced ? duration_ns : 0;
}

void long_polls_add(struct model *model, const struct thread *thread, const struct task_row *task,
                    const struct event *event)
{
    uint64_t start = span_start(event), duration = event->time_ns - start;
    struct long_key key = {.class = task->class};
    struct long_row *row = rows_get(&model->long_polls, &key);
    if (!row) {
        model->unheld.rows++;
        return;
    }
    if (row->longest_ns == 0)
        row->first_ns = start;
    row->last_ns = event->time_ns;
    count_long(row, duration, model->process.stall_ns, (event->flags & LSC_POLL_FORCED) != 0);
    if (duration <= row->longest_ns)
        return;
    row->longest_ns = duration;
    row->task = task->handle;
    row->thread = thread->id;
    row->site = task->await_site;
}

unsigned model_slow_count(const struct model *model)
{
    return (unsigned)model->slow.count;
}

const struct slow_row *model_slow_at(const struct model *model, unsigned index)
{
    return index < model->slow.count ? rows_at(&model->slow, index) : NULL;
}

unsigned model_long_count(const struct model *model)
{
    return (unsigned)model->long_polls.count;
}

const struct long_row *model_long_at(const struct model *model, unsigned index)
{
    return index < model->long_polls.count ? rows_at(&model->long_polls, index) : NULL;
}
