/* SPDX-License-Identifier: MIT */
/* Resources: queues and the like whose depth the program reports. By handle slot. */
#include "state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int make_room(struct model *model, uint32_t slot)
{
    uint32_t room = model->resource_room ? model->resource_room : 64;
    while (room <= slot)
        room *= 2;
    struct resource_row **rows = realloc(model->resources, room * sizeof(*rows));
    if (!rows)
        return -ENOMEM;
    memset(rows + model->resource_room, 0, (room - model->resource_room) * sizeof(*rows));
    model->resources = rows;
    model->resource_room = room;
    return 0;
}

static void end_saturation(struct resource_row *row, uint64_t time)
{
    uint64_t length = at_least_zero(time, row->saturated_since);
    row->saturated_ns += length;
    if (length > row->longest_ns || row->longest_ns == 0) {
        row->longest_ns = length;
        row->longest_start_ns = row->saturated_since;
    }
    row->last_saturated_ns = time;
    row->saturated_since = MODEL_NEVER;
}

static void resource_delete(struct model *model, struct resource_row *row)
{
    if (!row)
        return;
    histogram_free(&row->depths);
    contention_free(model, row);
    free(row);
}

/* What of it was full, lost, grown or waited for: a measure of how much there is to tell of it. */
static uint64_t story_of(const struct model *model, const struct resource_row *row)
{
    struct growth_view growth = resource_growth(model, row);
    uint64_t grown = growth.is_growing ? growth.last - growth.first : 0;
    uint64_t waited = row->contention ? row->contention->waited_ns / 1000 : 0;
    return smaller(row->saturated_ns / 1000, UINT32_MAX) + smaller(row->dropped, UINT32_MAX) +
           smaller(grown, UINT32_MAX) + smaller(waited, UINT32_MAX);
}

/* Its slot goes to another one. Those of which most can be told are kept. */
static void retire(struct model *model, struct resource_row *row)
{
    if (row->saturated_since != MODEL_NEVER)
        end_saturation(row, model->seen_ns);
    if (!row->info.has_ended)
        row->ended_ns = model->seen_ns;
    row->info.has_ended = true;
    uint64_t story = story_of(model, row);
    unsigned least = 0;
    for (unsigned i = 1; i < RETIRED_MAX; i++)
        least = model->retired[i].story < model->retired[least].story ? i : least;
    struct retired *place = &model->retired[least];
    if (story <= place->story) {
        resource_delete(model, row);
        return;
    }
    resource_delete(model, place->row);
    *place = (struct retired){.row = row, .story = story};
}

static struct resource_row *resource_get(struct model *model, uint32_t handle)
{
    uint32_t slot = LSC_HANDLE_SLOT(handle);
    if (handle == 0)
        return NULL;
    if (slot >= MODEL_RESOURCES_MAX ||
        (slot >= model->resource_room && make_room(model, slot) < 0)) {
        model->unheld.resources++;
        return NULL;
    }
    struct resource_row *row = model->resources[slot];
    if (row && row->handle == handle)
        return row;
    if (row)
        retire(model, row);
    row = model->resources[slot] = calloc(1, sizeof(*row));
    if (!row)
        return NULL;
    *row = (struct resource_row){
        .handle = handle, .saturated_since = MODEL_NEVER, .since_ns = MODEL_NEVER};
    return row;
}

static void count_filler(struct resource_row *row, uint32_t place, bool is_site, uint64_t risen)
{
    struct filler *least = &row->fillers[0];
    for (unsigned i = 0; i < FILLERS_MAX; i++) {
        struct filler *filler = &row->fillers[i];
        if ((filler->place == place && filler->is_site == is_site) || filler->place == 0) {
            filler->place = place;
            filler->is_site = is_site;
            filler->risen = larger(filler->risen, filler->risen + risen);
            return;
        }
        least = filler->risen < least->risen ? filler : least;
    }
    *least = (struct filler){.place = place, .is_site = is_site, .risen = risen};
}

static void apply_depth(struct resource_row *row, const struct event *event)
{
    uint64_t time = event->time_ns;
    if (row->since_ns == MODEL_NEVER)
        row->first_ns = time;
    else /* weights in microseconds, so that none is too small to count */
        histogram_add(&row->depths, row->depth, 1 + at_least_zero(time, row->since_ns) / 1000);
    row->since_ns = time;
    row->changes++;
    bool is_site = (event->flags & LSC_DEPTH_FILLED_AT) != 0;
    bool is_filled = is_site || (event->flags & LSC_DEPTH_FILLED) != 0;
    if (is_filled && event->arg > row->depth)
        count_filler(row, is_site ? LSC_DEPTH_SITE(event->arg2) : LSC_DEPTH_STACK(event->arg2),
                     is_site, event->arg - row->depth);
    row->depth = event->arg;
    row->depth_max = larger(row->depth_max, event->arg);
    growth_add(&row->growth, time, event->arg);
    row->capacity = is_filled ? LSC_DEPTH_CAPACITY(event->arg2) : event->arg2;
    bool is_full = row->capacity && row->depth >= row->capacity;
    if (is_full && row->saturated_since == MODEL_NEVER) {
        row->saturated_since = time;
        if (row->stretches++ == 0)
            row->first_saturated_ns = time;
    } else if (!is_full && row->saturated_since != MODEL_NEVER) {
        end_saturation(row, time);
    }
}

static void apply_drop(struct resource_row *row, const struct event *event)
{
    uint64_t sum = row->dropped_seen + event->arg;
    if (row->dropped_seen == 0)
        row->first_drop_ns = event->time_ns;
    row->dropped_seen = sum < event->arg ? UINT64_MAX : sum;
    row->dropped = larger(row->dropped, row->dropped_seen);
    row->last_drop_ns = larger(row->last_drop_ns, event->time_ns);
}

int resource_apply_event(struct model *model, const struct event *event)
{
    struct resource_row *row = resource_get(model, event->task);
    if (!row)
        return 0;
    if (event->type == LSC_RECORD_DEPTH)
        apply_depth(row, event);
    else if (event->type == LSC_RECORD_DROP)
        apply_drop(row, event);
    else if (event->type == LSC_RECORD_WAITERS) {
        row->waiters = event->arg;
        row->waiters_max = larger(row->waiters_max, event->arg);
        contention_waiters(row, event->arg, event->time_ns);
    } else
        holds_apply(model, row, event);
    return 0;
}

int resource_apply(struct model *model, const struct resource_item *item)
{
    struct resource_row *row = resource_get(model, item->handle);
    if (!row)
        return 0;
    if (item->has_ended && !row->info.has_ended)
        row->ended_ns = model->seen_ns;
    row->info = *item;
    row->depth_max = larger(row->depth_max, item->depth_max);
    row->dropped = larger(row->dropped, item->dropped);
    if (row->changes == 0) {
        row->capacity = item->capacity;
        row->depth = item->depth;
    }
    return 0;
}

void resources_free(struct model *model)
{
    for (uint32_t i = 0; i < model->resource_room; i++)
        resource_delete(model, model->resources[i]);
    for (unsigned i = 0; i < RETIRED_MAX; i++)
        resource_delete(model, model->retired[i].row);
    free(model->resources);
}

unsigned model_resource_slots(const struct model *model)
{
    return model->resource_room + RETIRED_MAX;
}

const struct resource_row *model_resource_at(const struct model *model, unsigned slot)
{
    if (slot < model->resource_room)
        return model->resources[slot];
    slot -= model->resource_room;
    return slot < RETIRED_MAX ? model->retired[slot].row : NULL;
}

struct resource_row *resource_find(const struct model *model, uint32_t handle)
{
    uint32_t slot = LSC_HANDLE_SLOT(handle);
    struct resource_row *row = slot < model->resource_room ? model->resources[slot] : NULL;
    return row && handle && row->handle == handle ? row : NULL;
}

const struct resource_row *model_resource(const struct model *model, uint32_t handle)
{
    return resource_find(model, handle);
}

uint64_t resource_saturated_ns(const struct model *model, const struct resource_row *row,
                               uint64_t *longest_ns)
{
    uint64_t open = row->saturated_since == MODEL_NEVER
                        ? 0
                        : at_least_zero(model->seen_ns, row->saturated_since);
    *longest_ns = larger(row->longest_ns, open);
    return row->saturated_ns + open;
}

uint64_t resource_longest_start(const struct model *model, const struct resource_row *row)
{
    uint64_t longest;
    resource_saturated_ns(model, row, &longest);
    bool is_open = row->saturated_since != MODEL_NEVER && longest > row->longest_ns;
    return is_open ? row->saturated_since : row->longest_start_ns;
}

struct growth_view resource_growth(const struct model *model, const struct resource_row *row)
{
    return growth_view(&row->growth, row->info.has_ended ? row->ended_ns : model->seen_ns);
}

struct filler resource_heaviest_filler(const struct resource_row *row)
{
    const struct filler *most = &row->fillers[0];
    for (unsigned i = 1; i < FILLERS_MAX; i++)
        most = row->fillers[i].risen > most->risen ? &row->fillers[i] : most;
    return *most;
}
