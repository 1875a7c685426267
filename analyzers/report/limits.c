/* SPDX-License-Identifier: MIT */
/* The limits of `loopscope check`: one row per limit, measured over all processes of a session. */
#include "report.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "../model/jobs.h"
#include "formats.h"

const struct limit limits[] = {
    {"max-stall", "longest turn of a loop", LIMIT_DURATION},
    {"max-lag", "99th percentile of a loop's lag", LIMIT_DURATION},
    {"max-blocking-call", "longest blocking call on a loop thread", LIMIT_DURATION},
    {"max-utilization", "busy share of the busiest loop", LIMIT_PERCENT},
    {"max-saturated", "longest time a pool or queue was full", LIMIT_DURATION},
    {"max-findings", "findings of severity warning or critical", LIMIT_COUNT},
    {"max-lost", "records that were lost", LIMIT_COUNT},
    {NULL, NULL, LIMIT_COUNT},
};

static uint64_t larger(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

static uint64_t thread_figure(const struct thread *thread, const char *name)
{
    if (strcmp(name, "max-utilization") == 0)
        return thread_utilization(thread);
    if (strcmp(name, "max-lag") == 0)
        return thread->loop ? histogram_quantile(&thread->loop->lag_ns, 9900) : 0;
    uint64_t since = thread_turn_since(thread);
    uint64_t open = since == MODEL_NEVER ? 0 : thread->now.time_ns - since;
    return larger(open, thread->loop ? thread->loop->turn_ns.max : 0);
}

static uint64_t worst_of_threads(const struct model *model, const char *name)
{
    uint64_t worst = 0;
    for (unsigned i = 0; i < model_thread_count(model); i++)
        worst = larger(worst, thread_figure(model_thread_at(model, i), name));
    return worst;
}

/* A stalled poll or a turn that was killed is in no turn histogram. */
static uint64_t longest_stall(const struct model *model)
{
    size_t count;
    struct stall *stalls = model_stalls(model, &count);
    uint64_t worst = count ? stalls[0].end_ns - stalls[0].start_ns : 0;
    free(stalls);
    return larger(worst, worst_of_threads(model, "max-stall"));
}

static uint64_t longest_call(const struct model *model)
{
    size_t count;
    uint64_t worst = 0;
    struct blocked_row *rows = model_blocked(model, &count);
    for (size_t i = 0; i < count; i++)
        if (!rows[i].key.is_nonblocking)
            worst = larger(worst, rows[i].worst_ns);
    free(rows);
    return worst;
}

static uint64_t longest_saturation(const struct model *model)
{
    uint64_t worst = 0;
    for (unsigned i = 0; i < model_pool_count(model); i++) {
        const struct pool *pool = model_pool_at(model, i);
        enum pool_growth growth;
        const char *known = pool_known_name(model, pool, &growth);
        struct job_view *jobs = job_view_new(model, pool);
        if (jobs)
            worst = larger(worst, jobs->longest_ns);
        else if (growth == POOL_FIXED && (pool->size_max > 1 || known))
            worst = larger(worst, pool_view(model, pool).longest_ns);
        job_view_delete(jobs);
    }
    for (unsigned i = 0; i < model_resource_slots(model); i++) {
        const struct resource_row *row = model_resource_at(model, i);
        uint64_t longest = 0;
        if (row && row->stretches)
            resource_saturated_ns(model, row, &longest);
        worst = larger(worst, longest);
    }
    return worst;
}

static uint64_t measure_process(const struct model *model, const char *name)
{
    if (strcmp(name, "max-stall") == 0)
        return longest_stall(model);
    if (strcmp(name, "max-blocking-call") == 0)
        return longest_call(model);
    if (strcmp(name, "max-saturated") == 0)
        return longest_saturation(model);
    if (strcmp(name, "max-lost") == 0)
        return model_lost_records(model);
    return worst_of_threads(model, name);
}

static uint64_t measure(const struct session *session, const struct limit *limit)
{
    if (strcmp(limit->name, "max-findings") == 0)
        return report_count_findings(session, SEVERITY_WARNING);
    uint64_t worst = 0, sum = 0;
    for (unsigned i = 0; i < session_count(session); i++) {
        uint64_t value = measure_process(session_model(session, i), limit->name);
        worst = larger(worst, value);
        sum += value;
    }
    return limit->unit == LIMIT_COUNT ? sum : worst;
}

static const char *value_text(char out[DURATION_BYTES], const struct limit *limit, uint64_t value)
{
    if (limit->unit == LIMIT_DURATION)
        return duration_text(out, value);
    if (limit->unit == LIMIT_PERCENT)
        snprintf(out, DURATION_BYTES, "%" PRIu64 ".%02" PRIu64 " %%", value / 100, value % 100);
    else
        snprintf(out, DURATION_BYTES, "%" PRIu64, value);
    return out;
}

bool limit_check(const struct session *session, const struct limit *limit, uint64_t value,
                 char *line, size_t line_bytes)
{
    char measured_text[DURATION_BYTES], allowed_text[DURATION_BYTES];
    uint64_t measured = measure(session, limit);
    bool holds = measured <= value;
    snprintf(line, line_bytes, "%s: %s is %s, %s the limit of %s", limit->name, limit->title,
             value_text(measured_text, limit, measured), holds ? "within" : "over",
             value_text(allowed_text, limit, value));
    return holds;
}
