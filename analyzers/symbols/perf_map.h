/* SPDX-License-Identifier: MIT */
/* The perf map of a process: a text file to which a JIT appends "start size name" (hexadecimal) for
 * every piece of code it makes. Read little by little while the process still writes it. The file
 * lies in a directory open to all, so nothing about it is trusted. */
#ifndef LSC_PERF_MAP_H
#define LSC_PERF_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define PERF_MAP_BYTES_MAX ((uint64_t)1 << 30)
#define PERF_MAP_ENTRIES_MAX ((size_t)4 << 20)
#define PERF_MAP_LINE_MAX 4096 /* longer lines are skipped */

struct perf_map_entry {
    uint64_t start, end;
    uint64_t name_offset; /* in the file */
    uint32_t order;       /* of appearance: a later entry hides an earlier one */
    uint16_t name_bytes;
};

struct perf_map {
    int fd;                         /* -1: not open */
    uint64_t read_bytes;            /* up to the last whole line taken in */
    struct perf_map_entry *entries; /* by start, then by order */
    uint64_t *end_max;              /* highest end among entries[0..i] */
    size_t count, capacity;
    uint32_t next_order;
};

void perf_map_init(struct perf_map *map);
void perf_map_free(struct perf_map *map);

/* Opens `path` if it is a regular file (no symbolic link) that belongs to one of the `owner_count`
 * users in `owners`. 0; -ENOENT, -ELOOP, -EPERM (not a regular file, or another's), -errno. */
int perf_map_open(struct perf_map *map, const char *path, const uid_t *owners, size_t owner_count);

/* Takes in what was appended since the last call. Costs one fstat when nothing was. */
void perf_map_update(struct perf_map *map);

/* The name of the code at `pc` into out (at least PERF_MAP_LINE_MAX bytes): its length, 0 when
 * there is none. Not terminated. */
size_t perf_map_find(const struct perf_map *map, uint64_t pc, char *out);

#endif
