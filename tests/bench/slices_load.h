/* SPDX-License-Identifier: MIT */
/* A bounded load on a server of this machine: a fixed number of keep-alive connections, one request
 * outstanding on each, given in slices. A slice ends only when every response has arrived, so
 * between two slices the server is idle and nothing of one slice is counted in another. One thread.
 */
#ifndef LSC_BENCH_SLICES_LOAD_H
#define LSC_BENCH_SLICES_LOAD_H

#include <stddef.h>
#include <stdint.h>

struct load;

/* What is asked: "http" (GET /), "redis-ping", "redis-set", "redis-get", "echo" (64 bytes). NULL:
 * an unknown name. */
struct protocol;
const struct protocol *protocol_find(const char *name);

/* What came of a slice. */
struct slice {
    uint64_t requests;
    uint64_t wall_ns;       /* first request to last response */
    uint64_t cpu_ns;        /* of the server; filled in by the caller */
    uint64_t lead_requests; /* answered just before it, not measured; likewise */
};

/* Connects `connections` times to 127.0.0.1:`port`. NULL with errno set. load_close frees. */
struct load *load_open(const struct protocol *protocol, int port, size_t connections);
void load_close(struct load *load);

/* Keeps the server busy for `duration_ns`, then waits for the outstanding responses. 0, or -errno:
 * -EPROTO an answer that is none, -ECONNRESET closed by the server, -ETIMEDOUT no answer for
 * seconds. */
int load_slice(struct load *load, uint64_t duration_ns, struct slice *out);

/* CLOCK_MONOTONIC in nanoseconds. */
uint64_t load_clock_ns(void);

#endif
