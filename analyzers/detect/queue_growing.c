/* SPDX-License-Identifier: MIT */
/* Detector queue-growing: queues whose depth only grows: more is put in than is ever taken out, and
 * nothing pushes back. By the minima of successive windows (growth.h), to at least four times the
 * first, and above a floor below which a queue is simply in use. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "queue.h"
#include "registry.h"

#define LEAST_FACTOR 4
#define FLOOR_BYTES (UINT64_C(1) << 20)
#define FLOOR_ITEMS 64

/* Queues of one kind that one place fills, or, where that is not known, whose tasks were created at
 * one place. */
struct growers {
    uint32_t kind, stack, site;
    enum queue_sort sort;
    struct growth_view growth; /* of the deepest */
    const struct resource_row *deepest;
    uint64_t queues, value, per_1000_s;
    uint32_t task;  /* handle that holds the deepest, or 0 */
    bool is_filler; /* `stack`, or `site`, is of who fills it */
};
struct all_growers {
    struct growers *items;
    size_t count, room;
};

static uint64_t floor_of(enum queue_sort sort)
{
    return queue_counts_bytes(sort) ? FLOOR_BYTES : FLOOR_ITEMS;
}

static bool is_growing(const struct growth_view *view, enum queue_sort sort)
{
    return view->is_growing && view->last >= floor_of(sort) &&
           view->last / LEAST_FACTOR >= view->first;
}

/* By the kernel: full at worst, which is another finding. */
static bool is_bounded(enum queue_sort sort)
{
    return sort != QUEUE_OWN && sort != QUEUE_WRITES;
}

static const struct task_row *holder_of(const struct model *model, const struct resource_row *row)
{
    uint32_t holder = row->info.holder;
    const struct task_row *task = holder ? model_task_at(model, LSC_HANDLE_SLOT(holder)) : NULL;
    return task && task->handle == holder ? task : NULL;
}

static struct growers *growers_get(struct all_growers *all, uint32_t kind, uint32_t stack,
                                   uint32_t site)
{
    for (size_t i = 0; i < all->count; i++)
        if (all->items[i].kind == kind && all->items[i].stack == stack &&
            all->items[i].site == site)
            return &all->items[i];
    if (all->count == all->room) {
        size_t room = all->room ? all->room * 2 : 8;
        struct growers *items = realloc(all->items, room * sizeof(*items));
        if (!items)
            return NULL;
        all->items = items;
        all->room = room;
    }
    struct growers *added = &all->items[all->count++];
    *added = (struct growers){.kind = kind, .stack = stack, .site = site};
    return added;
}

static void add_grower(struct all_growers *all, const struct model *model,
                       const struct resource_row *row, const struct growth_view *view,
                       enum queue_sort sort)
{
    const struct task_row *task = holder_of(model, row);
    struct filler filler = resource_heaviest_filler(row);
    uint32_t creator = task ? task->info.stack : 0;
    struct growers *growers =
        filler.is_site ? growers_get(all, row->info.kind, 0, filler.place)
                       : growers_get(all, row->info.kind, filler.place ? filler.place : creator, 0);
    if (!growers)
        return;
    growers->is_filler = filler.place != 0;
    growers->sort = sort;
    growers->queues++;
    growers->value += view->value;
    growers->per_1000_s += growth_per_1000_seconds(view);
    if (!growers->deepest || view->value > growers->growth.value) {
        growers->deepest = row;
        growers->growth = *view;
        growers->task = task ? task->handle : 0;
    }
}

/* A bound that is far away is none yet. */
static void say_bound(struct sentence *s, const struct growers *g)
{
    uint64_t capacity = g->deepest->capacity, per_1000_s = growth_per_1000_seconds(&g->growth);
    char room[AMOUNT_BYTES], left[DURATION_BYTES];
    if (capacity <= g->growth.value || per_1000_s == 0 || g->sort != QUEUE_OWN)
        return;
    unsigned __int128 left_ns = (unsigned __int128)(capacity - g->growth.value) * 1000000000000u;
    left_ns /= per_1000_s;
    say(s, ", with room for %s at that rate full in %s", amount_text(room, capacity, false),
        duration_text(left, left_ns > UINT64_MAX ? UINT64_MAX : (uint64_t)left_ns));
}

static void say_growth(struct sentence *s, const struct model *model, const struct growers *g,
                       const char *entity)
{
    char first[AMOUNT_BYTES], value[AMOUNT_BYTES], rate[AMOUNT_BYTES], span[DURATION_BYTES];
    bool is_bytes = queue_counts_bytes(g->sort);
    say(s, "The %s", entity);
    say_place(s, " made in ", model, 0, g->deepest->info.site);
    say(s, " only grows: from %s to %s in %s, %s a second",
        amount_text(first, g->growth.first, is_bytes),
        amount_text(value, g->growth.value, is_bytes), duration_text(span, g->growth.span_ns),
        amount_text(rate, growth_per_1000_seconds(&g->growth) / 1000, is_bytes));
    say_bound(s, g);
    if (g->queues > 1)
        say(s, "; with %" PRIu64 " others like it %s in all", g->queues - 1,
            amount_text(value, g->value, is_bytes));
}

static void say_feeder(struct sentence *s, const struct judgement *in, const struct growers *g,
                       const struct finding *finding)
{
    const struct task_row *task =
        g->task ? model_task_at(in->model, LSC_HANDLE_SLOT(g->task)) : NULL;
    if (g->is_filler && g->site)
        say_place(s, "; filled by ", in->model, 0, g->site);
    else if (g->is_filler)
        say_where(s, "; filled by ", finding->where, finding->where_pc);
    if (!task)
        return;
    struct text kind = model_string(in->model, task->info.kind);
    struct text name = model_string(in->model, task->info.name);
    say(s, "; it belongs to the %.40s", kind.length ? kind.bytes : "task");
    if (name.length)
        say(s, " '%.*s'", text_cut(name, 80), name.bytes);
    struct group creator = {0};
    if (task->info.stack)
        group_blame(in->model, task->info.stack, &creator);
    say_where(s, " created in ", creator.where, creator.where_pc);
}

static void report(const struct detector *detector, const struct judgement *in,
                   const struct growers *g, struct findings *out)
{
    struct finding *finding = finding_new(out, detector);
    if (!finding)
        return;
    struct group key = {0};
    if (g->stack)
        group_blame(in->model, g->stack, &key);
    finding->cause = "growing";
    finding->severity = severity_of_growth(g->value, floor_of(g->sort));
    finding->stack = g->stack;
    finding->where = key.where;
    finding->where_pc = key.where_pc;
    finding->count = g->queues;
    finding->total_ns = finding->worst_ns = g->growth.span_ns;
    finding->first_ns = g->growth.start_ns;
    finding->last_ns = g->growth.start_ns + g->growth.span_ns;
    finding->seen_ns = model_seen_ns(in->model);
    queue_name(in->model, g->deepest, finding->entity, sizeof(finding->entity));
    finding->resource = g->deepest->handle;
    struct sentence s = {finding->title, sizeof(finding->title), 0};
    say_growth(&s, in->model, g, finding->entity);
    say_feeder(&s, in, g, finding);
    say(&s, ".");
    fact_number(finding, "queues", FACT_COUNT, g->queues);
    fact_number(finding, "first_depth", FACT_COUNT, g->growth.first);
    fact_number(finding, "depth", FACT_COUNT, g->growth.value);
    fact_number(finding, "depth_of_all", FACT_COUNT, g->value);
    fact_number(finding, "per_second", FACT_COUNT, g->per_1000_s / 1000);
    if (g->deepest->capacity)
        fact_number(finding, "capacity", FACT_COUNT, g->deepest->capacity);
    fact_text(finding, "unit", queue_counts_bytes(g->sort) ? "bytes" : "items");
    fact_number(finding, "grown_ns", FACT_NS, g->growth.span_ns);
    fact_place(finding, "filled_by", in->model, 0, g->site);
    fact_place(finding, "created_by", in->model, 0, g->deepest->info.site);
    finding->why = "More is put in than is taken out, and nothing pushes back: memory grows until "
                   "there is none, and what comes out is ever older.";
    finding->advice =
        g->sort == QUEUE_WRITES
            ? "Write no more while the stream's write queue is above a limit "
              "(uv_stream_get_write_queue_size; in Node, write() returned false): stop reading the "
              "source, and go on in the write callback (on 'drain')."
            : "Bound the queue and push back at its limit: let the producer wait, refuse, or drop "
              "with a count; or find why its consumer is slow.";
}

static enum verdict judge(const struct detector *detector, const struct judgement *in,
                          struct findings *out)
{
    size_t before = out->count;
    bool is_any = false;
    struct all_growers all = {0};
    for (unsigned i = 0; i < model_resource_slots(in->model); i++) {
        const struct resource_row *row = model_resource_at(in->model, i);
        if (!row || !row->changes || row->hold_records) /* permits are no queue */
            continue;
        is_any = true;
        enum queue_sort sort = queue_sort_of(in->model, row);
        struct growth_view view = resource_growth(in->model, row);
        if (!is_bounded(sort) && is_growing(&view, sort))
            add_grower(&all, in->model, row, &view, sort);
    }
    for (size_t i = 0; i < all.count; i++)
        report(detector, in, &all.items[i], out);
    free(all.items);
    if (out->count > before)
        return VERDICT_FINDING;
    return is_any ? VERDICT_OK : VERDICT_NOT_YET;
}

const struct detector detector_queue_growing = {
    .id = "queue-growing",
    .title = "queues that only grow",
    .defaults = &severity_saturated,
    .reads = "depths of queues over time",
    .judge = judge,
};
