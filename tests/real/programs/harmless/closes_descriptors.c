/* SPDX-License-Identifier: MIT */
/* A daemon's habit: closes every descriptor that it did not open, before its loop and once more in
 * the middle of it, and says which descriptors are open afterwards. */
#include "samples/ticker.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void close_all(void)
{
    for (int fd = 3; fd < 1024; fd++)
        close(fd);
    close_range(3, ~0u, 0);
}

static void say_open_descriptors(void)
{
    DIR *directory = opendir("/proc/self/fd");
    const struct dirent *entry;
    int count = 0;

    while (directory != NULL && (entry = readdir(directory)) != NULL)
        count += entry->d_name[0] != '.';
    if (directory != NULL)
        closedir(directory);
    printf("%d descriptors\n", count);
}

static void on_tick(unsigned tick, void *context)
{
    (void)tick;
    (void)context;
    usleep(3000);
}

int main(void)
{
    for (int round = 0; round < 2; round++) {
        close_all();
        say_open_descriptors();
        if (ticker_run(20, 5, on_tick, NULL) < 0)
            return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}
