/* SPDX-License-Identifier: MIT */
/* Reads /proc/<pid>/stat. */
#include "process_stat.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where the fields after the name begin; NULL: not to be had. */
static const char *read_text(uint32_t pid, char *text, size_t text_bytes)
{
    char path[64];
    snprintf(path, sizeof(path), "/proc/%u/stat", pid);
    FILE *file = fopen(path, "re");
    if (!file)
        return NULL;
    size_t bytes = fread(text, 1, text_bytes - 1, file);
    fclose(file);
    text[bytes] = '\0';
    return strrchr(text, ')'); /* the name before it may hold anything */
}

bool process_stat_read(uint32_t pid, struct process_stat *out)
{
    char text[1024];
    const char *at = read_text(pid, text, sizeof(text));
    *out = (struct process_stat){0};
    if (!at || sscanf(at + 1, " %c %u", &out->state, &out->parent) < 1)
        return false;
    for (int field = 2; at && field < 22; field++)
        at = strchr(at + 1, ' ');
    out->start = at ? strtoull(at + 1, NULL, 10) : 0;
    return true;
}
