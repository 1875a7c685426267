/* SPDX-License-Identifier: MIT */
/* The report of one slow call. */
#include "call.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "home.h"
#include "real.h"
#include "unwind.h"

static enum lsc_fd_kind kind_of_mode(mode_t mode)
{
    switch (mode & S_IFMT) {
    case S_IFREG:
        return LSC_FD_FILE;
    case S_IFDIR:
        return LSC_FD_DIRECTORY;
    case S_IFIFO:
        return LSC_FD_PIPE;
    case S_IFSOCK:
        return LSC_FD_SOCKET;
    case S_IFBLK:
    case S_IFCHR:
        return LSC_FD_DEVICE;
    default:
        return LSC_FD_EVENT; /* an anonymous inode has no type */
    }
}

#define TERMINAL_MAJOR_PTS 136
#define TERMINAL_MAJOR_TTY 4

static enum lsc_fd_kind kind_of(int fd)
{
    struct stat st;
    if (fd < 0)
        return LSC_FD_NONE;
    if (process_is_sandboxed() || fstat(fd, &st) != 0)
        return LSC_FD_UNKNOWN;
    unsigned major_number = (unsigned)(st.st_rdev >> 8 & 0xfff);
    if (S_ISCHR(st.st_mode) &&
        (major_number == TERMINAL_MAJOR_TTY || major_number == TERMINAL_MAJOR_PTS))
        return LSC_FD_TERMINAL;
    return kind_of_mode(st.st_mode);
}

uint16_t call_mode(int fd)
{
    int saved = errno;
    if (fd < 0 || process_is_sandboxed())
        return 0;
    int flags = real.fcntl(fd, F_GETFL, NULL);
    errno = saved;
    return flags >= 0 && (flags & O_NONBLOCK) ? LSC_CALL_NONBLOCKING : 0;
}

void call_report(struct loop *loop, uint32_t id, int fd, uintptr_t caller, uint64_t now,
                 uint64_t ticks)
{
    int saved = errno;
    uint16_t flags = call_mode(fd);
    uint64_t what = (uint64_t)id | (uint64_t)kind_of(fd) << 16 | (uint64_t)(uint32_t)fd << 32;
    uint32_t stack = unwind_intern(loop, caller);
    if (home_is_away(loop))
        flags |= LSC_CALL_AWAY;
    lsc__ring_put(loop->writer, now, LSC_RECORD_CALL, flags, stack, ticks, what);
    total_add(&loop->shared->calls[id].count, 1);
    total_add(&loop->shared->calls[id].ticks, ticks);
    loop->has_calls = true;
    errno = saved;
}
