/* SPDX-License-Identifier: MIT */
/* Starts a program under the probe: its environment, and the fork and exec. */
#ifndef LSC_LAUNCH_H
#define LSC_LAUNCH_H

#include <stdbool.h>
#include <signal.h>
#include <stdint.h>
#include <sys/types.h>

struct launch_options {
    uint64_t stall_ns, block_ns; /* 0: leave it to the environment and the probe */
    bool follows_children;
    bool wants_js_names; /* add V8's flags to NODE_OPTIONS */
    const char *program; /* path of the program, to be looked into beforehand */
};

/* What an option leaves as it is. */
#define LAUNCH_DEFAULTS                                                                            \
    {                                                                                              \
        .follows_children = true, .wants_js_names = true                                           \
    }

/* No option was given. */
static inline bool launch_is_default(const struct launch_options *options)
{
    return options->stall_ns == 0 && options->block_ns == 0 && options->follows_children &&
           options->wants_js_names;
}

/* The rows for them in a table of options; the bounds are the probe's. */
#define LAUNCH_OPTIONS(settings, field)                                                            \
    {.name = "stall",                                                                              \
     .value = "DUR",                                                                               \
     .title = "A turn this long is a stall (default 20ms)",                                        \
     .kind = OPTION_DURATION,                                                                      \
     .offset = offsetof(settings, field.stall_ns),                                                 \
     .least = 1000000,                                                                             \
     .most = 60000000000,                                                                          \
     .step = 1000000},                                                                             \
        {.name = "block",                                                                          \
         .value = "DUR",                                                                           \
         .title = "A call this long is a blocking one (default 1ms)",                              \
         .kind = OPTION_DURATION,                                                                  \
         .offset = offsetof(settings, field.block_ns),                                             \
         .least = 10000,                                                                           \
         .most = 60000000000,                                                                      \
         .step = 1000},                                                                            \
        {.name = "no-follow",                                                                      \
         .title = "Do not observe the program's children",                                         \
         .kind = OPTION_NO_FLAG,                                                                   \
         .offset = offsetof(settings, field.follows_children)},                                    \
    {                                                                                              \
        .name = "no-js-names", .title = "Do not make Node name JavaScript functions",              \
        .kind = OPTION_NO_FLAG, .offset = offsetof(settings, field.wants_js_names)                 \
    }

struct launch {
    uint64_t run_id; /* marks the processes of this run */
    char **environment;
    bool added_perf_maps; /* Node processes of this run write /tmp/perf-<pid>.map because of us */
};

/* Prepares the environment of a run. False after a line on stderr. */
bool launch_init(struct launch *launch, const struct launch_options *options);
void launch_free(struct launch *launch);

/* Starts `argv` with the signal mask `mask`. The process id, or -1 after a line on stderr. */
pid_t launch_start(const struct launch *launch, char **argv, const sigset_t *mask);

/* The same with the terminal `terminal` as its own: a session of its own, in which it writes there
 * and reads nothing. */
pid_t launch_start_on_terminal(const struct launch *launch, char **argv, const sigset_t *mask,
                               int terminal);

/* Writes the path of an installed file: of the library directory, or of loopscope's own programs.
 * Looks beside this program first as in a build tree, then as in an installation. False when it is
 * neither. */
bool launch_find_library(char *out, size_t out_bytes, const char *name);
bool launch_find_helper(char *out, size_t out_bytes, const char *name);

#endif
