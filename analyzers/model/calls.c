/* SPDX-License-Identifier: MIT */
/* Names and classes of blocking calls, and the rows of calls with those still in progress. */
#include <stdlib.h>

#include "poll_log.h"

static const struct {
    const char *name;
    enum lsc_call_class class;
} calls[LSC_CALL_LIMIT] = {
#define X(symbol, number, class) [number] = {#symbol, LSC_CALL_CLASS_##class},
    LSC_CALLS(X)
#undef X
};

const char *call_name(unsigned call)
{
    return call < LSC_CALL_LIMIT && calls[call].name ? calls[call].name : "?";
}

enum lsc_call_class call_class(unsigned call)
{
    return call < LSC_CALL_LIMIT && calls[call].name ? calls[call].class : LSC_CALL_CLASS_WAIT;
}

/* A call that had not returned at the latest observation. No stack is known of it: a sleeping
 * thread is not signalled, and the call's own record would come at its end. */
static void add_open_call(const struct model *model, const struct thread *thread, struct rows *rows)
{
    const struct now_item *now = &thread->now;
    if (thread_turn_since(thread) == MODEL_NEVER || now->call == LSC_CALL_NONE ||
        now->call >= LSC_CALL_LIMIT || now->call_since_ns >= now->time_ns)
        return;
    uint64_t duration = now->time_ns - now->call_since_ns;
    if (duration < model->process.block_ns)
        return;
    struct blocked_key key = {
        .thread = thread->id, .stack = now->stall_stack, .call = (uint16_t)now->call};
    struct blocked_row *row = rows_get(rows, &key);
    if (!row)
        return;
    if (row->count++ == 0)
        row->first_ns = now->call_since_ns;
    row->total_ns += duration;
    row->last_ns = now->time_ns;
    row->in_progress = true;
    if (duration <= row->worst_ns)
        return;
    row->worst_ns = duration;
    row->task = now->current_task;
    row->callback = 0;
    row->what = what_of_task(model, now->current_task);
}

struct blocked_row *model_blocked(const struct model *model, size_t *count)
{
    struct rows copy;
    *count = 0;
    if (rows_copy(&copy, &model->blocked) < 0)
        return NULL;
    for (unsigned i = 0; i < model->thread_count; i++)
        add_open_call(model, model_thread_at(model, i), &copy);
    *count = copy.count;
    struct blocked_row *rows = copy.items;
    copy.items = NULL;
    rows_free(&copy);
    return rows;
}
