/* SPDX-License-Identifier: MIT */
/* Workers that idle while others of their group have more than they can do, window by window. A
 * window is judged a second after it is over, when the records of polls and parks that reach into
 * it have come. Work was queued at a worker when a task was ready that it polled later, and it was
 * busy meanwhile. */
#include <stdlib.h>
#include <string.h>

#include "poll_log.h"
#include "worker_bins.h"

#define WINDOW_BINS 64
#define LATE_BINS 256 /* how long after its end a window is judged */
#define MEMBERS_MAX 64
_Static_assert(BALANCE_WINDOW_NS == WINDOW_BINS * BIN_NS, "what the header says");
_Static_assert(sizeof(struct balance_key) == ROWS_KEY_BYTES, "keys fill a row's key");

/* In hundredths of a percent of the window: three times as busy is what dial9 calls imbalance. */
#define BUSY_SHARE 9000
#define WAITED_SHARE 5000
#define IDLE_SHARE 3000

/* The length of a name without the number at its end. */
static size_t stem_of(const char *name)
{
    size_t length = strlen(name);
    while (length > 0 && name[length - 1] >= '0' && name[length - 1] <= '9')
        length--;
    return length;
}

bool balance_is_same_group(const struct thread *a, const struct thread *b)
{
    size_t stem = stem_of(a->name);
    return a->start_routine == b->start_routine && stem == stem_of(b->name) &&
           memcmp(a->name, b->name, stem) == 0;
}

struct member {
    const struct thread *thread;
    uint64_t busy_ns, waited_ns;
};
struct window {
    uint64_t number, start_ns, end_ns;
    struct member members[MEMBERS_MAX];
    unsigned count;
};

/* There from the window's begin to its end, and not in a poll of which nothing is recorded yet. */
static bool is_known(const struct model *model, const struct thread *thread,
                     const struct window *window)
{
    const struct worker *worker = thread->worker;
    if (worker->first_ns > window->start_ns ||
        (thread->has_ended && worker->last_ns < window->end_ns))
        return false;
    if (worker_poll_since(model, thread) != MODEL_NEVER)
        return false;
    return worker->last_ns >= window->end_ns || thread->has_now;
}

static void gather(const struct model *model, struct window *window)
{
    for (uint32_t i = 0; i < model->thread_count && window->count < MEMBERS_MAX; i++) {
        const struct thread *thread = model->threads[model->thread_order[i]];
        if (!thread->worker || !is_known(model, thread, window))
            continue;
        struct member *member = &window->members[window->count++];
        member->thread = thread;
        bins_sum(thread->worker->bins, window->number * WINDOW_BINS,
                 (window->number + 1) * WINDOW_BINS, &member->busy_ns, &member->waited_ns);
    }
}

static bool is_overloaded(const struct member *member)
{
    return member->busy_ns >= BALANCE_WINDOW_NS / 10000 * BUSY_SHARE &&
           member->waited_ns >= BALANCE_WINDOW_NS / 10000 * WAITED_SHARE;
}

/* Those of its group that idle; *least has least to do. */
static uint32_t count_idle(const struct window *window, const struct member *busy,
                           const struct member **least)
{
    uint32_t idle = 0;
    *least = NULL;
    for (unsigned i = 0; i < window->count; i++) {
        const struct member *other = &window->members[i];
        if (other->busy_ns > BALANCE_WINDOW_NS / 10000 * IDLE_SHARE ||
            !balance_is_same_group(busy->thread, other->thread))
            continue;
        idle++;
        if (!*least || other->busy_ns < (*least)->busy_ns)
            *least = other;
    }
    return idle;
}

static void add_window(struct rows *rows, const struct window *window, const struct member *busy)
{
    const struct member *least;
    uint32_t idle = count_idle(window, busy, &least);
    struct balance_key key = {.busy = busy->thread->id};
    struct balance_row *row = idle ? rows_get(rows, &key) : NULL;
    if (!row)
        return;
    if (row->windows++ == 0)
        row->first_ns = window->start_ns;
    row->last_ns = window->end_ns;
    row->busy_ns += busy->busy_ns;
    row->waited_ns += busy->waited_ns;
    row->idle_busy_ns += least->busy_ns;
    row->idle = least->thread->id;
    row->idle_count = idle > row->idle_count ? idle : row->idle_count;
}

static void judge_window(const struct model *model, struct rows *rows, uint64_t number)
{
    struct window window = {.number = number,
                            .start_ns = number * BALANCE_WINDOW_NS,
                            .end_ns = (number + 1) * BALANCE_WINDOW_NS};
    gather(model, &window);
    for (unsigned i = 0; window.count > 1 && i < window.count; i++)
        if (is_overloaded(&window.members[i]))
            add_window(rows, &window, &window.members[i]);
}

/* Windows before this number are over and settled at a time. */
static uint64_t settled_at(uint64_t time_ns)
{
    return at_least_zero(time_ns >> BIN_SHIFT, LATE_BINS) / WINDOW_BINS;
}

void balance_until(struct model *model, uint64_t time_ns)
{
    uint64_t settled = settled_at(time_ns);
    if (settled <= model->windows_judged)
        return;
    if (model->worker_count > 1) {
        /* What is forgotten after a long silence was silence. */
        uint64_t from = larger(model->windows_judged, at_least_zero(settled, BINS / WINDOW_BINS));
        for (; from < settled; from++)
            judge_window(model, &model->balance, from);
    }
    model->windows_judged = settled;
}

struct balance_row *model_balance(const struct model *model, size_t *count)
{
    struct rows rows;
    *count = 0;
    if (model->worker_count < 2 || rows_copy(&rows, &model->balance) < 0)
        return NULL;
    uint64_t over = model->seen_ns / BALANCE_WINDOW_NS;
    uint64_t from = larger(model->windows_judged, at_least_zero(over, BINS / WINDOW_BINS));
    for (; from < over; from++)
        judge_window(model, &rows, from);
    struct balance_row *copy = rows.count ? malloc(rows.count * sizeof(*copy)) : NULL;
    if (copy) {
        memcpy(copy, rows.items, rows.count * sizeof(*copy));
        *count = rows.count;
    }
    rows_free(&rows);
    return copy;
}
