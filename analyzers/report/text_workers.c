/* SPDX-License-Identifier: MIT */
/* The workers of executors, one line each: how busy, how they got their tasks, how long those had
 * been ready. */
#include <inttypes.h>
#include <stdlib.h>

#include "../model/workers.h"
#include "text.h"

#define WORKERS_SHOWN 4

/* Busiest first, then by id: a total order. */
static int busier_first(const void *left, const void *right)
{
    const struct thread *a = *(const struct thread *const *)left;
    const struct thread *b = *(const struct thread *const *)right;
    uint64_t busy_a = thread_worker(a)->busy_ns, busy_b = thread_worker(b)->busy_ns;
    if (busy_a != busy_b)
        return busy_a > busy_b ? -1 : 1;
    return a->id < b->id ? -1 : a->id > b->id;
}

static const char *count_text(char out[32], uint64_t count, const char *one, const char *many)
{
    snprintf(out, 32, "%" PRIu64 " %s", count, count == 1 ? one : many);
    return out;
}

/* How long tasks had been ready; nothing where no poll says. */
static void delays_text(char *out, size_t bytes, const struct worker *worker)
{
    char p50[DURATION_BYTES], p99[DURATION_BYTES], max[DURATION_BYTES];
    out[0] = '\0';
    if (worker_delays(worker))
        snprintf(out, bytes, "; tasks were ready for p50 %s, p99 %s, max %s",
                 duration_text(p50, worker_delay_quantile(worker, 5000)),
                 duration_text(p99, worker_delay_quantile(worker, 9900)),
                 duration_text(max, worker->delay_max_ns));
}

static void worker_line(const struct ink *ink, const struct model *model,
                        const struct thread *thread, const char *lead)
{
    const struct worker *worker = thread_worker(thread);
    char polls[32], parks[32], steals[32], delays[160];
    unsigned busy = worker_utilization(model, thread);
    delays_text(delays, sizeof(delays), worker);
    ink_print(ink, lead, TEXT_MARGIN, "'%s' (tid %" PRIu32 "): busy %u.%u %%, %s, %s, %s%s",
              thread->name, thread->tid, busy / 100, busy / 10 % 10,
              count_text(polls, worker->polls, "poll", "polls"),
              count_text(parks, worker->parks, "park", "parks"),
              count_text(steals, worker->steals, "steal", "steals"), delays);
}

void text_workers(const struct ink *ink, const struct model *model, bool verbose)
{
    unsigned total = model_thread_count(model), count = 0;
    const struct thread **workers = calloc(total ? total : 1, sizeof(struct thread *));
    for (unsigned i = 0; workers && i < total; i++)
        if (thread_worker(model_thread_at(model, i)))
            workers[count++] = model_thread_at(model, i);
    if (workers)
        qsort(workers, count, sizeof(struct thread *), busier_first);
    unsigned shown = verbose || count <= WORKERS_SHOWN ? count : WORKERS_SHOWN;
    for (unsigned i = 0; i < shown; i++)
        worker_line(ink, model, workers[i], i ? "" : "  workers");
    if (count > shown)
        ink_print(ink, "", TEXT_MARGIN, "… %u more workers, each less busy", count - shown);
    free(workers);
}
