/* SPDX-License-Identifier: MIT */
/* How loops and queues did in the last minutes. Every series is a ring of steps; a step's number is
 * its process time over HISTORY_STEP_NS, so that what is known late finds its place. */
#include "history.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "analyzers/model/model.h"

/* What a series is of, and up to which step it is filled. */
struct series {
    uint32_t process, id;
    uint64_t first, latest; /* steps + 1; latest 0: free */
    uint64_t active;        /* the last step in which something was to be seen, + 1 */
};

struct loop_step {
    uint64_t busy_ns, stalled_ns, longest_ns;
};
struct loop_series {
    struct series series;
    uint64_t open_since_ns, open_until_ns; /* since MODEL_NEVER: in no turn */
    bool open_is_stall;
    struct loop_step steps[HISTORY_SAMPLES];
};
struct queue_series {
    struct series series;
    struct queue_sample steps[HISTORY_SAMPLES];
};

struct history {
    uint64_t *now; /* by process: the step its time is in, + 1 */
    uint32_t process_room;
    struct loop_series *loops[HISTORY_LOOPS];
    struct queue_series *queues[HISTORY_QUEUES];
    unsigned loop_count, queue_count;
    struct loop_series *latest; /* added to last: records of a thread come in rows; may be NULL */
};

struct history *history_new(void)
{
    return calloc(1, sizeof(struct history));
}

void history_delete(struct history *history)
{
    if (!history)
        return;
    for (unsigned i = 0; i < history->loop_count; i++)
        free(history->loops[i]);
    for (unsigned i = 0; i < history->queue_count; i++)
        free(history->queues[i]);
    free(history->now);
    free(history);
}

static uint64_t step_of(uint64_t time_ns)
{
    return time_ns / HISTORY_STEP_NS + 1;
}

static bool is_of(const struct series *series, uint32_t process, uint32_t id)
{
    return series->process == process && series->id == id;
}

static struct loop_series *find_loop(const struct history *history, uint32_t process,
                                     uint32_t thread)
{
    for (unsigned i = 0; i < history->loop_count; i++)
        if (is_of(&history->loops[i]->series, process, thread))
            return history->loops[i];
    return NULL;
}

static struct queue_series *find_queue(const struct history *history, uint32_t process,
                                       uint32_t handle)
{
    for (unsigned i = 0; i < history->queue_count; i++)
        if (is_of(&history->queues[i]->series, process, handle))
            return history->queues[i];
    return NULL;
}

static struct loop_series *least_active_loop(const struct history *history)
{
    struct loop_series *least = history->loops[0];
    for (unsigned i = 1; i < history->loop_count; i++)
        if (history->loops[i]->series.active < least->series.active)
            least = history->loops[i];
    return least;
}

static struct queue_series *least_active_queue(const struct history *history)
{
    struct queue_series *least = history->queues[0];
    for (unsigned i = 1; i < history->queue_count; i++)
        if (history->queues[i]->series.active < least->series.active)
            least = history->queues[i];
    return least;
}

/* Made when new; the place of one that has done nothing for longest when all are taken. NULL: no
 * memory. */
static struct loop_series *get_loop(struct history *history, uint32_t process, uint32_t thread)
{
    struct loop_series *loop = history->latest;
    if (!loop || !is_of(&loop->series, process, thread))
        loop = find_loop(history, process, thread);
    if (!loop && history->loop_count < HISTORY_LOOPS) {
        loop = calloc(1, sizeof(*loop));
        if (!loop)
            return NULL;
        history->loops[history->loop_count++] = loop;
    } else if (!loop) {
        loop = least_active_loop(history);
    }
    if (!is_of(&loop->series, process, thread) || loop->series.latest == 0) {
        memset(loop->steps, 0, sizeof(loop->steps));
        loop->series = (struct series){.process = process, .id = thread};
        loop->open_since_ns = MODEL_NEVER;
    }
    return history->latest = loop;
}

static struct queue_series *get_queue(struct history *history, uint32_t process, uint32_t handle,
                                      bool is_used)
{
    struct queue_series *queue = find_queue(history, process, handle);
    if (queue)
        return queue;
    if (history->queue_count < HISTORY_QUEUES) {
        queue = calloc(1, sizeof(*queue));
        if (queue)
            history->queues[history->queue_count++] = queue;
    } else if (is_used) {
        queue = least_active_queue(history);
    }
    if (queue)
        queue->series = (struct series){.process = process, .id = handle};
    return queue;
}

/* How many steps up to `step` are to be cleared, the series then reaching to it. */
static uint64_t extend(struct series *series, uint64_t step)
{
    if (series->latest == 0)
        series->first = series->latest = step - 1;
    if (step <= series->latest)
        return 0;
    uint64_t fresh = step - series->latest;
    series->latest = step;
    return fresh < HISTORY_SAMPLES ? fresh : HISTORY_SAMPLES;
}

static void extend_loop(struct loop_series *loop, uint64_t step)
{
    for (uint64_t fresh = extend(&loop->series, step), i = 0; i < fresh; i++)
        loop->steps[(step - i) % HISTORY_SAMPLES] = (struct loop_step){0};
}

static uint64_t overlap(uint64_t step, uint64_t start_ns, uint64_t end_ns)
{
    uint64_t from = (step - 1) * HISTORY_STEP_NS, to = from + HISTORY_STEP_NS;
    from = start_ns > from ? start_ns : from;
    to = end_ns < to ? end_ns : to;
    return to > from ? to - from : 0;
}

/* The first step of a span that is still held. */
static uint64_t first_step(const struct series *series, uint64_t start_ns)
{
    uint64_t first = step_of(start_ns);
    uint64_t oldest = series->latest > HISTORY_SAMPLES ? series->latest - HISTORY_SAMPLES + 1 : 1;
    return first < oldest ? oldest : first;
}

/* What it was before anything was known of it, it has been since `start_ns`. */
static void reach_back(struct series *series, uint64_t start_ns)
{
    if (series->first >= step_of(start_ns))
        series->first = step_of(start_ns) - 1;
}

static void add_turn(struct loop_series *loop, uint64_t start_ns, uint64_t end_ns, bool is_stall)
{
    uint64_t last = step_of(end_ns);
    extend_loop(loop, last);
    if (last > loop->series.active)
        loop->series.active = last;
    for (uint64_t step = first_step(&loop->series, start_ns); step <= last; step++) {
        struct loop_step *at = &loop->steps[step % HISTORY_SAMPLES];
        uint64_t part = overlap(step, start_ns, end_ns), turn = end_ns - start_ns;
        if (part == 0)
            continue;
        at->busy_ns += part;
        at->stalled_ns += is_stall ? part : 0;
        at->longest_ns = turn > at->longest_ns ? turn : at->longest_ns;
    }
    reach_back(&loop->series, start_ns);
}

void history_note(struct history *history, uint32_t process, uint64_t stall_ns,
                  const struct event *events, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct event *event = &events[i];
        if (event->type != LSC_RECORD_TURN)
            continue;
        struct loop_series *loop = get_loop(history, process, event->thread);
        uint64_t start = event->arg < event->time_ns ? event->time_ns - event->arg : 0;
        if (loop)
            add_turn(loop, start, event->time_ns, event->arg >= stall_ns);
    }
}

static void note_open_turn(struct history *history, const struct model *model, uint32_t process,
                           const struct thread *thread)
{
    uint64_t since = thread_turn_since(thread);
    struct loop_series *loop = since == MODEL_NEVER ? find_loop(history, process, thread->id)
                                                    : get_loop(history, process, thread->id);
    if (!loop)
        return;
    loop->open_since_ns = since;
    loop->open_until_ns = model_seen_ns(model);
    loop->open_is_stall =
        since != MODEL_NEVER && loop->open_until_ns - since >= model_process(model)->stall_ns;
    extend_loop(loop, step_of(loop->open_until_ns));
    if (since != MODEL_NEVER)
        reach_back(&loop->series, since);
}

static void sample_queue(struct history *history, uint32_t process, uint64_t step,
                         const struct resource_row *row)
{
    bool is_used = row->depth > 0 || row->waiters > 0;
    struct queue_series *queue = get_queue(history, process, row->handle, is_used);
    if (!queue)
        return;
    struct queue_sample sample = {row->depth, row->capacity, row->waiters};
    for (uint64_t fresh = extend(&queue->series, step), i = 0; i < fresh; i++)
        queue->steps[(step - i) % HISTORY_SAMPLES] = sample;
    queue->steps[step % HISTORY_SAMPLES] = sample;
    if (is_used)
        queue->series.active = step;
}

static bool make_room(struct history *history, uint32_t processes)
{
    if (processes <= history->process_room)
        return true;
    uint32_t room = processes + 16;
    uint64_t *now = realloc(history->now, room * sizeof(*now));
    if (!now)
        return false;
    memset(now + history->process_room, 0, (room - history->process_room) * sizeof(*now));
    history->now = now;
    history->process_room = room;
    return true;
}

static void advance_process(struct history *history, uint32_t process, const struct model *model)
{
    uint64_t step = step_of(model_seen_ns(model));
    for (unsigned i = 0; i < model_thread_count(model); i++)
        note_open_turn(history, model, process, model_thread_at(model, i));
    if (step <= history->now[process])
        return;
    history->now[process] = step;
    for (unsigned slot = 0; slot < model_resource_slots(model); slot++) {
        const struct resource_row *row = model_resource_at(model, slot);
        if (row && !row->info.has_ended)
            sample_queue(history, process, step, row);
    }
}

void history_advance(struct history *history, const struct session *session)
{
    uint32_t count = session_count(session);
    if (!make_room(history, count))
        return;
    for (uint32_t i = 0; i < count; i++)
        advance_process(history, i, session_model(session, i));
}

/* The steps to give out: [*from, from + count). */
static unsigned choose(const struct history *history, const struct series *series, unsigned most,
                       uint64_t *from)
{
    uint64_t now = series->process < history->process_room ? history->now[series->process] : 0;
    uint64_t last = now > series->latest ? now : series->latest;
    uint64_t count = last - series->first;
    count = count < most ? count : most;
    count = count < HISTORY_SAMPLES ? count : HISTORY_SAMPLES;
    *from = last - count + 1;
    return (unsigned)count;
}

static struct loop_step step_at(const struct loop_series *loop, uint64_t step)
{
    struct loop_step at = {0};
    if (step <= loop->series.latest && step + HISTORY_SAMPLES > loop->series.latest)
        at = loop->steps[step % HISTORY_SAMPLES];
    if (loop->open_since_ns == MODEL_NEVER)
        return at;
    uint64_t part = overlap(step, loop->open_since_ns, loop->open_until_ns);
    at.busy_ns += part;
    at.stalled_ns += loop->open_is_stall ? part : 0;
    if (part && loop->open_until_ns - loop->open_since_ns > at.longest_ns)
        at.longest_ns = loop->open_until_ns - loop->open_since_ns;
    return at;
}

static uint32_t share_of_step(uint64_t ns)
{
    return ns >= HISTORY_STEP_NS ? 10000 : (uint32_t)(ns * 10000 / HISTORY_STEP_NS);
}

unsigned history_loop(const struct history *history, uint32_t process, uint32_t thread,
                      struct loop_sample *out, unsigned most)
{
    const struct loop_series *loop = find_loop(history, process, thread);
    uint64_t from;
    unsigned count = loop ? choose(history, &loop->series, most, &from) : 0;
    for (unsigned i = 0; i < count; i++) {
        struct loop_step at = step_at(loop, from + i);
        out[i] = (struct loop_sample){share_of_step(at.busy_ns), share_of_step(at.stalled_ns),
                                      at.longest_ns};
    }
    return count;
}

/* A queue that is not sampled any more has ended, or has given its place up: empty since. */
unsigned history_queue(const struct history *history, uint32_t process, uint32_t handle,
                       struct queue_sample *out, unsigned most)
{
    const struct queue_series *queue = find_queue(history, process, handle);
    uint64_t from;
    unsigned count = queue ? choose(history, &queue->series, most, &from) : 0;
    for (unsigned i = 0; i < count; i++) {
        bool is_held =
            from + i <= queue->series.latest && from + i + HISTORY_SAMPLES > queue->series.latest;
        out[i] = is_held ? queue->steps[(from + i) % HISTORY_SAMPLES] : (struct queue_sample){0};
    }
    return count;
}
