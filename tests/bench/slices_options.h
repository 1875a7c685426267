/* SPDX-License-Identifier: MIT */
/* The command line of the benches that put load on servers. */
#ifndef LSC_BENCH_SLICES_OPTIONS_H
#define LSC_BENCH_SLICES_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "slices_sweep.h"

#define ARM_VARIABLES_MAX 8

/* --arm NAME[,off|,drain][,VARIABLE=VALUE]… : a server of its own with this environment. */
struct arm_option {
    const char *name;
    bool is_off;     /* its control word is set to off */
    bool is_drained; /* a reader drains its rings */
    char *environment[ARM_VARIABLES_MAX + 1];
};

struct bench_options {
    const struct protocol *protocol;
    size_t connections;
    struct sweep_plan plan;
    size_t runs;
    int server_core;
    int load_core;
    bool is_drained;
    bool is_signalled; /* the server is switched by signals */
    int pid;           /* of a server that already runs, with port */
    int port;
    struct arm_option arms[ARMS_MAX];
    size_t arm_count;
    char **command; /* what follows the options; NULL-terminated */
};

/* 0, or 2 after a line on stderr: the exit status. The strings are those of `argv`, which is
 * changed. */
int bench_options_parse(struct bench_options *options, int argc, char **argv);

#endif
