/* SPDX-License-Identifier: MIT */
/* A discrete simulation of a pool: arrivals in order, a heap of the workers' ends of service. */
#include "replay.h"

#include <errno.h>
#include <stdlib.h>

#include "histogram.h"

/* Stands in the queue for whichever slow job is next. */
#define SLOW_TURN UINT32_MAX

struct service {
    uint64_t end_ns;
    bool is_slow;
};

struct pool_state {
    const struct replay_job *jobs;
    uint32_t *queue; /* a ring of job numbers and the one SLOW_TURN */
    size_t room, first, count;
    uint32_t *slow; /* slow jobs that wait, never more than all */
    size_t slow_first, slow_end;
    struct service *services; /* a heap, the earliest end on top */
    unsigned workers, busy, slow_busy;
    struct histogram waits;
};

static void push(struct pool_state *pool, uint32_t entry)
{
    pool->queue[(pool->first + pool->count++) % pool->room] = entry;
}

static uint32_t pop(struct pool_state *pool)
{
    uint32_t entry = pool->queue[pool->first];
    pool->first = (pool->first + 1) % pool->room;
    pool->count--;
    return entry;
}

static void swap(struct service *a, struct service *b)
{
    struct service kept = *a;
    *a = *b;
    *b = kept;
}

static void heap_add(struct pool_state *pool, struct service service)
{
    unsigned at = pool->busy++;
    pool->services[at] = service;
    for (; at > 0 && pool->services[at].end_ns < pool->services[(at - 1) / 2].end_ns;
         at = (at - 1) / 2)
        swap(&pool->services[at], &pool->services[(at - 1) / 2]);
}

static struct service heap_take(struct pool_state *pool)
{
    struct service *heap = pool->services, top = heap[0];
    heap[0] = heap[--pool->busy];
    for (unsigned at = 0;;) {
        unsigned least = at, left = 2 * at + 1;
        for (unsigned child = left; child < left + 2 && child < pool->busy; child++)
            if (heap[child].end_ns < heap[least].end_ns)
                least = child;
        if (least == at)
            return top;
        swap(&heap[at], &heap[least]);
        at = least;
    }
}

static bool may_take_slow(const struct pool_state *pool)
{
    return pool->slow_busy < (pool->workers + 1) / 2;
}

/* The next job for a free worker, SLOW_TURN when there is none that it may take. */
static uint32_t next_job(struct pool_state *pool)
{
    while (pool->count > 0) {
        uint32_t entry = pop(pool);
        if (entry != SLOW_TURN)
            return entry;
        if (may_take_slow(pool)) {
            uint32_t job = pool->slow[pool->slow_first++];
            if (pool->slow_first < pool->slow_end)
                push(pool, SLOW_TURN);
            return job;
        }
        push(pool, SLOW_TURN);
        if (pool->count == 1)
            break;
    }
    return SLOW_TURN;
}

static void serve(struct pool_state *pool, uint64_t now)
{
    while (pool->busy < pool->workers) {
        uint32_t number = next_job(pool);
        if (number == SLOW_TURN)
            return;
        const struct replay_job *job = &pool->jobs[number];
        uint64_t end = job->service_ns > UINT64_MAX - now ? UINT64_MAX : now + job->service_ns;
        histogram_count(&pool->waits, now - job->arrival_ns);
        pool->slow_busy += job->is_slow;
        heap_add(pool, (struct service){.end_ns = end, .is_slow = job->is_slow});
    }
}

static void finish_until(struct pool_state *pool, uint64_t now)
{
    while (pool->busy > 0 && pool->services[0].end_ns <= now) {
        struct service done = heap_take(pool);
        pool->slow_busy -= done.is_slow;
        serve(pool, done.end_ns);
    }
}

static void arrive(struct pool_state *pool, uint32_t number)
{
    if (!pool->jobs[number].is_slow) {
        push(pool, number);
    } else {
        if (pool->slow_first == pool->slow_end)
            push(pool, SLOW_TURN);
        pool->slow[pool->slow_end++] = number;
    }
    serve(pool, pool->jobs[number].arrival_ns);
}

int replay_run(const struct replay_job *jobs, size_t count, unsigned workers,
               struct replay_result *result)
{
    *result = (struct replay_result){.jobs = count};
    if (workers == 0 || workers > REPLAY_WORKERS_MAX || count >= SLOW_TURN)
        return -EINVAL;
    struct pool_state pool = {.jobs = jobs, .room = count + 1, .workers = workers};
    pool.queue = calloc(pool.room, sizeof(*pool.queue));
    pool.slow = calloc(pool.room, sizeof(*pool.slow));
    pool.services = calloc(workers, sizeof(*pool.services));
    int status = pool.queue && pool.slow && pool.services ? 0 : -ENOMEM;
    for (size_t i = 0; status == 0 && i < count; i++) {
        finish_until(&pool, jobs[i].arrival_ns);
        arrive(&pool, (uint32_t)i);
    }
    if (status == 0)
        finish_until(&pool, UINT64_MAX);
    result->p50_ns = histogram_quantile(&pool.waits, 5000);
    result->p99_ns = histogram_quantile(&pool.waits, 9900);
    result->max_ns = pool.waits.max;
    result->total_ns = pool.waits.sum;
    histogram_free(&pool.waits);
    free(pool.queue);
    free(pool.slow);
    free(pool.services);
    return status;
}
