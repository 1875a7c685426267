/* SPDX-License-Identifier: MIT */
/* uv_check LIBRARY SUBJECT CASE: runs the case bare and under the preload library, demands the same
 * output and exit status, and then looks into the segments for what must be on record of it. */
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
#define MANY LONG_MAX
#define LATE_NS 200000000

enum measure {
    SEGMENTS, /* with depth libuv */
    SPAWNS,
    ENDS,
    POLLS, /* of one role */
    READY, /* polls that end their task */
    LATE,  /* polls of timers, at least LATE_NS after they were due */
    JOBS,
    UNTIMED,   /* of these, those not seen on the pool's thread */
    WAKES,     /* WAKE records */
    NAMED,     /* tasks whose name begins so */
    STACKS,    /* spawned from a known place, more than one frame deep */
    RESOURCES, /* alive at the end */
    DEPTHS,    /* DEPTH records */
};

/* What a case must show: so many of a kind of task, summed over all segments. */
static const struct claim {
    const char *name;
    enum measure measure;
    const char *kind;
    unsigned role;    /* of POLLS */
    const char *text; /* of NAMED */
    long min, max;
} claims[] = {
    {"reentry", SPAWNS, "timer", 0, NULL, 1, 1},
    {"reentry", POLLS, "timer", LSC_CALLBACK_OWN, NULL, 4, 4},
    {"reentry", POLLS, "timer", LSC_CALLBACK_CLOSE, NULL, 1, 1},
    {"reentry", ENDS, "timer", 0, NULL, 1, 1},
    {"reentry", NAMED, "timer", 0, "2 ms repeat", 1, 1},
    {"reentry", STACKS, "timer", 0, NULL, 1, 1},
    {"reentry", SPAWNS, "async", 0, NULL, 0, 0}, /* the loop's own is libuv's */
    {"reentry", SPAWNS, "signal", 0, NULL, 0, 0},
    {"late", POLLS, "timer", LSC_CALLBACK_OWN, NULL, 5, 5},
    {"late", LATE, "timer", 0, NULL, 1, 1}, /* the one due during the long callback */
    {"restart", POLLS, "idle", LSC_CALLBACK_OWN, NULL, 6, 6},
    {"restart", POLLS, "check", LSC_CALLBACK_OWN, NULL, 6, 7},
    {"restart", POLLS, "prepare", LSC_CALLBACK_OWN, NULL, 6, 7},
    {"restart", POLLS, "timer", LSC_CALLBACK_OWN, NULL, 1, 1},
    {"restart", ENDS, "idle", 0, NULL, 1, 1},
    {"stream", SPAWNS, "tcp", 0, NULL, 3, 3},
    {"stream", ENDS, "tcp", 0, NULL, 3, 3},
    {"stream", SPAWNS, "connect", 0, NULL, 1, 1},
    {"stream", READY, "connect", 0, NULL, 1, 1},
    {"stream", NAMED, "connect", 0, "127.0.0.1:", 1, 1},
    {"stream", NAMED, "tcp", 0, "127.0.0.1:", 3, 3},
    {"stream", POLLS, "tcp", LSC_CALLBACK_CONNECTION, NULL, 1, 1},
    {"stream", POLLS, "tcp", LSC_CALLBACK_READ, NULL, 2, MANY},
    {"stream", POLLS, "tcp", LSC_CALLBACK_ALLOCATE, NULL, 0, 0},
    {"stream", POLLS, "tcp", LSC_CALLBACK_WRITE, NULL, 2, MANY},
    {"stream", POLLS, "tcp", LSC_CALLBACK_CLOSE, NULL, 2, 2},
    {"full-queue", POLLS, "tcp", LSC_CALLBACK_WRITE, NULL, 2, 2},
    {"full-queue", DEPTHS, "", 0, NULL, 3, 8},
    {"left-queue", RESOURCES, "write queue", 0, NULL, 1, 1},
    {"left-queue", RESOURCES, "socket send queue", 0, NULL, 1, 1},
    {"left-queue", DEPTHS, "", 0, NULL, 6, 8}, /* the kernel is asked once a ms at most */
    {"without", SPAWNS, "fs stat", 0, NULL, 0, 0},
    {"without", SPAWNS, "getaddrinfo", 0, NULL, 0, 0},
    {"without", SPAWNS, "work", 0, NULL, 1, 1},
    {"without", JOBS, "work", 0, NULL, 1, 1},
    {"without", READY, "work", 0, NULL, 1, 1},
    {"without", ENDS, "async", 0, NULL, 1, 1},
    {"without", ENDS, "timer", 0, NULL, 1, 1},
    {"work", SPAWNS, "work", 0, NULL, 2000, 2000},
    {"work", JOBS, "work", 0, NULL, 2000, 2000},
    {"work", UNTIMED, "work", 0, NULL, 0, 0},
    {"work", READY, "work", 0, NULL, 2000, 2000},
    {"pool", JOBS, "fs stat", 0, NULL, 500, 500},
    {"pool", UNTIMED, "fs stat", 0, NULL, 0, 400},
    {"pool", READY, "fs stat", 0, NULL, 500, 500},
    {"pool", NAMED, "fs stat", 0, "/", 500, 500},
    {"pool", JOBS, "getnameinfo", 0, NULL, 1, 1},
    {"pool", JOBS, "getaddrinfo", 0, NULL, 1, 1},
    {"pool", JOBS, "random", 0, NULL, 1, 1},
    {"pool", NAMED, "getaddrinfo", 0, "127.0.0.1", 1, 1},
    {"cancel", SPAWNS, "fs stat", 0, NULL, 1, MANY},
    {"reuse", SPAWNS, "timer", 0, NULL, 300, 300},
    {"reuse", ENDS, "timer", 0, NULL, 300, 300},
    {"reuse", ENDS, "async", 0, NULL, 300, 300},
    {"reuse", POLLS, "async", LSC_CALLBACK_OWN, NULL, 300, 300},
    {"reuse", WAKES, "async", 0, NULL, 300, 300},
    {"reuse", POLLS, "tcp", LSC_CALLBACK_WRITE, NULL, 0, 0},
    {"delayed", ENDS, "fs poll", 0, NULL, 1, 1},
    {"delayed", SPAWNS, "signal", 0, NULL, 2, 2},
    {"delayed", ENDS, "signal", 0, NULL, 2, 2},
    {"delayed", NAMED, "signal", 0, "SIGUSR", 2, 2},
    {"delayed", SPAWNS, "timer", 0, NULL, 0, 0}, /* those of fs polls are libuv's */
    {"modes", POLLS, "timer", LSC_CALLBACK_OWN, NULL, 6, 6},
    {"modes", ENDS, "timer", 0, NULL, 1, 1},
    {"modes", ENDS, "async", 0, NULL, 1, 1},
    {"embedded", POLLS, "timer", LSC_CALLBACK_OWN, NULL, 5, 5},
    {"loops", SPAWNS, "timer", 0, NULL, 4, 4},
    {"loops", ENDS, "timer", 0, NULL, 4, 4},
    {"forked", SEGMENTS, "", 0, NULL, 2, 2},
    {"forked", SPAWNS, "timer", 0, NULL, 2, 2},
    {"forked", POLLS, "timer", LSC_CALLBACK_OWN, NULL, 6, 6},
    {"forked", ENDS, "timer", 0, NULL, 2, 2},
    {"forked", POLLS, "async", LSC_CALLBACK_OWN, NULL, 1, 1},
    {"senders", WAKES, "async", 0, NULL, 2, 4001},
    {"senders", POLLS, "async", LSC_CALLBACK_OWN, NULL, 2, MANY},
    {"children", SPAWNS, "process", 0, NULL, 2, 2},
    {"children", ENDS, "process", 0, NULL, 2, 2},
    {"children", POLLS, "process", LSC_CALLBACK_OWN, NULL, 1, 1},
    {"children", NAMED, "process", 0, "sh", 1, 1},
    {"many", SPAWNS, "timer", 0, NULL, 20000, 20000},
    {"local", SPAWNS, "timer", 0, NULL, 1, 1},
    {"local", POLLS, "timer", LSC_CALLBACK_OWN, NULL, 4, 4},
};

static int failures;

static void complain(const struct claim *c, long seen)
{
    static const char *const titles[] = {"segments", "spawns",    "ends",         "polls", "ready",
                                         "late",     "jobs",      "untimed jobs", "wakes", "names",
                                         "stacks",   "resources", "depth records"};
    printf("%s of '%s' (role %u): %ld, expected %ld to %ld\n", titles[c->measure], c->kind, c->role,
           seen, c->min, c->max);
    failures++;
}

/* One segment, in memory. */
struct image {
    struct segment_reader *reader;
    struct lsc_record records[RECORDS];
    size_t count;
};

static bool is_of_kind(struct image *image, uint32_t handle, const char *kind,
                       struct lsc_task *task)
{
    char text[64] = "";
    return segment_reader_task(image->reader, LSC_HANDLE_SLOT(handle), task) == 0 &&
           segment_reader_string(image->reader, task->kind, text, sizeof(text)) >= 0 &&
           strcmp(text, kind) == 0;
}

static bool has_name(struct image *image, const struct lsc_task *task, const char *begin)
{
    char text[200] = "";
    return segment_reader_string(image->reader, task->name, text, sizeof(text)) > 0 &&
           strncmp(text, begin, strlen(begin)) == 0;
}

static bool has_stack(struct image *image, const struct lsc_task *task)
{
    uint64_t pcs[LSC_STACK_FRAMES_MAX];
    bool was_cut;
    return segment_reader_stack(image->reader, task->stack, pcs, &was_cut) > 1;
}

static long of_resources(struct image *image, const char *kind)
{
    long n = 0;
    const struct lsc_segment_header *header = segment_reader_header(image->reader);
    for (uint32_t slot = 0; slot < header->resource_count; slot++) {
        struct lsc_resource resource;
        char text[64] = "";
        if (segment_reader_resource(image->reader, slot, &resource) == 0)
            segment_reader_string(image->reader, resource.kind, text, sizeof(text));
        n += strcmp(text, kind) == 0;
    }
    return n;
}

static bool counts(const struct claim *c, struct image *image, const struct lsc_record *r,
                   const struct lsc_task *task)
{
    bool is_poll = r->type == LSC_RECORD_POLL, is_spawn = r->type == LSC_RECORD_SPAWN;
    switch (c->measure) {
    case SPAWNS:
        return is_spawn;
    case ENDS:
        return r->type == LSC_RECORD_END;
    case POLLS:
        return is_poll && LSC_POLL_ROLE(r->flags) == c->role;
    case READY:
        return is_poll && (r->flags & LSC_POLL_READY) && LSC_POLL_CALLBACK(r->arg2) + 1 > 0;
    case LATE:
        return is_poll &&
               segment_reader_duration_ns(image->reader, LSC_POLL_DELAY(r->arg2)) >= LATE_NS;
    case JOBS:
        return r->type == LSC_RECORD_JOB;
    case UNTIMED:
        return r->type == LSC_RECORD_JOB && (r->flags & LSC_JOB_UNTIMED);
    case WAKES:
        return r->type == LSC_RECORD_WAKE;
    case NAMED:
        return is_spawn && has_name(image, task, c->text);
    case STACKS:
        return is_spawn && has_stack(image, task);
    case SEGMENTS:
    case RESOURCES:
    case DEPTHS:
        break;
    }
    return false;
}

static long measure(const struct claim *c, struct image *image)
{
    long n = 0;
    if (c->measure == SEGMENTS)
        return (segment_reader_header(image->reader)->depths & LSC_DEPTH_LIBUV) != 0;
    if (c->measure == RESOURCES)
        return of_resources(image, c->kind);
    for (size_t i = 0; i < image->count; i++) {
        const struct lsc_record *r = &image->records[i];
        struct lsc_task task;
        if (c->measure == DEPTHS)
            n += r->type == LSC_RECORD_DEPTH;
        else if (r->type != LSC_RECORD_TURN && is_of_kind(image, r->task, c->kind, &task))
            n += counts(c, image, r, &task);
    }
    return n;
}

static void load(struct image *image, const char *path)
{
    char why[200] = "";
    if (segment_reader_open(path, &image->reader, why, sizeof(why)) != 0) {
        printf("%s: %s\n", path, why);
        exit(1);
    }
    segment_reader_refresh(image->reader);
    const struct lsc_segment_header *header = segment_reader_header(image->reader);
    image->count = 0;
    for (uint32_t slot = 0; slot < header->thread_count; slot++) {
        struct ring_read result;
        if (segment_reader_ring(image->reader, slot, 0, image->records + image->count,
                                RECORDS - image->count, &result) == 0)
            image->count += result.count;
    }
}

static void judge(const char *name, const char *directory)
{
    static struct image image;
    static long seen[sizeof(claims) / sizeof(claims[0])];
    DIR *dir = opendir(directory);
    struct dirent *entry;
    while (dir && (entry = readdir(dir))) {
        char file[PATH_MAX];
        if (entry->d_name[0] == '.')
            continue;
        snprintf(file, sizeof(file), "%s/%s", directory, entry->d_name);
        load(&image, file);
        for (size_t i = 0; i < sizeof(claims) / sizeof(claims[0]); i++)
            if (strcmp(claims[i].name, name) == 0)
                seen[i] += measure(&claims[i], &image);
        segment_reader_close(image.reader);
        unlink(file);
    }
    closedir(dir);
    int found = 0;
    for (size_t i = 0; i < sizeof(claims) / sizeof(claims[0]); i++) {
        if (strcmp(claims[i].name, name) != 0)
            continue;
        found++;
        if (seen[i] < claims[i].min || seen[i] > claims[i].max)
            complain(&claims[i], seen[i]);
    }
    if (found == 0) {
        printf("nothing is known of case '%s'\n", name);
        failures++;
    }
}

static int run(char *const argv[], const char *out, const char *library, const char *directory)
{
    int status;
    pid_t child = fork();
    if (child == 0) {
        int fd = open(out, O_WRONLY | O_CREAT | O_TRUNC, 0600);
        dup2(fd, 1);
        dup2(fd, 2);
        if (library)
            setenv("LD_PRELOAD", library, 1);
        setenv("LOOPSCOPE_DIR", directory, 1);
        setenv("LOOPSCOPE_RING_KB", "4096", 1);
        execv(argv[0], argv);
        _exit(126);
    }
    return waitpid(child, &status, 0) == child ? status : -1;
}

static size_t slurp(const char *path, char *to, size_t room)
{
    FILE *f = fopen(path, "r");
    size_t n = f ? fread(to, 1, room - 1, f) : 0;
    to[n] = 0;
    if (f)
        fclose(f);
    unlink(path);
    return n;
}

int main(int argc, char **argv)
{
    char directory[] = "/dev/shm/uv-check-XXXXXX", a[64], b[64];
    static char x[65536], y[65536];
    if (argc != 4 || !mkdtemp(directory))
        return 2;
    snprintf(a, sizeof(a), "%s.bare", directory);
    snprintf(b, sizeof(b), "%s.under", directory);
    char *command[] = {argv[2], argv[3], NULL};
    int bare = run(command, a, NULL, directory);
    int under = run(command, b, argv[1], directory);
    slurp(a, x, sizeof(x));
    slurp(b, y, sizeof(y));
    if (bare != 0 || under != bare || strcmp(x, y) != 0) {
        printf("status %d bare, %d under the probe; output bare:\n%s\nunder:\n%s\n", bare, under, x,
               y);
        failures++;
    }
    judge(argv[3], directory);
    rmdir(directory);
    return failures != 0;
}
