/* SPDX-License-Identifier: MIT */
/* Calls that read and write descriptors and streams. */
#include "trial.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

/* glibc declares these only to fortified programs. */
ssize_t __read_chk(int fd, void *bytes, size_t count, size_t room);
ssize_t __pread_chk(int fd, void *bytes, size_t count, off_t at, size_t room);
ssize_t __pread64_chk(int fd, void *bytes, size_t count, off64_t at, size_t room);
size_t __fread_chk(void *bytes, size_t room, size_t size, size_t count, FILE *stream);
size_t __fread_unlocked_chk(void *bytes, size_t room, size_t size, size_t count, FILE *stream);
char *__fgets_unlocked_chk(char *bytes, size_t room, int count, FILE *stream);
char *__fgets_chk(char *bytes, size_t room, int count, FILE *stream);

#define REPEATS 64
#define MOVES 12 /* a pipe has room for sixteen pieces */
#define MOVE_BYTES 64

static char buffer[4096];

/* A wait for input of a pipe: the call itself is `expression`, on descriptor `fd`. */
#define TRY_INPUT(symbol, expression)                                                              \
    int try_##symbol(void)                                                                         \
    {                                                                                              \
        struct delayed_input input;                                                                \
        int error = delayed_pipe(&input);                                                          \
        int fd = input.ends[0];                                                                    \
        if (error)                                                                                 \
            return error;                                                                          \
        (void)(expression);                                                                        \
        delayed_end(&input);                                                                       \
        return 0;                                                                                  \
    }

/* A call on a file of the scratch directory, often enough to count beside the opening. */
#define TRY_FILE(symbol, expression)                                                               \
    int try_##symbol(void)                                                                         \
    {                                                                                              \
        int fd = scratch_file("a");                                                                \
        if (fd < 0)                                                                                \
            return fd;                                                                             \
        for (int i = 0; i < REPEATS; i++)                                                          \
            (void)(expression);                                                                    \
        close(fd);                                                                                 \
        return 0;                                                                                  \
    }

/* A call on a stream over a pipe whose input comes late. */
#define TRY_STREAM(symbol, expression)                                                             \
    int try_##symbol(void)                                                                         \
    {                                                                                              \
        struct delayed_input input;                                                                \
        int error = delayed_pipe(&input);                                                          \
        FILE *stream = error ? NULL : fdopen(dup(input.ends[0]), "r");                             \
        if (!stream)                                                                               \
            return error ? error : -errno;                                                         \
        (void)(expression);                                                                        \
        fclose(stream);                                                                            \
        delayed_end(&input);                                                                       \
        return 0;                                                                                  \
    }

static struct iovec whole = {buffer, sizeof buffer};

TRY_INPUT(read, read(fd, buffer, sizeof buffer))
TRY_INPUT(__read_chk, __read_chk(fd, buffer, 64, sizeof buffer))
TRY_INPUT(syscall, syscall(SYS_read, fd, buffer, sizeof buffer))
TRY_INPUT(readv, readv(fd, &whole, 1))
TRY_FILE(write, write(fd, buffer, sizeof buffer))
TRY_FILE(writev, writev(fd, &whole, 1))
TRY_FILE(pread, pread(fd, buffer, sizeof buffer, 0))
TRY_FILE(pread64, pread64(fd, buffer, sizeof buffer, 0))
TRY_FILE(__pread_chk, __pread_chk(fd, buffer, sizeof buffer, 0, sizeof buffer))
TRY_FILE(__pread64_chk, __pread64_chk(fd, buffer, sizeof buffer, 0, sizeof buffer))
TRY_FILE(pwrite, pwrite(fd, buffer, sizeof buffer, 0))
TRY_FILE(pwrite64, pwrite64(fd, buffer, sizeof buffer, 0))
TRY_FILE(preadv, preadv(fd, &whole, 1, 0))
TRY_FILE(pwritev, pwritev(fd, &whole, 1, 0))
TRY_FILE(preadv64, preadv64(fd, &whole, 1, 0))
TRY_FILE(preadv2, preadv2(fd, &whole, 1, 0, 0))
TRY_FILE(preadv64v2, preadv64v2(fd, &whole, 1, 0, 0))
TRY_FILE(pwritev64, pwritev64(fd, &whole, 1, 0))
TRY_FILE(pwritev2, pwritev2(fd, &whole, 1, 0, 0))
TRY_FILE(pwritev64v2, pwritev64v2(fd, &whole, 1, 0, 0))
TRY_STREAM(fread, fread(buffer, 1, 64, stream))
TRY_STREAM(__fread_chk, __fread_chk(buffer, sizeof buffer, 1, 64, stream))
TRY_STREAM(fread_unlocked, fread_unlocked(buffer, 1, 64, stream))
TRY_STREAM(__fread_unlocked_chk, __fread_unlocked_chk(buffer, sizeof buffer, 1, 64, stream))
TRY_STREAM(fgets_unlocked, fgets_unlocked(buffer, sizeof buffer, stream))
TRY_STREAM(__fgets_unlocked_chk, __fgets_unlocked_chk(buffer, sizeof buffer, 64, stream))
TRY_STREAM(fgets, fgets(buffer, sizeof buffer, stream))
TRY_STREAM(__fgets_chk, __fgets_chk(buffer, sizeof buffer, 64, stream))

static ssize_t (*line_reader)(char **line, size_t *room, FILE *stream);

static ssize_t by_getdelim(char **line, size_t *room, FILE *stream)
{
    return getdelim(line, room, '\n', stream);
}

static ssize_t by___getdelim(char **line, size_t *room, FILE *stream)
{
    return __getdelim(line, room, '\n', stream);
}

static void read_line(FILE *stream)
{
    char *line = NULL;
    size_t room = 0;
    line_reader(&line, &room, stream);
    free(line);
}

TRY_STREAM(getline, (line_reader = getline, read_line(stream)))
TRY_STREAM(getdelim, (line_reader = by_getdelim, read_line(stream)))
TRY_STREAM(__getdelim, (line_reader = by___getdelim, read_line(stream)))

/* Between a file and a pipe. */
static int move_bytes(ssize_t (*move)(int file, int pipe_end))
{
    int ends[2];
    int fd = scratch_file("a");
    if (fd < 0)
        return fd;
    int error = pipe2(ends, O_CLOEXEC) ? -errno : 0;
    if (!error) {
        for (int i = 0; i < MOVES; i++)
            move(fd, ends[1]);
        close(ends[0]);
        close(ends[1]);
    }
    close(fd);
    return error;
}

static ssize_t move_by_sendfile(int file, int pipe_end)
{
    return sendfile(pipe_end, file, NULL, MOVE_BYTES);
}

static ssize_t move_by_sendfile64(int file, int pipe_end)
{
    return sendfile64(pipe_end, file, NULL, MOVE_BYTES);
}

static ssize_t move_by_splice(int file, int pipe_end)
{
    return splice(file, NULL, pipe_end, NULL, MOVE_BYTES, 0);
}

/* From a pipe that holds something into another one. */
int try_tee(void)
{
    int full[2], other[2];
    if (pipe2(full, O_CLOEXEC) != 0)
        return -errno;
    int error = pipe2(other, O_CLOEXEC) ? -errno : 0;
    if (!error && write(full[1], buffer, MOVE_BYTES) != MOVE_BYTES)
        error = -EIO;
    for (int i = 0; !error && i < MOVES; i++)
        if (tee(full[0], other[1], MOVE_BYTES, 0) < 0)
            error = -errno;
    close(full[0]);
    close(full[1]);
    close(other[0]);
    close(other[1]);
    return error;
}

int try_sendfile(void)
{
    return move_bytes(move_by_sendfile);
}

int try_sendfile64(void)
{
    return move_bytes(move_by_sendfile64);
}

int try_splice(void)
{
    return move_bytes(move_by_splice);
}

int try_copy_file_range(void)
{
    int from = scratch_file("a"), to = scratch_file("b");
    if (from < 0 || to < 0)
        return from < 0 ? from : to;
    for (int i = 0; i < REPEATS; i++) {
        off_t at = 0;
        ssize_t copied = copy_file_range(from, &at, to, NULL, 4096, 0);
        (void)copied;
    }
    close(from);
    close(to);
    return 0;
}

/* A stream over a file: written, flushed, closed. */
static int write_stream(void (*write_by)(FILE *stream))
{
    FILE *stream = fopen(scratch_path("a"), "we");
    if (!stream)
        return -errno;
    for (int i = 0; i < REPEATS; i++)
        write_by(stream);
    return fclose(stream) ? -errno : 0;
}

/* So long that the stream must write it out. */
static const char *long_text(void)
{
    static char text[4000];
    memset(text, 'x', sizeof text - 1);
    return text;
}

/* One way of writing to a stream. */
#define TRY_WRITER(symbol, expression)                                                             \
    static void write_by_##symbol(FILE *stream)                                                    \
    {                                                                                              \
        (void)stream;                                                                              \
        (void)(expression);                                                                        \
    }                                                                                              \
    int try_##symbol(void)                                                                         \
    {                                                                                              \
        return write_stream(write_by_##symbol);                                                    \
    }

TRY_WRITER(fwrite, fwrite(buffer, 1, sizeof buffer, stream))
TRY_WRITER(fwrite_unlocked, fwrite_unlocked(buffer, 1, sizeof buffer, stream))
TRY_WRITER(fputs, fputs(long_text(), stream))
TRY_WRITER(puts, puts(long_text()))
TRY_WRITER(fflush, (fputc('x', stream), fflush(stream)))
TRY_WRITER(fflush_unlocked, (fputc('x', stream), fflush_unlocked(stream)))
TRY_WRITER(fclose, fputc('x', stream))
