/* SPDX-License-Identifier: MIT */
/* Which handles of an executor are open, so that those left at its end can be closed. */
#ifndef LSC_EXECUTOR_HANDLE_H
#define LSC_EXECUTOR_HANDLE_H

struct lsc_executor;

/* In an object that a handle of the program stands for. Guarded by the executor's handle lock. */
struct handle {
    struct handle *next, **link; /* link NULL: not open */
    const char *kind;            /* "listener", "signal"… */
    void (*close)(struct handle *handle);
};

/* `close` does what the program would do to close it, and calls handle_remove. Any worker. */
void handle_add(struct lsc_executor *executor, struct handle *handle, const char *kind,
                void (*close)(struct handle *handle));
void handle_remove(struct lsc_executor *executor, struct handle *handle);

/* At the executor's end, when no task and no thread of it is left: closes what is open. A debug
 * build stops instead, with a sentence. */
void handles_close(struct lsc_executor *executor);

#endif
