/* SPDX-License-Identifier: MIT */
/* Finds segments: the directory must be its user's alone, the names are "<pid>-<hex>.seg". */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "process_stat.h"
#include "reader.h"

int segment_directory(char *out, size_t out_bytes)
{
    const char *chosen = secure_getenv("LOOPSCOPE_DIR");
    int length;
    if (chosen != NULL && chosen[0] == '/')
        length = snprintf(out, out_bytes, "%s", chosen);
    else
        length = snprintf(out, out_bytes, "/dev/shm/loopscope-%u", (unsigned)geteuid());
    return length < 0 || (size_t)length >= out_bytes ? -ENAMETOOLONG : 0;
}

/* A descriptor; -ENOENT when there is none; -EPERM, -EACCES, -ELOOP or -ENOTDIR when it must not be
 * trusted. */
static int open_directory(const char *path)
{
    struct stat s;
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    int error = fstat(fd, &s) < 0 ? -errno : 0;
    if (error == 0 && s.st_uid != geteuid() && geteuid() != 0)
        error = -EPERM;
    if (error == 0 && (s.st_mode & 077) != 0)
        error = -EACCES;
    if (error == 0)
        return fd;
    close(fd);
    return error;
}

static bool is_segment_name(const char *name)
{
    size_t digits = strspn(name, "0123456789");
    if (digits == 0 || name[digits] != '-')
        return false;
    const char *hex = name + digits + 1;
    size_t hex_digits = strspn(hex, "0123456789abcdef");
    return hex_digits > 0 && strcmp(hex + hex_digits, LSC_SEGMENT_SUFFIX) == 0;
}

static bool is_alive(const struct lsc_segment_header *header)
{
    struct process_stat now;
    if (header->state != LSC_SEGMENT_LIVE && header->state != LSC_SEGMENT_OFF)
        return false;
    if (!process_stat_read(header->pid, &now) || now.state == 'Z' || now.state == 'X')
        return false;
    return header->process_start == 0 || header->process_start == now.start;
}

/* Memory written through a mapping does not touch the file's time, so the clock pair counts too. */
static int64_t age_of(const struct segment_reader *reader, const struct stat *file)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    int64_t latest = (int64_t)file->st_mtim.tv_sec * 1000000000 + file->st_mtim.tv_nsec;
    int64_t now_ns = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
    int64_t clock = (int64_t)reader->latest.real_ns;
    if (clock > latest && clock <= now_ns)
        latest = clock;
    return now_ns - latest;
}

static bool describe(int directory, const char *directory_path, const char *name,
                     struct segment_entry *entry)
{
    struct segment_reader *reader;
    struct stat file;
    if (reader_open_at(directory, name, &reader, NULL, 0) < 0)
        return false;
    const struct lsc_segment_header *header = segment_reader_header(reader);
    int length = snprintf(entry->path, sizeof entry->path, "%s/%s", directory_path, name);
    bool is_described = fstat(reader->fd, &file) == 0 && (size_t)length < sizeof entry->path;
    if (is_described) {
        entry->pid = header->pid;
        entry->ppid = header->ppid;
        entry->is_alive = is_alive(header);
        entry->run_id = header->run_id;
        entry->bytes = (uint64_t)file.st_blocks * 512;
        entry->age_ns = age_of(reader, &file);
        memcpy(entry->program, header->program, sizeof entry->program);
        entry->state = (enum lsc_segment_state)header->state;
    }
    segment_reader_close(reader);
    return is_described;
}

int segment_list(const char *directory, int (*visit)(const struct segment_entry *, void *),
                 void *data)
{
    char chosen[512];
    if (directory == NULL) {
        int error = segment_directory(chosen, sizeof chosen);
        if (error < 0)
            return error;
        directory = chosen;
    }
    int fd = open_directory(directory);
    if (fd < 0)
        return fd == -ENOENT ? 0 : fd;
    DIR *stream = fdopendir(fd);
    if (stream == NULL) {
        close(fd);
        return -ENOMEM;
    }
    int result = 0;
    struct dirent *item;
    while (result == 0 && (item = readdir(stream)) != NULL) {
        struct segment_entry entry = {.pid = 0};
        if (is_segment_name(item->d_name) && describe(fd, directory, item->d_name, &entry))
            result = visit(&entry, data);
    }
    closedir(stream);
    return result;
}
