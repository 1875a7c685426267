/* SPDX-License-Identifier: MIT */
/* How small and how fast the trace file is: bytes a record, and records a second on one core to
 * write and to read again (the file is in the page cache).
 *
 *     bench_trace_codec [--short]      made-up turns of a loaded loop, and polls back to back
 *     bench_trace_codec FILE.lsc       the records of a recording */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "analyzers/source/quantize.h"
#include "analyzers/trace/trace.h"

enum { BATCH = 4096, ROUNDS_MAX = 15 };

struct records {
    struct event *events;
    size_t count, capacity;
};

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static uint64_t noise(void)
{
    static uint64_t state = 88172645463325252u;
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static void append(struct records *records, struct event event)
{
    if (records->count == records->capacity) {
        records->capacity = records->capacity ? 2 * records->capacity : 1 << 16;
        records->events = realloc(records->events, records->capacity * sizeof(event));
        if (!records->events)
            exit(2);
    }
    event_quantize(&event);
    records->events[records->count++] = event;
}

/* A loop that serves requests of some 25 us each, one to four a turn, and waits little. */
static void make_turns(struct records *records, size_t count)
{
    uint64_t time = 1000000000;
    for (size_t i = 0; i < count; i++) {
        uint32_t ready = 1 + (uint32_t)(noise() % 4);
        uint64_t wait = 500 + noise() % 6000, busy = 0;
        for (uint32_t k = 0; k < ready; k++)
            busy += 18000 + noise() % 9000 + noise() % 9000;
        time += wait + busy;
        append(records, (struct event){.time_ns = time,
                                       .arg = busy,
                                       .task = ready,
                                       .type = LSC_RECORD_TURN,
                                       .flags = wait < 3000 ? LSC_TURN_READY_AT_ONCE : 0});
    }
}

/* Two workers that poll a hundred tasks in turn. */
static void make_polls(struct records *records, size_t count)
{
    uint64_t time[2] = {1000000000, 1000000000};
    for (size_t i = 0; i < count; i++) {
        unsigned worker = time[0] > time[1];
        uint64_t busy = 400 + noise() % 3000;
        time[worker] += busy;
        append(records,
               (struct event){.time_ns = time[worker],
                              .arg = busy,
                              .task = 1u << LSC_HANDLE_SLOT_BITS | (uint32_t)(noise() % 100),
                              .thread = worker,
                              .type = LSC_RECORD_POLL});
    }
}

static void load(const char *path, struct records *records)
{
    struct source *source;
    struct item item;
    char why[128];
    if (trace_reader_open(path, &source, why, sizeof(why)) < 0) {
        fprintf(stderr, "bench_trace_codec: cannot read '%s': %s\n", path, why);
        exit(2);
    }
    while (source->ops->next(source, &item) == 1)
        for (size_t i = 0; item.kind == ITEM_EVENTS && i < item.events.count; i++)
            append(records, item.events.events[i]);
    source->ops->close(source);
}

static double write_once(const char *path, const struct records *records, struct trace_stats *stats)
{
    struct trace_writer *writer;
    if (trace_writer_open(path, &writer) < 0)
        exit(2);
    double start = seconds();
    for (size_t done = 0; done < records->count; done += BATCH) {
        size_t left = records->count - done;
        struct item item = {.kind = ITEM_EVENTS,
                            .events = {records->events + done, left < BATCH ? left : BATCH}};
        trace_writer_put(writer, &item);
    }
    if (trace_writer_close(writer, stats) < 0)
        exit(2);
    return seconds() - start;
}

static double read_once(const char *path, const struct records *records)
{
    struct source *source;
    struct item item;
    char why[128];
    uint64_t count = 0, sum = 0;
    double start = seconds();
    if (trace_reader_open(path, &source, why, sizeof(why)) < 0)
        exit(2);
    while (source->ops->next(source, &item) == 1) {
        count += item.events.count;
        sum += item.events.events[0].time_ns;
    }
    double spent = seconds() - start;
    source->ops->close(source);
    if (count != records->count || sum == 0)
        exit(2);
    return spent;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void print_rate(const char *what, double *spent, int rounds, size_t count)
{
    qsort(spent, (size_t)rounds, sizeof(*spent), by_value);
    double million = (double)count / 1e6;
    printf("  %s %6.1f M records/s (median of %d, %.1f to %.1f)\n", what,
           million / spent[rounds / 2], rounds, million / spent[rounds - 1], million / spent[0]);
}

static void measure(const char *title, const struct records *records, int rounds)
{
    char path[] = "/dev/shm/loopscope-bench-XXXXXX";
    double writing[ROUNDS_MAX], reading[ROUNDS_MAX];
    struct trace_stats stats;
    close(mkstemp(path));
    for (int i = 0; i < rounds; i++) {
        writing[i] = write_once(path, records, &stats);
        reading[i] = read_once(path, records);
    }
    unlink(path);
    printf("%s: %zu records, %.2f bytes each\n", title, records->count,
           (double)stats.file_bytes / (double)stats.records);
    print_rate("write", writing, rounds, records->count);
    print_rate("read ", reading, rounds, records->count);
}

int main(int argc, char **argv)
{
    bool is_short = argc > 1 && strcmp(argv[1], "--short") == 0;
    size_t count = is_short ? 500000 : 4000000;
    int rounds = is_short ? 3 : ROUNDS_MAX;
    struct records records = {0};
    if (argc > 1 && !is_short) {
        load(argv[1], &records);
        if (records.count > 0)
            measure(argv[1], &records, rounds);
    } else {
        make_turns(&records, count);
        measure("turns of a loaded loop", &records, rounds);
        records.count = 0;
        make_polls(&records, count);
        measure("polls back to back", &records, rounds);
    }
    free(records.events);
    return 0;
}
