/* SPDX-License-Identifier: MIT */
/* One pool of threads: how busy they are, what waits in front of them and for whom. */
#include <inttypes.h>
#include <stdio.h>

#include "analyzers/model/jobs.h"
#include "console/top/app/cell.h"
#include "console/top/app/page.h"
#include "page_histogram.h"
#include "queue_words.h"
#include "views.h"

#define INDENT 12
#define SUBMITTERS_SHOWN 8

static const struct screen *screen_of(const struct page *page)
{
    static const struct screen plain = {.use_unicode = true};
    return page->screen ? page->screen : &plain;
}

static const struct model *model_of(const struct app *app)
{
    return app_model(app, app_subject(app)->process);
}

static void tell_busy(const struct app *app, struct page *page, const struct pool *pool)
{
    struct pool_view view = pool_view(model_of(app), pool);
    char full[DURATION_BYTES], longest[DURATION_BYTES], text[200];
    char times[TIMES_BYTES];
    snprintf(text, sizeof(text), "%u; busy %u.%u %% of their time, p50 %u, p99 %u, at most %u",
             pool->size, view.utilization / 100, view.utilization % 100 / 10, view.busy_p50,
             view.busy_p99, view.busy_max);
    page_pair(page, INDENT, "Threads", STYLE_TEXT, text);
    if (!view.saturated_ns)
        return;
    snprintf(text, sizeof(text), "for %s, %s, at worst for %s%s",
             words_duration(screen_of(page), full, view.saturated_ns),
             words_times(times, view.stretches),
             words_duration(screen_of(page), longest, view.longest_ns),
             view.in_progress ? "; now, too" : "");
    page_pair(page, INDENT, "All busy", view.in_progress ? STYLE_WARNING : STYLE_TEXT, text);
}

static void tell_kind(const struct app *app, struct page *page, const struct job_kind *kind)
{
    struct text name = model_string(model_of(app), kind->kind);
    char wait[DURATION_BYTES], service[DURATION_BYTES], caused[DURATION_BYTES], text[256];
    if (!kind->wait_ns)
        return;
    snprintf(text, sizeof(text),
             "%" PRIu64 " %.60s: wait p99 %s, service p99 %s; others waited %s for them",
             kind->jobs, name.length ? name.bytes : "of an unknown kind",
             words_duration(screen_of(page), wait, histogram_quantile(kind->wait_ns, 9900)),
             words_duration(screen_of(page), service, histogram_quantile(kind->service_ns, 9900)),
             words_duration(screen_of(page), caused, kind->caused_ns));
    page_line(page, 2, STYLE_TEXT, text);
}

static void tell_submitter(const struct app *app, struct page *page, const struct submitter *from)
{
    char place[NAME_BYTES] = "", wait[DURATION_BYTES], caused[DURATION_BYTES];
    if (from->stack)
        name_place(place, model_of(app), from->stack, 0);
    page_print(page, 2, STYLE_TEXT,
               "%s: %" PRIu64 " jobs, waited %s in all, others waited %s for them",
               place[0] ? place : "an unknown place", from->jobs,
               words_duration(screen_of(page), wait, from->wait_total_ns),
               words_duration(screen_of(page), caused, from->caused_ns));
}

static void tell_jobs(const struct app *app, struct page *page, const struct job_view *jobs)
{
    uint64_t limit = model_process(model_of(app))->stall_ns;
    char full[DURATION_BYTES], text[200];
    snprintf(text, sizeof(text),
             "%" PRIu64 " done, %" PRIu64 " waiting (at most %" PRIu64 "), %" PRIu64 " in service",
             jobs->jobs, jobs->waiting, jobs->waiting_max, jobs->serving);
    page_pair(page, INDENT, "Jobs", jobs->waiting ? STYLE_WARNING : STYLE_TEXT, text);
    if (jobs->saturated_ns) {
        snprintf(text, sizeof(text), "jobs waited while no thread was free for %s",
                 words_duration(screen_of(page), full, jobs->saturated_ns));
        page_pair(page, INDENT, "Full", STYLE_WARNING, text);
    }
    if (jobs->wait_ns)
        page_histogram(page, INDENT, "Waited", jobs->wait_ns, limit);
    if (jobs->service_ns)
        page_histogram(page, INDENT, "Service", jobs->service_ns, limit);
    page_title(page, "Kinds of jobs");
    for (unsigned i = 0; i < jobs->kind_count; i++)
        tell_kind(app, page, &jobs->kinds[i]);
    page_title(page, "Submitted from, by the waiting it caused");
    for (size_t i = 0; i < jobs->submitter_count && i < SUBMITTERS_SHOWN; i++)
        tell_submitter(app, page, &jobs->submitters[i]);
}

static void tell(const struct app *app, struct page *page)
{
    const struct pool *pool = queue_pool(app, app_subject(app));
    char name[NAME_BYTES];
    if (!pool) {
        page_text(page, 0, STYLE_DIM, "It is not known any more. Esc goes back.");
        return;
    }
    pool_name(model_of(app), pool, name, sizeof(name));
    page_line(page, 0, STYLE_TITLE, name);
    tell_busy(app, page, pool);
    struct job_view *jobs = job_view_new(model_of(app), pool);
    if (jobs && jobs->jobs + jobs->waiting + jobs->serving)
        tell_jobs(app, page, jobs);
    else
        page_histogram(page, INDENT, "Busy for", &pool->spell_ns,
                       model_process(model_of(app))->stall_ns);
    job_view_delete(jobs);
}

const struct view view_pool = {
    .id = "pool",
    .title = "Pool",
    .help = "One pool of threads: how many of them are busy, how long all of them were, and, where "
            "its jobs can be seen, how long they waited, what kinds there are and where they come "
            "from. While jobs wait, each of those in service causes an equal share of it.",
    .opens = ENTITY_POOL,
    .tell = tell,
};
