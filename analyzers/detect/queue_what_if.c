/* SPDX-License-Identifier: MIT */
/* Which size or split of a pool would have removed the wait, by serving the recorded jobs again. */
#include <inttypes.h>
#include <stdio.h>

#include "queue.h"

/* The wait is gone when 99 % of the jobs wait less than this, or than a twentieth of what they did.
 */
#define TARGET_NS 1000000
#define TARGET_PART 20
/* A kind makes the others wait when it has this part of all service (hundredths of a percent). */
#define SPLIT_SHARE 500
#define SPLIT_JOBS_MIN 5

static bool waits_less(struct job_replay *replay, struct replay_request request, unsigned workers,
                       uint64_t target_ns, struct replay_result *result)
{
    request.workers = workers;
    return job_replay_run(replay, &request, result) == 0 && result->p99_ns <= target_ns;
}

/* The least number of workers from `least` on; 0: not even the most do. */
static unsigned workers_for(struct job_replay *replay, struct replay_request request,
                            unsigned least, uint64_t target_ns, struct replay_result *result)
{
    unsigned low = least, high = REPLAY_WORKERS_MAX;
    if (least > high || !waits_less(replay, request, high, target_ns, result))
        return 0;
    while (low < high) {
        unsigned middle = low + (high - low) / 2;
        if (waits_less(replay, request, middle, target_ns, result))
            high = middle;
        else
            low = middle + 1;
    }
    waits_less(replay, request, high, target_ns, result);
    return high;
}

static void try_split(struct what_if *what_if, const struct job_kind *kind)
{
    const struct job_view *view = what_if->view;
    struct replay_request others = {.without = kind->kind, .workers = what_if->pool->size_max};
    struct replay_result now, apart;
    if (kind->kind == 0 || kind->jobs == 0 || view->jobs - kind->jobs < SPLIT_JOBS_MIN ||
        (unsigned __int128)kind->service_total_ns * 10000 <
            (unsigned __int128)view->service_ns->sum * SPLIT_SHARE)
        return;
    if (job_replay_recorded(what_if->replay, &others, &now) < 0 ||
        job_replay_run(what_if->replay, &others, &apart) < 0 || now.p99_ns < TARGET_NS ||
        apart.p99_ns > now.p99_ns / 2)
        return;
    if (what_if->split && apart.p99_ns >= what_if->others_apart.p99_ns)
        return;
    what_if->split = kind;
    what_if->others_now = now;
    what_if->others_apart = apart;
}

bool what_if_fill(struct what_if *what_if)
{
    unsigned size = what_if->pool->size_max;
    struct replay_request all = {.workers = size};
    if (!what_if->replay || size == 0 || size > REPLAY_WORKERS_MAX ||
        job_replay_recorded(what_if->replay, &all, &what_if->recorded) < 0 ||
        job_replay_run(what_if->replay, &all, &what_if->same) < 0)
        return false;
    uint64_t part = what_if->recorded.p99_ns / TARGET_PART;
    uint64_t target = part > TARGET_NS ? part : TARGET_NS;
    what_if->workers = workers_for(what_if->replay, all, size + 1, target, &what_if->larger);
    for (unsigned i = 0; i < what_if->view->kind_count; i++)
        try_split(what_if, &what_if->view->kinds[i]);
    if (what_if->split) {
        struct replay_request only = {.only = what_if->split->kind};
        struct replay_result result, now;
        job_replay_recorded(what_if->replay, &only, &now);
        what_if->split_workers = workers_for(what_if->replay, only, 1, now.p99_ns, &result);
    }
    return true;
}

static void say_split(struct sentence *s, const struct what_if *what_if, const char *kind)
{
    char now[DURATION_BYTES], apart[DURATION_BYTES];
    say(s,
        "With %.40s requests in a pool of their own of %u worker%s, the other jobs would have "
        "waited %s "
        "(p99) instead of %s%s. ",
        kind, what_if->split_workers, what_if->split_workers == 1 ? "" : "s",
        duration_text(apart, what_if->others_apart.p99_ns),
        duration_text(now, what_if->others_now.p99_ns),
        what_if->split->is_slow ? " (c-ares needs no pool; in Node, dns.resolve uses it)" : "");
}

static void say_size(struct sentence *s, const struct what_if *what_if)
{
    char now[DURATION_BYTES], larger[DURATION_BYTES];
    duration_text(now, what_if->recorded.p99_ns);
    if (what_if->workers)
        say(s, "%s %u workers instead of %u, jobs would have waited %s (p99) instead of %s. ",
            what_if->split ? "Or with" : "With", what_if->workers, what_if->pool->size_max,
            duration_text(larger, what_if->larger.p99_ns), now);
    else
        say(s, "No number of workers up to %d would have removed the wait. ", REPLAY_WORKERS_MAX);
}

/* What the figures rest on. */
static void say_model(struct sentence *s, const struct what_if *what_if)
{
    bool has_slow = false;
    for (unsigned i = 0; i < what_if->view->kind_count; i++)
        has_slow |= what_if->view->kinds[i].is_slow;
    say(s,
        "(%zu jobs served again first come, first served%s, with their recorded arrivals and "
        "service times; that more workers share the same CPUs and disks is not considered.)",
        what_if->recorded.jobs,
        has_slow ? ", look-ups by half of the workers at most, as libuv does" : "");
}

void advise_by_replay(struct finding *finding, const struct judgement *in,
                      const struct what_if *what_if)
{
    struct sentence s = {finding->specific, sizeof(finding->specific), 0};
    char same[DURATION_BYTES], now[DURATION_BYTES];
    fact_number(finding, "replay_jobs", FACT_COUNT, what_if->recorded.jobs);
    fact_number(finding, "replay_recorded_wait_p99_ns", FACT_NS, what_if->recorded.p99_ns);
    fact_number(finding, "replay_same_size_wait_p99_ns", FACT_NS, what_if->same.p99_ns);
    if (what_if->same.p99_ns < what_if->recorded.p99_ns / 2) {
        say(&s,
            "No size can be told: served again by %u workers, the recorded jobs would have waited "
            "%s (p99) instead of %s; the workers were kept from work by something else.",
            what_if->pool->size_max, duration_text(same, what_if->same.p99_ns),
            duration_text(now, what_if->recorded.p99_ns));
        return;
    }
    if (what_if->split && what_if->split_workers) {
        const char *kind = model_string(in->model, what_if->split->kind).bytes;
        say_split(&s, what_if, kind);
        fact_text(finding, "split_kind", kind);
        fact_number(finding, "split_workers", FACT_COUNT, what_if->split_workers);
        fact_number(finding, "split_others_wait_p99_ns", FACT_NS, what_if->others_apart.p99_ns);
    }
    say_size(&s, what_if);
    if (what_if->workers) {
        fact_number(finding, "enough_workers", FACT_COUNT, what_if->workers);
        fact_number(finding, "enough_workers_wait_p99_ns", FACT_NS, what_if->larger.p99_ns);
    }
    say_model(&s, what_if);
}
