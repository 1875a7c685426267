/* SPDX-License-Identifier: MIT */
/* The directory of segments. */
#ifndef LSC_DIRECTORY_H
#define LSC_DIRECTORY_H

/* Makes `path` if it is missing and opens it. A descriptor, or: -EPERM another user's, -EACCES open
 * to others, -ELOOP or -ENOTDIR a symlink or no directory, -EXDEV not a memory file system, -ENOENT
 * its parent is missing, or the system's. */
int directory_open(const char *path);

/* Half a sentence for the user. */
const char *directory_problem(int error);

#endif
