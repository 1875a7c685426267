/* SPDX-License-Identifier: MIT */
/* Two clerks who move money between the same two accounts, in opposite directions.
 *
 * Wrong: each locks the account that it takes from first, and waits for the other one with that
 * lock in hand. When both have begun a transfer neither can ever go on.
 * loopscope must say: deadlock, with both clerks, both mutexes and the line marked DEFECT. The
 * healthy twin (`deadlock healthy`) locks the account with the lower number first, always. */
#include <stdio.h>
#include <string.h>

#include "loopscope/executor.h"
#include "loopscope/sync.h"
#include "loopscope/time.h"

#define TRANSFERS 100
#define PATIENCE_MS 700 /* the program gives up then, as somebody who watches it would */

static bool is_healthy;
static unsigned finished;

static struct account {
    struct lsc_mutex lock;
    long balance;
} accounts[2];

/* Moves one coin from one account to the other. */
struct transfer {
    struct lsc_frame frame;
    int from;
};

static struct account *first_to_lock(const struct transfer *self)
{
    return &accounts[is_healthy ? 0 : self->from];
}

static lsc_result move(struct lsc_context *cx, void *state)
{
    struct transfer *self = state;
    struct account *first = first_to_lock(self), *second = &accounts[first == accounts];
    lsc_result r;
    LSC_BEGIN(cx, self);
    LSC_AWAIT(r, lsc_mutex_lock(cx, &first->lock));
    if (r < 0)
        LSC_RETURN(r);
    LSC_AWAIT(r, lsc_yield(cx));                     /* others work, too */
    LSC_AWAIT(r, lsc_mutex_lock(cx, &second->lock)); /* DEFECT */
    if (r >= 0) {
        accounts[self->from].balance--;
        accounts[1 - self->from].balance++;
        lsc_mutex_unlock(cx, &second->lock);
    }
    lsc_mutex_unlock(cx, &first->lock);
    LSC_END(r);
}

struct clerk {
    struct lsc_frame frame;
    struct transfer transfer;
    int i;
};

static lsc_result clerk(struct lsc_context *cx, void *state)
{
    struct clerk *self = state;
    lsc_result r = 0;
    LSC_BEGIN(cx, self);
    for (self->i = 0; self->i < TRANSFERS && r >= 0; self->i++) {
        LSC_AWAIT(r, move(cx, &self->transfer));
        finished += r >= 0;
    }
    LSC_END(r);
}

static lsc_result open_bank(struct lsc_context *cx, void *state)
{
    struct clerk *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    lsc_mutex_init(&accounts[0].lock, "savings");
    lsc_mutex_init(&accounts[1].lock, "expenses");
    lsc_spawn(cx, clerk, (&(struct clerk){.transfer = {.from = 0}}), .name = "ann");
    lsc_spawn(cx, clerk, (&(struct clerk){.transfer = {.from = 1}}), .name = "bob");
    LSC_AWAIT(r, lsc_sleep(cx, PATIENCE_MS));
    LSC_END(r);
}

int main(int count, char **arguments)
{
    static struct lsc_executor *executor;
    is_healthy = count > 1 && strcmp(arguments[1], "healthy") == 0;
    if (lsc_executor_new(&executor, &(struct lsc_executor_options){.workers = 1}) != 0)
        return 1;
    lsc_executor_run(executor, open_bank, (&(struct clerk){.i = 0}));
    printf("%u transfers\n", finished);
    return 0; /* the executor is left as it stands: its tasks cannot end */
}
