/* SPDX-License-Identifier: MIT */
/* Reads a command line by a command's table of options. */
#ifndef LSC_OPTIONS_H
#define LSC_OPTIONS_H

#include "command.h"

/* What is left after the options. */
struct operands {
    int count;
    char **values;      /* NULL-terminated */
    bool follow_dashes; /* a "--" stood before them */
};

/* Fills `settings` (whose defaults the caller has set) and `operands`. False when the command is
 * not to go on: help was printed or the command line is wrong (one line on stderr); *status is the
 * exit status then. Not thread-safe (getopt). */
bool options_parse(const struct command *command, int argc, char **argv, void *settings,
                   struct operands *operands, int *status);

#endif
