/* SPDX-License-Identifier: MIT */
/* Sleeping, yielding, intervals. */
#include "loopscope/time.h"

#include <time.h>

#include "executor.h"

uint64_t lsc_time_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* The millisecond in progress counts as begun: never early. */
uint64_t time_after(uint64_t ms)
{
    uint64_t now = lsc_time_ms();
    return ms < UINT64_MAX - now - 1 ? now + ms + 1 : UINT64_MAX;
}

static bool sleep_withdraw(struct wait *wait)
{
    timer_disarm(&task_of_wait(wait)->timer);
    return true;
}

/* `result` holds when the sleep ends; nobody grants it, the timer only wakes. */
static const struct wait_kind sleep_waits = {"sleep", sleep_withdraw, NULL};

static void begin_sleep(struct lsc_context *cx, uint64_t at_ms)
{
    struct worker *worker = worker_of(cx);
    struct task *task = worker->running;
    uint64_t alarm_ms = at_ms;
    wait_begin(cx, &(struct wait_plan){.kind = &sleep_waits});
    task->wait.result = (lsc_result)at_ms;
    if (task->deadline_ms != 0 && task->masks == 0 && task->deadline_ms < alarm_ms)
        alarm_ms = task->deadline_ms;
    timer_arm(&worker->wheel, &task->timer, alarm_ms);
}

static bool sleep_is_over(struct task *task)
{
    struct wait *wait = &task->wait;
    if (wait->kind != &sleep_waits || lsc_time_ms() < (uint64_t)wait->result)
        return false;
    wait_forget(wait);
    return true;
}

static lsc_result sleep_on(struct lsc_context *cx, uint64_t at_ms)
{
    lsc_result result;
    if (sleep_is_over(context_running(cx)))
        return 0;
    if (!wait_is_new(cx, &sleep_waits, NULL, &result))
        return result;
    if (at_ms <= lsc_time_ms())
        return 0;
    begin_sleep(cx, at_ms);
    return LSC_PENDING;
}

lsc_result lsc_sleep_until(struct lsc_context *cx, uint64_t at_ms)
{
    return sleep_on(cx, at_ms);
}

lsc_result lsc_sleep(struct lsc_context *cx, uint64_t ms)
{
    if (ms == 0)
        return lsc_yield(cx);
    bool is_asleep = context_running(cx)->wait.kind == &sleep_waits;
    return sleep_on(cx, is_asleep ? 0 : time_after(ms));
}

static bool yield_withdraw(struct wait *wait)
{
    (void)wait;
    return true;
}

static const struct wait_kind yield_waits = {"yield", yield_withdraw, NULL};

lsc_result lsc_yield(struct lsc_context *cx)
{
    lsc_result result;
    struct task *task = context_running(cx);
    if (!wait_is_new(cx, &yield_waits, NULL, &result))
        return result;
    wait_begin(cx, &(struct wait_plan){.kind = &yield_waits});
    atomic_store_explicit(&task->wait.state, WAIT_GRANTED, memory_order_relaxed);
    task->wait.result = 0;
    task_wake(task);
    return LSC_PENDING;
}

void lsc_interval_begin(struct lsc_interval *interval, uint64_t period_ms,
                        enum lsc_missed_ticks missed)
{
    interval->period_ms = period_ms > 0 ? period_ms : 1;
    interval->next_ms = time_after(interval->period_ms);
    interval->missed = missed;
}

/* After a tick at its time or later: when the next is due, and how many fall out. */
static lsc_result advance(struct lsc_interval *interval)
{
    uint64_t now = lsc_time_ms();
    uint64_t missed = now > interval->next_ms ? (now - interval->next_ms) / interval->period_ms : 0;
    if (interval->missed == LSC_MISSED_BURST) {
        interval->next_ms += interval->period_ms;
        return 0;
    }
    if (interval->missed == LSC_MISSED_SKIP)
        interval->next_ms += (missed + 1) * interval->period_ms;
    else
        interval->next_ms = now + interval->period_ms;
    return (lsc_result)missed;
}

lsc_result lsc_interval_tick(struct lsc_context *cx, struct lsc_interval *interval)
{
    lsc_result result = sleep_on(cx, interval->next_ms);
    return result == 0 ? advance(interval) : result;
}
