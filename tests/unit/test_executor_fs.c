/* SPDX-License-Identifier: MIT */
/* Files and look-ups of hosts as tasks use them. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "executor_run.h"
#include "loopscope/fs.h"
#include "loopscope/net.h"
#include "loopscope/time.h"

struct files {
    struct lsc_frame frame;
    struct lsc_file file;
    struct lsc_file_status status;
    char directory[64], path[80], new_path[80], buffer[32];
    lsc_result r[6];
};

static bool all_are_fine(const struct files *self)
{
    for (int i = 0; i < 6; i++)
        if (self->r[i] != 0)
            return false;
    return true;
}

static lsc_result files_poll(struct lsc_context *cx, void *state)
{
    struct files *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    snprintf(self->directory, sizeof(self->directory), "/tmp/executor-fs-%d", (int)getpid());
    snprintf(self->path, sizeof(self->path), "%s/a", self->directory);
    snprintf(self->new_path, sizeof(self->new_path), "%s/b", self->directory);
    LSC_AWAIT(self->r[0], lsc_path_make_directory(cx, self->directory, 0700));
    LSC_AWAIT(self->r[1], lsc_file_open(cx, &self->file, self->path, O_RDWR | O_CREAT, 0600));
    LSC_AWAIT(r, lsc_file_write(cx, &self->file, "0123456789", 10, -1));
    LSC_AWAIT(self->r[2], lsc_file_sync(cx, &self->file));
    LSC_AWAIT(self->r[3], lsc_file_status(cx, &self->file, &self->status));
    LSC_AWAIT(r, lsc_file_read(cx, &self->file, self->buffer, sizeof(self->buffer), 4));
    bool is_text = r == 6 && memcmp(self->buffer, "456789", 6) == 0;
    if (!is_text || self->status.bytes != 10 || !S_ISREG(self->status.mode))
        LSC_RETURN(-1);
    LSC_AWAIT(r, lsc_file_read(cx, &self->file, self->buffer, sizeof(self->buffer), 10));
    lsc_file_close(&self->file);
    if (r != 0)
        LSC_RETURN(-2);
    LSC_AWAIT(r, lsc_file_read(cx, &self->file, self->buffer, 1, 0));
    if (r != -EBADF)
        LSC_RETURN(-3);
    LSC_AWAIT(self->r[4], lsc_path_rename(cx, self->path, self->new_path));
    LSC_AWAIT(r, lsc_path_status(cx, self->path, &self->status));
    if (r != -ENOENT)
        LSC_RETURN(-4);
    LSC_AWAIT(self->r[5], lsc_path_remove(cx, self->new_path));
    rmdir(self->directory);
    LSC_END(all_are_fine(self) ? 0 : -5);
}

Test(executor_fs, files_are_made_written_read_renamed_and_removed)
{
    RUN(files, .r = {0});
}

/* The other end of a fifo never comes, so that the open stands in the pool until somebody does. */
struct left {
    struct lsc_frame frame;
    struct lsc_file file, other;
    struct lsc_deadline deadline;
    char path[64];
    lsc_result late;
    int fds, tries;
};

static int open_fds(void)
{
    int count = 0;
    for (int fd = 0; fd < 256; fd++)
        count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

static lsc_result left_poll(struct lsc_context *cx, void *state)
{
    struct left *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    snprintf(self->path, sizeof(self->path), "/tmp/executor-fifo-%d", (int)getpid());
    if (mkfifo(self->path, 0600) != 0)
        LSC_RETURN(-1);
    LSC_AWAIT(r, lsc_sleep(cx, 1));
    self->fds = open_fds();
    lsc_deadline_push(cx, &self->deadline, 20);
    LSC_AWAIT(self->late, lsc_file_open(cx, &self->file, self->path, O_RDONLY, 0));
    lsc_deadline_pop(cx, &self->deadline);
    LSC_AWAIT(r, lsc_file_open(cx, &self->other, self->path, O_WRONLY, 0));
    unlink(self->path);
    if (r < 0)
        LSC_RETURN(r);
    lsc_file_close(&self->other);
    for (self->tries = 0; open_fds() > self->fds && self->tries < 1000; self->tries++)
        LSC_AWAIT(r, lsc_sleep(cx, 2));
    LSC_END(self->late == -ETIMEDOUT && self->tries < 1000 ? 0 : -2);
}

Test(executor_fs, a_file_opened_after_its_task_gave_up_is_closed_again)
{
    /* The loops and the pool have made their descriptors. */
    RUN(files, .r = {0});
    RUN(left, .late = 0);
}

struct look_up {
    struct lsc_frame frame;
    struct lsc_address found[4];
    lsc_result number;
};

static lsc_result look_up_poll(struct lsc_context *cx, void *state)
{
    struct look_up *self = state;
    lsc_result r;
    LSC_BEGIN(cx, self);
    LSC_AWAIT(self->number, lsc_resolve(cx, "127.0.0.1", 80, self->found, 4));
    char text[64];
    lsc_address_text(&self->found[0], text, sizeof(text));
    if (self->number != 1 || strcmp(text, "127.0.0.1:80") != 0)
        LSC_RETURN(-1);
    LSC_AWAIT(r, lsc_resolve(cx, "no such host", 80, self->found, 4));
    LSC_END(r < 0 ? 0 : -2);
}

Test(executor_fs, hosts_are_looked_up)
{
    RUN(look_up, .number = 0);
}
