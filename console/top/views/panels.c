/* SPDX-License-Identifier: MIT */
/* Three panels share what room there is; each shows its most telling rows. */
#include "panels.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "analyzers/model/workers.h"
#include "console/top/app/cell.h"
#include "console/top/app/page.h"
#include "names.h"

#define ITEMS_MAX 24
#define SENTENCE_ROWS 3
#define SIDE_BY_SIDE 116 /* columns from which panels stand beside each other */

/* What a panel may show a row of: the highest rank first. */
struct entry {
    uint64_t rank;
    uint32_t process, index; /* of the thread, the resource's slot, the pool */
};
struct items {
    struct entry at[ITEMS_MAX];
    unsigned count;
};

static void add_item(struct items *items, struct entry item)
{
    unsigned at = items->count < ITEMS_MAX ? items->count++ : ITEMS_MAX;
    if (at == ITEMS_MAX && items->at[--at].rank >= item.rank)
        return;
    for (; at && items->at[at - 1].rank < item.rank; at--)
        items->at[at] = items->at[at - 1];
    items->at[at] = item;
}

static const struct model *model_of(const struct app *app, const struct entry *item)
{
    return app_feed(app)->processes[item->process].model;
}

/* ---- loops ---- */

static void collect_loops(const struct model *model, uint32_t process, struct items *items)
{
    for (unsigned i = 0; i < model_thread_count(model); i++) {
        const struct thread *thread = model_thread_at(model, i);
        if (thread->loop || thread_turn_since(thread) != MODEL_NEVER)
            add_item(items, (struct entry){thread_utilization(thread) + 1, process, i});
    }
}

static void draw_history(const struct app *app, struct screen *screen, const struct area *area,
                         uint32_t process, uint32_t thread)
{
    struct loop_sample samples[HISTORY_SAMPLES];
    uint64_t values[HISTORY_SAMPLES];
    unsigned count =
        history_loop(app_feed(app)->history, process, thread, samples,
                     area->columns < HISTORY_SAMPLES ? area->columns : HISTORY_SAMPLES);
    for (unsigned i = 0; i < count; i++)
        values[i] = samples[i].utilization;
    screen_strip(screen, area, values, count, 10000);
}

static struct area part(const struct area *line, unsigned from, unsigned columns)
{
    struct area out = {line->row, line->column + from, 1, columns};
    if (from >= line->columns)
        out.columns = 0;
    else if (from + columns > line->columns)
        out.columns = line->columns - from;
    return out;
}

uint64_t worst_turn(const struct app *app, uint32_t process, const struct thread *thread)
{
    uint64_t worst = thread->loop ? thread->loop->turn_ns.max : 0;
    uint64_t since = thread_turn_since(thread), now = feed_process_now(app_feed(app), process);
    if (since != MODEL_NEVER && !thread->has_ended && now > since && now - since > worst)
        worst = now - since;
    return worst;
}

/* "node 4711           █████···  61 % lag   0 ns worst 203 ms ▂▃▅" */
static void draw_loop(const struct app *app, struct screen *screen, const struct area *line,
                      const struct entry *item)
{
    const struct thread *thread = model_thread_at(model_of(app, item), item->index);
    char name[NAME_BYTES], text[DURATION_BYTES];
    unsigned used = thread_utilization(thread);
    uint64_t p99 = thread->loop ? histogram_quantile(&thread->loop->lag_ns, 9900) : 0;
    name_thread(name, thread);
    struct area at = part(line, 0, 18);
    screen_put(screen, &at, 0, 0, thread->has_ended ? STYLE_DIM : STYLE_TEXT, name);
    at = part(line, 19, 8);
    screen_bar(screen, &at, used, 10000);
    at = part(line, 27, 6);
    screen_print(screen, &at, 0, 0, STYLE_TEXT, "%4u %%", used / 100);
    at = part(line, 34, 11);
    screen_print(screen, &at, 0, 0, STYLE_TEXT, "lag %s", words_duration(screen, text, p99));
    at = part(line, 46, 13);
    screen_print(screen, &at, 0, 0, STYLE_TEXT, "worst %s",
                 words_duration(screen, text, worst_turn(app, item->process, thread)));
    at = part(line, 60, line->columns);
    if (at.columns)
        draw_history(app, screen, &at, item->process, thread->id);
}

/* ---- queues ---- */

static void collect_queues(const struct model *model, uint32_t process, struct items *items)
{
    for (unsigned i = 0; i < model_resource_slots(model); i++) {
        const struct resource_row *row = model_resource_at(model, i);
        if (!row || row->info.has_ended || (!row->depth_max && !row->waiters && !row->dropped))
            continue;
        uint64_t fill = row->capacity ? (row->depth < row->capacity ? row->depth : row->capacity) *
                                            1000 / row->capacity
                                      : 0;
        uint64_t full = resource_saturated_ns(model, row, &(uint64_t){0}) ? 500 : 0;
        add_item(items, (struct entry){fill * 1000 + full + (row->waiters ? 100 : 0), process, i});
    }
}

static void draw_queue(const struct app *app, struct screen *screen, const struct area *line,
                       const struct entry *item)
{
    const struct model *model = model_of(app, item);
    const struct resource_row *row = model_resource_at(model, item->index);
    char name[NAME_BYTES], owner[OWNER_BYTES], depth[AMOUNT_BYTES], capacity[AMOUNT_BYTES],
        full[DURATION_BYTES];
    name_resource(name, model, row);
    struct area at = part(line, 0, 25);
    screen_put(screen, &at, 0,
               screen_put(screen, &at, 0, 0, STYLE_TEXT, name_owner(owner, app, item->process)),
               STYLE_TEXT, name);
    at = part(line, 26, 8);
    if (row->capacity)
        screen_bar(screen, &at, row->depth, row->capacity);
    at = part(line, 35, line->columns);
    unsigned used =
        screen_put(screen, &at, 0, 0, STYLE_TEXT, queue_depth_text(depth, model, row, row->depth));
    if (row->capacity)
        used += screen_print(screen, &at, 0, used, STYLE_TEXT, " of %s",
                             queue_depth_text(capacity, model, row, row->capacity));
    uint64_t longest, saturated = resource_saturated_ns(model, row, &longest);
    if (row->waiters)
        used +=
            screen_print(screen, &at, 0, used, STYLE_WARNING, "  %" PRIu64 " wait", row->waiters);
    if (saturated)
        screen_print(screen, &at, 0, used, STYLE_DIM, "  full for %s",
                     words_duration(screen, full, saturated));
}

/* ---- workers: threads of executors, pools ---- */

#define POOL_INDEX 0x80000000u
#define POOLS_FIRST UINT64_C(20000) /* in rank: more than a worker's share of time can be */
#define HELPER_PERCENT 1

/* A thread by itself that hardly works is somebody's helper. */
static void collect_pool(const struct model *model, uint32_t process, unsigned index,
                         struct items *items)
{
    enum pool_growth growth = POOL_FIXED;
    const struct pool *pool = model_pool_at(model, index);
    pool_known_name(model, pool, &growth);
    if (pool->size == 0 || growth == POOL_HELPER)
        return;
    unsigned used = pool_view(model, pool).utilization;
    if (pool->size > 1 || used >= HELPER_PERCENT * 100)
        add_item(items, (struct entry){used + POOLS_FIRST, process, index | POOL_INDEX});
}

static void collect_workers(const struct model *model, uint32_t process, struct items *items)
{
    for (unsigned i = 0; i < model_pool_count(model); i++)
        collect_pool(model, process, i, items);
    for (unsigned i = 0; i < model_thread_count(model); i++) {
        const struct thread *thread = model_thread_at(model, i);
        if (thread_worker(thread) && !thread->has_ended)
            add_item(items, (struct entry){worker_utilization(model, thread) + 1, process, i});
    }
}

static void draw_pool(const struct app *app, struct screen *screen, const struct area *line,
                      const struct entry *item)
{
    const struct model *model = model_of(app, item);
    const struct pool *pool = model_pool_at(model, item->index & ~POOL_INDEX);
    struct pool_view view = pool_view(model, pool);
    char name[NAME_BYTES], owner[OWNER_BYTES], full[DURATION_BYTES];
    pool_name(model, pool, name, sizeof(name));
    struct area at = part(line, 0, 25);
    screen_put(screen, &at, 0,
               screen_put(screen, &at, 0, 0, STYLE_TEXT, name_owner(owner, app, item->process)),
               STYLE_TEXT, name);
    at = part(line, 26, 8);
    screen_bar(screen, &at, view.utilization, 10000);
    at = part(line, 35, line->columns);
    unsigned used = screen_print(screen, &at, 0, 0, STYLE_TEXT, "%3u %% of %u",
                                 view.utilization / 100, pool->size);
    if (view.saturated_ns)
        screen_print(screen, &at, 0, used, view.in_progress ? STYLE_WARNING : STYLE_DIM,
                     "  all busy for %s", words_duration(screen, full, view.saturated_ns));
}

static void draw_worker(const struct app *app, struct screen *screen, const struct area *line,
                        const struct entry *item)
{
    const struct model *model = model_of(app, item);
    char name[NAME_BYTES], polls[COUNT_BYTES], delay[DURATION_BYTES];
    if (item->index & POOL_INDEX) {
        draw_pool(app, screen, line, item);
        return;
    }
    const struct thread *thread = model_thread_at(model, item->index);
    const struct worker *worker = thread_worker(thread);
    unsigned used = worker_utilization(model, thread);
    name_thread(name, thread);
    struct area at = part(line, 0, 25);
    screen_put(screen, &at, 0, 0, STYLE_TEXT, name);
    at = part(line, 26, 8);
    screen_bar(screen, &at, used, 10000);
    at = part(line, 35, line->columns);
    screen_print(screen, &at, 0, 0, STYLE_TEXT, "%3u %%  %s polls  delay %s", used / 100,
                 words_count(polls, worker->polls, 7),
                 words_duration(screen, delay, worker_delay_quantile(worker, 9900)));
}

/* ---- together ---- */

static const struct panel {
    const char *title;
    void (*collect)(const struct model *model, uint32_t process, struct items *items);
    void (*draw)(const struct app *app, struct screen *screen, const struct area *line,
                 const struct entry *item);
    bool is_right; /* where there is room beside each other */
} panels[] = {
    {"Loops", collect_loops, draw_loop, false},
    {"Queues", collect_queues, draw_queue, true},
    {"Workers", collect_workers, draw_worker, true},
};
#define PANEL_COUNT (sizeof(panels) / sizeof(panels[0]))

static void collect_all(const struct app *app, struct items all[PANEL_COUNT])
{
    const struct feed *feed = app_feed(app);
    for (unsigned p = 0; p < PANEL_COUNT; p++)
        all[p].count = 0;
    for (uint32_t i = 0; i < feed->process_count; i++)
        for (unsigned p = 0; app_shows_process(app, i) && p < PANEL_COUNT; p++)
            panels[p].collect(feed->processes[i].model, i, &all[p]);
}

static void print_sentence(const struct app *app, struct page *page)
{
    const struct finding *finding = finding_of_entity(app_feed(app), app_selected(app));
    if (finding)
        page_text(page, 0, STYLE_TEXT, finding->title);
}

static unsigned sentence_rows(const struct app *app, unsigned columns)
{
    struct page page = page_count(columns);
    print_sentence(app, &page);
    return page.row > SENTENCE_ROWS ? SENTENCE_ROWS : page.row;
}

static unsigned wanted(const struct items *items)
{
    return items->count ? items->count + 1 : 0;
}

/* Rows of each panel in a column of `rows`: what it wants, those with most giving way first. */
static void share_rows(const struct items all[PANEL_COUNT], const bool is_in[PANEL_COUNT],
                       unsigned rows, unsigned out[PANEL_COUNT])
{
    unsigned sum = 0;
    for (unsigned p = 0; p < PANEL_COUNT; p++)
        sum += out[p] = is_in[p] ? wanted(&all[p]) : 0;
    while (sum > rows) {
        unsigned largest = 0;
        for (unsigned p = 1; p < PANEL_COUNT; p++)
            if (out[p] > out[largest])
                largest = p;
        unsigned less = out[largest] == 2 ? 2 : 1; /* a title alone says nothing */
        out[largest] -= less;
        sum -= less;
    }
}

/* Which panels stand on which side; true: there are two. */
static bool split(const struct items all[PANEL_COUNT], unsigned columns, bool sides[2][PANEL_COUNT])
{
    bool has_side[2] = {false, false};
    for (unsigned p = 0; p < PANEL_COUNT; p++)
        has_side[panels[p].is_right] |= all[p].count > 0;
    bool is_wide = columns >= SIDE_BY_SIDE && has_side[0] && has_side[1];
    for (unsigned p = 0; p < PANEL_COUNT; p++) {
        sides[0][p] = !is_wide || !panels[p].is_right;
        sides[1][p] = !sides[0][p];
    }
    return is_wide;
}

static unsigned side_rows(const struct items all[PANEL_COUNT], const bool is_in[PANEL_COUNT])
{
    unsigned rows = 0;
    for (unsigned p = 0; p < PANEL_COUNT; p++)
        rows += is_in[p] ? wanted(&all[p]) : 0;
    return rows;
}

/* All they need where the list leaves it, and two thirds of the room at least. */
unsigned panels_rows(const struct app *app, const struct area *room)
{
    struct items all[PANEL_COUNT];
    bool sides[2][PANEL_COUNT];
    collect_all(app, all);
    split(all, room->columns, sides);
    unsigned left = side_rows(all, sides[0]), right = side_rows(all, sides[1]);
    unsigned sentence = sentence_rows(app, room->columns);
    unsigned need = (left > right ? left : right) + sentence + (sentence > 0);
    unsigned listed = (unsigned)app_row_count(app) + 1, all_rows = room->rows + 4;
    unsigned spare = all_rows > listed ? all_rows - listed : 0, least = room->rows * 2 / 3;
    unsigned most = spare > least ? spare : least;
    return need < most ? need : most;
}

static void draw_column(const struct app *app, struct screen *screen, const struct area *area,
                        const struct items all[PANEL_COUNT], const bool is_in[PANEL_COUNT])
{
    unsigned rows[PANEL_COUNT], at = area->row;
    share_rows(all, is_in, area->rows, rows);
    for (unsigned p = 0; p < PANEL_COUNT; p++) {
        if (rows[p] == 0)
            continue;
        struct area box = {at, area->column, rows[p], area->columns};
        struct area inside = screen_panel(screen, &box, panels[p].title);
        for (unsigned i = 0; i < inside.rows && i < all[p].count; i++) {
            struct area line = {inside.row + i, inside.column, 1, inside.columns};
            panels[p].draw(app, screen, &line, &all[p].at[i]);
        }
        at += rows[p];
    }
}

/* The sentence of the selected finding; how many rows it took. */
/* There would be more to read: an ellipsis where the last row's text ends. */
static void mark_cut(struct screen *screen, const struct area *text)
{
    unsigned row = text->rows - 1, at = text->columns;
    while (at > 0 &&
           strcmp(screen_cell(screen, text->row + row, text->column + at - 1)->text, " ") == 0)
        at--;
    at += at > 0;
    screen_put(screen, text, row, at < text->columns ? at : text->columns - 1, STYLE_TEXT,
               screen_glyph(screen, GLYPH_ELLIPSIS));
}

static unsigned draw_sentence(const struct app *app, struct screen *screen, const struct area *area)
{
    unsigned rows = sentence_rows(app, area->columns);
    if (rows == 0 || area->rows == 0)
        return 0;
    screen_panel(screen, area, "");
    struct area text = {area->row + 1, area->column, rows, area->columns};
    text.rows = rows < area->rows ? rows : area->rows - 1;
    struct page page = page_begin(screen, &text, 0);
    print_sentence(app, &page);
    if (page.row > text.rows && text.rows)
        mark_cut(screen, &text);
    return text.rows + 1;
}

void panels_draw(const struct app *app, struct screen *screen, const struct area *area)
{
    struct items all[PANEL_COUNT];
    bool sides[2][PANEL_COUNT];
    struct area rest = *area;
    unsigned used = draw_sentence(app, screen, area);
    collect_all(app, all);
    rest.row += used;
    rest.rows -= used;
    if (!split(all, area->columns, sides)) {
        draw_column(app, screen, &rest, all, sides[0]);
        return;
    }
    struct area half = rest;
    half.columns = rest.columns / 2 - 1;
    draw_column(app, screen, &half, all, sides[0]);
    half.column += rest.columns / 2 + 1;
    half.columns = rest.columns - rest.columns / 2 - 1;
    draw_column(app, screen, &half, all, sides[1]);
}
