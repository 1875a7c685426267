/* SPDX-License-Identifier: MIT */
/* The segment of a stress program itself: in a directory of its own, which is removed at the end.
 */
#ifndef LSC_STRESS_DIRECTORY_H
#define LSC_STRESS_DIRECTORY_H

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "segment_reader.h"

static char stress_directory[64];

/* The probe reads its environment before main: run once more with it set. */
static inline void stress_enter(char **argv)
{
    const char *set = getenv("LOOPSCOPE_DIR");
    snprintf(stress_directory, sizeof stress_directory, "/dev/shm/loopscope-stress-%d",
             (int)getpid());
    if (set != NULL && strcmp(set, stress_directory) == 0)
        return;
    setenv("LOOPSCOPE_DIR", stress_directory, 1);
    execv("/proc/self/exe", argv);
    perror("execv");
    exit(1);
}

static inline void stress_leave(void)
{
    DIR *stream = opendir(stress_directory);
    struct dirent *item;
    while (stream != NULL && (item = readdir(stream)) != NULL)
        unlinkat(dirfd(stream), item->d_name, 0);
    if (stream != NULL)
        closedir(stream);
    rmdir(stress_directory);
}

static inline int stress_note_path(const struct segment_entry *entry, void *path)
{
    memcpy(path, entry->path, sizeof entry->path);
    return 1;
}

/* A reader of the program's own segment, or NULL with a word on stderr. */
static inline struct segment_reader *stress_open(void)
{
    struct segment_reader *reader = NULL;
    char path[512] = "", why[128] = "no segment";
    segment_list(stress_directory, stress_note_path, path);
    if (segment_reader_open(path, &reader, why, sizeof why) < 0)
        fprintf(stderr, "%s %s\n", path, why);
    return reader;
}

#endif
