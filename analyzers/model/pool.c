/* SPDX-License-Identifier: MIT */
/* Thread pools, known by their members alone: threads with one start routine that wait for work on
 * one object. How many were busy at a time comes from a sweep over their busy spells.
 *
 * A spell is written at its end, so a long one arrives after shorter ones of its time. The sweep
 * therefore lags behind: it keeps up to POOL_SPELLS spells and, when full, settles the older half.
 * A spell that outlasts that many others counts from the settled time on only; this can hide
 * no saturation of a pool whose workers sleep between jobs, since those others were idle in
 * between. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "job_queue.h"

#define POOL_SPELLS 4096
#define POOL_MEMBERS_MAX 1024
/* Every worker busy but for so short a pause is one stretch: a queue handed over through a
 * semaphore makes each worker wait for an instant between two jobs. */
#define POOL_PAUSE_NS 100000

struct spell {
    uint64_t start_ns, end_ns;
};

/* What has been swept so far. Copied to look ahead without changing it. */
struct occupancy {
    struct histogram level; /* how many were busy, weighted by nanoseconds */
    uint64_t swept_ns;
    uint64_t seen_ns, saturated_ns, longest_ns, longest_start_ns, stretches, first_ns, last_ns;
    uint64_t stretch_start, stretch_end; /* the latest stretch; start MODEL_NEVER: none yet */
};

struct pool_sweep {
    struct occupancy occupancy;
    uint32_t members[POOL_MEMBERS_MAX]; /* thread ids */
    uint32_t member_count;
    uint32_t spell_count, spell_room;
    struct spell *spells;
};

/* A change of the number of busy workers or of members. */
struct edge {
    uint64_t time_ns;
    int busy, size;
};

static int earlier(const void *left, const void *right)
{
    const struct edge *a = left, *b = right;
    return a->time_ns < b->time_ns ? -1 : a->time_ns > b->time_ns;
}

static void end_stretch(struct occupancy *o)
{
    if (o->stretch_start == MODEL_NEVER)
        return;
    uint64_t length = o->stretch_end - o->stretch_start;
    if (o->stretches++ == 0)
        o->first_ns = o->stretch_start;
    o->last_ns = o->stretch_end;
    if (length > o->longest_ns) {
        o->longest_ns = length;
        o->longest_start_ns = o->stretch_start;
    }
    o->stretch_start = MODEL_NEVER;
}

static void saturated_between(struct occupancy *o, uint64_t start, uint64_t end)
{
    o->saturated_ns += end - start;
    if (o->stretch_start != MODEL_NEVER && start - o->stretch_end > POOL_PAUSE_NS)
        end_stretch(o);
    if (o->stretch_start == MODEL_NEVER)
        o->stretch_start = start;
    o->stretch_end = end;
}

static void advance(struct occupancy *o, uint64_t time, long busy, long size)
{
    if (time <= o->swept_ns)
        return;
    uint64_t length = time - o->swept_ns;
    if (size > 0) {
        o->seen_ns += length;
        histogram_add(&o->level, busy > 0 ? (uint64_t)busy : 0, length);
        if (busy >= size)
            saturated_between(o, o->swept_ns, time);
    }
    o->swept_ns = time;
}

/* One that began before the observation is known only since it first had something to do. */
static uint64_t begun_ns(const struct thread *thread)
{
    return thread->roles & LSC_ROLE_EARLY ? 0 : thread->started_ns;
}

/* A worker that had nothing to do writes no record, and is there until its end all the same. */
static uint64_t gone_ns(const struct thread *thread)
{
    return thread->has_ended ? larger(thread->last_ns, thread->ended_ns) : MODEL_NEVER;
}

/* Members come and go at edges of their own; those already there are counted in *size. A pool that
 * adds a thread when all are busy is thereby no longer saturated. */
static size_t member_edges(const struct model *model, const struct pool *pool, uint64_t from,
                           uint64_t until, struct edge *edges, long *size)
{
    const struct pool_sweep *sweep = pool->sweep;
    size_t count = 0;
    for (uint32_t i = 0; i < sweep->member_count; i++) {
        const struct thread *thread = model_thread(model, sweep->members[i]);
        if (begun_ns(thread) > until || gone_ns(thread) <= from)
            continue;
        if (begun_ns(thread) <= from)
            ++*size;
        else
            edges[count++] = (struct edge){.time_ns = begun_ns(thread), .size = 1};
        if (gone_ns(thread) <= until)
            edges[count++] = (struct edge){.time_ns = gone_ns(thread), .size = -1};
    }
    return count;
}

static size_t spell_edges(const struct spell *spells, size_t spell_count, uint64_t from,
                          uint64_t until, struct edge *edges)
{
    size_t count = 0;
    for (size_t i = 0; i < spell_count; i++) {
        uint64_t start = larger(spells[i].start_ns, from);
        uint64_t end = smaller(spells[i].end_ns, until);
        if (start >= end)
            continue;
        edges[count++] = (struct edge){.time_ns = start, .busy = 1};
        edges[count++] = (struct edge){.time_ns = end, .busy = -1};
    }
    return count;
}

/* Sweeps the spells from where the occupancy stands up to `until`. */
static void sweep_until(const struct model *model, const struct pool *pool, struct occupancy *o,
                        const struct spell *spells, size_t spell_count, uint64_t until)
{
    uint64_t from = o->swept_ns;
    size_t room = 2 * (spell_count + pool->sweep->member_count);
    struct edge *edges = calloc(room ? room : 1, sizeof(*edges));
    if (!edges)
        return;
    long busy = 0, size = 0;
    size_t count = member_edges(model, pool, from, until, edges, &size);
    count += spell_edges(spells, spell_count, from, until, edges + count);
    qsort(edges, count, sizeof(*edges), earlier);
    for (size_t i = 0; i < count; i++) {
        advance(o, edges[i].time_ns, busy, size);
        busy += edges[i].busy;
        size += edges[i].size;
    }
    advance(o, until, busy, size);
    free(edges);
}

static int by_end(const void *left, const void *right)
{
    const struct spell *a = left, *b = right;
    if (a->end_ns != b->end_ns)
        return a->end_ns < b->end_ns ? -1 : 1;
    return a->start_ns < b->start_ns ? -1 : a->start_ns > b->start_ns;
}

/* Spells come in order of their end but for those of late readers: most often there is nothing to
 * do. */
static void sort_by_end(struct spell *spells, uint32_t count)
{
    for (uint32_t i = 1; i < count; i++) {
        if (by_end(&spells[i - 1], &spells[i]) > 0) {
            qsort(spells, count, sizeof(*spells), by_end);
            return;
        }
    }
}

static void settle_older_half(const struct model *model, struct pool *pool)
{
    struct pool_sweep *sweep = pool->sweep;
    sort_by_end(sweep->spells, sweep->spell_count);
    uint64_t until = sweep->spells[sweep->spell_count / 2].end_ns;
    sweep_until(model, pool, &sweep->occupancy, sweep->spells, sweep->spell_count, until);
    uint32_t kept = 0;
    for (uint32_t i = 0; i < sweep->spell_count; i++)
        if (sweep->spells[i].end_ns > until)
            sweep->spells[kept++] = sweep->spells[i];
    sweep->spell_count = kept;
}

static int keep_spell(const struct model *model, struct pool *pool, struct spell spell)
{
    struct pool_sweep *sweep = pool->sweep;
    if (sweep->spell_count == POOL_SPELLS)
        settle_older_half(model, pool);
    if (sweep->spell_count == sweep->spell_room) {
        uint32_t room = sweep->spell_room ? sweep->spell_room * 2 : 64;
        struct spell *spells = realloc(sweep->spells, room * sizeof(*spells));
        if (!spells)
            return -ENOMEM;
        sweep->spells = spells;
        sweep->spell_room = room;
    }
    sweep->spells[sweep->spell_count++] = spell;
    return 0;
}

static struct pool *pool_new(struct model *model, const struct thread *thread, uint64_t object)
{
    if (model->pool_count == MODEL_POOLS_MAX) {
        model->unheld.pools++;
        return NULL;
    }
    struct pool *pool = calloc(1, sizeof(*pool));
    struct pool_sweep *sweep = calloc(1, sizeof(*sweep));
    if (!pool || !sweep) {
        free(pool);
        free(sweep);
        return NULL;
    }
    pool->start_routine = thread->start_routine;
    pool->wait_object = object;
    pool->first_ns = MODEL_NEVER;
    pool->sweep = sweep;
    sweep->occupancy.stretch_start = MODEL_NEVER;
    model->pools[model->pool_count++] = pool;
    return pool;
}

static bool fits(const struct pool *pool, const struct thread *thread, uint64_t object)
{
    return pool->start_routine == thread->start_routine &&
           (pool->wait_object == object || !pool->wait_object || !object);
}

static int find_pool(struct model *model, const struct thread *thread, uint64_t object)
{
    for (uint32_t i = 0; i < model->pool_count; i++)
        if (fits(model->pools[i], thread, object))
            return (int)i;
    return pool_new(model, thread, object) ? (int)model->pool_count - 1 : -1;
}

static void join(struct model *model, struct thread *thread, uint64_t object)
{
    int index = find_pool(model, thread, object);
    struct pool *pool = index < 0 ? NULL : model->pools[index];
    if (!pool || pool->sweep->member_count == POOL_MEMBERS_MAX)
        return;
    thread->pool = index;
    pool->sweep->members[pool->sweep->member_count++] = thread->id;
    pool->size++;
    pool->size_max = pool->size > pool->size_max ? pool->size : pool->size_max;
    if (object)
        pool->wait_object = object;
    pool->first_ns = smaller(pool->first_ns, begun_ns(thread));
}

struct pool *pool_of_worker(struct model *model, struct thread *thread)
{
    if (thread->pool < 0 && (thread->start_routine || thread->wait_object))
        join(model, thread, thread->wait_object);
    return thread->pool < 0 ? NULL : model->pools[thread->pool];
}

void pool_note_thread(struct model *model, struct thread *thread)
{
    bool is_worker = (thread->roles & LSC_ROLE_POOL) != 0 && !(thread->roles & LSC_ROLE_WATCHDOG);
    bool is_new = thread->pool < 0;
    if (is_new && is_worker && !thread->has_ended && (thread->start_routine || thread->wait_object))
        join(model, thread, thread->wait_object);
    if (thread->pool < 0)
        return;
    struct pool *pool = model->pools[thread->pool];
    if (model->stray_job_count)
        jobs_adopt(model, thread);
    if (!pool->start_routine)
        pool->start_routine = thread->start_routine;
    unsigned alive = 0;
    for (uint32_t i = 0; i < pool->sweep->member_count; i++)
        alive += !model_thread(model, pool->sweep->members[i])->has_ended;
    pool->size = alive;
}

int pool_apply_work(struct model *model, struct thread *thread, const struct event *event)
{
    if (thread->pool < 0)
        join(model, thread, thread->wait_object ? thread->wait_object : event->arg2);
    if (thread->pool < 0)
        return 0;
    struct pool *pool = model->pools[thread->pool];
    struct spell spell = {.start_ns = span_start(event), .end_ns = event->time_ns};
    pool->spells++;
    pool->busy_ns += spell.end_ns - spell.start_ns;
    pool->first_ns = smaller(pool->first_ns, spell.start_ns);
    histogram_count(&pool->spell_ns, spell.end_ns - spell.start_ns);
    return keep_spell(model, pool, spell);
}

void pools_free(struct model *model)
{
    for (uint32_t i = 0; i < model->pool_count; i++) {
        struct pool *pool = model->pools[i];
        histogram_free(&pool->spell_ns);
        histogram_free(&pool->sweep->occupancy.level);
        job_queue_delete(pool->jobs);
        free(pool->sweep->spells);
        free(pool->sweep);
        free(pool);
    }
}

unsigned model_pool_count(const struct model *model)
{
    return model->pool_count;
}

const struct pool *model_pool_at(const struct model *model, unsigned index)
{
    return index < model->pool_count ? model->pools[index] : NULL;
}

/* The spells held, and those that workers are in at the latest observation. */
static struct spell *spells_with_open(const struct model *model, const struct pool *pool,
                                      size_t *count, size_t *open)
{
    const struct pool_sweep *sweep = pool->sweep;
    struct spell *spells =
        calloc((size_t)sweep->spell_count + sweep->member_count, sizeof(*spells));
    *count = *open = 0;
    if (!spells)
        return NULL;
    if (sweep->spell_count)
        memcpy(spells, sweep->spells, sweep->spell_count * sizeof(*spells));
    *count = sweep->spell_count;
    for (uint32_t i = 0; i < sweep->member_count; i++) {
        const struct thread *thread = model_thread(model, sweep->members[i]);
        const struct now_item *now = &thread->now;
        if (!thread->has_now || now->busy_since_ns >= now->time_ns ||
            now->busy_since_ns < thread->last_ns)
            continue;
        spells[(*count)++] = (struct spell){.start_ns = now->busy_since_ns, .end_ns = now->time_ns};
        ++*open;
    }
    return spells;
}

struct pool_view pool_view(const struct model *model, const struct pool *pool)
{
    struct pool_view view = {0};
    struct occupancy o = pool->sweep->occupancy;
    size_t count, open;
    struct spell *spells = spells_with_open(model, pool, &count, &open);
    if (!spells)
        return view;
    histogram_copy(&o.level, &pool->sweep->occupancy.level);
    uint64_t until = 0;
    for (size_t i = 0; i < count; i++)
        until = larger(until, spells[i].end_ns);
    sweep_until(model, pool, &o, spells, count, larger(until, model->seen_ns));
    bool at_end = o.stretch_start != MODEL_NEVER && o.stretch_end + POOL_PAUSE_NS >= until;
    end_stretch(&o);
    view.in_progress = at_end && open > 0 && open >= pool->size;
    view.busy_p50 = (unsigned)histogram_quantile(&o.level, 5000);
    view.busy_p99 = (unsigned)histogram_quantile(&o.level, 9900);
    view.busy_max = (unsigned)o.level.max;
    view.seen_ns = o.seen_ns;
    view.saturated_ns = o.saturated_ns;
    view.longest_ns = o.longest_ns;
    view.longest_start_ns = o.longest_start_ns;
    view.stretches = o.stretches;
    view.first_ns = o.first_ns;
    view.last_ns = o.last_ns;
    view.utilization = (unsigned)smaller(
        10000, share_of(10000, o.level.sum, o.seen_ns * larger(1, pool->size_max)));
    histogram_free(&o.level);
    free(spells);
    return view;
}
