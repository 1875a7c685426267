/* SPDX-License-Identifier: MIT */
/* Wrong: each tick hands a pool of four threads more jobs than they can do, so that jobs queue up
 * and all four threads are busy without a pause while the loop itself looks idle.
 *
 * loopscope must say: queue-saturated on the pool of 4 whose threads run pool_thread, and how long.
 * The healthy twin hands it one job a tick. */
#include "ticker.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#define TICKS 60
#define PERIOD_MS 10
#define THREADS 4
#define JOB_US 5000

struct pool {
    pthread_mutex_t lock;
    pthread_cond_t is_work;
    pthread_t threads[THREADS];
    unsigned jobs; /* waiting */
    unsigned jobs_per_tick;
    bool is_closed;
};

static void *pool_thread(void *context)
{
    struct pool *pool = context;

    pthread_mutex_lock(&pool->lock);
    for (;;) {
        while (pool->jobs == 0 && !pool->is_closed)
            pthread_cond_wait(&pool->is_work, &pool->lock);
        if (pool->jobs == 0)
            break;
        pool->jobs--;
        pthread_mutex_unlock(&pool->lock);
        usleep(JOB_US);
        pthread_mutex_lock(&pool->lock);
    }
    pthread_mutex_unlock(&pool->lock);
    return NULL;
}

static void on_tick(unsigned tick, void *context)
{
    struct pool *pool = context;

    (void)tick;
    pthread_mutex_lock(&pool->lock);
    pool->jobs += pool->jobs_per_tick;
    pthread_cond_broadcast(&pool->is_work);
    pthread_mutex_unlock(&pool->lock);
}

static void pool_close(struct pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    pool->is_closed = true;
    pthread_cond_broadcast(&pool->is_work);
    pthread_mutex_unlock(&pool->lock);
    for (int i = 0; i < THREADS; i++)
        pthread_join(pool->threads[i], NULL);
}

int main(int argc, char **argv)
{
    struct pool pool = {.lock = PTHREAD_MUTEX_INITIALIZER,
                        .is_work = PTHREAD_COND_INITIALIZER,
                        .jobs_per_tick = ticker_wants_healthy(argc, argv) ? 1 : 12};

    for (int i = 0; i < THREADS; i++)
        if (pthread_create(&pool.threads[i], NULL, pool_thread, &pool) != 0)
            return EXIT_FAILURE;
    int status = ticker_run(TICKS, PERIOD_MS, on_tick, &pool);
    uint64_t start = ticker_now_ns();
    pool_close(&pool);
    ticker_say_held(1, (uint64_t)TICKS * PERIOD_MS * 1000 * 1000 + ticker_now_ns() - start);
    return status < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
