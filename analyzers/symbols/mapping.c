/* SPDX-License-Identifier: MIT */
/* Reading /proc/<pid>/maps, see proc_pid_maps(5). */
#include "mapping.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

bool mapping_find(uint32_t pid, uint64_t address, struct mapping *out)
{
    char name[64];
    char line[PATH_MAX + 128];
    snprintf(name, sizeof name, "/proc/%" PRIu32 "/maps", pid);
    FILE *maps = fopen(name, "re");
    bool is_found = false;
    while (maps && !is_found && fgets(line, sizeof line, maps)) {
        uint64_t start = 0;
        uint64_t end = 0;
        uint64_t offset = 0;
        const char *path = strchr(line, '/');
        if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %*s %" SCNx64, &start, &end, &offset) != 3 ||
            address < start || address >= end)
            continue;
        if (!path)
            break;
        snprintf(out->path, sizeof out->path, "%.*s", (int)strcspn(path, "\n"), path);
        out->offset = address - start + offset;
        is_found = true;
    }
    if (maps)
        fclose(maps);
    return is_found;
}
