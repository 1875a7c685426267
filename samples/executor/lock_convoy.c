/* SPDX-License-Identifier: MIT */
/* Tellers of a bank, who all book at every tick of the clock, into one ledger.
 *
 * Wrong: each works its entry out with the ledger's lock in hand. After each tick a hundred tellers
 * queue at the lock, and however many workers there are, one of them works. loopscope must say:
 * lock-convoy at the mutex "ledger", held in book. The healthy twin (`lock_convoy healthy`) works
 * the entry out first, and holds the lock for as long as it takes to write it. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "loopscope/executor.h"
#include "loopscope/sync.h"
#include "loopscope/time.h"

#define TELLERS 100
#define TICKS 12
#define TICK_MS 100
#define WORK_US 300

static bool is_healthy;
static struct ledger {
    struct lsc_mutex lock;
    uint64_t sum, entries;
} ledger;

static uint64_t now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static uint64_t work_out(uint64_t entry)
{
    uint64_t end = now_us() + WORK_US;
    while (now_us() < end)
        entry = entry * 6364136223846793005u + 1442695040888963407u;
    return entry;
}

struct teller {
    struct lsc_frame frame;
    uint64_t opens_ms, entry;
    int tick;
};

static lsc_result book(struct lsc_context *cx, void *state)
{
    struct teller *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    for (self->tick = 1; self->tick <= TICKS; self->tick++) {
        LSC_AWAIT(r, lsc_sleep_until(cx, self->opens_ms + (uint64_t)self->tick * TICK_MS));
        if (is_healthy)
            self->entry = work_out(self->entry);
        LSC_AWAIT(r, lsc_mutex_lock(cx, &ledger.lock));
        if (!is_healthy)
            self->entry = work_out(self->entry); /* DEFECT: it needs no lock */
        ledger.sum += self->entry;
        ledger.entries++;
        lsc_mutex_unlock(cx, &ledger.lock);
    }
    LSC_END(r);
}

struct bank {
    struct lsc_frame frame;
    struct lsc_scope scope;
};

static lsc_result open_bank(struct lsc_context *cx, void *state)
{
    struct bank *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    lsc_mutex_init(&ledger.lock, "ledger");
    lsc_scope_begin(cx, &self->scope, 0);
    for (uint64_t i = 0; i < TELLERS; i++)
        lsc_spawn(cx, book, (&(struct teller){.opens_ms = lsc_time_ms(), .entry = i}),
                  .name = "teller", .scope = &self->scope);
    LSC_AWAIT(r, lsc_scope_end(cx, &self->scope));
    lsc_mutex_free(&ledger.lock);
    LSC_END(r);
}

int main(int count, char **arguments)
{
    struct lsc_executor *executor;
    is_healthy = count > 1 && strcmp(arguments[1], "healthy") == 0;
    if (lsc_executor_new(&executor, &(struct lsc_executor_options){.workers = 2}) != 0)
        return 1;
    lsc_result result = lsc_executor_run(executor, open_bank, &(struct bank){.frame = {0}});
    lsc_executor_delete(executor);
    printf("%d entries\n", (int)ledger.entries);
    return result < 0;
}
