/* SPDX-License-Identifier: MIT */
/* Wrong: every 20th tick hands a pool of four threads a hundred jobs at once. All four are busy
 * without a pause for more than 100 ms, the other jobs wait in the queue, and the loop itself looks
 * idle.
 *
 * loopscope must say: queue-saturated on the pool of 4 whose threads run pool_thread, and how long.
 * The healthy twin hands it one job a tick. */
#include "ticker.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#define TICKS 90
#define PERIOD_MS 10
#define THREADS 4
#define JOB_US 5000
#define BURST_JOBS 100
#define BURST_EVERY 20

struct pool {
    pthread_mutex_t lock;
    pthread_cond_t is_work;
    unsigned waiting, unfinished; /* jobs */
    uint64_t burst_ns;            /* when the last burst began */
    bool is_healthy;
    unsigned held;
    uint64_t held_ns;
};

static void job_finished(struct pool *pool)
{
    if (--pool->unfinished > 0)
        return;
    pool->held++;
    pool->held_ns += ticker_now_ns() - pool->burst_ns;
}

static void *pool_thread(void *context)
{
    struct pool *pool = context;

    pthread_mutex_lock(&pool->lock);
    for (;;) {
        while (pool->waiting == 0)
            pthread_cond_wait(&pool->is_work, &pool->lock);
        pool->waiting--;
        pthread_mutex_unlock(&pool->lock);
        usleep(JOB_US);
        pthread_mutex_lock(&pool->lock);
        job_finished(pool);
    }
    return NULL;
}

static void submit(struct pool *pool, unsigned jobs)
{
    pthread_mutex_lock(&pool->lock);
    pool->burst_ns = ticker_now_ns();
    pool->waiting += jobs;
    pool->unfinished += jobs;
    pthread_cond_broadcast(&pool->is_work);
    pthread_mutex_unlock(&pool->lock);
}

static void on_tick(unsigned tick, void *context)
{
    struct pool *pool = context;

    if (pool->is_healthy)
        submit(pool, 1);
    else if (tick % BURST_EVERY == 5)
        submit(pool, BURST_JOBS);
}

int main(int argc, char **argv)
{
    static struct pool pool = {.lock = PTHREAD_MUTEX_INITIALIZER,
                               .is_work = PTHREAD_COND_INITIALIZER};

    pool.is_healthy = ticker_wants_healthy(argc, argv);
    for (int i = 0; i < THREADS; i++) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, pool_thread, &pool) != 0)
            return EXIT_FAILURE;
        pthread_detach(thread);
    }
    int status = ticker_run(TICKS, PERIOD_MS, on_tick, &pool);
    pthread_mutex_lock(&pool.lock);
    ticker_say_held(pool.held, pool.held_ns);
    return status < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
