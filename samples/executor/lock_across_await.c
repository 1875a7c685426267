/* SPDX-License-Identifier: MIT */
/* A cache that is saved now and then, and read all the time.
 *
 * Wrong: it is kept locked while it is written to a slow disk, and those who read it wait for the
 * disk with it. loopscope must say: lock-across-await on the mutex "cache", held in save.
 * The healthy twin (`lock_across_await healthy`) takes a copy under the lock, and writes that. */
#include <stdio.h>
#include <string.h>

#include "loopscope/executor.h"
#include "loopscope/sync.h"
#include "loopscope/time.h"

#define SAVES 12
#define DISK_MS 60

static bool is_healthy;
static struct cache {
    struct lsc_mutex lock;
    int values[64];
    bool is_over;
} cache;

struct saver {
    struct lsc_frame frame;
    int copy[64];
    int round;
};

/* As slow as the disk is. */
static lsc_result write_out(struct lsc_context *cx, const int *values)
{
    (void)values;
    return lsc_sleep(cx, DISK_MS);
}

static lsc_result save(struct lsc_context *cx, void *state)
{
    struct saver *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    for (self->round = 0; self->round < SAVES; self->round++) {
        LSC_AWAIT(r, lsc_mutex_lock(cx, &cache.lock));
        memcpy(self->copy, cache.values, sizeof(self->copy));
        if (is_healthy)
            lsc_mutex_unlock(cx, &cache.lock);
        LSC_AWAIT(r, write_out(cx, self->copy)); /* DEFECT: the lock is still held */
        if (!is_healthy)
            lsc_mutex_unlock(cx, &cache.lock);
        LSC_AWAIT(r, lsc_sleep(cx, 20));
    }
    cache.is_over = true;
    LSC_END(r);
}

struct reader {
    struct lsc_frame frame;
    int reads;
};

static lsc_result read_cache(struct lsc_context *cx, void *state)
{
    struct reader *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    for (r = 0; r >= 0 && !cache.is_over;) {
        LSC_AWAIT(r, lsc_mutex_lock(cx, &cache.lock));
        cache.values[self->reads++ % 64]++;
        lsc_mutex_unlock(cx, &cache.lock);
        LSC_AWAIT(r, lsc_sleep(cx, 2));
    }
    LSC_END(self->reads);
}

struct program {
    struct lsc_frame frame;
    struct lsc_join saver, reader;
};

static lsc_result run(struct lsc_context *cx, void *state)
{
    struct program *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    lsc_mutex_init(&cache.lock, "cache");
    lsc_spawn(cx, save, (&(struct saver){.round = 0}), .name = "saver", .join = &self->saver);
    lsc_spawn(cx, read_cache, (&(struct reader){.reads = 0}), .name = "reader",
              .join = &self->reader);
    LSC_AWAIT(r, lsc_join_await(cx, &self->saver));
    LSC_AWAIT(r, lsc_join_await(cx, &self->reader));
    lsc_mutex_free(&cache.lock);
    LSC_END(r);
}

int main(int count, char **arguments)
{
    struct lsc_executor *executor;
    is_healthy = count > 1 && strcmp(arguments[1], "healthy") == 0;
    if (lsc_executor_new(&executor, &(struct lsc_executor_options){.workers = 1}) != 0)
        return 1;
    lsc_result reads = lsc_executor_run(executor, run, &(struct program){.frame = {0}});
    lsc_executor_delete(executor);
    printf("%d reads\n", (int)reads);
    return 0;
}
