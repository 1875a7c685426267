/* SPDX-License-Identifier: MIT */
/* loopscope/executor.h: a multi-threaded executor for C whose tasks can be watched.
 *
 *     struct lsc_executor *executor;
 *     int error = lsc_executor_new(&executor, NULL);
 *     lsc_result result = lsc_executor_run(executor, serve, &(struct serve){.port = 8080});
 *     lsc_executor_delete(executor);
 *
 * A task is a poll function with its state (loopscope/await.h). It runs on one of the executor's
 * workers until it returns LSC_PENDING, and again when it has been woken; it may move between
 * workers, but never runs on two at once. It must not block: see lsc_spawn_blocking.
 *
 * Functions that take a context may be called only inside a poll function (or a cleanup handler),
 * with the context that it was given. Functions marked "awaitable" belong into LSC_AWAIT. Every
 * awaitable function returns -ECANCELED at once in a task that is cancelled, -ETIMEDOUT after its
 * deadline, and otherwise what its comment says; what it asked for has then not happened.
 *
 * A forked child must not use its parent's executor, nor delete it: the threads are gone.
 *
 * The macros are C (with GNU extensions); C++ may include the headers and call the functions.
 *
 * Misuse: where a comment says so, a build of the library without NDEBUG stops with one sentence
 * that names the task and where it was spawned; a release returns the error. */
#ifndef LOOPSCOPE_EXECUTOR_H
#define LOOPSCOPE_EXECUTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "await.h"
#include "probe.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef lsc_result (*lsc_poll_fn)(struct lsc_context *cx, void *state);

struct lsc_executor;

/* ---- the executor ---- */

/* What a full queue does with one more item. */
enum lsc_full_policy {
    LSC_FULL_WAIT,        /* the giver awaits room */
    LSC_FULL_REFUSE,      /* the giver gets -EAGAIN; counted */
    LSC_FULL_DROP_NEWEST, /* of channels: what is given is lost; counted */
    LSC_FULL_DROP_OLDEST, /* of channels: what has waited longest is lost; counted */
};

/* Where memory comes from: the heap, or a test that fails on purpose. Any thread. `allocate`
 * returns memory aligned as by malloc, or NULL. */
struct lsc_allocator {
    void *(*allocate)(void *data, size_t bytes);
    void (*release)(void *data, void *memory);
    void *data;
};

/* 0 anywhere means the default. Copied; `name` too. */
struct lsc_executor_options {
    const char *name;          /* of threads and resources; default "executor" */
    unsigned workers;          /* default: the processors this process may use; at most 256. 1: all
                                * tasks run on the thread that calls lsc_executor_run, and only
                                * inside that call (or inside lsc_executor_shutdown) */
    unsigned budget;           /* awaitable calls a poll may complete before it must yield: 128 */
    unsigned blocking_threads; /* most threads of lsc_spawn_blocking: 64 */
    unsigned blocking_queue;   /* most waiting jobs of it: 1024 */
    enum lsc_full_policy blocking_policy; /* to wait or to refuse */
    const struct lsc_allocator *allocator;
};

/* Makes an executor and starts its threads. options: NULL for all defaults. 0; -EINVAL (options
 * out of range), -ENOMEM, or what the system said to a loop or a thread. */
LSC_API int lsc_executor_new(struct lsc_executor **made,
                             const struct lsc_executor_options *options);

/* Runs a task on the executor and returns its result, when it has one; tasks that it left behind
 * live on (with one worker they stand still until the next run). Not inside a task (-EDEADLK).
 * -ESHUTDOWN after a shutdown, -ENOMEM. With one worker: one thread at a time (-EBUSY). */
LSC_API lsc_result lsc_executor_run_bytes(struct lsc_executor *executor, lsc_poll_fn fn,
                                          const void *state, size_t state_bytes,
                                          struct lsc_code_site *site);
#define lsc_executor_run(executor, fn, state)                                                      \
    lsc_executor_run_bytes((executor), (fn), (state), sizeof *(state), LSC_CODE_SITE_(#fn))

/* Refuses new tasks, cancels all there are, and lets them run to their ends, for at most
 * deadline_ms milliseconds. 0: all ended. -ETIMEDOUT: some did not (call again, or delete). Not
 * inside a task (-EDEADLK). Any one thread. */
LSC_API int lsc_executor_shutdown(struct lsc_executor *executor, uint64_t deadline_ms);

/* Stops the workers once their current polls return, ends tasks that are left as if cancelled,
 * without running them again (their cleanup handlers run, on this thread), waits for blocking jobs
 * in progress, and frees everything. Wakers and join handles that are left stay valid, and
 * harmless; sockets, pipes, signals and children that no task has closed are closed, their handles
 * must not be used any more (misuse). Inside a task it does nothing (misuse). NULL is accepted. */
LSC_API void lsc_executor_delete(struct lsc_executor *executor);

/* Totals since the start; any thread; exact when the executor is at rest. */
struct lsc_executor_counts {
    uint64_t spawned;   /* tasks, blocking jobs included */
    uint64_t finished;  /* of those; spawned - finished are alive */
    uint64_t cancelled; /* of the finished: had been cancelled */
    uint64_t polls;
    uint64_t wakes;      /* that made a task ready */
    uint64_t self_wakes; /* of those: by the task itself, while it ran */
    uint64_t forced_yields;
    uint64_t parks;
    uint64_t steals; /* times; tasks that moved: */
    uint64_t stolen;
    uint64_t injected; /* through the global queue */
    uint64_t blocking_refused;
};
LSC_API void lsc_executor_counts(struct lsc_executor *executor, struct lsc_executor_counts *counts);

/* The executor a task runs on. */
LSC_API struct lsc_executor *lsc_context_executor(struct lsc_context *cx);

/* ---- tasks ---- */

struct lsc_scope;

/* The right to wait for a task, in the caller's storage; all zero is none. One thread at a time. */
struct lsc_join {
    void *task;
    const struct lsc_code_site *site;
};

struct lsc_spawn_options {
    struct lsc_join *join;   /* gets the handle; NULL: detached */
    const char *name;        /* copied; default: the function's name */
    struct lsc_scope *scope; /* default: none, the task may outlive its maker */
};

/* Starts a task: `*state` is copied into the task's one allocation, and what its pointers own is
 * the task's then. 0; -ENOMEM; -ESHUTDOWN; -EINVAL: the scope has not begun, or has ended (misuse);
 * there is no task then, and what the state owns is still the caller's.
 *     lsc_spawn(cx, serve_one, &(struct serve_one){.socket = s}, .name = peer, .join = &self->join)
 * (a compound literal with commas of its own needs parentheses around it).
 * The task inherits the caller's deadline when it is spawned into a scope. */
#define lsc_spawn(cx, fn, state, ...)                                                              \
    lsc_spawn_bytes((cx), (fn), (state), sizeof *(state), LSC_SPAWN_OPTIONS_(__VA_ARGS__),         \
                    LSC_CODE_SITE_(#fn))
LSC_API lsc_result lsc_spawn_bytes(struct lsc_context *cx, lsc_poll_fn fn, const void *state,
                                   size_t state_bytes, const struct lsc_spawn_options *options,
                                   struct lsc_code_site *site);

/* The same from any thread, also from outside; no scope (-EINVAL). */
#define lsc_executor_spawn(executor, fn, state, ...)                                               \
    lsc_executor_spawn_bytes((executor), (fn), (state), sizeof *(state),                           \
                             LSC_SPAWN_OPTIONS_(__VA_ARGS__), LSC_CODE_SITE_(#fn))
LSC_API lsc_result lsc_executor_spawn_bytes(struct lsc_executor *executor, lsc_poll_fn fn,
                                            const void *state, size_t state_bytes,
                                            const struct lsc_spawn_options *options,
                                            struct lsc_code_site *site);

/* A function that may block, on a thread of its own pool. */
typedef lsc_result (*lsc_blocking_fn)(void *state);

/* Awaitable: waits for room in the pool's queue, or -EAGAIN when it is full and the policy is to
 * refuse; then as lsc_spawn. A job that is cancelled before it began never runs and ends with
 * -ECANCELED; one that runs is left alone. */
#define lsc_spawn_blocking(cx, fn, state, ...)                                                     \
    lsc_spawn_blocking_bytes((cx), (fn), (state), sizeof *(state),                                 \
                             LSC_SPAWN_OPTIONS_(__VA_ARGS__), LSC_CODE_SITE_(#fn))
LSC_API lsc_result lsc_spawn_blocking_bytes(struct lsc_context *cx, lsc_blocking_fn fn,
                                            const void *state, size_t state_bytes,
                                            const struct lsc_spawn_options *options,
                                            struct lsc_code_site *site);

/* Awaitable: the task's result, and the handle is used up. When the wait itself is cancelled or
 * times out the handle stays. -EINVAL for a handle used up before (misuse). */
LSC_API lsc_result lsc_join_await(struct lsc_context *cx, struct lsc_join *join);
/* The same for a thread, which it blocks. Not inside a task (-EDEADLK); with one worker only while
 * another thread runs the executor. */
LSC_API lsc_result lsc_join_block(struct lsc_join *join);
/* Asks the task to end: its awaits return -ECANCELED. The handle stays. Any thread. */
LSC_API void lsc_join_cancel(const struct lsc_join *join);
/* Gives the handle up; the task goes on. Any thread. */
LSC_API void lsc_join_detach(struct lsc_join *join);
LSC_API bool lsc_join_is_finished(const struct lsc_join *join);
/* The id that the task has in the probe's records, 0 none. */
LSC_API lsc_task lsc_join_task(const struct lsc_join *join);

/* Where the task stands: calls `tell` for each of its frames, outermost first. The number of
 * frames; -EBUSY while it runs, -ESRCH when it has ended. Any thread; `tell` must not wait. */
typedef void (*lsc_trace_fn)(void *data, const struct lsc_code_site *site);
LSC_API int lsc_join_trace(const struct lsc_join *join, lsc_trace_fn tell, void *data);

/* Awaitable: lets the others run first; 0. */
LSC_API lsc_result lsc_yield(struct lsc_context *cx);

/* The running task's name and its id in the probe's records. The name lives as long as the task. */
LSC_API const char *lsc_context_name(struct lsc_context *cx);
LSC_API lsc_task lsc_context_task(struct lsc_context *cx);

/* ---- wakers: for poll functions that wait for something of their own ---- */

/* A share in a task; given up with wake or drop. Valid, and harmless, after the task has ended. */
struct lsc_waker {
    void *task;
};
LSC_API struct lsc_waker lsc_waker_new(struct lsc_context *cx);
LSC_API struct lsc_waker lsc_waker_clone(const struct lsc_waker *waker); /* any thread */
/* Makes the task run again, and uses the waker up. Any thread. */
LSC_API void lsc_waker_wake(struct lsc_waker *waker);
/* Makes the task run again. Any thread. */
LSC_API void lsc_waker_wake_by_ref(const struct lsc_waker *waker);
/* The same, allowed in a signal handler too. */
LSC_API void lsc_waker_wake_from_signal(const struct lsc_waker *waker);
LSC_API void lsc_waker_drop(struct lsc_waker *waker); /* any thread */

/* ---- scopes: tasks that end before their maker goes on ---- */

/* In the caller's state. Begun, it must be ended with an await before the task returns (misuse:
 * a release cancels the tasks of the scope and keeps the task until they have ended). */
struct lsc_scope {
    uint64_t opaque_[10];
};
enum lsc_scope_flag {
    LSC_SCOPE_FAIL_FAST = 0x1, /* the first task that fails cancels the others */
};
LSC_API void lsc_scope_begin(struct lsc_context *cx, struct lsc_scope *scope, unsigned flags);
/* Awaitable, and not interruptible: waits for all tasks of the scope. In a cancelled task, or after
 * the deadline, it cancels them first. The first negative result of one of them (-ECANCELED does
 * not count after a cancellation of the scope); else why the scope was cut short, or 0. */
LSC_API lsc_result lsc_scope_end(struct lsc_context *cx, struct lsc_scope *scope);
/* Cancels the tasks that are in it now and those to come. In the task that began it. */
LSC_API void lsc_scope_cancel(struct lsc_context *cx, struct lsc_scope *scope);

/* ---- cancellation ---- */

/* The task has been asked to end (also while that is masked). */
LSC_API bool lsc_is_cancelled(struct lsc_context *cx);
/* Awaits are not cancelled and do not time out until unmasked: for asynchronous clean-up. Nests. */
LSC_API void lsc_cancel_mask(struct lsc_context *cx);
LSC_API void lsc_cancel_unmask(struct lsc_context *cx);

/* Handlers run at the task's end, however it comes, last pushed first, on the thread that ran it.
 * The storage lies in the task's state. */
struct lsc_cleanup {
    struct lsc_cleanup *outer_;
    void (*handler)(void *data);
    void *data;
};
LSC_API void lsc_cleanup_push(struct lsc_context *cx, struct lsc_cleanup *cleanup,
                              void (*handler)(void *data), void *data);
/* Takes the innermost handler off, and runs it if asked to. */
LSC_API void lsc_cleanup_pop(struct lsc_context *cx, bool run);

/* ---- deadlines ---- */

/* From push to pop awaits return -ETIMEDOUT once `ms` milliseconds have passed, or the deadline
 * around it has. Nests; storage in the task's state. */
struct lsc_deadline {
    uint64_t outer_ms_;
};
LSC_API void lsc_deadline_push(struct lsc_context *cx, struct lsc_deadline *deadline, uint64_t ms);
LSC_API void lsc_deadline_pop(struct lsc_context *cx, const struct lsc_deadline *deadline);

/* Parts of the macros. */
#define LSC_CODE_SITE_(what)                                                                       \
    (__extension__({                                                                               \
        static struct lsc_code_site lsc_code_site_ = {__FILE__, __func__, what, __LINE__, 0, 0};   \
        &lsc_code_site_;                                                                           \
    }))
#define LSC_SPAWN_OPTIONS_(...) (&(const struct lsc_spawn_options){__VA_ARGS__})

#ifdef __cplusplus
}
#endif

#endif
