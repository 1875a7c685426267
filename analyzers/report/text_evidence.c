/* SPDX-License-Identifier: MIT */
/* The evidence below the findings: what was seen, what could not be, what was lost. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

#define LOOPS_SHOWN 4
#define POOLS_SHOWN 4
#define WORTH_TELLING_NS 1000000 /* a pool full for less */

static const char *percent(char out[32], unsigned hundredths)
{
    if (hundredths && hundredths < 1000)
        snprintf(out, 32, "%u.%u %%", hundredths / 100, hundredths / 10 % 10);
    else
        snprintf(out, 32, "%u %%", (hundredths + 50) / 100);
    return out;
}

void loop_figures(char *out, size_t bytes, const struct thread *thread)
{
    char p50[DURATION_BYTES], p99[DURATION_BYTES], max[DURATION_BYTES], lag[DURATION_BYTES];
    char share[32];
    const struct loop *loop = thread->loop;
    if (!loop) {
        uint64_t since = thread_turn_since(thread);
        snprintf(out, bytes, "in its first turn for %s",
                 duration_text(max, thread->now.time_ns - since));
        return;
    }
    struct quantiles turn = histogram_quantiles(&loop->turn_ns);
    snprintf(out, bytes, "%" PRIu64 " turn%s, p50 %s, p99 %s, max %s; lag p99 %s; busy %s",
             loop->turns, loop->turns == 1 ? "" : "s", duration_text(p50, turn.p50),
             duration_text(p99, turn.p99), duration_text(max, turn.max),
             duration_text(lag, histogram_quantile(&loop->lag_ns, 9900)),
             percent(share, thread_utilization(thread)));
}

static bool is_loop(const struct thread *thread)
{
    return thread->loop || thread_turn_since(thread) != MODEL_NEVER;
}

static uint64_t busy_of(const struct thread *thread)
{
    return thread->loop ? thread->loop->busy_ns : 0;
}

/* Busiest first, then by id: a total order. */
static int busier_first(const void *left, const void *right)
{
    const struct thread *a = *(const struct thread *const *)left;
    const struct thread *b = *(const struct thread *const *)right;
    if (busy_of(a) != busy_of(b))
        return busy_of(a) > busy_of(b) ? -1 : 1;
    return a->id < b->id ? -1 : a->id > b->id;
}

const struct thread *busiest_loop(const struct model *model)
{
    const struct thread *best = NULL;
    for (unsigned i = 0; i < model_thread_count(model); i++) {
        const struct thread *thread = model_thread_at(model, i);
        if (is_loop(thread) && (!best || busier_first(&thread, &best) < 0))
            best = thread;
    }
    return best;
}

static void loops_lines(const struct ink *ink, const struct model *model, bool verbose)
{
    unsigned total = model_thread_count(model), count = 0;
    const struct thread **loops = calloc(total ? total : 1, sizeof(struct thread *));
    if (!loops)
        return;
    for (unsigned i = 0; i < total; i++)
        if (is_loop(model_thread_at(model, i)))
            loops[count++] = model_thread_at(model, i);
    qsort(loops, count, sizeof(struct thread *), busier_first);
    unsigned shown = verbose || count <= LOOPS_SHOWN ? count : LOOPS_SHOWN;
    for (unsigned i = 0; i < shown; i++) {
        char figures[512];
        loop_figures(figures, sizeof(figures), loops[i]);
        ink_print(ink, i ? "" : "  loops", TEXT_MARGIN, "'%s' (tid %" PRIu32 "): %s",
                  loops[i]->name, loops[i]->tid, figures);
    }
    if (count > shown)
        ink_print(ink, "", TEXT_MARGIN, "… %u more loops, each less busy", count - shown);
    if (count > 0 && verbose)
        ink_print(
            ink, "", TEXT_MARGIN,
            "lag: how long work that was ready, or a timer that was due, waited for its loop");
    text_turns(ink, model, loops, count, verbose);
    free(loops);
}

static void pool_line(const struct ink *ink, const struct model *model, const struct pool *pool,
                      const char *lead)
{
    char name[160], share[32], full[DURATION_BYTES];
    struct pool_view view = pool_view(model, pool);
    pool_name(model, pool, name, sizeof(name));
    if (view.saturated_ns >= WORTH_TELLING_NS)
        ink_print(ink, lead, TEXT_MARGIN,
                  "%s: %u workers, %s used, at most %u busy at once; all busy for %s", name,
                  pool->size_max, percent(share, view.utilization), view.busy_max,
                  duration_text(full, view.saturated_ns));
    else
        ink_print(ink, lead, TEXT_MARGIN, "%s: %u workers, %s used, at most %u busy at once", name,
                  pool->size_max, percent(share, view.utilization), view.busy_max);
}

/* A lone thread that waits for work is no pool worth a line, unless people know it and it was full.
 */
static bool is_shown(const struct model *model, const struct pool *pool)
{
    enum pool_growth growth;
    if (pool->size_max > 1)
        return true;
    return pool_known_name(model, pool, &growth) &&
           pool_view(model, pool).saturated_ns >= WORTH_TELLING_NS;
}

static void pools_lines(const struct ink *ink, const struct model *model, bool verbose)
{
    unsigned shown = 0, left = 0;
    for (unsigned i = 0; i < model_pool_count(model); i++) {
        const struct pool *pool = model_pool_at(model, i);
        if (!is_shown(model, pool))
            continue;
        if (shown == POOLS_SHOWN && !verbose)
            left++;
        else
            pool_line(ink, model, pool, shown++ ? "" : "  pools");
    }
    if (left)
        ink_print(ink, "", TEXT_MARGIN, "… %u more pools", left);
}

static void append(char *out, size_t bytes, const char *separator, const char *words)
{
    size_t used = strlen(out);
    snprintf(out + used, bytes - used, "%s%s", used ? separator : "", words);
}

/* From 3.12 on CPython can name its functions to others; an older one only shows its own C code. */
static bool hides_its_lines(const struct process_facts *process)
{
    const char *name = path_base(process->executable);
    unsigned minor;
    return sscanf(name, "python3.%u", &minor) == 1 ? minor < 12 : strncmp(name, "python2", 7) == 0;
}

static void watched_lines(const struct ink *ink, const struct model *model)
{
    static const struct {
        uint32_t bit;
        const char *words;
        bool is_missed; /* worth saying when it could not be watched */
    } depths[] = {{LSC_DEPTH_LOOP, "turns of every loop", true},
                  {LSC_DEPTH_BLOCKING, "blocking calls on loop threads", true},
                  {LSC_DEPTH_POOLS, "thread pools", true},
                  {LSC_DEPTH_LIBUV, "libuv's handles and requests", true},
                  {LSC_DEPTH_EXPLICIT, "what the program itself reports", false}};
    char watched[512] = "", missed[512] = "";
    uint32_t mask = model_process(model)->depths;
    for (unsigned i = 0; i < sizeof(depths) / sizeof(depths[0]); i++) {
        if (mask & depths[i].bit)
            append(watched, sizeof(watched), ", ", depths[i].words);
        else if (depths[i].is_missed)
            append(missed, sizeof(missed), ", ", depths[i].words);
    }
    if (hides_its_lines(model_process(model)))
        append(missed, sizeof(missed), ", ", "Python lines, before CPython 3.12 without names");
    ink_print(ink, "  watched", TEXT_MARGIN, "%s%s%s", watched[0] ? watched : "nothing",
              missed[0] ? "; not: " : "", missed);
    for (unsigned i = 0; i < 32; i++)
        if ((model_process(model)->limits & (1u << i)) && limit_words(1u << i))
            ink_print(ink, "  limits", TEXT_MARGIN, "%s", limit_words(1u << i));
}

static void lost_line(const struct ink *ink, const struct model *model)
{
    const struct tables_lost_item *tables = model_tables_lost(model);
    const struct unheld *unheld = model_unheld(model);
    uint64_t records = model_lost_records(model);
    uint64_t entries = tables->threads + tables->tasks + tables->resources + tables->strings +
                       tables->sites + tables->stacks + tables->modules + unheld->threads +
                       unheld->tasks + unheld->resources + unheld->strings + unheld->sites +
                       unheld->stacks + unheld->frames + unheld->rows + unheld->pools;
    char more[160] = "";
    if (entries)
        snprintf(more, sizeof(more), "%" PRIu64 " table entries did not fit", entries);
    if (records)
        ink_print(ink, "  lost", TEXT_MARGIN,
                  "%" PRIu64
                  " records were overwritten before they were read: counts and times here are "
                  "lower bounds%s%s",
                  records, more[0] ? "; " : "", more);
    else
        ink_print(ink, "  lost", TEXT_MARGIN, "%s", more[0] ? more : "nothing");
}

void text_evidence(const struct ink *ink, const struct model *model, bool verbose)
{
    loops_lines(ink, model, verbose);
    text_workers(ink, model, verbose);
    pools_lines(ink, model, verbose);
    text_queues(ink, model, verbose);
    text_tasks(ink, model, verbose);
    text_waiting(ink, model, verbose);
    watched_lines(ink, model);
    lost_line(ink, model);
}
