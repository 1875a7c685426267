/* SPDX-License-Identifier: MIT */
/* Signals of the process as events that tasks await. */
#include <errno.h>
#include <stdio.h>

#include "events.h"
#include "loopscope/process.h"

static const struct wait_kind signal_waits = {"signal", events_withdraw, events_discard};

static void on_signal(uv_signal_t *handle, int number)
{
    (void)number;
    events_tell(handle->data);
}

lsc_result lsc_signal_open(struct lsc_context *cx, struct lsc_signal *signal, int number)
{
    char name[16];
    signal->events_ = NULL;
    struct events *events = events_new(cx, "signal", events_close_handle);
    if (!events)
        return -ENOMEM;
    int error = uv_signal_init(worker_loop(cx), &events->uv.signal);
    if (error < 0) {
        events_drop_new(events);
        return error;
    }
    error = uv_signal_start(&events->uv.signal, on_signal, number);
    if (error < 0) {
        events_close(events);
        return error;
    }
    snprintf(name, sizeof(name), "%d", number);
    events->resource = lsc_resource_new("signal", name, 0, 0);
    signal->events_ = events;
    return 0;
}

lsc_result lsc_signal_next(struct lsc_context *cx, struct lsc_signal *signal)
{
    return events_await(cx, &signal_waits, signal->events_);
}

void lsc_signal_close(struct lsc_signal *signal)
{
    events_close(signal->events_);
    signal->events_ = NULL;
}
