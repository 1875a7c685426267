/* SPDX-License-Identifier: MIT */
/* Items that wait while the console is paused: trace files without a name. */
#include "hold.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyzers/trace/trace.h"

#define THREADS_AT_ONCE 64 /* whose left-out records are added up before they are told */

struct hold {
    uint64_t bytes_max;
    int in_fd, out_fd; /* -1: none */
    struct trace_writer *in;
    struct source *out;
    uint64_t put;                 /* items in `in` */
    bool has_failed;              /* `in`: what comes finds no place any more */
    uint64_t records, lost, told; /* told: of those lost, by items */
};

/* A file that has no name, or loses it at once where the file system knows no such thing. */
static int open_nameless(void)
{
    const char *directory = getenv("TMPDIR");
    char path[PATH_MAX];
    if (!directory || directory[0] != '/')
        directory = "/tmp";
    int fd = open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd >= 0)
        return fd;
    int length = snprintf(path, sizeof(path), "%s/loopscope-XXXXXX", directory);
    if (length < 0 || (size_t)length >= sizeof(path))
        return -ENAMETOOLONG;
    fd = mkostemp(path, O_CLOEXEC);
    if (fd < 0)
        return -errno;
    unlink(path);
    return fd;
}

static void path_of(int fd, char out[32])
{
    snprintf(out, 32, "/proc/self/fd/%d", fd);
}

static int begin_in(struct hold *hold)
{
    char path[32];
    hold->in_fd = open_nameless();
    if (hold->in_fd < 0)
        return hold->in_fd;
    path_of(hold->in_fd, path);
    int error = trace_writer_open(path, &hold->in);
    if (error == 0)
        return 0;
    close(hold->in_fd);
    hold->in_fd = -1;
    return error;
}

static void end_out(struct hold *hold)
{
    if (hold->out)
        hold->out->ops->close(hold->out);
    if (hold->out_fd >= 0)
        close(hold->out_fd);
    hold->out = NULL;
    hold->out_fd = -1;
}

/* What could not be written is missing at the end, and is counted there. */
static void end_in(struct hold *hold)
{
    struct trace_stats stats;
    if (hold->in)
        trace_writer_close(hold->in, &stats);
    hold->in = NULL;
    hold->put = 0;
    hold->has_failed = false;
}

struct hold *hold_new(uint64_t bytes_max)
{
    struct hold *hold = calloc(1, sizeof(*hold));
    if (!hold)
        return NULL;
    *hold = (struct hold){.bytes_max = bytes_max, .in_fd = -1, .out_fd = -1};
    int error = begin_in(hold);
    if (error == 0)
        return hold;
    free(hold);
    errno = -error;
    return NULL;
}

void hold_delete(struct hold *hold)
{
    if (!hold)
        return;
    end_in(hold);
    if (hold->in_fd >= 0)
        close(hold->in_fd);
    end_out(hold);
    free(hold);
}

static bool is_full(const struct hold *hold)
{
    struct stat in = {0}, out = {0};
    fstat(hold->in_fd, &in);
    if (hold->out_fd >= 0)
        fstat(hold->out_fd, &out);
    return (uint64_t)in.st_size + (uint64_t)out.st_size >= hold->bytes_max;
}

static int put(struct hold *hold, const struct item *item)
{
    int error = hold->in ? 0 : begin_in(hold);
    if (error == 0)
        error = trace_writer_put(hold->in, item);
    hold->put += error == 0;
    return error;
}

/* Tells what is left out of a batch, for each thread. */
static int put_lost(struct hold *hold, const struct item *batch)
{
    struct lost_item lost[THREADS_AT_ONCE];
    unsigned count = 0;
    int error = 0;
    for (size_t i = 0; i <= batch->events.count && error == 0; i++) {
        bool is_over = i == batch->events.count;
        unsigned at = 0;
        while (!is_over && at < count && lost[at].thread != batch->events.events[i].thread)
            at++;
        if (is_over || at == THREADS_AT_ONCE) {
            for (unsigned k = 0; k < count && error == 0; k++)
                error = put(
                    hold,
                    &(struct item){.kind = ITEM_LOST, .process = batch->process, .lost = lost[k]});
            at = count = 0;
        }
        if (is_over)
            break;
        if (at == count)
            lost[count++] = (struct lost_item){.thread = batch->events.events[i].thread};
        lost[at].count++;
    }
    hold->lost += batch->events.count;
    return error;
}

void hold_put(struct hold *hold, const struct item *item)
{
    uint64_t records = item->kind == ITEM_EVENTS ? item->events.count : 0;
    if (hold->has_failed) {
        hold->lost += records;
    } else if (records && hold->in && is_full(hold)) {
        hold->has_failed = put_lost(hold, item) < 0;
        hold->told += hold->has_failed ? 0 : records;
    } else {
        hold->has_failed = put(hold, item) < 0;
        hold->records += hold->has_failed ? 0 : records;
        hold->lost += hold->has_failed ? records : 0;
    }
}

/* What was put since becomes what is taken. 1, 0 when there is nothing, -errno. */
static int turn_round(struct hold *hold)
{
    char path[32], why[128];
    bool has_any = hold->put > 0;
    end_out(hold);
    if (!has_any)
        return 0;
    end_in(hold);
    hold->out_fd = hold->in_fd;
    hold->in_fd = -1;
    path_of(hold->out_fd, path);
    int error = trace_reader_open(path, &hold->out, why, sizeof(why));
    return error < 0 ? error : 1;
}

int hold_take(struct hold *hold, struct item *out)
{
    for (;;) {
        int outcome = hold->out ? hold->out->ops->next(hold->out, out) : 0;
        if (outcome == 1 && out->kind == ITEM_EVENTS)
            hold->records -= out->events.count < hold->records ? out->events.count : hold->records;
        if (outcome != 0)
            return outcome;
        outcome = turn_round(hold);
        if (outcome != 1)
            return outcome;
    }
}

uint64_t hold_records(const struct hold *hold)
{
    return hold->records;
}

uint64_t hold_lost(const struct hold *hold)
{
    return hold->lost;
}

uint64_t hold_untold(const struct hold *hold)
{
    return hold->lost - hold->told + hold->records;
}
