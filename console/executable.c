/* SPDX-License-Identifier: MIT */
/* Finds the file behind a program's name, as execvp does. */
#include "executable.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "complain.h"

static int check_executable(const char *path)
{
    struct stat status;
    if (stat(path, &status) != 0)
        return -errno;
    if (!S_ISREG(status.st_mode))
        return -EACCES;
    return access(path, X_OK) == 0 ? 0 : -errno;
}

int executable_find(char *out, size_t out_bytes, const char *name)
{
    const char *path = getenv("PATH");
    int error = -ENOENT;
    if (*name == '\0')
        return error;
    if (strlen(name) >= out_bytes)
        return -ENAMETOOLONG;
    if (strchr(name, '/'))
        return check_executable(strcpy(out, name));
    for (const char *at = path ? path : "/bin:/usr/bin"; at; at = *at ? at + 1 : NULL) {
        int length = (int)strcspn(at, ":");
        int written = snprintf(out, out_bytes, "%.*s%s%s", length, at, length ? "/" : "./", name);
        at += length;
        if (written < 0 || (size_t)written >= out_bytes)
            continue;
        int outcome = check_executable(out);
        if (outcome == 0)
            return 0;
        if (outcome == -EACCES)
            error = outcome;
    }
    return error;
}

bool executable_require(char *out, size_t out_bytes, const char *name)
{
    int error = executable_find(out, out_bytes, name);
    if (error)
        complain("cannot run '%s': %s", name, strerror(-error));
    return error == 0;
}
