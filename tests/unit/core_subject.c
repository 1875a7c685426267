/* SPDX-License-Identifier: MIT */
/* Runs core_subject, see core_subject.h. */
#include "core_subject.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t last_pid;

void subject_init(struct subject *s)
{
    memset(s, 0, sizeof *s);
    snprintf(s->directory, sizeof s->directory, "/dev/shm/loopscope-test-%d", (int)getpid());
    setenv("LOOPSCOPE_DIR", s->directory, 1);
    unsetenv("LOOPSCOPE");
}

void subject_free(struct subject *s)
{
    DIR *stream = opendir(s->directory);
    struct dirent *item;
    while (stream != NULL && (item = readdir(stream)) != NULL)
        unlinkat(dirfd(stream), item->d_name, 0);
    if (stream != NULL)
        closedir(stream);
    rmdir(s->directory);
}

static void read_all(int fd, char *out, size_t bytes)
{
    size_t total = 0;
    ssize_t n;
    lseek(fd, 0, SEEK_SET);
    while (total < bytes - 1 && (n = read(fd, out + total, bytes - 1 - total)) > 0)
        total += (size_t)n;
    out[total] = '\0';
    close(fd);
}

static int temporary(void)
{
    char name[] = "/tmp/loopscope-test-XXXXXX";
    int fd = mkstemp(name);
    unlink(name);
    return fd;
}

void subject_run(struct subject *s, const char *command, const char *argument)
{
    int out = temporary();
    int err = temporary();
    pid_t pid = fork();
    if (pid == 0) {
        dup2(out, 1);
        dup2(err, 2);
        execl(CORE_SUBJECT, "core_subject", command, argument, (char *)NULL);
        _exit(127);
    }
    last_pid = pid;
    while (waitpid(pid, &s->status, 0) < 0 && errno == EINTR)
        ;
    read_all(out, s->out, sizeof s->out);
    read_all(err, s->err, sizeof s->err);
}

bool subject_exited_with(const struct subject *s, int code)
{
    return WIFEXITED(s->status) && WEXITSTATUS(s->status) == code;
}

static int count_one(const struct segment_entry *entry, void *data)
{
    (void)entry;
    ++*(int *)data;
    return 0;
}

int subject_segments(const struct subject *s)
{
    int count = 0;
    int error = segment_list(s->directory, count_one, &count);
    return error < 0 ? error : count;
}

struct search {
    bool is_child;
    char path[512];
};

static int find_one(const struct segment_entry *entry, void *data)
{
    struct search *search = data;
    if ((entry->pid != (uint32_t)last_pid) != search->is_child)
        return 0;
    memcpy(search->path, entry->path, sizeof search->path);
    return 1;
}

struct segment_reader *subject_open(const struct subject *s, bool is_child)
{
    struct search search = {.is_child = is_child};
    struct segment_reader *reader = NULL;
    char why[128];
    if (segment_list(s->directory, find_one, &search) != 1 ||
        segment_reader_open(search.path, &reader, why, sizeof why) < 0)
        return NULL;
    return reader;
}

struct segment_reader *subject_read(struct subject *s, const char *command, const char *argument)
{
    subject_run(s, command, argument);
    cr_assert(subject_exited_with(s, 0), "%s: status %x", command, (unsigned)s->status);
    struct segment_reader *reader = subject_open(s, false);
    cr_assert_not_null(reader);
    return reader;
}

size_t subject_records(struct segment_reader *reader, uint32_t slot, struct lsc_record *out,
                       size_t capacity, uint64_t *lost)
{
    struct ring_read got;
    size_t total = 0;
    uint64_t next = 0;
    *lost = 0;
    while (total < capacity &&
           segment_reader_ring(reader, slot, next, out + total, capacity - total, &got) == 0 &&
           got.next != next) {
        total += got.count;
        *lost += got.lost;
        next = got.next;
    }
    return total;
}

size_t records_of(const struct lsc_record *records, size_t count, enum lsc_record_type type)
{
    size_t found = 0;
    for (size_t i = 0; i < count; i++)
        found += records[i].type == type;
    return found;
}
