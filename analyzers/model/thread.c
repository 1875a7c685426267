/* SPDX-License-Identifier: MIT */
/* Threads: who they are, what they lost, what they are in the middle of. */
#include "state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int make_room(struct model *model, uint32_t id)
{
    uint32_t room = model->thread_room ? model->thread_room : 16;
    while (room <= id)
        room *= 2;
    struct thread **threads = realloc(model->threads, room * sizeof(*threads));
    if (!threads)
        return -ENOMEM;
    memset(threads + model->thread_room, 0, (room - model->thread_room) * sizeof(*threads));
    model->threads = threads;
    model->thread_room = room;
    return 0;
}

struct thread *thread_get(struct model *model, uint32_t id)
{
    if (id < model->thread_room && model->threads[id])
        return model->threads[id];
    if (id >= MODEL_THREADS_MAX) {
        model->unheld.threads++;
        return NULL;
    }
    if (id >= model->thread_room && make_room(model, id) < 0)
        return NULL;
    struct thread *thread = calloc(1, sizeof(*thread));
    if (!thread)
        return NULL;
    thread->id = id;
    thread->pool = -1;
    model->threads[id] = thread;
    model->thread_order[model->thread_count++] = id;
    return thread;
}

static void copy_name(struct thread *thread, const char *name)
{
    if (!name || !*name)
        return;
    size_t length = strnlen(name, sizeof(thread->name) - 1);
    memcpy(thread->name, name, length);
    thread->name[length] = '\0';
}

int thread_apply(struct model *model, const struct thread_item *item)
{
    struct thread *thread = thread_get(model, item->thread);
    if (!thread)
        return item->thread >= MODEL_THREADS_MAX ? 0 : -ENOMEM;
    thread->is_known = true;
    thread->tid = item->tid;
    thread->roles |= item->roles;
    if (item->has_ended && !thread->has_ended)
        thread->ended_ns = model->seen_ns;
    thread->has_ended = item->has_ended;
    copy_name(thread, item->name);
    thread->start_routine = item->start_routine;
    thread->loop_key = item->loop_key;
    thread->started_ns = item->started_ns;
    if (item->wait_object)
        thread->wait_object = item->wait_object;
    thread->total_turns = item->turns;
    thread->total_busy_ns = item->busy_ns;
    thread->total_idle_ns = item->idle_ns;
    thread->samples = item->samples;
    thread->late_samples = item->late_samples;
    thread->dropped = item->dropped;
    pool_note_thread(model, thread);
    return 0;
}

int thread_apply_lost(struct model *model, const struct lost_item *item)
{
    model->lost_records += item->count;
    model->lost_ns = model->seen_ns;
    struct thread *thread = thread_get(model, item->thread);
    if (!thread)
        return 0;
    thread->lost += item->count;
    if (thread->loop)
        thread->loop->previous_ns = MODEL_NEVER;
    return 0;
}

int thread_apply_now(struct model *model, const struct now_item *item)
{
    struct thread *thread = thread_get(model, item->thread);
    if (!thread)
        return 0;
    model_saw(model, item->time_ns);
    thread->has_now = true;
    thread->now = *item;
    return 0;
}

struct evidence *thread_evidence(struct thread *thread)
{
    if (!thread->evidence)
        thread->evidence = calloc(1, sizeof(*thread->evidence));
    return thread->evidence;
}

static void loop_free(struct loop *loop)
{
    if (!loop)
        return;
    histogram_free(&loop->turn_ns);
    histogram_free(&loop->lag_ns);
    histogram_free(&loop->ready);
    free(loop);
}

void threads_free(struct model *model)
{
    for (uint32_t i = 0; i < model->thread_count; i++) {
        struct thread *thread = model->threads[model->thread_order[i]];
        loop_free(thread->loop);
        free(thread->evidence);
        free(thread->polls);
        worker_free(thread->worker);
        free(thread);
    }
    free(model->threads);
}

unsigned model_thread_count(const struct model *model)
{
    return model->thread_count;
}

const struct thread *model_thread_at(const struct model *model, unsigned index)
{
    return index < model->thread_count ? model->threads[model->thread_order[index]] : NULL;
}

const struct thread *model_thread(const struct model *model, uint32_t id)
{
    return id < model->thread_room ? model->threads[id] : NULL;
}

/* An observation is stale when a turn that ended later than the observed one began has been read.
 */
uint64_t thread_turn_since(const struct thread *thread)
{
    if (!thread->has_now || thread->now.turn_since_ns >= thread->now.time_ns)
        return MODEL_NEVER;
    if (thread->loop && thread->loop->last_ns > thread->now.turn_since_ns)
        return MODEL_NEVER;
    return thread->now.turn_since_ns;
}

uint64_t thread_span_ns(const struct thread *thread)
{
    uint64_t since = thread_turn_since(thread);
    uint64_t start = thread->loop ? thread->loop->first_ns : since;
    uint64_t end = thread->loop ? thread->loop->last_ns : since;
    if (since != MODEL_NEVER)
        end = larger(end, thread->now.time_ns);
    return start == MODEL_NEVER ? 0 : at_least_zero(end, start);
}

/* The probe's own totals count where they speak of the same turns (they know the wait before the
 * first), and where records were lost. The wait in progress is idle time, too. */
/* The share of a shorter time says nothing: who only closes another's loop is all busy. */
#define UTILIZATION_SPAN_NS 1000000

unsigned thread_utilization(const struct thread *thread)
{
    uint64_t busy = thread->loop ? thread->loop->busy_ns : 0;
    uint64_t idle = thread->loop ? thread->loop->idle_ns : 0;
    bool is_same = thread->loop && thread->total_turns == thread->loop->turns;
    if ((thread->lost && thread->total_busy_ns > busy) || is_same) {
        busy = thread->total_busy_ns;
        idle = thread->total_idle_ns;
    }
    uint64_t since = thread_turn_since(thread);
    if (since != MODEL_NEVER)
        busy += thread->now.time_ns - since;
    else if (thread->has_now && thread->loop)
        idle += at_least_zero(thread->now.time_ns, thread->loop->last_ns);
    return busy + idle < UTILIZATION_SPAN_NS ? 0 : (unsigned)share_of(10000, busy, busy + idle);
}
