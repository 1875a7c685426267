/* SPDX-License-Identifier: MIT */
/* The JSON report's loops: their turns, and where the time of the turns went. */
#include <stdio.h>
#include <stdlib.h>

#include "json_parts.h"

/* Callbacks of one loop beyond this are in the phases only. */
#define JSON_CALLBACKS_MAX 50

static json_t *phases_object(const uint64_t phase_ns[LSC_PHASE_LIMIT], uint64_t other_ns)
{
    json_t *object = json_object();
    for (unsigned i = LSC_PHASE_NONE + 1; i < LSC_PHASE_LIMIT; i++) {
        char key[32];
        snprintf(key, sizeof(key), "%s_ns", phase_name(i));
        json_object_set_new(object, key, value_number(phase_ns[i]));
    }
    json_object_set_new(object, "tasks_ns", value_number(phase_ns[LSC_PHASE_NONE]));
    json_object_set_new(object, "other_ns", value_number(other_ns));
    return object;
}

/* Function, file, line and module of a callback, with which of whose callbacks it is. */
static json_t *callback_place(const struct model *model, uint32_t callback, uint32_t what)
{
    uint64_t pc;
    json_t *object = place_frame(callback_frame(model, callback, &pc));
    json_object_set_new(object, "role", value_text(role_name(CALLBACK_ROLE(what))));
    json_object_set_new(object, "kind", place_string(model, CALLBACK_KIND(what)));
    json_object_set_new(object, "phase", value_text(phase_name(CALLBACK_PHASE(what))));
    return object;
}

static json_t *callback_object(const struct model *model, const struct callback_row *row)
{
    json_t *object = callback_place(model, row->key.callback, row->key.what);
    json_object_set_new(object, "count", value_number(row->count));
    json_object_set_new(object, "total_ns", value_number(row->total_ns));
    json_object_set_new(object, "worst_ns", value_number(row->worst_ns));
    json_object_set_new(object, "delay_ns", value_number(row->delay_ns));
    json_object_set_new(object, "worst_delay_ns", value_number(row->worst_delay_ns));
    json_object_set_new(object, "delays", value_number(row->delays));
    json_object_set_new(object, "first_ns", value_number(row->first_ns));
    json_object_set_new(object, "last_ns", value_number(row->last_ns));
    return object;
}

static void set_callbacks(json_t *object, const struct model *model, const struct thread *thread)
{
    size_t count;
    const struct callback_row **rows = callbacks_sorted(model, thread->id, &count);
    json_t *array = json_array();
    for (size_t i = 0; i < count && i < JSON_CALLBACKS_MAX; i++)
        json_array_append_new(array, callback_object(model, rows[i]));
    json_object_set_new(object, "callbacks", array);
    json_object_set_new(object, "callbacks_beyond",
                        value_number(count > JSON_CALLBACKS_MAX ? count - JSON_CALLBACKS_MAX : 0));
    free(rows);
}

static json_t *worst_turns(const struct model *model, const struct loop_time *time)
{
    json_t *array = json_array();
    for (unsigned i = 0; i < time->worst_count; i++) {
        const struct turn_time *turn = &time->worst[i];
        json_t *object = json_object();
        json_t *longest = turn->polls ? callback_place(model, turn->callback, turn->what) : NULL;
        if (longest)
            json_object_set_new(longest, "ns", value_number(turn->longest_ns));
        json_object_set_new(object, "start_ns", value_number(turn->start_ns));
        json_object_set_new(object, "duration_ns", value_number(turn->end_ns - turn->start_ns));
        json_object_set_new(object, "polls", value_number(turn->polls));
        json_object_set_new(object, "phases", phases_object(turn->phase_ns, turn->other_ns));
        json_object_set_new(object, "longest", longest ? longest : json_null());
        json_array_append_new(array, object);
    }
    return array;
}

/* Null where no callback or task was seen: nothing is known of what is inside the turns. */
static void set_time(json_t *object, const struct model *model, const struct thread *thread)
{
    const struct loop_time *time = thread_time(thread);
    json_object_set_new(object, "phases",
                        time ? phases_object(time->phase_ns, time->other_ns) : json_null());
    set_callbacks(object, model, thread);
    json_object_set_new(object, "worst_turns", time ? worst_turns(model, time) : json_array());
}

static json_t *loop_object(const struct model *model, const struct thread *thread)
{
    static const struct loop none;
    const struct loop *loop = thread->loop ? thread->loop : &none;
    uint64_t since = thread_turn_since(thread);
    json_t *object = json_object();
    json_object_set_new(object, "name", value_text(thread->name));
    json_object_set_new(object, "tid", value_number(thread->tid));
    json_object_set_new(object, "turns", value_number(loop->turns));
    json_object_set_new(object, "busy_ns", value_number(loop->busy_ns));
    json_object_set_new(object, "idle_ns", value_number(loop->idle_ns));
    json_object_set_new(object, "utilization", value_ratio(thread_utilization(thread)));
    json_object_set_new(object, "turn_ns", value_quantiles(&loop->turn_ns));
    json_object_set_new(object, "lag_ns", value_quantiles(&loop->lag_ns));
    json_object_set_new(object, "ready",
                        json_pack("{s:o, s:o}", "p50",
                                  value_number(histogram_quantile(&loop->ready, 5000)), "max",
                                  value_number(loop->ready.max)));
    json_object_set_new(object, "stalls", value_number(loop->stalls));
    json_object_set_new(object, "batch_full", value_number(loop->batch_full));
    json_object_set_new(object, "turn_in_progress_ns",
                        since == MODEL_NEVER ? json_null()
                                             : value_number(thread->now.time_ns - since));
    json_object_set_new(object, "lost", value_number(thread->lost + thread->dropped));
    set_time(object, model, thread);
    return object;
}

json_t *section_loops(const struct model *model)
{
    json_t *array = json_array();
    for (unsigned i = 0; i < model_thread_count(model); i++) {
        const struct thread *thread = model_thread_at(model, i);
        if (thread->loop || thread_turn_since(thread) != MODEL_NEVER)
            json_array_append_new(array, loop_object(model, thread));
    }
    return array;
}
