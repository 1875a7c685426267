/* SPDX-License-Identifier: MIT */
/* Detector worker-imbalance: workers with nothing to do beside one that has too much. In windows of
 * 268 ms (model/balance.c): one was busy for nine tenths of it while ready tasks waited for it for
 * half, and another of its group was busy for three tenths at most, a third as much (dial9 calls
 * three times imbalance). Told from WINDOWS of them on. Executors that steal work do not get there;
 * one executor, or loop, per thread does, when the work is not spread evenly. A worker that never
 * polled or woke up leaves no record and is not seen. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "registry.h"
#include "tasks.h"

#define WINDOWS 4

static unsigned percent_of(uint64_t part_ns, const struct balance_row *row)
{
    return (unsigned)((unsigned __int128)part_ns * 100 / (row->windows * BALANCE_WINDOW_NS));
}

static void say_row(struct finding *finding, const struct judgement *in,
                    const struct balance_row *row)
{
    struct sentence s = {finding->title, sizeof(finding->title), 0};
    const struct thread *busy = model_thread(in->model, row->key.busy);
    char time[DURATION_BYTES], delay[DURATION_BYTES];
    say_worker(&s, busy);
    s.out[0] = 'W';
    say(&s, " was busy for %u %% of %s", percent_of(row->busy_ns, row),
        duration_text(time, row->windows * BALANCE_WINDOW_NS));
    say(&s, ", with ready tasks waiting for it for %u %% (one in ten for %s or longer), while ",
        percent_of(row->waited_ns, row),
        duration_text(delay, worker_delay_quantile(thread_worker(busy), 9000)));
    say_worker(&s, model_thread(in->model, row->idle));
    if (row->idle_count > 1)
        say(&s, " and %u more like it", row->idle_count - 1);
    say(&s, " had next to nothing to do: busy for %u %%.", percent_of(row->idle_busy_ns, row));
}

static void facts_of_worker(struct finding *finding, const struct judgement *in,
                            const char *const keys[5], uint32_t id)
{
    const struct thread *thread = model_thread(in->model, id);
    const struct worker *worker = thread_worker(thread);
    fact_text(finding, keys[0], thread->name);
    fact_number(finding, keys[1], FACT_PERCENT, worker_utilization(in->model, thread));
    fact_number(finding, keys[2], FACT_COUNT, worker->polls);
    fact_number(finding, keys[3], FACT_COUNT, worker->parks);
    fact_number(finding, keys[4], FACT_COUNT, worker->stolen);
}

static void facts(struct finding *finding, const struct judgement *in,
                  const struct balance_row *row)
{
    static const char *const busy[] = {"busy_worker", "busy_utilization_percent", "busy_polls",
                                       "busy_parks", "busy_stole_tasks"};
    static const char *const idle[] = {"idle_worker", "idle_utilization_percent", "idle_polls",
                                       "idle_parks", "idle_stole_tasks"};
    facts_of_worker(finding, in, busy, row->key.busy);
    facts_of_worker(finding, in, idle, row->idle);
    fact_number(finding, "idle_workers", FACT_COUNT, row->idle_count);
    fact_number(finding, "windows", FACT_COUNT, row->windows);
    fact_number(finding, "busy_ns", FACT_NS, row->busy_ns);
    fact_number(finding, "waited_ns", FACT_NS, row->waited_ns);
    fact_number(finding, "idle_busy_ns", FACT_NS, row->idle_busy_ns);
    fact_number(finding, "seen_ns", FACT_NS, finding->seen_ns);
}

static void report(const struct detector *detector, const struct judgement *in,
                   const struct balance_row *row, struct findings *out)
{
    struct finding *finding = finding_new(out, detector);
    const struct thread *busy = model_thread(in->model, row->key.busy);
    if (!finding)
        return;
    finding->cause = "imbalance";
    finding->count = row->windows;
    finding->total_ns = row->windows * BALANCE_WINDOW_NS;
    finding->first_ns = row->first_ns;
    finding->last_ns = row->last_ns;
    finding->seen_ns = worker_span_ns(busy);
    finding->thread = row->key.busy;
    finding->severity = severity_of(detector->defaults, in->stall_ns, row->windows, 0,
                                    finding->total_ns, finding->seen_ns);
    snprintf(finding->entity, sizeof(finding->entity), "worker '%s' (tid %" PRIu32 ")", busy->name,
             busy->tid);
    say_row(finding, in, row);
    facts(finding, in, row);
    finding->why = "Tasks wait for a worker although there is one: their delay is not for want of "
                   "processors.";
    finding->advice = "Let workers take work from each other: one executor with several workers "
                      "instead of one per thread. Where tasks must stay, spread them by load "
                      "instead of by a key that few values share, and split the busiest.";
}

static unsigned workers_seen(const struct model *model)
{
    unsigned count = 0;
    for (unsigned i = 0; i < model_thread_count(model); i++)
        count += thread_worker(model_thread_at(model, i)) != NULL;
    return count;
}

static enum verdict judge(const struct detector *detector, const struct judgement *in,
                          struct findings *out)
{
    size_t before = out->count, count;
    struct balance_row *rows = model_balance(in->model, &count);
    for (size_t i = 0; rows && i < count; i++)
        if (rows[i].windows >= WINDOWS)
            report(detector, in, &rows[i], out);
    free(rows);
    if (out->count > before)
        return VERDICT_FINDING;
    bool is_early = model_seen_ns(in->model) < WINDOWS * BALANCE_WINDOW_NS;
    return workers_seen(in->model) < 2 || is_early ? VERDICT_NOT_YET : VERDICT_OK;
}

const struct detector detector_worker_imbalance = {
    .id = "worker-imbalance",
    .title = "workers that idle beside one that has too much to do",
    .defaults = &severity_saturated,
    .reads = "polls, wakes and parks by worker",
    .judge = judge,
};
