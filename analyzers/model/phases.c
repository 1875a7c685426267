/* SPDX-License-Identifier: MIT */
/* Where the time of a loop's turns went: by phase, and which turns were the worst. */
#include "poll_log.h"

void phases_add_poll(struct poll_log *log, const struct poll *poll)
{
    struct turn_time *open = &log->open;
    uint64_t own_ns = poll->duration_ns - poll->inner_ns;
    uint32_t task = poll->event->task;
    open->phase_ns[CALLBACK_PHASE(poll->what)] += own_ns;
    log->sole_task = open->polls == 0 || log->sole_task == task ? task : 0;
    log->sole_ns += own_ns;
    open->polls++;
    if (poll->duration_ns < open->longest_ns)
        return;
    open->longest_ns = poll->duration_ns;
    open->callback = poll->callback;
    open->what = poll->what;
    open->task = task;
}

/* Polls cannot take longer than their turn: where they seem to (those before the first record of a
 * turn, or one around a loop run inside of it), their phases share the turn's time. */
static void fit(struct turn_time *turn)
{
    uint64_t wall = turn->end_ns - turn->start_ns, sum = 0;
    for (unsigned i = 0; i < LSC_PHASE_LIMIT; i++)
        sum += turn->phase_ns[i];
    if (sum > wall) {
        uint64_t all = sum;
        sum = 0;
        for (unsigned i = 0; i < LSC_PHASE_LIMIT; i++) {
            turn->phase_ns[i] = share_of(wall, turn->phase_ns[i], all);
            sum += turn->phase_ns[i];
        }
    }
    turn->other_ns = wall - sum;
}

static void keep_worst(struct loop_time *time, const struct turn_time *turn)
{
    uint64_t wall = turn->end_ns - turn->start_ns;
    unsigned at = time->worst_count;
    while (at > 0 && wall > time->worst[at - 1].end_ns - time->worst[at - 1].start_ns)
        at--;
    if (at == WORST_TURNS)
        return;
    if (time->worst_count < WORST_TURNS)
        time->worst_count++;
    for (unsigned i = time->worst_count - 1; i > at; i--)
        time->worst[i] = time->worst[i - 1];
    time->worst[at] = *turn;
}

/* A turn that served one task alone: what that task is woken for. */
static void note_sole(struct model *model, const struct poll_log *log)
{
    struct task_row *task = log->sole_task ? task_find(model, log->sole_task) : NULL;
    if (!task)
        return;
    task->sole_turns++;
    task->sole_ns += log->open.end_ns - log->open.start_ns;
    task->sole_work_ns += smaller(log->sole_ns, log->open.end_ns - log->open.start_ns);
}

void phases_end_turn(struct model *model, struct thread *thread, const struct event *turn)
{
    struct poll_log *log = thread->polls;
    if (!log)
        return;
    struct turn_time *open = &log->open;
    struct loop_time *time = &log->time;
    open->end_ns = turn->time_ns;
    open->start_ns = span_start(turn);
    fit(open);
    note_sole(model, log);
    for (unsigned i = 0; i < LSC_PHASE_LIMIT; i++)
        time->phase_ns[i] += open->phase_ns[i];
    time->other_ns += open->other_ns;
    time->polls += open->polls;
    keep_worst(time, open);
    *open = (struct turn_time){0};
    log->sole_task = 0;
    log->sole_ns = 0;
}

const struct loop_time *thread_time(const struct thread *thread)
{
    return thread->loop && thread->polls ? &thread->polls->time : NULL;
}
