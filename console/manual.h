/* SPDX-License-Identifier: MIT */
/* The manual pages and the bash completion, made from the tables of commands at build time. */
#ifndef LSC_MANUAL_H
#define LSC_MANUAL_H

#include <stdio.h>

/* Copies a page's template, replacing the lines that are just @SYNOPSIS@, @OPTIONS@ or @COMMANDS@
 * by what the table of command `name` ("" for the program's own page) says. Returns the exit
 * status. */
int manual_expand(const char *name, FILE *in, FILE *out);

/* Writes the bash completion script. Returns the exit status. */
int manual_completion(FILE *out);

#endif
