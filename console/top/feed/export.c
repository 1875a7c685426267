/* SPDX-License-Identifier: MIT */
/* Writes what the console looks at into a trace file. */
#include "export.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyzers/source/live.h"
#include "analyzers/trace/trace.h"

struct export
{
    pthread_t thread;
    struct feeder_options options;
    char from[PATH_MAX], directory[PATH_MAX], segment[PATH_MAX], path[PATH_MAX];
    uint64_t records;
    int error;
    _Atomic bool is_over; /* written by the thread last */
};

static int take_everything(struct source *source, struct trace_writer *trace)
{
    struct item item;
    int outcome;
    live_finish(source);
    while ((outcome = source->ops->next(source, &item)) == 1) {
        int error = trace_writer_put(trace, &item);
        if (error < 0)
            return error;
    }
    return outcome;
}

static int export_live(struct export *export)
{
    const struct feeder_options *options = &export->options;
    struct live_options live = {.directory = options->directory,
                                .pid = options->pid,
                                .want_children = true,
                                .run_id = options->run_id,
                                .only_path = options->segment,
                                .want_past = true,
                                .want_symbols = true};
    struct source *source;
    struct trace_writer *trace;
    struct trace_stats stats = {0};
    char why[128];
    int error = live_open(&live, &source, why, sizeof(why));
    if (error < 0)
        return error;
    error = trace_writer_open(export->path, &trace);
    if (error == 0) {
        error = take_everything(source, trace);
        int closing = trace_writer_close(trace, &stats);
        error = error < 0 ? error : closing;
        export->records = stats.records;
    }
    source->ops->close(source);
    return error;
}

static int copy(int from, int to)
{
    char bytes[65536];
    ssize_t got;
    while ((got = read(from, bytes, sizeof(bytes))) != 0) {
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -errno;
        for (ssize_t done = 0; done < got;) {
            ssize_t written = write(to, bytes + done, (size_t)(got - done));
            if (written < 0 && errno != EINTR)
                return -errno;
            done += written > 0 ? written : 0;
        }
    }
    return 0;
}

/* Not onto itself: that would empty it. */
static int export_file(struct export *export)
{
    struct stat source, target;
    int from = open(export->from, O_RDONLY | O_CLOEXEC);
    int to = from < 0 ? -1 : open(export->path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY, 0600);
    int error = to < 0 ? -errno : 0;
    if (error == 0 && (fstat(from, &source) < 0 || fstat(to, &target) < 0))
        error = -errno;
    else if (error == 0 && source.st_dev == target.st_dev && source.st_ino == target.st_ino)
        error = -EEXIST;
    if (error == 0 && S_ISREG(target.st_mode) && ftruncate(to, 0) < 0)
        error = -errno;
    if (error == 0)
        error = copy(from, to);
    if (to >= 0 && close(to) < 0 && error == 0)
        error = -errno;
    if (from >= 0)
        close(from);
    return error;
}

static void *run(void *data)
{
    struct export *export = data;
    export->error = export->options.path ? export_file(export) : export_live(export);
    atomic_store_explicit(&export->is_over, true, memory_order_release); /* pairs with is_over */
    return NULL;
}

static const char *keep(char out[PATH_MAX], const char *text)
{
    if (!text)
        return NULL;
    int length = snprintf(out, PATH_MAX, "%s", text);
    return length < PATH_MAX ? out : NULL;
}

int export_begin(const struct feeder_options *options, const char *path, struct export **out)
{
    struct export *export = calloc(1, sizeof(*export));
    sigset_t all, before;
    *out = NULL;
    if (!export)
        return -ENOMEM;
    export->options = *options;
    export->options.path = keep(export->from, options->path);
    export->options.directory = keep(export->directory, options->directory);
    export->options.segment = keep(export->segment, options->segment);
    if (!keep(export->path, path)) {
        free(export);
        return -ENAMETOOLONG;
    }
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    int error = pthread_create(&export->thread, NULL, run, export);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (error) {
        free(export);
        return -error;
    }
    *out = export;
    return 0;
}

bool export_is_over(struct export *export, char *sentence, size_t bytes)
{
    if (!atomic_load_explicit(&export->is_over, memory_order_acquire)) /* pairs with run */
        return false;
    if (export->error < 0)
        snprintf(sentence, bytes, "cannot write '%.160s': %s", export->path,
                 strerror(-export->error));
    else if (export->options.path)
        snprintf(sentence, bytes, "copied to '%.160s'", export->path);
    else
        snprintf(sentence, bytes, "wrote %" PRIu64 " records to '%.160s'", export->records,
                 export->path);
    export_finish(export);
    return true;
}

void export_finish(struct export *export)
{
    if (!export)
        return;
    pthread_join(export->thread, NULL);
    free(export);
}
