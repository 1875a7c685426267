/* SPDX-License-Identifier: MIT */
/* Switches and drains the segments of a server. */
#include "slices_probe.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "probe/core/reader/segment_reader.h"

#define THREADS_MAX 256
#define BATCH 4096

/* The switch and the draining thread have a reader each: readers are not thread-safe. */
struct drained_segment {
    struct segment_reader *control;
    struct segment_reader *reader;
    uint64_t next[THREADS_MAX];
};

struct probe {
    const struct server *server;
    struct drained_segment *segments[SERVER_PIDS_MAX];
    unsigned count;
    bool uses_signals;
    int core;
    pthread_t thread;
    bool is_draining;
    atomic_bool must_end;
    atomic_uint_fast64_t records; /* writer: the draining thread */
    atomic_uint_fast64_t lost;    /* likewise */
};

static bool is_of_server(const struct server *server, uint32_t pid)
{
    for (size_t i = 0; i < server->pid_count; i++) {
        if ((uint32_t)server->pids[i] == pid)
            return true;
    }
    return false;
}

static void close_segment(struct drained_segment *segment)
{
    if (segment->control)
        segment_reader_close(segment->control);
    if (segment->reader)
        segment_reader_close(segment->reader);
    free(segment);
}

static int add_segment(const struct segment_entry *entry, void *data)
{
    struct probe *probe = data;
    char why[128];
    if (!entry->is_alive || !is_of_server(probe->server, entry->pid) ||
        probe->count == SERVER_PIDS_MAX)
        return 0;
    struct drained_segment *segment = calloc(1, sizeof *segment);
    if (!segment)
        return -ENOMEM;
    int error = segment_reader_open(entry->path, &segment->control, why, sizeof why);
    if (error == 0)
        error = segment_reader_open(entry->path, &segment->reader, why, sizeof why);
    if (error) {
        fprintf(stderr, "bench: cannot read '%s': %s\n", entry->path, why);
        close_segment(segment);
        return error;
    }
    probe->segments[probe->count++] = segment;
    return 0;
}

int probe_open(struct probe **out, const struct server *server)
{
    struct probe *probe = calloc(1, sizeof *probe);
    if (!probe)
        return -ENOMEM;
    probe->server = server;
    int error = segment_list(NULL, add_segment, probe);
    if (error) {
        probe_close(probe);
        return error;
    }
    *out = probe;
    return 0;
}

unsigned probe_segments(const struct probe *probe)
{
    return probe->count;
}

void probe_close(struct probe *probe)
{
    if (probe->is_draining) {
        atomic_store_explicit(&probe->must_end, true, memory_order_relaxed);
        pthread_join(probe->thread, NULL);
    }
    for (unsigned i = 0; i < probe->count; i++)
        close_segment(probe->segments[i]);
    free(probe);
}

void probe_use_signals(struct probe *probe)
{
    probe->uses_signals = true;
}

bool probe_has_switch(const struct probe *probe)
{
    return probe->uses_signals || probe->count > 0;
}

static int send_switch(const struct server *server, bool is_on)
{
    for (size_t i = 0; i < server->pid_count; i++)
        if (kill(server->pids[i], is_on ? SIGUSR1 : SIGUSR2) < 0)
            return -errno;
    return 0;
}

int probe_switch(struct probe *probe, bool is_on)
{
    int error = 0;
    if (probe->uses_signals)
        return send_switch(probe->server, is_on);
    for (unsigned i = 0; i < probe->count && error == 0; i++)
        error = segment_reader_control(probe->segments[i]->control, is_on);
    return error;
}

static void drain_ring(struct probe *probe, struct drained_segment *segment, uint32_t slot,
                       struct lsc_record *batch)
{
    struct ring_read read;
    do {
        if (segment_reader_ring(segment->reader, slot, segment->next[slot], batch, BATCH, &read))
            return;
        segment->next[slot] = read.next;
        atomic_fetch_add_explicit(&probe->records, read.count, memory_order_relaxed);
        atomic_fetch_add_explicit(&probe->lost, read.lost, memory_order_relaxed);
    } while (read.count == BATCH);
}

static void drain_segment(struct probe *probe, struct drained_segment *segment,
                          struct lsc_record *batch)
{
    if (segment_reader_refresh(segment->reader))
        return;
    uint32_t threads = segment_reader_header(segment->reader)->thread_count;
    for (uint32_t slot = 0; slot < threads && slot < THREADS_MAX; slot++)
        drain_ring(probe, segment, slot, batch);
}

static void *drain_all(void *data)
{
    struct probe *probe = data;
    static _Thread_local struct lsc_record batch[BATCH];
    const struct timespec pause = {0, 1000000};
    server_pin(probe->core);
    while (!atomic_load_explicit(&probe->must_end, memory_order_relaxed)) {
        for (unsigned i = 0; i < probe->count; i++)
            drain_segment(probe, probe->segments[i], batch);
        nanosleep(&pause, NULL);
    }
    return NULL;
}

int probe_drain(struct probe *probe, int core)
{
    static struct lsc_record batch[BATCH];
    for (unsigned i = 0; i < probe->count; i++)
        drain_segment(probe, probe->segments[i], batch);
    atomic_store_explicit(&probe->records, 0, memory_order_relaxed);
    atomic_store_explicit(&probe->lost, 0, memory_order_relaxed);
    probe->core = core;
    int error = pthread_create(&probe->thread, NULL, drain_all, probe);
    probe->is_draining = error == 0;
    return -error;
}

struct probe_count probe_drained(const struct probe *probe)
{
    struct probe_count count = {.records =
                                    atomic_load_explicit(&probe->records, memory_order_relaxed),
                                .lost = atomic_load_explicit(&probe->lost, memory_order_relaxed)};
    return count;
}
