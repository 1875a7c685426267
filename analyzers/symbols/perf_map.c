/* SPDX-License-Identifier: MIT */
/* The perf map reader. Names stay in the file and are read when somebody asks: an index entry takes
 * 40 bytes with its maximum, and a busy V8 writes a hundred thousand of them. */
#include "perf_map.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHUNK_BYTES ((size_t)256 << 10)

void perf_map_init(struct perf_map *map)
{
    *map = (struct perf_map){.fd = -1};
}

void perf_map_free(struct perf_map *map)
{
    if (map->fd >= 0)
        close(map->fd);
    free(map->entries);
    free(map->end_max);
    perf_map_init(map);
}

static bool is_owned(uid_t uid, const uid_t *owners, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (owners[i] == uid)
            return true;
    }
    return false;
}

int perf_map_open(struct perf_map *map, const char *path, const uid_t *owners, size_t owner_count)
{
    /* O_NONBLOCK: a FIFO by that name must not hold us. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return -errno;
    struct stat status;
    if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode) ||
        !is_owned(status.st_uid, owners, owner_count)) {
        close(fd);
        return -EPERM;
    }
    perf_map_free(map);
    map->fd = fd;
    return 0;
}

/* Reads a hexadecimal number and the space behind it; NULL when there is none. */
static const char *read_hex(const char *at, const char *end, uint64_t *value)
{
    const char *first = at;
    if (end - at > 2 && at[0] == '0' && (at[1] == 'x' || at[1] == 'X'))
        first = at += 2;
    uint64_t result = 0;
    for (; at < end && *at != ' '; at++) {
        int c = *at | 0x20;
        int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
        if (digit < 0 || at - first >= 16)
            return NULL;
        result = result << 4 | (uint64_t)digit;
    }
    *value = result;
    return at > first && at < end ? at + 1 : NULL;
}

static bool parse_line(const char *line, size_t n, uint64_t offset, struct perf_map_entry *out)
{
    uint64_t start = 0;
    uint64_t size = 0;
    const char *end = line + n;
    if (n > PERF_MAP_LINE_MAX)
        return false;
    const char *at = read_hex(line, end, &start);
    at = at ? read_hex(at, end, &size) : NULL;
    if (!at || at == end || size == 0 || start + size < start)
        return false;
    *out = (struct perf_map_entry){.start = start,
                                   .end = start + size,
                                   .name_offset = offset + (uint64_t)(at - line),
                                   .name_bytes = (uint16_t)(end - at)};
    return true;
}

static bool reserve(struct perf_map *map, size_t count)
{
    if (count <= map->capacity)
        return true;
    size_t capacity = map->capacity ? map->capacity * 2 : 4096;
    struct perf_map_entry *entries = realloc(map->entries, capacity * sizeof *entries);
    if (!entries)
        return false;
    map->entries = entries;
    uint64_t *end_max = realloc(map->end_max, capacity * sizeof *end_max);
    if (!end_max)
        return false;
    map->end_max = end_max;
    map->capacity = capacity;
    return true;
}

/* Appends the entries of the whole lines in `bytes`; returns how many bytes those lines take. */
static size_t take_lines(struct perf_map *map, const char *bytes, size_t n)
{
    size_t at = 0;
    for (const char *newline; at < n && (newline = memchr(bytes + at, '\n', n - at));) {
        size_t length = (size_t)(newline - (bytes + at));
        struct perf_map_entry entry;
        if (parse_line(bytes + at, length, map->read_bytes + at, &entry) &&
            map->count < PERF_MAP_ENTRIES_MAX && reserve(map, map->count + 1)) {
            entry.order = map->next_order++;
            map->entries[map->count++] = entry;
        }
        at += length + 1;
    }
    return at;
}

static bool is_before(const struct perf_map_entry *a, const struct perf_map_entry *b)
{
    return a->start != b->start ? a->start < b->start : a->order < b->order;
}

static int compare_entries(const void *a, const void *b)
{
    return is_before(a, b) ? -1 : 1;
}

/* Merges the new entries [old_count, count) into the sorted old ones, from the back. */
static void merge_new(struct perf_map *map, size_t old_count)
{
    size_t added = map->count - old_count;
    struct perf_map_entry *entries = map->entries;
    struct perf_map_entry *fresh = malloc(added * sizeof *fresh);
    if (!fresh) {
        map->count = old_count;
        return;
    }
    memcpy(fresh, entries + old_count, added * sizeof *fresh);
    qsort(fresh, added, sizeof *fresh, compare_entries);
    size_t from = old_count;
    size_t to = map->count;
    for (size_t i = added; i > 0; to--) {
        bool take_old = from > 0 && is_before(&fresh[i - 1], &entries[from - 1]);
        entries[to - 1] = take_old ? entries[--from] : fresh[--i];
    }
    free(fresh);
    for (size_t i = to; i < map->count; i++) {
        uint64_t before = i > 0 ? map->end_max[i - 1] : 0;
        map->end_max[i] = entries[i].end > before ? entries[i].end : before;
    }
}

/* A chunk without a newline is a line that is too long: it is skipped as a whole. */
static bool take_chunk(struct perf_map *map, char *chunk)
{
    ssize_t n = pread(map->fd, chunk, CHUNK_BYTES, (off_t)map->read_bytes);
    if (n <= 0)
        return false;
    size_t taken = take_lines(map, chunk, (size_t)n);
    if (taken == 0 && (size_t)n == CHUNK_BYTES)
        taken = CHUNK_BYTES;
    map->read_bytes += taken;
    return taken > 0;
}

void perf_map_update(struct perf_map *map)
{
    struct stat status;
    if (map->fd < 0 || fstat(map->fd, &status) != 0 || status.st_size < 0)
        return;
    uint64_t size = (uint64_t)status.st_size;
    if (size <= map->read_bytes || map->read_bytes >= PERF_MAP_BYTES_MAX)
        return;
    char *chunk = malloc(CHUNK_BYTES);
    if (!chunk)
        return;
    size_t old_count = map->count;
    while (map->read_bytes < size && map->read_bytes < PERF_MAP_BYTES_MAX && take_chunk(map, chunk))
        continue;
    free(chunk);
    if (map->count > old_count)
        merge_new(map, old_count);
}

/* The latest of the entries that hold `pc`. Walking back from the last one that starts at or before
 * it ends where no earlier entry reaches this far. */
static const struct perf_map_entry *find_entry(const struct perf_map *map, uint64_t pc)
{
    size_t low = 0;
    size_t high = map->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (map->entries[middle].start <= pc)
            low = middle + 1;
        else
            high = middle;
    }
    const struct perf_map_entry *found = NULL;
    for (size_t i = low; i > 0 && map->end_max[i - 1] > pc; i--) {
        const struct perf_map_entry *entry = &map->entries[i - 1];
        if (entry->end > pc && (!found || entry->order > found->order))
            found = entry;
    }
    return found;
}

size_t perf_map_find(const struct perf_map *map, uint64_t pc, char *out)
{
    const struct perf_map_entry *entry = find_entry(map, pc);
    if (!entry)
        return 0;
    ssize_t n = pread(map->fd, out, entry->name_bytes, (off_t)entry->name_offset);
    return n > 0 ? (size_t)n : 0;
}
