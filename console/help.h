/* SPDX-License-Identifier: MIT */
/* --help of the program and of each command, from the tables. */
#ifndef LSC_HELP_H
#define LSC_HELP_H

#include <stdio.h>

#include "command.h"

/* To stdout. */
void help_program(void);
void help_command(const struct command *command);

/* "-o, --output FILE" of one option, without indent. Returns how many columns it took. */
int help_option_name(FILE *out, const struct option_row *row);

#endif
