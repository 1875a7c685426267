/* SPDX-License-Identifier: MIT */
/* Walks back through the latest records. */
#include "task_recent.h"

#define EVENTS_SEEN 65536   /* for the task's own screen */
#define EVENTS_GLANCED 8192 /* for where keys lead */

struct walk {
    uint32_t task;
    unsigned left;
    struct task_recent *recent;
    struct task_latest latest;
};

static void count_other(struct recent_others *others, uint32_t task, uint64_t time_ns)
{
    unsigned at = 0;
    while (at < others->count && others->at[at].task != task)
        at++;
    if (at == RECENT_OTHERS) {
        others->more++;
        return;
    }
    if (at == others->count)
        others->at[others->count++] = (struct recent_other){.task = task, .last_ns = time_ns};
    others->at[at].count++;
    for (; at && others->at[at - 1].count < others->at[at].count; at--) {
        struct recent_other swap = others->at[at];
        others->at[at] = others->at[at - 1];
        others->at[at - 1] = swap;
    }
}

static bool see_all(const struct event *event, void *data)
{
    struct walk *walk = data;
    struct task_recent *recent = walk->recent;
    recent->since_ns = event->time_ns;
    if (event->type == LSC_RECORD_POLL && event->task == walk->task &&
        recent->poll_count < RECENT_POLLS)
        recent->polls[recent->poll_count++] = *event;
    if (event->type == LSC_RECORD_WAKE && event->task == walk->task)
        count_other(&recent->woken_by, (uint32_t)event->arg, event->time_ns);
    else if (event->type == LSC_RECORD_WAKE && event->arg == walk->task)
        count_other(&recent->woke, event->task, event->time_ns);
    return --walk->left > 0;
}

void task_recent_of(const struct app *app, const struct entity *task, struct task_recent *out)
{
    struct walk walk = {.task = (uint32_t)task->id, .left = EVENTS_SEEN, .recent = out};
    *out = (struct task_recent){.since_ns = 0};
    tail_walk(app_feed(app)->tail, task->process, see_all, &walk);
}

static bool see_latest(const struct event *event, void *data)
{
    struct walk *walk = data;
    struct task_latest *latest = &walk->latest;
    if (event->task == walk->task && event->type == LSC_RECORD_WAKE && !latest->has_waker &&
        event->arg != walk->task) {
        latest->has_waker = true;
        latest->waker = (uint32_t)event->arg;
    }
    if (event->task == walk->task && event->type == LSC_RECORD_POLL && !latest->has_thread) {
        latest->has_thread = true;
        latest->thread = event->thread;
    }
    return --walk->left > 0 && !(latest->has_waker && latest->has_thread);
}

struct task_latest task_latest_of(const struct app *app, const struct entity *task)
{
    struct walk walk = {.task = (uint32_t)task->id, .left = EVENTS_GLANCED};
    tail_walk(app_feed(app)->tail, task->process, see_latest, &walk);
    return walk.latest;
}
