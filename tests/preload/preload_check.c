/* SPDX-License-Identifier: MIT */
/* preload_check LIBRARY SUBJECT CASE: runs the case bare and under the preload library, demands the
 * same output and exit status, and then looks into the segments for what this case must show. */
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "segment_reader.h"

#define RECORDS 65536
#define ANY (-1)

/* What a case must show, summed over all segments it left. */
struct expectation {
    const char *name;
    int segments;
    int turns_min, turns_max;
    int slow_calls; /* CALL records, or ANY */
    int call;       /* of which kind all of them are, 0: any */
    int call_sums;  /* CALLS records at least */
    int samples;    /* at least */
    int works;      /* WORK records at least */
    int pools;      /* threads with the role */
    int exit_state; /* of the segments, or ANY */
};

#define MANY INT_MAX
static const struct expectation expectations[] = {
    {"first-turn", 1, 1, 1, 1, LSC_CALL_usleep, 0, 0, 0, 0, LSC_SEGMENT_EXITED},
    {"nested-epoll", 1, 4, 4, 1, LSC_CALL_epoll_wait, 0, 0, 0, 0, LSC_SEGMENT_EXITED},
    {"poll-loop", 1, 8, 8, 1, LSC_CALL_usleep, 0, 0, 0, 0, LSC_SEGMENT_EXITED},
    {"select-loop", 1, 8, 8, 0, 0, 0, 0, 0, 0, LSC_SEGMENT_EXITED},
    {"poll-in-turn", 1, 3, 3, 1, LSC_CALL_poll, 0, 0, 0, 0, LSC_SEGMENT_EXITED},
    {"double-wait", 1, 20, 21, 0, 0, 0, 0, 0, 0, LSC_SEGMENT_EXITED},
    {"shared-reactor", 1, 3, 5, 0, 0, 0, 0, 0, 0, LSC_SEGMENT_EXITED},
    {"sibling", 1, 6, 8, 1, LSC_CALL_usleep, 0, 0, 0, 0, LSC_SEGMENT_EXITED},
    {"many-small", 1, 2, 2, ANY, 0, 1, 0, 0, 0, LSC_SEGMENT_EXITED},
    {"stdio", 1, 2, 2, ANY, 0, 0, 0, 0, 0, LSC_SEGMENT_EXITED},
    {"longjmp", 1, 3, 3, 1, LSC_CALL_usleep, 0, 0, 0, 0, LSC_SEGMENT_EXITED},
    {"cpu-stall", 1, 2, 2, 0, 0, 0, 3, 0, 0, LSC_SEGMENT_EXITED},
    {"idle", 1, 5, 5, 0, 0, 0, 0, 0, 0, LSC_SEGMENT_EXITED},
    {"descriptors", 1, 2, 2, ANY, 0, 0, 1, 0, 0, LSC_SEGMENT_EXITED},
    {"close-all", 1, 3, 3, 1, LSC_CALL_usleep, 0, 0, 0, 0, LSC_SEGMENT_EXITED},
    {"fork", 2, 4, 4, 2, 0, 0, 0, 0, 0, LSC_SEGMENT_EXITED},
    {"no-follow", 1, 2, 2, ANY, 0, 0, 0, 0, 0, LSC_SEGMENT_EXITED},
    {"raw-fork", 1, 1, 1, 1, LSC_CALL_waitpid, 0, 0, 0, 0, LSC_SEGMENT_EXITED},
    {"vfork", 1, 2, 2, ANY, 0, 0, 0, 0, 0, LSC_SEGMENT_EXITED},
    {"failed-exec", 1, 2, 2, 1, LSC_CALL_usleep, 0, 0, 0, 0, LSC_SEGMENT_EXITED},
    {"quick-leave", 1, 1, 1, 0, 0, 0, 0, 0, 0, LSC_SEGMENT_EXITED},
    {"errno", 1, 50, 101, ANY, 0, 0, 0, 0, 0, LSC_SEGMENT_EXITED},
    {"no-eintr", 1, 12, 12, ANY, 0, 0, 6, 0, 0, LSC_SEGMENT_EXITED},
    {"own-handler", 1, 3, 3, 0, 0, 0, 3, 0, 0, LSC_SEGMENT_EXITED},
    {"drop-user", 1, 2, 2, 1, LSC_CALL_usleep, 0, 0, 0, 0, LSC_SEGMENT_EXITED},
    {"strict-filter", 1, 6, 6, 5, 0, 0, 0, 0, 0, LSC_SEGMENT_EXITED},
    {"strict-mode", 1, 3, 3, 1, LSC_CALL_usleep, 0, 0, 0, 0, LSC_SEGMENT_OFF},
    {"filter-first", 1, 5, 5, 0, 0, 0, 0, 0, 0, LSC_SEGMENT_EXITED},
    {"user-namespace", 1, 2, 2, ANY, 0, 0, 0, 0, 0, LSC_SEGMENT_EXITED},
    {"pool", 1, 5, 5, 0, 0, 0, 0, 8, 4, LSC_SEGMENT_EXITED},
    {"pool-burst", 1, 2, 2, 0, 0, 0, 0, 4, 4, LSC_SEGMENT_EXITED},
    {"main-leaves", 1, 20, 20, 0, 0, 0, 0, 0, 0, LSC_SEGMENT_EXITED},
    {"churn", 1, 2, MANY, ANY, 0, 0, 0, 0, 0, LSC_SEGMENT_EXITED},
    {"cancel", 1, 20, MANY, 0, 0, 0, 0, 0, 0, LSC_SEGMENT_EXITED},
    {"contended", 1, 2, 2, ANY, 0, 0, 0, 0, 0, LSC_SEGMENT_EXITED},
    {"backlog", 1, 2, MANY, ANY, 0, 0, 0, 0, 0, LSC_SEGMENT_EXITED},
    {"backlog-of-parent", 1, 2, MANY, ANY, 0, 0, 0, 0, 0, LSC_SEGMENT_EXITED},
    {"backlog-local", 1, 2, MANY, ANY, 0, 0, 0, 0, 0, LSC_SEGMENT_EXITED},
    {"datagrams-dropped", 1, 2, MANY, ANY, 0, 0, 0, 0, 0, LSC_SEGMENT_EXITED},
    {"short-lived-ports", 1, 2, MANY, ANY, 0, 0, 0, 0, 0, LSC_SEGMENT_EXITED},
    {"listener-closed", 1, 2, MANY, ANY, 0, 0, 0, 0, 0, LSC_SEGMENT_EXITED},
    {"socket-descriptors", 1, 2, MANY, ANY, 0, 0, 0, 0, 0, LSC_SEGMENT_EXITED},
    {"listen-fails", 1, 2, MANY, ANY, 0, 0, 0, 0, 0, LSC_SEGMENT_EXITED},
};

/* What the queues of sockets must show, in the cases that have some. */
struct queue_expectation {
    const char *name, *kind;
    int live;          /* resources at the end */
    uint64_t capacity; /* 0: any */
    uint64_t depth;    /* the largest, at least */
    uint64_t dropped;  /* at least */
    int depth_records; /* at least */
    int made;          /* places of resources used, at most; 0: any */
};
static const struct queue_expectation queue_expectations[] = {
    {"backlog", "accept backlog", 1, 8, 8, 0, 1, 0},
    {"backlog-of-parent", "accept backlog", 1, 8, 8, 0, 1, 0},
    {"backlog-local", "accept backlog", 1, 8, 8, 0, 1, 0},
    {"datagrams-dropped", "udp receive queue", 1, 0, 1000, 8, 2, 0},
    {"short-lived-ports", "accept backlog", 1, 8, 0, 0, 1, 40},
    {"listener-closed", "accept backlog", 0, 0, 0, 0, 1, 0},
    {"socket-descriptors", "accept backlog", 1, 8, 0, 0, 1, 0},
};

struct seen {
    int segments, turns, slow_calls, wrong_calls, call_sums, samples, works, pools, wrong_states;
    int calls_without_stack;
    int queues, depth_records, made;
    uint64_t capacity, depth_max, dropped;
    char queue_kind[32];
};

static int failures;

static void expect(int holds, const char *what, long seen, long wanted)
{
    if (!holds) {
        printf("%s: %ld, expected %ld\n", what, seen, wanted);
        failures++;
    }
}

static void count_record(const struct lsc_record *r, const struct expectation *e, struct seen *seen)
{
    int call = (int)(r->arg2 & 0xffff);
    seen->turns += r->type == LSC_RECORD_TURN;
    seen->call_sums += r->type == LSC_RECORD_CALLS;
    seen->samples += r->type == LSC_RECORD_STALL_SAMPLE;
    seen->works += r->type == LSC_RECORD_WORK;
    seen->depth_records += r->type == LSC_RECORD_DEPTH;
    if (r->type != LSC_RECORD_CALL)
        return;
    seen->slow_calls++;
    seen->calls_without_stack += r->task == 0;
    seen->wrong_calls += e->call && call != e->call;
}

static void count_queues(struct segment_reader *reader, struct seen *seen)
{
    uint32_t count = segment_reader_header(reader)->resource_count;
    seen->made += (int)count;
    for (uint32_t slot = 0; slot < count; slot++) {
        struct lsc_resource r;
        if (segment_reader_resource(reader, slot, &r) != 0)
            continue;
        seen->queues++;
        seen->capacity = r.capacity;
        seen->depth_max = r.depth_max;
        seen->dropped = r.dropped;
        segment_reader_string(reader, r.kind, seen->queue_kind, sizeof(seen->queue_kind));
    }
}

static void count_segment(const char *path, const struct expectation *e, struct seen *seen)
{
    static struct lsc_record records[RECORDS];
    struct segment_reader *reader;
    char why[200] = "";
    if (segment_reader_open(path, &reader, why, sizeof(why)) != 0) {
        printf("%s: %s\n", path, why);
        failures++;
        return;
    }
    segment_reader_refresh(reader);
    const struct lsc_segment_header *header = segment_reader_header(reader);
    seen->segments++;
    seen->wrong_states += e->exit_state != ANY && (int)header->state != e->exit_state;
    for (uint32_t slot = 0; slot < header->thread_count; slot++) {
        struct lsc_thread thread;
        struct ring_read result;
        if (segment_reader_thread(reader, slot, &thread) != 0 ||
            segment_reader_ring(reader, slot, 0, records, RECORDS, &result) != 0)
            continue;
        seen->pools += (thread.roles & LSC_ROLE_POOL) != 0;
        for (size_t i = 0; i < result.count; i++)
            count_record(&records[i], e, seen);
    }
    count_queues(reader, seen);
    segment_reader_close(reader);
}

static void count_directory(const char *path, const struct expectation *e, struct seen *seen)
{
    DIR *dir = opendir(path);
    struct dirent *entry;
    while (dir && (entry = readdir(dir))) {
        char file[PATH_MAX];
        if (entry->d_name[0] == '.')
            continue;
        snprintf(file, sizeof(file), "%s/%s", path, entry->d_name);
        count_segment(file, e, seen);
        unlink(file);
    }
    if (dir)
        closedir(dir);
}

static void judge(const struct expectation *e, const struct seen *seen)
{
    expect(seen->segments == e->segments, "segments", seen->segments, e->segments);
    expect(seen->turns >= e->turns_min, "turns at least", seen->turns, e->turns_min);
    expect(seen->turns <= e->turns_max, "turns at most", seen->turns, e->turns_max);
    expect(e->slow_calls == ANY || seen->slow_calls == e->slow_calls, "slow calls",
           seen->slow_calls, e->slow_calls);
    expect(seen->wrong_calls == 0, "calls of another kind", seen->wrong_calls, 0);
    expect(seen->calls_without_stack == 0, "calls without a stack", seen->calls_without_stack, 0);
    expect(seen->call_sums >= e->call_sums, "sums of calls", seen->call_sums, e->call_sums);
    expect(seen->samples >= e->samples, "samples", seen->samples, e->samples);
    expect(seen->works >= e->works, "busy spells", seen->works, e->works);
    expect(e->pools == 0 || seen->pools == e->pools, "pool threads", seen->pools, e->pools);
    expect(seen->wrong_states == 0, "segments in another state", seen->wrong_states, 0);
}

static void judge_queues(const char *name, const struct seen *seen)
{
    const struct queue_expectation *q = queue_expectations;
    size_t n = sizeof(queue_expectations) / sizeof(queue_expectations[0]);
    while (n > 0 && strcmp(q->name, name) != 0)
        q++, n--;
    if (n == 0) {
        expect(seen->queues == 0, "queues", seen->queues, 0);
        return;
    }
    expect(seen->queues == q->live, "queues", seen->queues, q->live);
    expect(seen->depth_records >= q->depth_records, "depth records", seen->depth_records,
           q->depth_records);
    expect(q->made == 0 || seen->made <= q->made, "queues ever made", seen->made, q->made);
    if (q->live == 0)
        return;
    expect(strcmp(seen->queue_kind, q->kind) == 0, "queue of the right kind", 0, 1);
    expect(q->capacity == 0 || seen->capacity == q->capacity, "capacity", (long)seen->capacity,
           (long)q->capacity);
    expect(seen->depth_max >= q->depth, "depth", (long)seen->depth_max, (long)q->depth);
    expect(seen->dropped >= q->dropped, "dropped", (long)seen->dropped, (long)q->dropped);
}

/* Runs the subject with its output into `out`; its wait status. */
static int run(char *const argv[], const char *out, const char *library, const char *directory)
{
    int status;
    pid_t child = fork();
    if (child == 0) {
        int fd = open(out, O_WRONLY | O_CREAT | O_TRUNC, 0600);
        dup2(fd, 1);
        dup2(fd, 2);
        close(fd);
        if (library)
            setenv("LD_PRELOAD", library, 1);
        setenv("LOOPSCOPE_DIR", directory, 1);
        if (strcmp(argv[1], "no-follow") == 0)
            setenv("LOOPSCOPE_FOLLOW", "0", 1);
        /* Far above what a loaded machine adds to a call that does not block. */
        setenv("LOOPSCOPE_BLOCK_US", "10000", 1);
        execv(argv[0], argv);
        _exit(126);
    }
    return waitpid(child, &status, 0) == child ? status : -1;
}

static void compare_output(const char *a, const char *b)
{
    char x[4096] = "", y[4096] = "";
    FILE *f = fopen(a, "r"), *g = fopen(b, "r");
    size_t n = f ? fread(x, 1, sizeof(x), f) : 0, m = g ? fread(y, 1, sizeof(y), g) : 0;
    if (!f || !g || n != m || memcmp(x, y, n) != 0) {
        printf("output differs; with the probe:\n%.*s\nwithout:\n%.*s\n", (int)m, y, (int)n, x);
        failures++;
    }
    if (f)
        fclose(f);
    if (g)
        fclose(g);
}

int main(int argc, char **argv)
{
    char directory[] = "/dev/shm/loopscope-test-XXXXXX";
    char bare[] = "/tmp/preload-bare-XXXXXX", probed[] = "/tmp/preload-probed-XXXXXX";
    const struct expectation *e = expectations;
    size_t n = sizeof(expectations) / sizeof(expectations[0]);
    if (argc != 4 || !mkdtemp(directory) || close(mkstemp(bare)) || close(mkstemp(probed)))
        return 2;
    while (n > 0 && strcmp(e->name, argv[3]) != 0)
        e++, n--;
    if (n == 0)
        return 2;
    int without = run(argv + 2, bare, NULL, directory);
    int with = run(argv + 2, probed, argv[1], directory);
    expect(with == without, "wait status", with, without);
    expect(WIFEXITED(without) && WEXITSTATUS(without) < 8, "wait status without the probe", without,
           0);
    compare_output(bare, probed);
    struct seen seen = {0};
    count_directory(directory, e, &seen);
    judge(e, &seen);
    judge_queues(e->name, &seen);
    rmdir(directory);
    unlink(bare);
    unlink(probed);
    return failures ? 1 : 0;
}
