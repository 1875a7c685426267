/* SPDX-License-Identifier: MIT */
/* Two proposers that want a value chosen by a majority, as in Paxos: each asks for a promise with a
 * ballot number, and may then propose, unless a higher number was promised meanwhile.
 *
 * Wrong: who hears that a higher number was promised asks at once for a still higher one, and the
 * other hears of that. They outbid each other for ever ("Paxos Made Simple", 2.4): livelock of
 * "proposer 1" and "proposer 2" is what loopscope must say. The healthy twin (`livelock healthy`)
 * lets one propose, and the other wait for what was chosen. */
#include <stdio.h>
#include <string.h>

#include "loopscope/executor.h"
#include "loopscope/sync.h"
#include "loopscope/time.h"

#define RUN_MS 2000

static bool is_healthy;

/* What the majority knows. */
static struct {
    uint64_t promised, rounds;
    int chosen; /* 0: nothing yet */
} majority;

struct proposer {
    struct lsc_frame frame;
    struct lsc_notify *heard, *other_hears;
    int value;
    uint64_t ballot, end_ms;
};

static void ask_for_promise(struct proposer *self)
{
    self->ballot = majority.promised + 1;
    majority.promised = self->ballot;
    majority.rounds++;
    lsc_notify_one(self->other_hears);
}

static bool may_ask(const struct proposer *self)
{
    return !is_healthy || self->value == 1; /* DEFECT: both, whenever they like */
}

/* One round: the promise, the answer, the proposal if it still holds. */
static lsc_result propose(struct lsc_context *cx, void *state)
{
    struct proposer *self = state;
    lsc_result r = 0;
    LSC_BEGIN(cx, self);
    self->end_ms = lsc_time_ms() + RUN_MS;
    if (self->value == 2) /* comes second, and so has heard of the first */
        LSC_AWAIT(r, lsc_notify_wait(cx, self->heard));
    while (r >= 0 && !majority.chosen && lsc_time_ms() < self->end_ms) {
        if (may_ask(self))
            ask_for_promise(self);
        if (is_healthy && self->value == 1)
            LSC_AWAIT(r, lsc_sleep(cx, 1)); /* the answer's way back */
        else
            LSC_AWAIT(r, lsc_notify_wait(cx, self->heard));
        if (self->ballot && self->ballot == majority.promised)
            majority.chosen = self->value;
    }
    lsc_notify_one(self->other_hears);
    LSC_END(0);
}

struct election {
    struct lsc_frame frame;
    struct lsc_notify heard[2];
    struct lsc_join joins[2];
    int i;
};

static lsc_result hold_election(struct lsc_context *cx, void *state)
{
    struct election *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    for (self->i = 0; self->i < 2; self->i++)
        lsc_notify_init(&self->heard[self->i], self->i == 0 ? "1 hears" : "2 hears");
    for (self->i = 0; self->i < 2; self->i++) {
        struct proposer one = {.heard = &self->heard[self->i],
                               .other_hears = &self->heard[1 - self->i],
                               .value = self->i + 1};
        lsc_spawn(cx, propose, &one, .name = self->i == 0 ? "proposer 1" : "proposer 2",
                  .join = &self->joins[self->i]);
    }
    for (self->i = 0; self->i < 2; self->i++)
        LSC_AWAIT(r, lsc_join_await(cx, &self->joins[self->i]));
    LSC_END(r);
}

int main(int count, char **arguments)
{
    struct lsc_executor *executor;
    is_healthy = count > 1 && strcmp(arguments[1], "healthy") == 0;
    if (lsc_executor_new(&executor, &(struct lsc_executor_options){.workers = 1}) != 0)
        return 1;
    lsc_executor_run(executor, hold_election, (&(struct election){.i = 0}));
    lsc_executor_shutdown(executor, 1000);
    lsc_executor_delete(executor);
    printf("chosen: %d, promises: %llu\n", majority.chosen, (unsigned long long)majority.rounds);
    return 0;
}
