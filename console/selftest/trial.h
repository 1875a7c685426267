/* SPDX-License-Identifier: MIT */
/* What the self-test's calls need: somebody who ends a wait after a while, and a place for files.
 */
#ifndef LSC_SELFTEST_TRIAL_H
#define LSC_SELFTEST_TRIAL_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "rows.h"

/* One call, made once or a few times. 0, or a negative errno when it could not be tried at all. */
#define X(symbol, number, class) int try_##symbol(void);
LSC_CALLS(X)
#undef X
#define X(symbol, call) int try_##symbol(void);
SELFTEST_ALIASES(X)
#undef X

/* A timer of libuv that fires. 0, or a negative errno without a libuv. */
int try_libuv(void);

/* A thread that waits two milliseconds and then does something that ends the caller's wait. */
struct helper {
    pthread_t thread;
    void (*action)(void *data);
    void *data;
    bool repeats; /* again and again until helper_end: for signals, which may come too early */
    atomic_bool is_over;
};
int helper_begin(struct helper *helper, void (*action)(void *data), void *data, bool repeats);
void helper_end(struct helper *helper);

/* A thread that takes something, and gives it back after two milliseconds. */
struct holder {
    pthread_t thread;
    void (*take)(void *data);
    void (*give)(void *data);
    void *data;
    atomic_bool has_taken;
};
/* Returns when it was taken. */
int holder_begin(struct holder *holder);
void holder_end(struct holder *holder);

/* The two milliseconds, by a raw system call that no hook sees. */
void pass_time(void);

/* A signal that a handler swallows, sent to this thread by a repeating helper. */
int nag_begin(struct helper *helper);

/* A pipe or socket pair of which the first end becomes readable after two milliseconds. */
struct delayed_input {
    int ends[2];
    struct helper helper;
};
int delayed_pipe(struct delayed_input *input);
int delayed_socket(struct delayed_input *input);
void delayed_end(struct delayed_input *input);

/* The scratch directory of this process (made at the first call) and paths in it. */
int scratch_make(void);
void scratch_remove(void);
const char *scratch_path(const char *name); /* valid until the next call but seven */
/* A file there, with 4096 bytes in it, opened for reading and writing. A descriptor, or -errno. */
int scratch_file(const char *name);

#endif
