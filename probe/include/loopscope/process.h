/* SPDX-License-Identifier: MIT */
/* loopscope/process.h: signals and child processes for tasks.
 *
 * For use inside tasks and their cleanup handlers. Handles lie in the caller's memory and must be
 * closed once, before the executor is deleted; a closed one, or one all zero, gives -EBADF.
 * Errors are -errno. */
#ifndef LOOPSCOPE_PROCESS_H
#define LOOPSCOPE_PROCESS_H

#include "net.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- signals ---- */

struct lsc_signal {
    void *events_;
};
/* From now on the signal is taken note of instead of having its usual effect. 0 or an error
 * (-EINVAL: a signal that cannot be caught). */
LSC_API lsc_result lsc_signal_open(struct lsc_context *cx, struct lsc_signal *signal, int number);
/* Awaitable: how many times it was taken note of since the last call, at least 1. */
LSC_API lsc_result lsc_signal_next(struct lsc_context *cx, struct lsc_signal *signal);
/* The last one that is closed gives the signal its usual effect again. */
LSC_API void lsc_signal_close(struct lsc_signal *signal);

/* ---- child processes ---- */

struct lsc_child {
    void *events_;
    int pid;
};

/* Borrowed for the call. */
struct lsc_child_options {
    const char *file;         /* found in PATH if it has no slash */
    char *const *arguments;   /* from the program's name on, ended by NULL */
    char *const *environment; /* NULL: this process's */
    const char *directory;    /* NULL: this process's */
    /* Each gets the other end of the child's descriptor 0, 1 or 2 (a socket), and must be closed;
     * NULL: the child has this process's. */
    struct lsc_stream *input, *output, *errors;
};
/* Starts it: 0, or an error (-ENOENT, -EACCES…) and neither child nor streams. Not awaitable: the
 * worker is held up until the child has begun its program, milliseconds on a busy machine. */
LSC_API lsc_result lsc_child_start(struct lsc_context *cx, struct lsc_child *child,
                                   const struct lsc_child_options *options);
/* Awaitable: how it ended, also after it has: its exit status, or LSC_CHILD_KILLED plus the number
 * of the signal. */
#define LSC_CHILD_KILLED 0x100
LSC_API lsc_result lsc_child_wait(struct lsc_context *cx, struct lsc_child *child);
/* Sends it a signal. 0, or -ESRCH: it has ended. */
LSC_API lsc_result lsc_child_kill(const struct lsc_child *child, int number);
/* A child that still runs is killed by SIGKILL. */
LSC_API void lsc_child_close(struct lsc_child *child);

#ifdef __cplusplus
}
#endif

#endif
