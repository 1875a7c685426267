/* SPDX-License-Identifier: MIT */
/* Pools whose jobs waited, by their JOB records: how long, how many, behind whom. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "queue.h"

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

#define REQUESTS_BYTES 64
/* "fs read requests". */
static char *requests(char out[REQUESTS_BYTES], const struct judgement *in, uint32_t kind,
                      uint64_t count)
{
    struct text text = model_string(in->model, kind);
    snprintf(out, REQUESTS_BYTES, "%.40s%srequest%s", text.bytes, text.length ? " " : "",
             count == 1 ? "" : "s");
    return out;
}

static void say_waits(struct sentence *s, const struct judgement *in, const struct job_view *view)
{
    char wait[DURATION_BYTES], service[DURATION_BYTES], what[REQUESTS_BYTES];
    const struct job_kind *kind = worst_off(view);
    if (!kind)
        return;
    say(s,
        "; %" PRIu64 " %s waited %s (p99) for a service of %s (p50), up to %" PRIu64
        " jobs waited at once",
        kind->jobs, requests(what, in, kind->kind, kind->jobs),
        duration_text(wait, histogram_quantile(kind->wait_ns, 9900)),
        duration_text(service, histogram_quantile(kind->service_ns, 5000)), view->waiting_max);
}

static void say_heaviest(struct sentence *s, const struct judgement *in,
                         const struct submitter *heaviest, const struct finding *finding)
{
    char service[DURATION_BYTES], what[REQUESTS_BYTES];
    if (!heaviest || heaviest->jobs == 0)
        return;
    say(s, ". They waited for %" PRIu64 " %s", heaviest->jobs,
        requests(what, in, heaviest->kind, heaviest->jobs));
    say_where(s, " submitted by ", finding->where, finding->where_pc);
    say(s, ", %s of service each on average",
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

/* Who caused most waiting: of the kind that had better be served apart, when there is one. */
static const struct submitter *heaviest_of(const struct job_view *view,
                                           const struct what_if *what_if)
{
    for (size_t i = 0; what_if->split && i < view->submitter_count; i++)
        if (view->submitters[i].kind == what_if->split->kind)
            return &view->submitters[i];
    return view->submitter_count ? &view->submitters[0] : NULL;
}

static void blame(struct finding *finding, const struct judgement *in,
                  const struct submitter *heaviest)
{
    if (!heaviest)
        return;
    struct group key = {0};
    group_blame(in->model, heaviest->stack, &key);
    finding->stack = heaviest->stack;
    finding->where = key.where;
    finding->where_pc = key.where_pc;
    fact_text(finding, "heaviest_kind", model_string(in->model, heaviest->kind).bytes);
    fact_number(finding, "heaviest_jobs", FACT_COUNT, heaviest->jobs);
    fact_number(finding, "heaviest_caused_wait_ns", FACT_NS, heaviest->caused_ns);
}

/* A queue in which nobody waited as long as a stall is a queue at work. */
static bool has_waited_long(const struct judgement *in, const struct job_view *view)
{
    uint64_t worst = view->wait_ns ? view->wait_ns->max : 0;
    return worst >= in->stall_ns || view->oldest_wait_ns >= in->stall_ns;
}

static void report(struct finding *finding, const struct judgement *in,
                   const struct what_if *what_if, const struct saturation *saturation)
{
    char name[sizeof(finding->entity)];
    const struct job_view *view = what_if->view;
    const struct submitter *heaviest = heaviest_of(view, what_if);
    pool_name(in->model, what_if->pool, name, sizeof(name));
    snprintf(finding->entity, sizeof(finding->entity), "%s", name);
    blame(finding, in, heaviest);
    struct sentence sentence = {finding->title, sizeof(finding->title), 0};
    if (what_if->pool->size_max == 1)
        say(&sentence, "Jobs waited for the only worker of the %s", name);
    else
        say(&sentence, "Jobs waited for one of the %u workers of the %s", what_if->pool->size_max,
            name);
    say_stretches(&sentence, saturation);
    say_waits(&sentence, in, view);
    say_undone(&sentence, view);
    say_heaviest(&sentence, in, heaviest, finding);
    say(&sentence, ".");
    fact_number(finding, "workers", FACT_COUNT, what_if->pool->size_max);
    facts_of_jobs(finding, view);
    advise_pool(finding, name);
}

void judge_jobs(const struct detector *detector, const struct judgement *in,
                const struct pool *pool, const struct job_view *view, struct findings *out)
{
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
    struct what_if what_if = {
        .pool = pool, .view = view, .replay = job_replay_new(in->model, pool)};
    bool is_known = what_if_fill(&what_if);
    report(finding, in, &what_if, &s);
    if (is_known)
        advise_by_replay(finding, in, &what_if);
    job_replay_delete(what_if.replay);
}
