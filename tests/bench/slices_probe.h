/* SPDX-License-Identifier: MIT */
/* The probe inside the server, from outside: its run-time switch, and a reader that drains its
 * rings as a recorder would and counts. */
#ifndef LSC_BENCH_SLICES_PROBE_H
#define LSC_BENCH_SLICES_PROBE_H

#include <stdbool.h>
#include <stdint.h>

#include "slices_server.h"

struct probe;

struct probe_count {
    uint64_t records;
    uint64_t lost;
};

/* Finds the segments of the server's processes. 0 (probe_segments tells how many, 0 is no error) or
 * -errno. probe_close frees, and ends the draining. */
int probe_open(struct probe **out, const struct server *server);
void probe_close(struct probe *probe);
unsigned probe_segments(const struct probe *probe);

/* From now on the switch is a signal to the server's processes: SIGUSR1 on, SIGUSR2 off. For a
 * server with tracing of its own, to be compared with the probe. */
void probe_use_signals(struct probe *probe);
/* Whether there is anything to switch. */
bool probe_has_switch(const struct probe *probe);
/* Sets the control word of every segment, or sends the signal. 0 or -errno. */
int probe_switch(struct probe *probe, bool is_on);

/* Starts a thread pinned to `core` that reads every ring each millisecond. What the rings hold
 * already is skipped and not counted. Not thread-safe. */
int probe_drain(struct probe *probe, int core);
/* What it has read so far. Any thread. */
struct probe_count probe_drained(const struct probe *probe);

#endif
