/* SPDX-License-Identifier: MIT */
/* The server under measurement: started by us on a core of its own, with its children; how much CPU
 * time it has used. */
#ifndef LSC_BENCH_SLICES_SERVER_H
#define LSC_BENCH_SLICES_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define SERVER_PIDS_MAX 16

struct server {
    pid_t pid; /* what we started, or were told to watch */
    int port;
    bool is_ours;                /* started by us, so ended by us */
    pid_t pids[SERVER_PIDS_MAX]; /* pid and the processes it has forked */
    size_t pid_count;
};

/* Starts `command` (each "{port}" in an argument replaced by a free port) pinned to `core`, its
 * output to /dev/null, with the additional `environment` ("NAME=value", NULL-terminated), and waits
 * until it accepts connections. 0 or -errno. server_stop ends it. */
int server_start(struct server *server, char *const command[], char *const environment[], int core);
/* Watches a server that already runs. */
int server_watch(struct server *server, pid_t pid, int port);
void server_stop(struct server *server);

/* Waits (some milliseconds at most) until no thread group of the server is running, and returns the
 * CPU time it has used, all threads and those that have ended. The kernel keeps the figure exact to
 * the nanosecond only for what is not running at this moment, hence the wait. */
uint64_t server_cpu_ns(const struct server *server);

/* Pins the calling thread. */
void server_pin(int core);

#endif
