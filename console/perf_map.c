/* SPDX-License-Identifier: MIT */
/* The files in which V8 tells the names of compiled functions: /tmp/perf-<pid>.map. */
#include "perf_map.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_before(const struct timespec *a, const struct timespec *b)
{
    return a->tv_sec < b->tv_sec || (a->tv_sec == b->tv_sec && a->tv_nsec < b->tv_nsec);
}

void perf_map_remove(uint32_t pid, const struct timespec *started)
{
    char path[64];
    struct stat status;
    if (pid == 0)
        return;
    snprintf(path, sizeof path, "/tmp/perf-%u.map", pid);
    if (lstat(path, &status) != 0 || !S_ISREG(status.st_mode) || status.st_uid != geteuid() ||
        is_before(&status.st_mtim, started))
        return;
    if (kill((pid_t)pid, 0) == 0 || errno != ESRCH)
        return;
    unlink(path);
}
