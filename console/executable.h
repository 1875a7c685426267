/* SPDX-License-Identifier: MIT */
/* Finds the file behind a program's name, as execvp does. */
#ifndef LSC_EXECUTABLE_H
#define LSC_EXECUTABLE_H

#include <stdbool.h>
#include <stddef.h>

/* Writes the path of program `name`: itself when it holds a slash, else the first executable one of
 * PATH. 0, -ENOENT, -EACCES or -ENAMETOOLONG. */
int executable_find(char *out, size_t out_bytes, const char *name);

/* The same, with a line on stderr and false when there is none. */
bool executable_require(char *out, size_t out_bytes, const char *name);

#endif
