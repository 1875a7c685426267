/* SPDX-License-Identifier: MIT */
/* What recording costs at a million records a second: a program with two threads emits them at that
 * rate through libloopscope.so, this one drains its rings into a trace file. Printed: what was
 * emitted, recorded and lost, the recorder's share of a core, bytes a record.
 *
 *     bench_trace_drain [--short]        (2 s instead of 10) */
#include <dirent.h>
#include <loopscope/probe.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "analyzers/source/live.h"
#include "analyzers/trace/trace.h"

enum { THREADS = 2, RATE = 500000, BURST = 500, TASKS = 64 };

static unsigned duration_s = 10;

static uint64_t now_ns(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* ---- the observed program: RATE polls a second and thread, a burst a millisecond ---- */

static void *emit(void *data)
{
    const lsc_task *tasks = data;
    uint64_t start = now_ns(CLOCK_MONOTONIC), bursts = (uint64_t)duration_s * RATE / BURST;
    for (uint64_t i = 0; i < bursts; i++) {
        for (unsigned k = 0; k < BURST; k++) {
            lsc_poll_begin(tasks[(i + k) % TASKS]);
            lsc_poll_end(tasks[(i + k) % TASKS], LSC_POLL_RESULT_PENDING);
        }
        uint64_t next = start + (i + 1) * (1000000000u / (RATE / BURST));
        struct timespec until = {(time_t)(next / 1000000000u), (long)(next % 1000000000u)};
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
    }
    return NULL;
}

static int run_program(void)
{
    lsc_task tasks[TASKS];
    pthread_t threads[THREADS];
    if (lsc_probe_start() < 0)
        return 2;
    for (unsigned i = 0; i < TASKS; i++)
        tasks[i] = lsc_task_spawn(&(struct lsc_task_info){.kind = "bench"});
    for (unsigned i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, emit, tasks);
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    return 0;
}

/* ---- the recorder ---- */

struct result {
    uint64_t records, lost;
};

static int record(struct source *source, struct trace_writer *trace, struct result *result)
{
    struct item item;
    int more;
    while ((more = source->ops->next(source, &item)) == 1) {
        if (item.kind == ITEM_EVENTS)
            result->records += item.events.count;
        else if (item.kind == ITEM_LOST)
            result->lost += item.lost.count;
        if (trace_writer_put(trace, &item) < 0)
            return -1;
    }
    return more;
}

static int observe(pid_t child, const char *path)
{
    struct source *source;
    struct trace_writer *trace;
    struct result result = {0};
    struct trace_stats stats;
    char why[128] = "";
    int status = 0;
    if (live_open(&(struct live_options){.run_id = 0xbe7c4}, &source, why, sizeof(why)) < 0 ||
        trace_writer_open(path, &trace) < 0) {
        fprintf(stderr, "bench_trace_drain: cannot record: %s\n", why);
        return 2;
    }
    uint64_t wall = now_ns(CLOCK_MONOTONIC), cpu = now_ns(CLOCK_PROCESS_CPUTIME_ID);
    uint64_t pauses = 0, pause_us = 0, longest = 0, drained = wall;
    while (waitpid(child, &status, WNOHANG) == 0) {
        if (record(source, trace, &result) < 0)
            return 2;
        uint64_t pause = live_pause_us(source), now = now_ns(CLOCK_MONOTONIC);
        longest = now - drained > longest ? now - drained : longest;
        drained = now;
        pauses++;
        pause_us += pause;
        usleep((useconds_t)pause);
    }
    live_finish(source);
    record(source, trace, &result);
    wall = now_ns(CLOCK_MONOTONIC) - wall;
    cpu = now_ns(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    source->ops->close(source);
    if (trace_writer_close(trace, &stats) < 0 || stats.records != result.records || status != 0)
        return 2;
    printf("emitted %u records/s by %d threads for %u s\n", THREADS * RATE, THREADS, duration_s);
    printf("recorded %llu records, %.0f a second; lost %llu\n", (unsigned long long)result.records,
           (double)result.records * 1e9 / (double)wall, (unsigned long long)result.lost);
    /* A ring holds 32768 records: more than 65 ms away from the CPU is a loss. */
    printf("longest time between two drains: %.1f ms\n", (double)longest / 1e6);
    printf("recorder: %.1f %% of a core, a drain every %.1f ms, %.2f bytes a record\n",
           100.0 * (double)cpu / (double)wall,
           (double)pause_us / 1e3 / (double)(pauses ? pauses : 1),
           (double)stats.file_bytes / (double)stats.records);
    return 0;
}

/* The directory is this bench's own. */
static void remove_directory(const char *directory)
{
    DIR *stream = opendir(directory);
    struct dirent *entry;
    while (stream && (entry = readdir(stream)))
        unlinkat(dirfd(stream), entry->d_name, 0);
    if (stream)
        closedir(stream);
    rmdir(directory);
}

int main(int argc, char **argv)
{
    char directory[] = "/dev/shm/loopscope-bench-XXXXXX", path[] = "/tmp/loopscope-bench-XXXXXX";
    if (argc > 1 && strcmp(argv[1], "--short") == 0)
        duration_s = 2;
    if (argc > 2 && strcmp(argv[1], "--program") == 0) {
        duration_s = (unsigned)strtoul(argv[2], NULL, 10);
        return run_program();
    }
    if (!mkdtemp(directory))
        return 2;
    close(mkstemp(path));
    setenv("LOOPSCOPE_DIR", directory, 1);
    setenv("LOOPSCOPE_RUN", "be7c4", 1);
    pid_t child = fork();
    if (child == 0) {
        char seconds[16];
        snprintf(seconds, sizeof(seconds), "%u", duration_s);
        execl("/proc/self/exe", argv[0], "--program", seconds, (char *)NULL);
        _exit(2);
    }
    int status = child < 0 ? 2 : observe(child, path);
    remove_directory(directory);
    unlink(path);
    return status;
}
