/* SPDX-License-Identifier: MIT */
/* Whatever has a depth: channels, locks, permits, the kernel's queues, and pools of threads. */
#include <inttypes.h>
#include <stdio.h>

#include "queue_words.h"
#include "views.h"

static const struct model *model_at(const struct app *app, const struct entity *row)
{
    return app_model(app, row->process);
}

static void set(struct row_cell *out, uint64_t number)
{
    out->is_known = true;
    out->number = number;
}

static void name_value(const struct app *app, const struct entity *row, struct row_cell *out)
{
    const struct resource_row *queue = queue_of(app, row);
    const struct pool *pool = queue_pool(app, row);
    char name[NAME_BYTES] = "", owner[OWNER_BYTES];
    if (queue)
        name_resource(name, model_at(app, row), queue);
    else if (pool)
        pool_name(model_at(app, row), pool, name, sizeof(name));
    out->is_known = name[0];
    out->style = queue && queue->info.has_ended ? STYLE_DIM : STYLE_TEXT;
    snprintf(out->text, sizeof(out->text), "%s%s", name_owner(owner, app, row->process), name);
}

static void program_value(const struct app *app, const struct entity *row, struct row_cell *out)
{
    const struct process_facts *facts = model_process(model_at(app, row));
    out->is_known = true;
    snprintf(out->text, sizeof(out->text), "%.60s %" PRIu32, facts->program, facts->pid);
}

static void fill_value(const struct app *app, const struct entity *row, struct row_cell *out)
{
    const struct resource_row *queue = queue_of(app, row);
    const struct pool *pool = queue_pool(app, row);
    if (queue && queue->capacity) {
        set(out, queue->depth);
        out->full = queue->capacity;
    } else if (pool && pool->size) {
        set(out, pool_view(model_at(app, row), pool).utilization);
        out->full = 10000;
    }
}

static void set_amount(const struct app *app, const struct entity *row, struct row_cell *out,
                       uint64_t amount)
{
    char text[AMOUNT_BYTES];
    set(out, amount);
    snprintf(out->text, sizeof(out->text), "%s",
             queue_depth_text(text, model_at(app, row), queue_of(app, row), amount));
}

static void depth_value(const struct app *app, const struct entity *row, struct row_cell *out)
{
    const struct resource_row *queue = queue_of(app, row);
    if (!queue)
        return;
    set_amount(app, row, out, queue->depth);
    if (queue->capacity && queue->depth >= queue->capacity)
        out->style = STYLE_WARNING;
}

static void capacity_value(const struct app *app, const struct entity *row, struct row_cell *out)
{
    const struct resource_row *queue = queue_of(app, row);
    const struct pool *pool = queue_pool(app, row);
    if (queue && queue->capacity)
        set_amount(app, row, out, queue->capacity);
    if (!pool)
        return;
    set(out, pool->size);
    snprintf(out->text, sizeof(out->text), "%u", pool->size);
}

static void most_value(const struct app *app, const struct entity *row, struct row_cell *out)
{
    const struct resource_row *queue = queue_of(app, row);
    if (queue)
        set_amount(app, row, out,
                   queue->depth_max > queue->info.depth_max ? queue->depth_max
                                                            : queue->info.depth_max);
}

static void waiters_value(const struct app *app, const struct entity *row, struct row_cell *out)
{
    const struct resource_row *queue = queue_of(app, row);
    if (!queue)
        return;
    set(out, queue_waiters(model_at(app, row), queue));
    out->style = out->number ? STYLE_WARNING : STYLE_DIM;
}

static void wait_value(const struct app *app, const struct entity *row, struct row_cell *out)
{
    const struct resource_row *queue = queue_of(app, row);
    struct contention contention;
    if (queue && contention_view(model_at(app, row), queue, &contention) && contention.waits)
        set(out, contention.worst_wait_ns);
}

static void full_value(const struct app *app, const struct entity *row, struct row_cell *out)
{
    const struct resource_row *queue = queue_of(app, row);
    const struct pool *pool = queue_pool(app, row);
    uint64_t longest;
    if (queue && queue->capacity)
        set(out, resource_saturated_ns(model_at(app, row), queue, &longest));
    else if (pool)
        set(out, pool_view(model_at(app, row), pool).saturated_ns);
    out->style = out->number ? STYLE_WARNING : STYLE_DIM;
}

static void drops_value(const struct app *app, const struct entity *row, struct row_cell *out)
{
    const struct resource_row *queue = queue_of(app, row);
    if (!queue)
        return;
    set(out, queue->dropped > queue->info.dropped ? queue->dropped : queue->info.dropped);
    out->style = out->number ? STYLE_WARNING : STYLE_DIM;
}

static void holder_value(const struct app *app, const struct entity *row, struct row_cell *out)
{
    const struct resource_row *queue = queue_of(app, row);
    uint32_t holder = queue ? queue_holder(queue) : 0;
    char name[NAME_BYTES];
    if (!holder)
        return;
    name_task(name, model_at(app, row), holder);
    out->is_known = true;
    snprintf(out->text, sizeof(out->text), "%s", name);
}

static void site_value(const struct app *app, const struct entity *row, struct row_cell *out)
{
    const struct resource_row *queue = queue_of(app, row);
    char name[NAME_BYTES] = "";
    if (queue && queue->info.site)
        name_site(name, model_at(app, row), queue->info.site);
    out->is_known = name[0];
    snprintf(out->text, sizeof(out->text), "%s", name);
}

static void operations_value(const struct app *app, const struct entity *row, struct row_cell *out)
{
    const struct resource_row *queue = queue_of(app, row);
    if (queue)
        set(out, queue->info.operations > queue->changes ? queue->info.operations : queue->changes);
}

/* Of one without a limit the largest depth on the strip is its full height. */
static void history_value(const struct app *app, const struct entity *row, struct row_cell *out)
{
    struct queue_sample samples[CELL_STRIP_MAX];
    if (row->kind != ENTITY_RESOURCE)
        return;
    out->strip_count = history_queue(app_feed(app)->history, row->process, (uint32_t)row->id,
                                     samples, CELL_STRIP_MAX);
    out->is_known = out->strip_count > 0;
    for (unsigned i = 0; i < out->strip_count; i++) {
        uint64_t full = samples[i].capacity ? samples[i].capacity : samples[i].depth;
        out->strip[i] = samples[i].depth;
        out->full = full > out->full ? full : out->full;
    }
}

static const struct column columns[] = {
    {"queue", "Queue", "Its kind and name.", UNIT_TEXT, 0, 0, false, name_value},
    {"fill", "Fill", "How full it is; of a pool, how busy its threads are.", UNIT_BAR, 8, 1, false,
     fill_value},
    {"depth", "Depth", "What is in it now.", UNIT_RANK, 7, 1, false, depth_value},
    {"capacity", "Of", "What it can hold at most; a dash: there is no limit.", UNIT_RANK, 7, 2,
     false, capacity_value},
    {"waiters", "Wait", "Tasks that wait for it.", UNIT_COUNT, 5, 1, false, waiters_value},
    {"wait", "Worst", "The longest that a task has waited for it.", UNIT_DURATION, 8, 4, false,
     wait_value},
    {"full", "Full for", "How long it was full, all together.", UNIT_DURATION, 8, 3, false,
     full_value},
    {"drops", "Drops", "What it refused or dropped.", UNIT_COUNT, 6, 5, false, drops_value},
    {"history", "History", "Its depth in steps of a quarter of a second, the latest right.",
     UNIT_STRIP, 16, 6, false, history_value},
    {"holder", "Held by", "The task that has it, or whose queue it is.", UNIT_TEXT, 24, 7, false,
     holder_value},
    {"most", "Most", "The largest depth.", UNIT_RANK, 7, 8, false, most_value},
    {"operations", "Uses", "How often something was put into it or taken from it.", UNIT_COUNT, 8,
     9, true, operations_value},
    {"site", "Created", "Where it was created.", UNIT_TEXT, 28, 10, true, site_value},
    {"program", "Program", "The process it belongs to.", UNIT_TEXT, 16, 11, true, program_value},
    {.id = NULL},
};

static bool has_a_story(const struct model *model, const struct resource_row *row)
{
    struct contention contention;
    return row->stretches || row->dropped || row->waiters_max ||
           resource_growth(model, row).is_growing ||
           (contention_view(model, row, &contention) && contention.waits);
}

/* Of equals those stand first of which there is something to tell. */
static void collect_process(const struct model *model, uint32_t process, struct rows_out *rows)
{
    for (unsigned i = 0; i < model_pool_count(model); i++)
        if (model_pool_at(model, i)->size_max)
            row_add(rows, &(struct entity){ENTITY_POOL, process, i, 0});
    for (unsigned i = 0; i < 2 * model_resource_slots(model); i++) {
        bool is_first = i < model_resource_slots(model);
        const struct resource_row *row =
            model_resource_at(model, is_first ? i : i - model_resource_slots(model));
        if (row && !row->info.has_ended && has_a_story(model, row) == is_first)
            row_add(rows, &(struct entity){ENTITY_RESOURCE, process, row->handle, 0});
    }
}

static void collect(const struct app *app, struct rows_out *rows)
{
    const struct feed *feed = app_feed(app);
    for (uint32_t i = 0; i < feed->process_count; i++)
        if (app_shows_process(app, i))
            collect_process(feed->processes[i].model, i, rows);
}

static bool link_to(const struct app *app, enum request request, struct entity *out)
{
    return queue_link(app, app_selected(app), request, out);
}

const struct view view_queues = {
    .id = "queues",
    .title = "Queues and resources",
    .help = "Whatever has a depth: channels, semaphores and locks of an executor, what waits in "
            "the kernel or in libuv to be accepted, read or written, and pools of threads, whose "
            "bar is how busy they are. A queue at its capacity makes those wait who fill it, or "
            "drops; one without a limit that only grows ends with the memory. Open one for its "
            "depth over time, who holds it, who fills it and who waits for it.",
    .tab = "Queues",
    .columns = columns,
    .sort = "waiters",
    .when_empty = "Nothing that has a depth is known of yet.",
    .collect = collect,
    .link = link_to,
};
