/* SPDX-License-Identifier: MIT */
/* Child processes: started with sockets for their standard streams, awaited, killed. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "events.h"
#include "executor/executor.h"
#include "loopscope/process.h"

#define STREAMS 3

static const struct wait_kind child_waits = {"child", events_withdraw, events_discard};

static void on_exit_of_child(uv_process_t *process, int64_t status, int signal)
{
    struct events *events = process->data;
    events_end(events, signal ? LSC_CHILD_KILLED + signal : status);
    if (events->has_left)
        events_close_handle(events);
}

/* Nobody runs the loop any more that would do it. It has been killed: it does not take long. */
static void reap(struct events *events)
{
    while (waitpid(events->uv.process.pid, NULL, 0) < 0 && errno == EINTR)
        ;
    events_close_handle(events);
}

void child_reap_left(uv_handle_t *handle)
{
    reap(handle->data);
}

/* libuv reaps the child only while its handle is open. */
static void leave(struct events *events)
{
    if (!events->has_ended && events->uv.process.pid > 0) {
        uv_process_kill(&events->uv.process, SIGKILL);
        if (atomic_load_explicit(&events->executor->is_dead, memory_order_acquire))
            reap(events);
        return; /* else on_exit_of_child closes it, or who frees the loop before */
    }
    events_close_handle(events);
}

/* ---- its streams ---- */

static void close_streams(struct lsc_stream *const streams[STREAMS])
{
    for (int i = 0; i < STREAMS; i++)
        if (streams[i])
            lsc_stream_close(streams[i]);
}

static int open_stream(struct lsc_context *cx, struct lsc_stream *stream, int *far_end)
{
    int fds[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0)
        return -errno;
    lsc_result error = lsc_stream_adopt(cx, stream, fds[0]);
    if (error < 0) {
        close(fds[0]);
        close(fds[1]);
        return (int)error;
    }
    *far_end = fds[1];
    return 0;
}

static int open_streams(struct lsc_context *cx, struct lsc_stream *const streams[STREAMS],
                        int far_ends[STREAMS], uv_stdio_container_t stdio[STREAMS])
{
    int error = 0;
    for (int i = 0; i < STREAMS; i++)
        if (streams[i])
            streams[i]->descriptor_ = NULL;
    for (int i = 0; error == 0 && i < STREAMS; i++) {
        if (streams[i])
            error = open_stream(cx, streams[i], &far_ends[i]);
        stdio[i].flags = UV_INHERIT_FD;
        stdio[i].data.fd = streams[i] ? far_ends[i] : i;
    }
    return error;
}

/* ---- it ---- */

static int spawn(struct lsc_context *cx, struct lsc_child *child,
                 const struct lsc_child_options *options, uv_stdio_container_t stdio[STREAMS])
{
    const uv_process_options_t plan = {
        .exit_cb = on_exit_of_child,
        .file = options->file,
        .args = (char **)(uintptr_t)options->arguments,
        .env = (char **)(uintptr_t)options->environment,
        .cwd = options->directory,
        .stdio_count = STREAMS,
        .stdio = stdio,
    };
    struct events *events = events_new(cx, "child", leave);
    if (!events)
        return -ENOMEM;
    int error = uv_spawn(worker_loop(cx), &events->uv.process, &plan);
    if (error < 0) {
        /* Its handle is on the loop all the same. */
        events->has_ended = true;
        events_close(events);
        return error;
    }
    events->resource = lsc_resource_new("child", options->file, 0, 0);
    child->events_ = events;
    child->pid = events->uv.process.pid;
    return 0;
}

lsc_result lsc_child_start(struct lsc_context *cx, struct lsc_child *child,
                           const struct lsc_child_options *options)
{
    struct lsc_stream *const streams[STREAMS] = {options->input, options->output, options->errors};
    int far_ends[STREAMS] = {-1, -1, -1};
    uv_stdio_container_t stdio[STREAMS];
    *child = (struct lsc_child){NULL, 0};
    int error = open_streams(cx, streams, far_ends, stdio);
    if (error == 0)
        error = spawn(cx, child, options, stdio);
    for (int i = 0; i < STREAMS; i++)
        if (far_ends[i] >= 0)
            close(far_ends[i]);
    if (error < 0)
        close_streams(streams);
    return error;
}

lsc_result lsc_child_wait(struct lsc_context *cx, struct lsc_child *child)
{
    return events_await(cx, &child_waits, child->events_);
}

/* Under the lock the child, if it has not ended for us, has not been reaped: the number is its. */
lsc_result lsc_child_kill(const struct lsc_child *child, int number)
{
    struct events *events = child->events_;
    if (!events)
        return -EBADF;
    lock_take(&events->lock);
    int error = events->has_ended ? -ESRCH : kill(child->pid, number) == 0 ? 0 : -errno;
    lock_drop(&events->lock);
    return error;
}

void lsc_child_close(struct lsc_child *child)
{
    events_close(child->events_);
    *child = (struct lsc_child){NULL, 0};
}
