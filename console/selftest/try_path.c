/* SPDX-License-Identifier: MIT */
/* Calls on names in the file system, and those that wait for the disk. */
#include "trial.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

/* glibc declares these only to fortified programs. */
int __open_2(const char *path, int flags);
int __open64_2(const char *path, int flags);
int __openat_2(int directory, const char *path, int flags);
int __openat64_2(int directory, const char *path, int flags);

/* Opens a file that exists. */
#define TRY_OPEN(symbol, expression)                                                               \
    int try_##symbol(void)                                                                         \
    {                                                                                              \
        const char *path = "/proc/self/status";                                                    \
        int fd = (expression);                                                                     \
        if (fd < 0)                                                                                \
            return -errno;                                                                         \
        close(fd);                                                                                 \
        return 0;                                                                                  \
    }

/* A call on a path that needs nothing but a file there. */
#define TRY_PATH(symbol, expression)                                                               \
    int try_##symbol(void)                                                                         \
    {                                                                                              \
        const char *path = scratch_path("a");                                                      \
        int fd = scratch_file("a");                                                                \
        if (fd < 0)                                                                                \
            return fd;                                                                             \
        (void)path;                                                                                \
        for (int i = 0; i < REPEATS; i++)                                                          \
            (void)(expression);                                                                    \
        close(fd);                                                                                 \
        return 0;                                                                                  \
    }

#define REPEATS 16

static struct stat status;
static struct stat64 status64;
static struct statx statx_result;
static struct statfs statfs_result;
static struct statfs64 statfs64_result;
static struct statvfs statvfs_result;
static struct statvfs64 statvfs64_result;

TRY_OPEN(open, open(path, O_RDONLY))
TRY_OPEN(open64, open64(path, O_RDONLY))
TRY_OPEN(openat, openat(AT_FDCWD, path, O_RDONLY))
TRY_OPEN(openat64, openat64(AT_FDCWD, path, O_RDONLY))
TRY_OPEN(__open_2, __open_2(path, O_RDONLY))
TRY_OPEN(__open64_2, __open64_2(path, O_RDONLY))
TRY_OPEN(__openat_2, __openat_2(AT_FDCWD, path, O_RDONLY))
TRY_OPEN(__openat64_2, __openat64_2(AT_FDCWD, path, O_RDONLY))
TRY_OPEN(creat, (path = scratch_path("c"), creat(path, 0600)))
TRY_OPEN(creat64, (path = scratch_path("c"), creat64(path, 0600)))
TRY_OPEN(close, open(path, O_RDONLY))
TRY_PATH(stat, stat(path, &status))
TRY_PATH(stat64, stat64(path, &status64))
TRY_PATH(lstat, lstat(path, &status))
TRY_PATH(fstatat, fstatat(AT_FDCWD, path, &status, 0))
TRY_PATH(lstat64, lstat64(path, &status64))
TRY_PATH(fstatat64, fstatat64(AT_FDCWD, path, &status64, 0))
TRY_PATH(statx, statx(AT_FDCWD, path, 0, STATX_BASIC_STATS, &statx_result))
TRY_PATH(statfs64, statfs64(path, &statfs64_result))
TRY_PATH(statvfs, statvfs(path, &statvfs_result))
TRY_PATH(statvfs64, statvfs64(path, &statvfs64_result))
TRY_PATH(faccessat, faccessat(AT_FDCWD, path, R_OK, 0))
TRY_PATH(truncate64, truncate64(path, 100 * i))
TRY_PATH(ftruncate64, ftruncate64(fd, 100 * i))
TRY_PATH(fallocate64, fallocate64(fd, 0, 0, 8192))
TRY_PATH(posix_fallocate, posix_fallocate(fd, 0, 8192))
TRY_PATH(posix_fallocate64, posix_fallocate64(fd, 0, 8192))
TRY_PATH(access, access(path, R_OK))
TRY_PATH(statfs, statfs(path, &statfs_result))
TRY_PATH(truncate, truncate(path, 100 * i))
TRY_PATH(ftruncate, ftruncate(fd, 100 * i))
TRY_PATH(fallocate, fallocate(fd, 0, 0, 8192))
TRY_PATH(fsync, fsync(fd))
TRY_PATH(fdatasync, fdatasync(fd))
TRY_PATH(syncfs, syncfs(fd))
TRY_PATH(sync_file_range, sync_file_range(fd, 0, 4096, SYNC_FILE_RANGE_WRITE))

int try_sync(void)
{
    sync();
    return 0;
}

int try_msync(void)
{
    int fd = scratch_file("a");
    if (fd < 0)
        return fd;
    char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (page == MAP_FAILED)
        return -errno;
    for (int i = 0; i < REPEATS; i++) {
        page[0]++;
        msync(page, 4096, MS_SYNC);
    }
    munmap(page, 4096);
    return 0;
}

/* glibc keeps these for programs built before 2.33; new ones cannot link to them. */
static int stat_by_version(const char *symbol)
{
    int (*function)(int version, const char *path, void *to);
    *(void **)&function = dlsym(RTLD_DEFAULT, symbol);
    if (!function)
        return -ENOSYS;
    for (int i = 0; i < REPEATS; i++)
        function(1, "/proc/self/status", &status);
    return 0;
}

#define TRY_OLD_STAT(symbol)                                                                       \
    int try_##symbol(void)                                                                         \
    {                                                                                              \
        return stat_by_version(#symbol);                                                           \
    }

TRY_OLD_STAT(__xstat)
TRY_OLD_STAT(__xstat64)
TRY_OLD_STAT(__lxstat)
TRY_OLD_STAT(__lxstat64)

/* A call that gives file `from` another name, `to`, which is free. */
#define TRY_NAME(symbol, expression)                                                               \
    int try_##symbol(void)                                                                         \
    {                                                                                              \
        const char *from = scratch_path("a"), *to = scratch_path("b");                             \
        int fd = scratch_file("a");                                                                \
        if (fd < 0)                                                                                \
            return fd;                                                                             \
        close(fd);                                                                                 \
        syscall(SYS_unlinkat, AT_FDCWD, to, 0);                                                    \
        return (expression) ? -errno : 0;                                                          \
    }

TRY_NAME(rename, rename(from, to))
TRY_NAME(renameat, renameat(AT_FDCWD, from, AT_FDCWD, to))
TRY_NAME(renameat2, renameat2(AT_FDCWD, from, AT_FDCWD, to, 0))
TRY_NAME(link, link(from, to))
TRY_NAME(linkat, linkat(AT_FDCWD, from, AT_FDCWD, to, 0))
TRY_NAME(symlink, symlink(from, to))
TRY_NAME(symlinkat, symlinkat(from, AT_FDCWD, to))
TRY_NAME(unlink, unlink(from))
TRY_NAME(unlinkat, unlinkat(AT_FDCWD, from, 0))
TRY_NAME(remove, remove(from))

/* A directory made and removed again. */
#define TRY_DIRECTORY(symbol, expression)                                                          \
    int try_##symbol(void)                                                                         \
    {                                                                                              \
        const char *path = scratch_path("dir");                                                    \
        if ((expression) != 0)                                                                     \
            return -errno;                                                                         \
        return rmdir(path) ? -errno : 0;                                                           \
    }

TRY_DIRECTORY(mkdir, mkdir(path, 0700))
TRY_DIRECTORY(mkdirat, mkdirat(AT_FDCWD, path, 0700))
TRY_DIRECTORY(rmdir, mkdir(path, 0700))

static int list_directory(void)
{
    DIR *directory = opendir("/proc/self");
    if (!directory)
        return -errno;
    while (readdir(directory))
        continue;
    return closedir(directory) ? -errno : 0;
}

int try_opendir(void)
{
    return list_directory();
}

int try_readdir(void)
{
    return list_directory();
}

int try_readdir64(void)
{
    DIR *directory = opendir("/proc/self");
    if (!directory)
        return -errno;
    while (readdir64(directory))
        continue;
    return closedir(directory) ? -errno : 0;
}

int try_fopen(void)
{
    FILE *stream = fopen("/proc/self/status", "re");
    return stream ? fclose(stream) : -errno;
}

int try_fopen64(void)
{
    FILE *stream = fopen64("/proc/self/status", "re");
    return stream ? fclose(stream) : -errno;
}
