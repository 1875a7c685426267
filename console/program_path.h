/* SPDX-License-Identifier: MIT */
/* Finds the file behind a program's name, as execvp does. */
#ifndef LSC_PROGRAM_PATH_H
#define LSC_PROGRAM_PATH_H

#include <stdbool.h>
#include <stddef.h>

/* Writes the path of program `name`: itself when it holds a slash, else the first executable one of
 * PATH. 0, -ENOENT, -EACCES or -ENAMETOOLONG. */
int program_path_find(char *out, size_t out_bytes, const char *name);

/* The same, with a line on stderr and false when there is none. */
bool program_path_require(char *out, size_t out_bytes, const char *name);

#endif
