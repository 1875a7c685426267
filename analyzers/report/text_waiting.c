/* SPDX-License-Identifier: MIT */
/* Where the tasks that wait stand at the end: the line of the await, those of its callers, and what
 * for. Tasks that wait alike are told together, those that waited longest altogether first. */
#include <inttypes.h>
#include <stdlib.h>

#include "text.h"

#define PLACES_SHOWN 4
#define PLACES_VERBOSE 20
#define CALLERS_SHOWN 3

struct place {
    uint32_t site, resource; /* a site's id, a resource's handle */
    uint64_t tasks, total_ns, longest_ns;
};

static bool holds(const struct resource_row *row, uint32_t task)
{
    for (unsigned i = 0; row && i < row->hold_count; i++)
        if (row->holds[i].task == task)
            return true;
    return false;
}

/* One who was given what it waits for, or was woken, only waits for its turn. */
static bool is_waiting(const struct model *model, const struct task_row *task)
{
    return task && !task->has_ended && task->await_ns != MODEL_NEVER &&
           (task->last_wake_ns == MODEL_NEVER || task->last_wake_ns < task->await_ns) &&
           !holds(model_resource(model, task->awaits), task->handle);
}

static int by_place(const void *left, const void *right)
{
    const struct place *a = left, *b = right;
    if (a->site != b->site)
        return a->site < b->site ? -1 : 1;
    return a->resource < b->resource ? -1 : a->resource > b->resource;
}

static int longer_first(const void *left, const void *right)
{
    const struct place *a = left, *b = right;
    if (a->total_ns != b->total_ns)
        return a->total_ns > b->total_ns ? -1 : 1;
    return by_place(left, right);
}

/* One place per task, then those that are alike made one. */
static struct place *places_new(const struct model *model, size_t *count)
{
    size_t tasks = 0, used = 0;
    for (unsigned i = 0; i < model_task_slots(model); i++)
        tasks += is_waiting(model, model_task_at(model, i));
    struct place *places = tasks ? calloc(tasks, sizeof(*places)) : NULL;
    *count = 0;
    for (unsigned i = 0; places && i < model_task_slots(model); i++) {
        const struct task_row *task = model_task_at(model, i);
        if (!is_waiting(model, task))
            continue;
        uint64_t seen = model_seen_ns(model);
        uint64_t wait = seen > task->await_ns ? seen - task->await_ns : 0;
        places[used++] = (struct place){task->await_site, task->awaits, 1, wait, wait};
    }
    if (used)
        qsort(places, used, sizeof(*places), by_place);
    for (size_t i = 0; i < used; i++) {
        struct place *last = *count ? &places[*count - 1] : NULL;
        if (!last || by_place(last, &places[i]) != 0) {
            places[(*count)++] = places[i];
            continue;
        }
        last->tasks++;
        last->total_ns += places[i].total_ns;
        if (places[i].longest_ns > last->longest_ns)
            last->longest_ns = places[i].longest_ns;
    }
    if (*count)
        qsort(places, *count, sizeof(*places), longer_first);
    return places;
}

/* " in leaf (a.c:5), awaited by caller (b.c:9)". */
static void tree_text(char *out, size_t bytes, const struct model *model, uint32_t site,
                      bool verbose)
{
    const struct site *tree[AWAIT_TREE_MAX];
    unsigned depth = model_await_tree(model, site, tree);
    unsigned shown = verbose || depth <= CALLERS_SHOWN ? depth : CALLERS_SHOWN;
    size_t used = 0;
    out[0] = '\0';
    for (unsigned i = 0; i < shown && used + 1 < bytes; i++) {
        char place[160];
        place_text(model, 0, tree[i]->id, place, sizeof(place));
        used +=
            (size_t)snprintf(out + used, bytes - used, "%s%s", i ? ", awaited by " : " in ", place);
    }
    if (shown < depth && used + 1 < bytes)
        snprintf(out + used, bytes - used, ", … %u more", depth - shown);
}

static void place_line(const struct ink *ink, const struct model *model, const struct place *place,
                       const char *lead, bool verbose)
{
    char tree[1024], name[160] = "", longest[DURATION_BYTES];
    const struct resource_row *row = model_resource(model, place->resource);
    if (row)
        resource_name(model, row, name, sizeof(name));
    tree_text(tree, sizeof(tree), model, place->site, verbose);
    ink_print(ink, lead, TEXT_MARGIN, "%" PRIu64 " task%s%s%s%s: %s%s", place->tasks,
              place->tasks == 1 ? "" : "s", row ? " for " : "", name, tree,
              place->tasks == 1 ? "" : "up to ", duration_text(longest, place->longest_ns));
}

void text_waiting(const struct ink *ink, const struct model *model, bool verbose)
{
    size_t count;
    struct place *places = places_new(model, &count);
    size_t most = verbose ? PLACES_VERBOSE : PLACES_SHOWN;
    size_t shown = count < most ? count : most;
    for (size_t i = 0; i < shown; i++)
        place_line(ink, model, &places[i], i ? "" : "  waiting", verbose);
    if (count > shown)
        ink_print(ink, "", TEXT_MARGIN, "… at %zu more places", count - shown);
    free(places);
}
