/* SPDX-License-Identifier: MIT */
/* The queues among the evidence: those that had something to say, or all of them. */
#include <inttypes.h>

#include "../model/contention.h"
#include "../model/jobs.h"
#include "text.h"

#define QUEUES_SHOWN 4
#define WORTH_TELLING_NS 1000000

struct lines {
    const struct ink *ink;
    const struct model *model;
    bool verbose;
    unsigned shown, left;
};

/* The lead of the next line, NULL when there are enough. */
static const char *next_lead(struct lines *lines)
{
    if (lines->shown == QUEUES_SHOWN && !lines->verbose) {
        lines->left++;
        return NULL;
    }
    return lines->shown++ ? "" : "  queues";
}

static void jobs_line(struct lines *lines, const struct pool *pool, const struct job_view *jobs)
{
    char name[160], p50[DURATION_BYTES], p99[DURATION_BYTES], max[DURATION_BYTES];
    char service[DURATION_BYTES], longest[DURATION_BYTES], full[DURATION_BYTES], undone[96] = "";
    uint64_t worst = jobs->wait_ns ? jobs->wait_ns->max : 0;
    if (!lines->verbose && worst < WORTH_TELLING_NS && !jobs->waiting)
        return;
    const char *lead = next_lead(lines);
    if (!lead)
        return;
    if (jobs->waiting || jobs->serving)
        snprintf(undone, sizeof(undone), "; at the end %" PRIu64 " waiting, %" PRIu64 " in service",
                 jobs->waiting, jobs->serving);
    struct quantiles wait = {0}, served = {0};
    if (jobs->wait_ns) {
        wait = histogram_quantiles(jobs->wait_ns);
        served = histogram_quantiles(jobs->service_ns);
    }
    pool_name(lines->model, pool, name, sizeof(name));
    ink_print(lines->ink, lead, TEXT_MARGIN,
              "%s: %" PRIu64 " jobs, wait p50 %s, p99 %s, max %s; service p50 %s, p99 %s; at most "
              "%" PRIu64 " waited at once, saturated for %s%s",
              name, jobs->jobs, duration_text(p50, wait.p50), duration_text(p99, wait.p99),
              duration_text(max, wait.max), duration_text(service, served.p50),
              duration_text(longest, served.p99), jobs->waiting_max,
              duration_text(full, jobs->saturated_ns), undone);
    if (jobs->untimed)
        ink_print(lines->ink, "", TEXT_MARGIN,
                  "%" PRIu64 " more jobs began before they could be watched: without times",
                  jobs->untimed);
}

/* What kinds of jobs there were, for whoever asks for all. */
static void kind_lines(struct lines *lines, const struct job_view *jobs)
{
    for (unsigned i = 0; i < jobs->kind_count && lines->verbose; i++) {
        const struct job_kind *kind = &jobs->kinds[i];
        char wait[DURATION_BYTES], service[DURATION_BYTES], caused[DURATION_BYTES];
        struct text name = model_string(lines->model, kind->kind);
        if (kind->wait_ns)
            ink_print(lines->ink, "", TEXT_MARGIN,
                      "  %" PRIu64 " %.60s: wait p99 %s, service p99 %s; others waited %s for them",
                      kind->jobs, name.length ? name.bytes : "of an unknown kind",
                      duration_text(wait, histogram_quantile(kind->wait_ns, 9900)),
                      duration_text(service, histogram_quantile(kind->service_ns, 9900)),
                      duration_text(caused, kind->caused_ns));
    }
}

/* Half full is worth a line, and so is what was lost or only grows. */
static bool has_something_to_say(const struct model *model, const struct resource_row *row)
{
    return row->dropped || row->stretches || resource_growth(model, row).is_growing ||
           (row->capacity && row->depth_max >= row->capacity - row->capacity / 2);
}

/* Those that are over; nothing when none is. */
static const char *waits_text(char *out, size_t bytes, const struct contention *c)
{
    char mean[DURATION_BYTES], worst[DURATION_BYTES];
    out[0] = '\0';
    if (c->waits)
        snprintf(out, bytes, "; %" PRIu64 " wait%s of %s, at worst %s, up to %" PRIu64 " at a time",
                 c->waits, c->waits == 1 ? "" : "s", duration_text(mean, c->wait_ns / c->waits),
                 duration_text(worst, c->worst_wait_ns), c->waiting_max);
    return out;
}

static const char *still_text(char *out, size_t bytes, const struct contention *c)
{
    out[0] = '\0';
    if (c->waiting)
        snprintf(out, bytes, "; %" PRIu64 " still wait%s for it", c->waiting,
                 c->waiting == 1 ? "s" : "");
    return out;
}

/* A lock, or permits: who waited for it matters, not how many have it. */
static void lock_line(struct lines *lines, const struct resource_row *row,
                      const struct contention *c)
{
    char name[160], held[DURATION_BYTES], waits[160], still[48];
    uint64_t held_ns = 0;
    if (!lines->verbose && c->worst_wait_ns < WORTH_TELLING_NS && !c->waiting)
        return;
    const char *lead = next_lead(lines);
    if (!lead)
        return;
    for (unsigned i = 0; i < HOLDERS_MAX; i++)
        held_ns += c->holders[i].held_ns;
    resource_name(lines->model, row, name, sizeof(name));
    ink_print(lines->ink, lead, TEXT_MARGIN, "%s: held for %s%s%s", name,
              duration_text(held, held_ns), waits_text(waits, sizeof(waits), c),
              still_text(still, sizeof(still), c));
}

static void resource_line(struct lines *lines, const struct resource_row *row)
{
    struct contention contention;
    if (contention_view(lines->model, row, &contention)) {
        lock_line(lines, row, &contention);
        return;
    }
    char depth[AMOUNT_BYTES], most[AMOUNT_BYTES],
        capacity[48] = "", dropped[48] = "", full[DURATION_BYTES + 16] = "", text[DURATION_BYTES];
    struct text kind = model_string(lines->model, row->info.kind);
    struct text name = model_string(lines->model, row->info.name);
    uint64_t longest, saturated = resource_saturated_ns(lines->model, row, &longest);
    if (!lines->verbose && !has_something_to_say(lines->model, row))
        return;
    const char *lead = next_lead(lines);
    if (!lead)
        return;
    if (row->capacity)
        snprintf(capacity, sizeof(capacity), " of %s",
                 queue_depth_text(most, lines->model, row, row->capacity));
    if (row->dropped)
        snprintf(dropped, sizeof(dropped), "; %" PRIu64 " dropped", row->dropped);
    if (saturated)
        snprintf(full, sizeof(full), "; full for %s", duration_text(text, saturated));
    ink_print(lines->ink, lead, TEXT_MARGIN, "%.60s '%.80s': at most %s%s%s%s",
              kind.length ? kind.bytes : "queue", name.length ? name.bytes : "?",
              queue_depth_text(depth, lines->model, row, row->depth_max), capacity, full, dropped);
}

void text_queues(const struct ink *ink, const struct model *model, bool verbose)
{
    struct lines lines = {.ink = ink, .model = model, .verbose = verbose};
    for (unsigned i = 0; i < model_pool_count(model); i++) {
        const struct pool *pool = model_pool_at(model, i);
        struct job_view *jobs = job_view_new(model, pool);
        if (jobs) {
            jobs_line(&lines, pool, jobs);
            kind_lines(&lines, jobs);
        }
        job_view_delete(jobs);
    }
    for (unsigned i = 0; i < model_resource_slots(model); i++)
        if (model_resource_at(model, i))
            resource_line(&lines, model_resource_at(model, i));
    if (lines.left)
        ink_print(ink, "", TEXT_MARGIN, "… %u more queues", lines.left);
}
