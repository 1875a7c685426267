/* SPDX-License-Identifier: MIT */
/* Pools whose jobs waited, by their JOB records: how long, behind whom, and which size or split
 * would have helped, by serving the recorded jobs again. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "queue.h"

/* The wait is gone when 99 % of the jobs wait less than this, or than a twentieth of what they did.
 */
#define TARGET_NS 1000000
#define TARGET_PART 20
/* A kind makes the others wait when it has this part of all service (hundredths of a percent). */
#define SPLIT_SHARE 500
#define SPLIT_JOBS_MIN 5

struct what_if {
    const struct pool *pool;
    const struct job_view *view;
    uint64_t target_ns;
    struct replay_result recorded, same; /* as it was; replayed with the size it has */
    unsigned workers;                    /* that remove the wait; 0: no number does */
    struct replay_result larger;         /* with so many */
    const struct job_kind *split;        /* kind to serve apart, or NULL */
    unsigned split_workers;              /* that serve it no later than now */
    struct replay_result others_now, others_apart;
};

static bool waits_less(const struct pool *pool, struct replay_request request, unsigned workers,
                       uint64_t target_ns, struct replay_result *result)
{
    request.workers = workers;
    return jobs_replay(pool, &request, result) == 0 && result->p99_ns <= target_ns;
}

/* The least number of workers from `least` on; 0: not even the most do. */
static unsigned workers_for(const struct pool *pool, struct replay_request request, unsigned least,
                            uint64_t target_ns, struct replay_result *result)
{
    unsigned low = least, high = REPLAY_WORKERS_MAX;
    if (least > high || !waits_less(pool, request, high, target_ns, result))
        return 0;
    while (low < high) {
        unsigned middle = low + (high - low) / 2;
        if (waits_less(pool, request, middle, target_ns, result))
            high = middle;
        else
            low = middle + 1;
    }
    waits_less(pool, request, high, target_ns, result);
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
    if (jobs_recorded(what_if->pool, &others, &now) < 0 ||
        jobs_replay(what_if->pool, &others, &apart) < 0 || now.p99_ns < TARGET_NS ||
        apart.p99_ns > now.p99_ns / 2)
        return;
    if (what_if->split && apart.p99_ns >= what_if->others_apart.p99_ns)
        return;
    what_if->split = kind;
    what_if->others_now = now;
    what_if->others_apart = apart;
}

/* False: nothing was recorded that could be replayed. */
static bool replay(struct what_if *what_if)
{
    unsigned size = what_if->pool->size_max;
    struct replay_request all = {.workers = size};
    if (size == 0 || size > REPLAY_WORKERS_MAX ||
        jobs_recorded(what_if->pool, &all, &what_if->recorded) < 0 ||
        jobs_replay(what_if->pool, &all, &what_if->same) < 0)
        return false;
    uint64_t part = what_if->recorded.p99_ns / TARGET_PART;
    what_if->target_ns = part > TARGET_NS ? part : TARGET_NS;
    what_if->workers =
        workers_for(what_if->pool, all, size + 1, what_if->target_ns, &what_if->larger);
    for (unsigned i = 0; i < what_if->view->kind_count; i++)
        try_split(what_if, &what_if->view->kinds[i]);
    if (what_if->split) {
        struct replay_request only = {.only = what_if->split->kind};
        struct replay_result result, now;
        jobs_recorded(what_if->pool, &only, &now);
        what_if->split_workers = workers_for(what_if->pool, only, 1, now.p99_ns, &result);
    }
    return true;
}

static void say_split(struct sentence *s, const struct what_if *what_if, const char *kind)
{
    char now[DURATION_BYTES], apart[DURATION_BYTES];
    say(s,
        "With %.40s in a pool of its own of %u worker%s, the other jobs would have waited %s "
        "(p99) instead of %s. ",
        kind, what_if->split_workers, what_if->split_workers == 1 ? "" : "s",
        duration_text(apart, what_if->others_apart.p99_ns),
        duration_text(now, what_if->others_now.p99_ns));
}

static void say_size(struct sentence *s, const struct what_if *what_if)
{
    char now[DURATION_BYTES], larger[DURATION_BYTES];
    duration_text(now, what_if->recorded.p99_ns);
    if (what_if->workers)
        say(s, "With %u workers instead of %u, jobs would have waited %s (p99) instead of %s. ",
            what_if->workers, what_if->pool->size_max,
            duration_text(larger, what_if->larger.p99_ns), now);
    else
        say(s, "No number of workers up to %d would have removed the wait. ", REPLAY_WORKERS_MAX);
}

static void advise_by_replay(struct finding *finding, const struct judgement *in,
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
            "%s (p99) instead of %s; the workers were kept from work by something else. ",
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
    say(&s,
        "(%zu jobs served again first come, first served, with their recorded arrivals and "
        "service times; that more workers share the same CPUs and disks is not considered.)",
        what_if->recorded.jobs);
}

/* The kind that waited most in all. */
static const struct job_kind *worst_off(const struct job_view *view)
{
    const struct job_kind *worst = NULL;
    for (unsigned i = 0; i < view->kind_count; i++)
        if (view->kinds[i].wait_ns &&
            (!worst || view->kinds[i].wait_total_ns > worst->wait_total_ns))
            worst = &view->kinds[i];
    return worst;
}

static const char *kind_words(const struct judgement *in, uint32_t kind)
{
    struct text text = model_string(in->model, kind);
    return text.length ? text.bytes : "job";
}

static void say_waits(struct sentence *s, const struct judgement *in, const struct job_view *view)
{
    char wait[DURATION_BYTES], service[DURATION_BYTES];
    const struct job_kind *kind = worst_off(view);
    if (!kind)
        return;
    say(s,
        "; %" PRIu64 " %.40s waited %s (p99) for a service of %s (p50), up to %" PRIu64
        " jobs waited at once",
        kind->jobs, kind_words(in, kind->kind),
        duration_text(wait, histogram_quantile(kind->wait_ns, 9900)),
        duration_text(service, histogram_quantile(kind->service_ns, 5000)), view->waiting_max);
}

static void say_heaviest(struct sentence *s, const struct judgement *in,
                         const struct job_view *view, const struct finding *finding)
{
    char service[DURATION_BYTES];
    if (view->submitter_count == 0 || view->submitters[0].jobs == 0)
        return;
    const struct submitter *heaviest = &view->submitters[0];
    say(s, ". The heaviest: %" PRIu64 " %.40s", heaviest->jobs, kind_words(in, heaviest->kind));
    say_where(s, " submitted by ", finding->where, finding->where_pc);
    say(s, ", %s of service each (p50)",
        duration_text(service, heaviest->service_total_ns / heaviest->jobs));
}

static void say_undone(struct sentence *s, const struct job_view *view)
{
    char oldest[DURATION_BYTES];
    if (view->waiting)
        say(s, "; %" PRIu64 " still wait, the oldest for %s, behind %" PRIu64 " in service",
            view->waiting, duration_text(oldest, view->oldest_wait_ns), view->serving);
}

static void facts_of_jobs(struct finding *finding, const struct job_view *view)
{
    fact_number(finding, "jobs", FACT_COUNT, view->jobs);
    fact_number(finding, "waiting_max", FACT_COUNT, view->waiting_max);
    if (view->wait_ns) {
        fact_number(finding, "wait_p50_ns", FACT_NS, histogram_quantile(view->wait_ns, 5000));
        fact_number(finding, "wait_p99_ns", FACT_NS, histogram_quantile(view->wait_ns, 9900));
        fact_number(finding, "wait_max_ns", FACT_NS, view->wait_ns->max);
        fact_number(finding, "service_p50_ns", FACT_NS, histogram_quantile(view->service_ns, 5000));
        fact_number(finding, "service_p99_ns", FACT_NS, histogram_quantile(view->service_ns, 9900));
    }
    if (view->untimed)
        fact_number(finding, "untimed", FACT_COUNT, view->untimed);
    if (view->waiting)
        fact_number(finding, "still_waiting", FACT_COUNT, view->waiting);
}

static void blame(struct finding *finding, const struct judgement *in, const struct job_view *view)
{
    if (view->submitter_count == 0)
        return;
    struct group key = {0};
    group_blame(in->model, view->submitters[0].stack, &key);
    finding->stack = view->submitters[0].stack;
    finding->where = key.where;
    finding->where_pc = key.where_pc;
    fact_text(finding, "heaviest_kind", kind_words(in, view->submitters[0].kind));
}

/* A queue in which nobody waited as long as a stall is a queue at work. */
static bool has_waited_long(const struct judgement *in, const struct job_view *view)
{
    uint64_t worst = view->wait_ns ? view->wait_ns->max : 0;
    return worst >= in->stall_ns || view->oldest_wait_ns >= in->stall_ns;
}

void judge_jobs(const struct detector *detector, const struct judgement *in,
                const struct pool *pool, const struct job_view *view, struct findings *out)
{
    char name[sizeof((struct finding){0}.entity)];
    struct saturation s = {.total_ns = view->saturated_ns,
                           .longest_ns = view->longest_ns,
                           .longest_start_ns = view->longest_start_ns,
                           .stretches = view->stretches,
                           .first_ns = view->first_ns,
                           .last_ns = view->last_ns,
                           .seen_ns = view->seen_ns,
                           .in_progress = view->in_progress};
    if (!has_waited_long(in, view) || !saturation_matters(detector, in, &s))
        return;
    struct finding *finding = saturation_finding(detector, in, &s, out);
    if (!finding)
        return;
    pool_name(in->model, pool, name, sizeof(name));
    snprintf(finding->entity, sizeof(finding->entity), "%s", name);
    blame(finding, in, view);
    struct sentence sentence = {finding->title, sizeof(finding->title), 0};
    say(&sentence, "Jobs waited for one of the %u workers of the %s", pool->size_max, name);
    say_stretches(&sentence, &s);
    say_waits(&sentence, in, view);
    say_undone(&sentence, view);
    say_heaviest(&sentence, in, view, finding);
    say(&sentence, ".");
    fact_number(finding, "workers", FACT_COUNT, pool->size_max);
    facts_of_jobs(finding, view);
    advise_pool(finding, name);
    struct what_if what_if = {.pool = pool, .view = view};
    if (view->jobs && replay(&what_if))
        advise_by_replay(finding, in, &what_if);
}
