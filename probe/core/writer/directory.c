/* SPDX-License-Identifier: MIT */
/* The directory of segments: made 0700 if missing, and trusted only when it is this user's alone
 * and on a memory file system. It is checked through its descriptor, so that nobody can swap it
 * afterwards. */
#include "directory.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "sys.h"

static int check_owner(int fd)
{
    struct statx s;
    long error = sys_call(SYS_statx, fd, (long)"", AT_EMPTY_PATH, STATX_BASIC_STATS, (long)&s, 0);
    if (error < 0)
        return (int)error;
    if (s.stx_uid != sys_geteuid())
        return -EPERM;
    return (s.stx_mode & 077) != 0 ? -EACCES : 0;
}

/* A page of a disk's file may have to wait for the disk when it is written. */
static int check_file_system(int fd)
{
    struct statfs fs;
    long error = sys_call(SYS_fstatfs, fd, (long)&fs, 0, 0, 0, 0);
    if (error < 0)
        return (int)error;
    return fs.f_type == TMPFS_MAGIC || fs.f_type == RAMFS_MAGIC ? 0 : -EXDEV;
}

int directory_open(const char *path)
{
    long made = sys_mkdirat(AT_FDCWD, path, 0700);
    if (made < 0 && made != -EEXIST && made != -ENOENT && made != -EROFS && made != -EACCES)
        return (int)made;
    int fd = (int)sys_openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
    if (fd < 0)
        return fd == -EACCES ? -EPERM : fd;
    int error = check_owner(fd);
    if (error == 0)
        error = check_file_system(fd);
    if (error == 0)
        return fd;
    sys_close(fd);
    return error;
}

const char *directory_problem(int error)
{
    switch (error) {
    case -EPERM:
        return "belongs to another user";
    case -EACCES:
        return "is open to other users";
    case -ELOOP:
    case -ENOTDIR:
        return "is not a directory";
    case -EXDEV:
        return "is not on a memory file system";
    case -ENOSPC:
        return "has no room";
    default:
        return "cannot be used";
    }
}
