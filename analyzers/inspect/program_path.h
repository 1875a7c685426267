/* SPDX-License-Identifier: MIT */
/* Which file exec would start: the search in PATH, and the #! lines of scripts. */
#ifndef LSC_PROGRAM_PATH_H
#define LSC_PROGRAM_PATH_H

#include <limits.h>

#define INTERPRETERS_MAX 4

/* The file that `name` stands for into `path`: as it is when it holds a slash, else searched in
 * PATH. 0; -ENOENT, -EACCES. */
int program_path_find(const char *name, char path[PATH_MAX]);

/* Replaces a script's path by its interpreter's, until it is no script. How many were replaced;
 * -ENOENT or -EACCES (`path` is the one), -ELOOP. */
int program_path_follow(char path[PATH_MAX]);

#endif
