/* SPDX-License-Identifier: MIT */
/* A file that appears whole or not at all: written beside its final name and renamed when finished.
 */
#include "output_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int take_descriptor(struct output_file *file, int fd)
{
    if (fd < 0)
        return -errno;
    file->stream = fdopen(fd, "w");
    if (file->stream)
        return 0;
    int error = -errno;
    close(fd);
    return error;
}

static int open_in_place(struct output_file *file)
{
    return take_descriptor(file, open(file->path, O_WRONLY | O_CLOEXEC | O_NOCTTY));
}

/* mkstemp gives 0600; the file is to have the mode that open would have given. */
static void apply_umask(int fd)
{
    mode_t mask = umask(0);
    umask(mask);
    if (fchmod(fd, 0666 & ~mask) != 0)
        return; /* a file system without modes */
}

static int open_beside(struct output_file *file)
{
    int length = snprintf(file->temporary, sizeof file->temporary, "%s.XXXXXX", file->path);
    if (length < 0 || (size_t)length >= sizeof file->temporary)
        return -ENAMETOOLONG;
    int fd = mkostemp(file->temporary, O_CLOEXEC);
    if (fd < 0) {
        file->temporary[0] = '\0';
        return -errno;
    }
    apply_umask(fd);
    int error = take_descriptor(file, fd);
    if (error)
        unlink(file->temporary);
    return error;
}

int output_file_open(struct output_file *file, const char *path, FILE *standard)
{
    struct stat status;
    *file = (struct output_file){0};
    if (!path || strcmp(path, "-") == 0) {
        file->stream = path ? stdout : standard;
        return 0;
    }
    file->path = path;
    if (stat(path, &status) == 0 && !S_ISREG(status.st_mode))
        return S_ISDIR(status.st_mode) ? -EISDIR : open_in_place(file);
    return open_beside(file);
}

int output_file_commit(struct output_file *file)
{
    errno = 0;
    int failed = ferror(file->stream) | fflush(file->stream);
    int error = failed ? -(errno ? errno : EIO) : 0;
    if (!file->path)
        return error;
    if (fclose(file->stream) != 0 && !error)
        error = -errno;
    file->stream = NULL;
    if (file->temporary[0] == '\0')
        return error;
    if (!error && rename(file->temporary, file->path) != 0)
        error = -errno;
    if (error)
        unlink(file->temporary);
    return error;
}

void output_file_discard(struct output_file *file)
{
    if (file->path && file->stream)
        fclose(file->stream);
    if (file->temporary[0] != '\0')
        unlink(file->temporary);
    *file = (struct output_file){0};
}
