/* SPDX-License-Identifier: MIT */
/* What a live process calls itself. A server's workers are forked with the command line of their
 * master and write a title of their own over it later (setproctitle), which the segment, made at
 * the fork, does not show. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "observed.h"

/* Without the padding up to the room that the arguments had. */
static size_t trimmed(const char *title, size_t bytes)
{
    while (bytes > 0 && (title[bytes - 1] == '\0' || title[bytes - 1] == ' '))
        bytes--;
    return bytes;
}

static size_t read_title(uint32_t pid, char *title, size_t room)
{
    char path[64];
    snprintf(path, sizeof(path), "/proc/%u/cmdline", pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    ssize_t bytes = read(fd, title, room);
    close(fd);
    return bytes > 0 ? trimmed(title, (size_t)bytes) : 0;
}

static bool is_told_title(const struct observed *o, const char *title, size_t bytes)
{
    const struct lsc_segment_header *header = segment_reader_header(o->reader);
    const char *told = o->title_bytes ? o->title : header->command;
    size_t told_bytes = o->title_bytes ? o->title_bytes : header->command_bytes;
    return bytes == trimmed(told, told_bytes) && memcmp(title, told, bytes) == 0;
}

/* By the time it is read, the number may be another process', or the program another. */
static bool is_still_it(struct observed *o, uint64_t mono_ns)
{
    if (segment_reader_refresh(o->reader) < 0)
        return false;
    observed_check_life(o, mono_ns);
    return !o->is_dead && segment_reader_header(o->reader)->state == LSC_SEGMENT_LIVE;
}

bool title_refresh(struct observed *o, uint64_t mono_ns)
{
    char title[sizeof(o->title)];
    if (o->is_dead || o->pidfd < 0)
        return false;
    size_t bytes = read_title(o->pid, title, sizeof(title));
    if (bytes == 0 || is_told_title(o, title, bytes) || !is_still_it(o, mono_ns))
        return false;
    memcpy(o->title, title, bytes);
    o->title_bytes = (uint32_t)bytes;
    return true;
}
