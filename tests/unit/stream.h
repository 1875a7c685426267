/* SPDX-License-Identifier: MIT */
/* A hand-made item stream for tests of model, detectors and reports. Times are milliseconds from
 * the process' start, as doubles, so that a test reads like a timetable. Text must be literals (or
 * outlive the stream). */
#ifndef LSC_TEST_STREAM_H
#define LSC_TEST_STREAM_H

#include "analyzers/detect/detect.h"
#include "analyzers/model/session.h"

struct stream;

struct stream *stream_new(void);
void stream_delete(struct stream *stream);

/* Items of any kind, in order. The item is copied; what it points to must outlive the stream. */
void stream_item(struct stream *stream, const struct item *item);
void stream_event(struct stream *stream, const struct event *event);
/* Items that follow belong to this process (0 at first). */
void stream_process_index(struct stream *stream, uint32_t process);

void stream_process(struct stream *stream, uint32_t pid, const char *program, const char *command);
void stream_thread(struct stream *stream, uint32_t thread, uint32_t tid, const char *name,
                   uint32_t roles);
void stream_worker(struct stream *stream, uint32_t thread, uint32_t tid, const char *name,
                   uint64_t start_routine, uint64_t wait_object);
void stream_string(struct stream *stream, uint32_t id, const char *text);
/* A stack of frames, innermost first; each frame gets a program counter of its own, derived from
 * its text, and an ITEM_FRAMES. */
void stream_stack(struct stream *stream, uint32_t id, const struct frame *frames, unsigned count);

void stream_turn(struct stream *stream, uint32_t thread, double from_ms, double to_ms,
                 unsigned flags);
/* `count` turns of `busy_ms` each, one every `every_ms`, from `from_ms` on. */
void stream_turns(struct stream *stream, uint32_t thread, double from_ms, unsigned count,
                  double busy_ms, double every_ms);
void stream_call(struct stream *stream, uint32_t thread, enum lsc_call call, uint32_t stack,
                 double from_ms, double to_ms, enum lsc_fd_kind kind, unsigned flags);
void stream_calls(struct stream *stream, uint32_t thread, enum lsc_call call, uint32_t stack,
                  double at_ms, double total_ms, uint64_t count);
/* Samples every 10 ms of the turn that began at `from_ms`, the first 20 ms into it. */
void stream_samples(struct stream *stream, uint32_t thread, uint32_t stack, double from_ms,
                    double to_ms);
void stream_sample(struct stream *stream, uint32_t thread, uint32_t stack, double turn_from_ms,
                   double at_ms);
/* CPU and run-queue wait so far; wait_ms < 0: unknown. */
void stream_usage(struct stream *stream, uint32_t thread, double at_ms, double cpu_ms,
                  double wait_ms);
void stream_faults(struct stream *stream, uint32_t thread, double at_ms, uint64_t count,
                   double io_ms);
void stream_state(struct stream *stream, uint32_t thread, double at_ms, char state,
                  uint32_t wait_channel);
void stream_work(struct stream *stream, uint32_t thread, double from_ms, double to_ms,
                 uint64_t object);
/* A queue held by a task (0: by none), its depth from a time on, what it lost. */
void stream_resource(struct stream *stream, uint32_t resource, uint32_t kind, uint32_t name,
                     uint32_t holder);
void stream_depth(struct stream *stream, uint32_t resource, double at_ms, uint64_t depth,
                  uint64_t capacity);
/* The same when something was put in, from a stack. */
void stream_fill(struct stream *stream, uint32_t resource, double at_ms, uint64_t depth,
                 uint32_t stack);
void stream_drop(struct stream *stream, uint32_t resource, double at_ms, uint64_t count);
/* A request for a pool: its task of a kind, created at a stack, and its SPAWN. */
void stream_request(struct stream *stream, uint32_t task, uint32_t kind, uint32_t stack,
                    double at_ms);
/* The task's JOB: submitted, taken by the worker, done. */
void stream_job(struct stream *stream, uint32_t worker, uint32_t task, double submitted_ms,
                double begun_ms, double done_ms);
/* A task of a kind and name (string ids), created at a stack: its table entry and its SPAWN. */
void stream_task(struct stream *stream, uint32_t task, uint32_t kind, uint32_t name, uint32_t stack,
                 double at_ms);
void stream_task_end(struct stream *stream, uint32_t task, double at_ms);
/* One run of a task: `callback` is the id of a stack of one frame. */
struct polled {
    uint32_t thread, task, callback;
    enum lsc_phase phase;
    enum lsc_callback_role role;
    double from_ms, to_ms, delay_ms;
};
void stream_poll(struct stream *stream, const struct polled *polled);
/* `thread` wakes a task from a stack. */
void stream_wake(struct stream *stream, uint32_t thread, uint32_t task, uint32_t stack,
                 double at_ms);
void stream_now(struct stream *stream, uint32_t thread, double at_ms, double turn_since_ms);
void stream_end(struct stream *stream, enum end_kind kind, int status, double at_ms);

/* Every item in order, events in batches of at most `batch`. */
typedef void (*stream_visit)(const struct item *item, void *data);
void stream_walk(const struct stream *stream, size_t batch, stream_visit visit, void *data);
/* A session to which everything was applied, events in batches of at most `batch`. */
struct session *stream_apply(const struct stream *stream, size_t batch);

/* The report in one format, a heap string. */
struct report_options;
char *stream_report(const struct stream *stream, size_t batch, const char *format,
                    const struct report_options *options);

#define NEVER_MS (-1.0)
#define FRAME(function_, file_, line_, module_, kind_)                                             \
    {                                                                                              \
        .function = (function_), .file = (file_), .line = (line_), .module = (module_),            \
        .kind = (kind_)                                                                            \
    }

#endif
