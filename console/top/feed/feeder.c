/* SPDX-License-Identifier: MIT */
/* Opens what is observed, drains it in pieces, pauses and judges. */
#include "feeder.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "analyzers/source/live.h"
#include "feeder_state.h"

#define JUDGE_EVERY_NS UINT64_C(250000000)
#define JUDGE_SHARE 20 /* one in so many of all time */
/* Where only time passes: a wait that goes on may have become too long. */
#define JUDGE_IDLE_NS UINT64_C(2000000000)
#define JUDGE_IDLE_SHARE 250
#define FILE_PAUSE_US 20000u
#define IDLE_PAUSE_US 100000u

uint64_t feeder_clock_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

void feeder_break(struct feeder *feeder, int error)
{
    const char *text = feeder->source->error;
    snprintf(feeder->feed.error, sizeof(feeder->feed.error), "%.200s",
             text[0] ? text : strerror(-error));
    feeder->feed.state = FEED_BROKEN;
}

/* The source's threads must not take the signals that the console waits for. */
static int open_live(struct feeder *feeder, const struct feeder_options *options, char *why,
                     size_t why_bytes)
{
    struct live_options live = {.directory = options->directory,
                                .pid = options->pid,
                                .run_id = options->run_id,
                                .only_path = options->segment,
                                .want_children = true,
                                .want_past = true,
                                .want_symbols = true};
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    int error = live_open(&live, &feeder->source, why, why_bytes);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    feeder->feed.kind = FEED_LIVE;
    feeder->feed.state = FEED_RUNNING;
    feeder->is_alone = options->pid != 0 || options->run_id != 0 || options->segment;
    return error;
}

int feeder_open(const struct feeder_options *options, struct feeder **out, char *why,
                size_t why_bytes)
{
    *out = NULL;
    struct feeder *feeder = calloc(1, sizeof(*feeder));
    int error = feeder ? intake_begin(feeder) : -ENOMEM;
    if (error < 0) {
        snprintf(why, why_bytes, "%s", strerror(-error));
        feeder_close(feeder);
        return error;
    }
    feeder->feed.now_ns = feeder_clock_ns();
    error = options->path ? replay_open(feeder, options, why, why_bytes)
                          : open_live(feeder, options, why, why_bytes);
    if (error < 0) {
        feeder_close(feeder);
        return error;
    }
    *out = feeder;
    return 0;
}

void feeder_close(struct feeder *feeder)
{
    if (!feeder)
        return;
    intake_end(feeder);
    if (feeder->source)
        feeder->source->ops->close(feeder->source);
    hold_delete(feeder->hold);
    free(feeder);
}

struct feed *feeder_feed(struct feeder *feeder)
{
    return &feeder->feed;
}

uint64_t feed_process_now(const struct feed *feed, unsigned process)
{
    const struct model *model = feed->processes[process].model;
    const struct end_item *end = model_end(model);
    if (end)
        return end->time_ns > model_seen_ns(model) ? end->time_ns : model_seen_ns(model);
    int64_t now, started = model_process(model)->started_mono_ns;
    bool goes_on = feed->kind == FEED_LIVE && feed->state == FEED_RUNNING &&
                   !__builtin_sub_overflow((int64_t)feed->now_ns, started, &now) && now > 0;
    return goes_on && (uint64_t)now > model_seen_ns(model) ? (uint64_t)now : model_seen_ns(model);
}

/* ---- what runs ---- */

static void take_live(struct feeder *feeder, const struct item *item)
{
    if (!feeder->hold) {
        intake_item(feeder, item);
        return;
    }
    hold_put(feeder->hold, item);
}

static bool drain(struct feeder *feeder, uint64_t until_ns)
{
    struct item item;
    bool is_news = false;
    for (unsigned i = 0; i % 64 != 63 || feeder_clock_ns() < until_ns; i++) {
        int outcome = feeder->source->ops->next(feeder->source, &item);
        if (outcome < 0)
            feeder_break(feeder, outcome);
        if (outcome != 1)
            break;
        is_news |= item.kind != ITEM_CLOCK; /* that time passes is told by the clock */
        take_live(feeder, &item);
        if (item.kind == ITEM_EVENTS && feeder_clock_ns() >= until_ns)
            break;
    }
    return is_news;
}

/* After a pause: applies what was held until it has met what comes. */
static bool catch_up(struct feeder *feeder, uint64_t until_ns)
{
    struct item item;
    int outcome = 1;
    while (outcome == 1 && feeder_clock_ns() < until_ns) {
        outcome = hold_take(feeder->hold, &item);
        if (outcome == 1)
            intake_item(feeder, &item);
    }
    if (outcome == 1)
        return true;
    feeder->feed.lost += hold_untold(feeder->hold);
    hold_delete(feeder->hold);
    feeder->hold = NULL;
    return true;
}

static bool is_all_over(const struct feeder *feeder)
{
    const struct feed *feed = &feeder->feed;
    if (!feeder->is_alone || feed->process_count == 0)
        return false;
    for (unsigned i = 0; i < feed->process_count; i++)
        if (feed->processes[i].is_alive)
            return false;
    return true;
}

static void note_silence(struct feeder *feeder)
{
    struct feed *feed = &feeder->feed;
    for (uint32_t i = 0; i < FEEDER_PROCESSES_MAX && i < feed->process_count; i++)
        if (feeder->placed[i].is_known && feed->processes[feeder->placed[i].place].is_alive)
            feed->processes[feeder->placed[i].place].news_ns =
                feed->now_ns - live_silent_ns(feeder->source, i);
}

static bool live_advance(struct feeder *feeder, uint64_t until_ns)
{
    struct feed *feed = &feeder->feed;
    bool is_news = drain(feeder, until_ns);
    bool is_catching_up = feeder->hold && feed->state != FEED_PAUSED;
    if (is_catching_up && feed->state != FEED_BROKEN)
        is_news |= catch_up(feeder, until_ns + (until_ns - feed->now_ns));
    feed->held = feeder->hold ? hold_records(feeder->hold) : 0;
    feed->held_lost = feeder->hold ? hold_lost(feeder->hold) : 0;
    note_silence(feeder);
    feed->symbols_pending = live_symbols_pending(feeder->source);
    if (feed->state == FEED_RUNNING || feed->state == FEED_ENDED)
        feed->state = is_all_over(feeder) ? FEED_ENDED : FEED_RUNNING;
    return is_news && (feed->state != FEED_PAUSED);
}

bool feeder_advance(struct feeder *feeder, uint64_t budget_ns)
{
    struct feed *feed = &feeder->feed;
    feed->now_ns = feeder_clock_ns();
    uint64_t until = feed->now_ns + budget_ns;
    enum feed_state before = feed->state;
    if (before == FEED_BROKEN)
        return false;
    bool is_news =
        feed->kind == FEED_FILE ? replay_advance(feeder, until) : live_advance(feeder, until);
    return is_news || feed->state != before;
}

uint64_t feeder_pause_us(const struct feeder *feeder)
{
    const struct feed *feed = &feeder->feed;
    if (feed->state == FEED_BROKEN)
        return IDLE_PAUSE_US;
    if (feed->kind == FEED_FILE) {
        bool is_idle = feed->state == FEED_ENDED || feed->state == FEED_PAUSED;
        return is_idle ? IDLE_PAUSE_US : feed->state == FEED_LOADING ? 0 : FILE_PAUSE_US;
    }
    if (feeder->hold && feed->state != FEED_PAUSED)
        return 0;
    return live_pause_us(feeder->source);
}

static int begin_hold(struct feeder *feeder)
{
    if (!feeder->hold)
        feeder->hold = hold_new(HOLD_BYTES_MAX);
    if (!feeder->hold)
        return -errno;
    feeder->feed.state = FEED_PAUSED;
    return 0;
}

int feeder_toggle_pause(struct feeder *feeder)
{
    struct feed *feed = &feeder->feed;
    if (feed->kind == FEED_FILE)
        replay_toggle(feeder);
    else if (feed->state == FEED_PAUSED)
        feed->state = FEED_RUNNING;
    else if (feed->state == FEED_RUNNING)
        return begin_hold(feeder);
    return 0;
}

void feeder_child_ended(struct feeder *feeder, uint32_t pid, enum end_kind kind, int status)
{
    if (feeder->feed.kind == FEED_LIVE)
        live_child_ended(feeder->source, pid, kind, status);
}

/* ---- judging ---- */

static bool is_due(const struct feeder *feeder, unsigned place, bool is_forced)
{
    const struct feed_process *process = &feeder->feed.processes[place];
    const struct judged *judged = &feeder->judged[place];
    if (is_forced || judged->at_ns == 0)
        return true;
    uint64_t wait = JUDGE_EVERY_NS;
    if (feeder->news[place] == judged->news) {
        wait = judged->cost_ns * JUDGE_IDLE_SHARE;
        wait = wait > JUDGE_IDLE_NS ? wait : JUDGE_IDLE_NS;
    }
    return model_seen_ns(process->model) != judged->seen_ns &&
           feeder->feed.now_ns - judged->at_ns >= wait;
}

static bool judge_one(struct feeder *feeder, unsigned place)
{
    struct feed_process *process = &feeder->feed.processes[place];
    struct judged *judged = &feeder->judged[place];
    if (!judged_renew(judged, process->model))
        return false;
    judged->at_ns = feeder->feed.now_ns;
    judged->news = feeder->news[place];
    process->findings = judged->findings;
    process->judged_ns = judged->seen_ns;
    return true;
}

bool feeder_judge(struct feeder *feeder, bool is_forced)
{
    struct judging *judging = &feeder->judging;
    unsigned count = feeder->feed.process_count;
    bool is_news = false;
    if (count == 0 || (!is_forced && feeder->feed.now_ns < judging->not_before_ns))
        return false;
    for (unsigned i = 0; i < count; i++) {
        unsigned place = judging->next++ % count;
        if (!is_due(feeder, place, is_forced))
            continue;
        uint64_t begun = feeder_clock_ns();
        is_news |= judge_one(feeder, place);
        uint64_t ended = feeder_clock_ns();
        feeder->judged[place].cost_ns = ended - begun;
        judging->not_before_ns = ended + (ended - begun) * (JUDGE_SHARE - 1);
        if (!is_forced)
            break;
    }
    return is_news;
}
