/* SPDX-License-Identifier: MIT */
/* The terminal of the program that the console runs, and the file that its output goes into. */
#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#define TAKE_BYTES 16384
#define TAKES_MAX 16

static int open_terminal(struct output *output)
{
    char name[128];
    output->master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (output->master < 0)
        return -errno;
    if (grantpt(output->master) != 0 || unlockpt(output->master) != 0 ||
        ptsname_r(output->master, name, sizeof(name)) != 0)
        return -errno;
    output->terminal = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (output->terminal < 0 || fcntl(output->master, F_SETFL, O_NONBLOCK) < 0)
        return -errno;
    return 0;
}

static int open_file(struct output *output, const char *path, const char *program)
{
    const char *directory = getenv("TMPDIR"), *slash = strrchr(program, '/');
    int length;
    if (!directory || directory[0] != '/')
        directory = "/tmp";
    if (path)
        length = snprintf(output->path, sizeof(output->path), "%s", path);
    else
        length = snprintf(output->path, sizeof(output->path), "%s/loopscope-%.64s-XXXXXX.out",
                          directory, slash ? slash + 1 : program);
    if (length < 0 || (size_t)length >= sizeof(output->path))
        return -ENAMETOOLONG;
    if (path)
        output->file =
            open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0600);
    else
        output->file = mkostemps(output->path, 4, O_CLOEXEC);
    return output->file < 0 ? -errno : 0;
}

int output_open(struct output *output, const char *path, const char *program, char *why,
                size_t why_bytes)
{
    *output = (struct output){.master = -1, .terminal = -1, .file = -1, .is_named = path};
    output->pane = output_pane_new();
    int error = output->pane ? open_terminal(output) : -ENOMEM;
    const char *what = "no terminal for the program can be made";
    if (error == 0) {
        error = open_file(output, path, program);
        what = "the file for its output cannot be written";
    }
    if (error == 0)
        return 0;
    snprintf(why, why_bytes, "%s: %s", what, strerror(-error));
    output_close(output);
    return error;
}

static void close_one(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

void output_close(struct output *output)
{
    close_one(&output->terminal);
    close_one(&output->master);
    close_one(&output->file);
    output_pane_delete(output->pane);
    output->pane = NULL;
}

void output_resize(struct output *output, unsigned columns, unsigned rows)
{
    struct winsize size = {.ws_col = (unsigned short)(columns < 2 ? 2 : columns),
                           .ws_row = (unsigned short)(rows < 2 ? 2 : rows)};
    if (output->master >= 0)
        ioctl(output->master, TIOCSWINSZ, &size);
}

/* All or the first error: what could not be written is not tried again. */
static void write_file(struct output *output, const char *bytes, size_t count)
{
    while (count > 0 && output->file_error == 0) {
        ssize_t written = write(output->file, bytes, count);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0) {
            output->file_error = written < 0 ? -errno : -EIO;
            return;
        }
        bytes += written;
        count -= (size_t)written;
    }
}

bool output_take(struct output *output)
{
    char bytes[TAKE_BYTES];
    bool has_any = false;
    for (unsigned i = 0; i < TAKES_MAX && !output->is_over; i++) {
        ssize_t got = read(output->master, bytes, sizeof(bytes));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            break;
        if (got <= 0) { /* EIO: nobody has the other side open */
            output->is_over = true;
            break;
        }
        has_any = true;
        write_file(output, bytes, (size_t)got);
        output_pane_add(output->pane, bytes, (size_t)got);
    }
    return has_any;
}
