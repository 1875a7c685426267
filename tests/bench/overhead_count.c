/* SPDX-License-Identifier: MIT */
/* Gives a server so many requests (sweeps of slices of load) and prints how many it answered, for
 * the exact count of instructions that valgrind makes meanwhile: see overhead_instructions.sh. The
 * switch of the first arm is set after the first slice, when the segment exists. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "slices_options.h"

static int give_load(const struct bench_options *options, struct load *load, struct server *server)
{
    struct slice slice;
    struct probe *probe;
    uint64_t requests = 0;
    int error = load_slice(load, options->plan.slice_ns, &slice);
    if (error == 0)
        error = probe_open(&probe, server);
    if (error)
        return error;
    requests += slice.requests;
    if (options->arms[0].is_off)
        error = probe_segments(probe) ? probe_switch(probe, false) : -ENOENT;
    while (error == 0 && requests < options->plan.sweeps) {
        error = load_slice(load, options->plan.slice_ns, &slice);
        requests += slice.requests;
    }
    probe_close(probe);
    if (error == 0)
        printf("%llu\n", (unsigned long long)requests);
    return error;
}

int main(int argc, char **argv)
{
    static struct bench_options options;
    struct server server = {0};
    int status = bench_options_parse(&options, argc, argv);
    if (status)
        return status;
    int error =
        server_start(&server, options.command, options.arms[0].environment, options.server_core);
    if (error == 0) {
        struct load *load = load_open(options.protocol, server.port, options.connections);
        error = load ? give_load(&options, load, &server) : -errno;
        load_close(load);
        server_stop(&server);
    }
    if (error)
        fprintf(stderr, "bench: %s: %s\n", options.command[0], strerror(-error));
    return error ? 2 : 0;
}
