/* SPDX-License-Identifier: MIT */
/* A tiny executor of its own, which loopscope knows nothing of: it says what happens through
 * loopscope/probe.h and nothing else, and is shown like any other.
 *
 * Wrong: the indexer takes one item a round while the crawler has more, so that the channel between
 * them is full nearly all the time and the crawler waits. loopscope must say: queue-saturated on
 * the channel "pages". The healthy twin (`foreign_executor healthy`) takes what there is. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "loopscope/probe.h"

#define ROUNDS 1000
#define CAPACITY 16
#define BURST 8

/* ---- the executor ---- */

struct task {
    bool (*poll)(struct task *task); /* true: finished */
    lsc_task id;
    bool is_ready, is_finished;
};

static struct task *tasks[8];
static unsigned task_count;

static void spawn(struct task *task, const char *name, bool (*poll)(struct task *), lsc_site site)
{
    struct lsc_task_info info = {.kind = "foreign task", .name = name, .site = site};
    *task = (struct task){.poll = poll, .id = lsc_task_spawn(&info), .is_ready = true};
    tasks[task_count++] = task;
}

static void wake(struct task *task, lsc_site site)
{
    if (!task || task->is_ready || task->is_finished)
        return;
    task->is_ready = true;
    lsc_wake(task->id, site);
}

static void run_one(struct task *task)
{
    task->is_ready = false;
    lsc_poll_begin(task->id);
    task->is_finished = task->poll(task);
    lsc_poll_end(task->id, task->is_finished ? LSC_POLL_RESULT_READY : LSC_POLL_RESULT_PENDING);
    if (task->is_finished)
        lsc_task_end(task->id);
}

/* Runs what is ready until nothing is. */
static void run_ready(void)
{
    for (bool has_run = true; has_run;) {
        has_run = false;
        for (unsigned i = 0; i < task_count; i++) {
            if (!tasks[i]->is_ready)
                continue;
            run_one(tasks[i]);
            has_run = true;
        }
    }
}

static void sleep_ms(long ms)
{
    uint64_t begun = lsc_park_begin();
    nanosleep(&(struct timespec){0, ms * 1000000}, NULL);
    lsc_park_end(begun);
}

/* ---- a channel of numbers: who finds it full, or empty, waits ---- */

static struct {
    unsigned depth;
    lsc_resource id;
    struct task *sender, *receiver; /* who waits */
} pages;

static bool channel_send(struct task *self, lsc_site site)
{
    if (pages.depth == CAPACITY) {
        pages.sender = self;
        lsc_waiters(pages.id, 1);
        lsc_await(self->id, pages.id, site);
        return false;
    }
    lsc_depth(pages.id, ++pages.depth);
    wake(pages.receiver, site);
    return true;
}

static bool channel_receive(lsc_site site)
{
    if (pages.depth == 0)
        return false;
    lsc_depth(pages.id, --pages.depth);
    if (pages.sender)
        lsc_waiters(pages.id, 0);
    wake(pages.sender, site);
    pages.sender = NULL;
    return true;
}

/* ---- the program ---- */

static unsigned rounds, burst_left, received;
static bool is_healthy;

static bool crawl(struct task *self)
{
    while (burst_left > 0 && channel_send(self, LSC_SITE_HERE()))
        burst_left--;
    return rounds == ROUNDS;
}

static bool index_pages(struct task *self)
{
    while (channel_receive(LSC_SITE_HERE())) {
        received++;
        if (!is_healthy)
            break; /* DEFECT: one a round, though more come */
    }
    lsc_await(self->id, 0, LSC_SITE_HERE());
    return rounds == ROUNDS;
}

int main(int count, char **arguments)
{
    struct task crawler, indexer;
    is_healthy = count > 1 && strcmp(arguments[1], "healthy") == 0;
    pages.id = lsc_resource_new("channel", "pages", LSC_SITE_HERE(), CAPACITY);
    spawn(&crawler, "crawler", crawl, LSC_SITE_HERE());
    spawn(&indexer, "indexer", index_pages, LSC_SITE_HERE());
    while (rounds++ < ROUNDS) {
        burst_left = BURST;
        wake(&crawler, 0);
        wake(&indexer, 0);
        run_ready();
        sleep_ms(1);
    }
    lsc_mark("all is done", received);
    lsc_resource_delete(pages.id);
    printf("%u pages\n", received);
    return 0;
}
