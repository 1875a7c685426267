/* SPDX-License-Identifier: MIT */
/* Opens a segment, keeps a checked copy of its header, and converts its counter to nanoseconds. */
#include "segment_reader.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "header_check.h"
#include "reader.h"

/* From this distance on, two pairs give a better rate than the first estimate. */
#define REFINE_NS 10000000u

int reader_copy(const struct segment_reader *reader, uint64_t offset, void *out, size_t bytes)
{
    char *at = out;
    while (bytes > 0) {
        ssize_t n = pread(reader->fd, at, bytes, (off_t)offset);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? -errno : -EPROTO;
        at += n;
        offset += (uint64_t)n;
        bytes -= (size_t)n;
    }
    return 0;
}

int reader_element(const struct segment_reader *reader, enum lsc_segment_part part, uint64_t index,
                   void *out, size_t bytes)
{
    const struct lsc_part *p = &reader->header.parts[part];
    if (index >= p->capacity)
        return -ENOENT;
    return reader_copy(reader, p->offset + index * p->stride, out, bytes);
}

static int fail(int error, const char *text, char *why, size_t why_bytes)
{
    if (why != NULL && why_bytes > 0)
        snprintf(why, why_bytes, "%s", text);
    return error;
}

/* Two equal copies with an even sequence number are one that was not being written. */
static bool read_pair(struct segment_reader *reader, size_t offset, struct lsc_clock_pair *out)
{
    struct lsc_clock_pair first, second;
    for (int attempt = 0; attempt < 4; attempt++) {
        if (reader_copy(reader, offset, &first, sizeof first) < 0 ||
            reader_copy(reader, offset, &second, sizeof second) < 0)
            return false;
        if (atomic_load_explicit(&first.seq, memory_order_relaxed) % 2 == 0 &&
            memcmp(&first, &second, sizeof first) == 0) {
            memcpy(out, &first, sizeof first);
            return true;
        }
    }
    return false;
}

static void terminate_texts(struct lsc_segment_header *header)
{
    header->program[sizeof header->program - 1] = '\0';
    header->command[sizeof header->command - 1] = '\0';
    header->executable[sizeof header->executable - 1] = '\0';
    if (header->command_bytes > sizeof header->command)
        header->command_bytes = sizeof header->command;
}

static void clamp_counts(struct lsc_segment_header *header)
{
    const struct {
        _Atomic uint32_t *count;
        enum lsc_segment_part part;
    } counts[] = {
        {&header->thread_count, LSC_PART_THREADS},     {&header->string_bytes, LSC_PART_STRINGS},
        {&header->site_count, LSC_PART_SITES},         {&header->stack_count, LSC_PART_STACKS},
        {&header->frame_count, LSC_PART_FRAMES},       {&header->task_count, LSC_PART_TASKS},
        {&header->resource_count, LSC_PART_RESOURCES}, {&header->module_count, LSC_PART_MODULES},
    };
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++)
        if (*counts[i].count > header->parts[counts[i].part].capacity)
            *counts[i].count = header->parts[counts[i].part].capacity;
}

static int read_header(struct segment_reader *reader, struct lsc_segment_header *out,
                       const char **why)
{
    struct stat file;
    if (fstat(reader->fd, &file) < 0)
        return -errno;
    memset((void *)out, 0, sizeof *out);
    int error = reader_copy(reader, 0, out, sizeof *out);
    *why = "is not a loopscope segment";
    if (error < 0)
        return error;
    error = header_check(out, (uint64_t)file.st_size, why);
    if (error < 0)
        return error;
    terminate_texts(out);
    clamp_counts(out);
    return 0;
}

/* Opens the file and takes it only if it is a regular one of a user that may be trusted. */
static int open_file(struct segment_reader *reader, int directory, const char *name,
                     const char **why)
{
    struct stat file;
    *why = "cannot be opened";
    reader->fd = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    if (reader->fd < 0)
        return -errno;
    if (fstat(reader->fd, &file) < 0)
        return -errno;
    *why = "is not a regular file";
    if (!S_ISREG(file.st_mode))
        return -EPROTO;
    *why = "belongs to another user";
    if (geteuid() != 0 && file.st_uid != geteuid())
        return -EPERM;
    reader->device = file.st_dev;
    reader->inode = file.st_ino;
    return 0;
}

int reader_open_at(int directory, const char *name, struct segment_reader **out, char *why,
                   size_t why_bytes)
{
    const char *text = "no memory";
    struct segment_reader *reader = calloc(1, sizeof *reader);
    if (reader == NULL)
        return fail(-ENOMEM, text, why, why_bytes);
    int error = open_file(reader, directory, name, &text);
    if (error == 0)
        error = read_header(reader, &reader->header, &text);
    if (error < 0) {
        segment_reader_close(reader);
        return fail(error, text, why, why_bytes);
    }
    if (!read_pair(reader, offsetof(struct lsc_segment_header, clock_latest), &reader->latest))
        memcpy(&reader->latest, &reader->header.clock_start, sizeof reader->latest);
    *out = reader;
    return 0;
}

int segment_reader_open(const char *path, struct segment_reader **out, char *why, size_t why_bytes)
{
    int error = reader_open_at(AT_FDCWD, path, out, why, why_bytes);
    if (error < 0)
        return error;
    (*out)->path = strdup(path);
    return 0;
}

void segment_reader_close(struct segment_reader *reader)
{
    if (reader == NULL)
        return;
    if (reader->fd >= 0)
        close(reader->fd);
    pending_free(reader);
    free(reader->path);
    free(reader);
}

/* What must not change under a reader. */
static bool is_same_layout(const struct lsc_segment_header *a, const struct lsc_segment_header *b)
{
    return a->segment_bytes == b->segment_bytes && a->ring_records == b->ring_records &&
           a->clock_kind == b->clock_kind && memcmp(a->parts, b->parts, sizeof a->parts) == 0;
}

int segment_reader_refresh(struct segment_reader *reader)
{
    struct lsc_segment_header now;
    const char *why;
    reader->pending_is_current = false;
    if (read_header(reader, &now, &why) < 0 || !is_same_layout(&now, &reader->header))
        return -EPROTO;
    memcpy((void *)&reader->header, &now, sizeof now);
    read_pair(reader, offsetof(struct lsc_segment_header, clock_latest), &reader->latest);
    return 0;
}

const struct lsc_segment_header *segment_reader_header(const struct segment_reader *reader)
{
    return &reader->header;
}

uint64_t segment_reader_duration_ns(const struct segment_reader *reader, uint64_t ticks)
{
    const struct lsc_clock_pair *start = &reader->header.clock_start;
    uint64_t tick_distance = reader->latest.ticks - start->ticks;
    uint64_t ns_distance = reader->latest.mono_ns - start->mono_ns;
    /* A distance of more than half the range is a negative one. */
    if (tick_distance == 0 || tick_distance > INT64_MAX || ns_distance < REFINE_NS ||
        ns_distance > INT64_MAX) {
        tick_distance = reader->header.ticks_per_second;
        ns_distance = 1000000000;
    }
    uint64_t product;
    if (!__builtin_mul_overflow(ticks, ns_distance, &product)) /* most durations */
        return product / tick_distance;
    unsigned __int128 ns = (unsigned __int128)ticks * ns_distance / tick_distance;
    return ns > UINT64_MAX ? UINT64_MAX : (uint64_t)ns;
}

uint64_t segment_reader_ns(const struct segment_reader *reader, uint64_t ticks)
{
    uint64_t start = reader->header.clock_start.ticks;
    return ticks <= start ? 0 : segment_reader_duration_ns(reader, ticks - start);
}

static int write_word(int fd, uint64_t offset, uint32_t word)
{
    return pwrite(fd, &word, sizeof word, (off_t)offset) == sizeof word ? 0 : -EIO;
}

/* First the word that new threads copy, then the copies of those that exist. */
static int write_control(const struct segment_reader *reader, int fd, uint32_t is_on)
{
    const struct lsc_part *threads = &reader->header.parts[LSC_PART_THREADS];
    int error = write_word(fd, offsetof(struct lsc_segment_header, control), is_on);
    uint32_t count = 0;
    if (error == 0)
        error = reader_copy(reader, offsetof(struct lsc_segment_header, thread_count), &count,
                            sizeof count);
    for (uint32_t i = 0; error == 0 && i < count && i < threads->capacity; i++)
        error = write_word(fd,
                           threads->offset + (uint64_t)i * threads->stride +
                               offsetof(struct lsc_thread, recording),
                           is_on);
    return error;
}

int segment_reader_control(struct segment_reader *reader, bool is_on)
{
    struct stat file;
    if (reader->path == NULL)
        return -ENOENT;
    int fd = open(reader->path, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    int error = -ENOENT; /* another file has taken its place */
    if (fstat(fd, &file) == 0 && file.st_dev == reader->device && file.st_ino == reader->inode)
        error = write_control(reader, fd, is_on);
    close(fd);
    return error;
}
