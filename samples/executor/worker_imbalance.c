/* SPDX-License-Identifier: MIT */
/* A store in two shards, each with an executor of one worker on a thread of its own; a customer
 * belongs to one of them by number.
 *
 * Wrong: the shard is the last bit of the number, and customers have even numbers only: one worker
 * does all the work while the other idles. loopscope must say: worker-imbalance between the threads
 * "shard 0" and "shard 1". The healthy twin (`worker_imbalance healthy`) mixes the bits first. */
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "loopscope/executor.h"
#include "loopscope/time.h"

#define CUSTOMERS 8
#define RUN_MS 2500

static bool is_healthy;
static volatile uint64_t items[2];

static double now_ms(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

static unsigned shard_of(uint32_t number)
{
    if (is_healthy) /* Fibonacci hashing, Knuth 6.4: the upper bits of a product */
        return (unsigned)(number * UINT32_C(2654435769) >> 31);
    return number % 2; /* DEFECT */
}

struct customer {
    struct lsc_frame frame;
    unsigned shard;
    double end_ms;
};

/* A request of 200 us after the other. */
static lsc_result buy(struct lsc_context *cx, void *state)
{
    struct customer *self = state;
    lsc_result r = 0;
    LSC_BEGIN(cx, self);
    self->end_ms = now_ms() + RUN_MS;
    while (now_ms() < self->end_ms) {
        for (double end = now_ms() + 0.2; now_ms() < end;)
            items[self->shard]++;
        LSC_AWAIT(r, lsc_yield(cx));
    }
    LSC_END(r);
}

struct shard {
    struct lsc_frame frame;
    unsigned number;
    pthread_t thread;
    double end_ms;
};

/* Its customers, and a look at the clock now and then. */
static lsc_result keep_shard(struct lsc_context *cx, void *state)
{
    struct shard *self = state;
    lsc_result r = 0;
    LSC_BEGIN(cx, self);
    self->end_ms = now_ms() + RUN_MS;
    for (uint32_t i = 0; i < CUSTOMERS; i++)
        if (shard_of(1000 + 2 * i) == self->number)
            lsc_spawn(cx, buy, (&(struct customer){.shard = self->number}), .name = "customer");
    while (now_ms() < self->end_ms)
        LSC_AWAIT(r, lsc_sleep(cx, 20));
    LSC_END(r);
}

static void *run_shard(void *data)
{
    struct shard *shard = data;
    struct lsc_executor *executor;
    char name[16];
    snprintf(name, sizeof(name), "shard %u", shard->number);
    pthread_setname_np(pthread_self(), name);
    if (lsc_executor_new(&executor, &(struct lsc_executor_options){.workers = 1}) != 0)
        return NULL;
    lsc_executor_run(executor, keep_shard, shard);
    lsc_executor_shutdown(executor, 1000);
    lsc_executor_delete(executor);
    return NULL;
}

int main(int count, char **arguments)
{
    struct shard shards[2] = {{.number = 0}, {.number = 1}};
    is_healthy = count > 1 && strcmp(arguments[1], "healthy") == 0;
    for (unsigned i = 0; i < 2; i++)
        if (pthread_create(&shards[i].thread, NULL, run_shard, &shards[i]) != 0)
            return 1;
    for (unsigned i = 0; i < 2; i++)
        pthread_join(shards[i].thread, NULL);
    printf("shard 0 and 1 did %llu and %llu\n", (unsigned long long)items[0],
           (unsigned long long)items[1]);
    return 0;
}
