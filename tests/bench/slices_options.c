/* SPDX-License-Identifier: MIT */
/* Reads the options; every number has a range. */
#include "slices_options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
    "usage: %s [options] -- SERVER [ARGUMENT | {port}]…\n"
    "  -l, --load NAME         http, redis-ping, redis-set, redis-get or echo (http)\n"
    "  -c, --connections N     keep-alive connections, one request on each (16)\n"
    "  -s, --slice-ms N        length of a slice (10)\n"
    "  -e, --lead-ms N         load before each slice that is not counted (0)\n"
    "  -n, --sweeps N          slices of each arm in a run (60)\n"
    "  -r, --runs N            repetitions (5)\n"
    "  -d, --drain             a reader drains the rings meanwhile\n"
    "  -S, --signals           the server is switched by SIGUSR1 (on) and SIGUSR2 (off)\n"
    "  -a, --arm NAME[,off|,drain][,VARIABLE=VALUE]…\n"
    "                          a server with this environment, to be compared with the first arm\n"
    "      --pid N, --port N   a server that already runs\n"
    "      --cores S,L         cores of the server and of the load (0,1)\n";

static int number(const char *text, long low, long high, long *out)
{
    char *end;
    long value = strtol(text, &end, 10);
    if (end == text || *end || value < low || value > high) {
        fprintf(stderr, "bench: '%s' is not a number from %ld to %ld\n", text, low, high);
        return 2;
    }
    *out = value;
    return 0;
}

static int parse_arm(struct bench_options *options, char *text)
{
    if (options->arm_count == ARMS_MAX) {
        fprintf(stderr, "bench: more than %d arms\n", ARMS_MAX);
        return 2;
    }
    struct arm_option *arm = &options->arms[options->arm_count++];
    size_t variables = 0;
    arm->name = strsep(&text, ",");
    while (text) {
        char *word = strsep(&text, ",");
        if (strcmp(word, "off") == 0)
            arm->is_off = true;
        else if (strcmp(word, "drain") == 0)
            arm->is_drained = true;
        else if (strchr(word, '=') && variables < ARM_VARIABLES_MAX)
            arm->environment[variables++] = word;
        else {
            fprintf(stderr, "bench: arm '%s': cannot use '%s'\n", arm->name, word);
            return 2;
        }
    }
    return 0;
}

static int parse_cores(struct bench_options *options, const char *text)
{
    char extra;
    if (sscanf(text, "%d,%d%c", &options->server_core, &options->load_core, &extra) == 2 &&
        options->server_core >= 0 && options->load_core >= 0)
        return 0;
    fprintf(stderr, "bench: '%s' is not two cores\n", text);
    return 2;
}

static int parse_one(struct bench_options *options, int option, char *text)
{
    long value = 0;
    int status = 0;
    switch (option) {
    case 'l':
        options->protocol = protocol_find(text);
        if (options->protocol)
            return 0;
        fprintf(stderr, "bench: no load is called '%s'\n", text);
        return 2;
    case 'a':
        return parse_arm(options, text);
    case 'd':
        options->is_drained = true;
        return 0;
    case 'S':
        options->is_signalled = true;
        return 0;
    case 'C':
        return parse_cores(options, text);
    case 'c':
        status = number(text, 1, 1024, &value);
        options->connections = (size_t)value;
        return status;
    case 's':
        status = number(text, 1, 60000, &value);
        options->plan.slice_ns = (uint64_t)value * 1000000;
        return status;
    case 'e':
        status = number(text, 0, 60000, &value);
        options->plan.lead_ns = (uint64_t)value * 1000000;
        return status;
    case 'n':
        status = number(text, 1, 100000, &value);
        options->plan.sweeps = (size_t)value;
        return status;
    case 'r':
        status = number(text, 1, 1000, &value);
        options->runs = (size_t)value;
        return status;
    case 'p':
        status = number(text, 1, 1 << 30, &value);
        options->pid = (int)value;
        return status;
    case 'P':
        status = number(text, 1, 65535, &value);
        options->port = (int)value;
        return status;
    default:
        return 2;
    }
}

int bench_options_parse(struct bench_options *options, int argc, char **argv)
{
    static const struct option names[] = {
        {"load", 1, NULL, 'l'},    {"connections", 1, NULL, 'c'}, {"slice-ms", 1, NULL, 's'},
        {"lead-ms", 1, NULL, 'e'}, {"sweeps", 1, NULL, 'n'},      {"runs", 1, NULL, 'r'},
        {"drain", 0, NULL, 'd'},   {"arm", 1, NULL, 'a'},         {"pid", 1, NULL, 'p'},
        {"port", 1, NULL, 'P'},    {"cores", 1, NULL, 'C'},       {"signals", 0, NULL, 'S'},
        {NULL, 0, NULL, 0},
    };
    *options = (struct bench_options){
        .protocol = protocol_find("http"),
        .connections = 16,
        .plan = {.slice_ns = 10000000, .sweeps = 60, .dropped = 20},
        .runs = 5,
        .server_core = 0,
        .load_core = 1,
    };
    int option, status = 0;
    while (status == 0 && (option = getopt_long(argc, argv, "l:c:s:e:n:r:dSa:", names, NULL)) != -1)
        status = parse_one(options, option, optarg);
    options->command = argv + optind;
    if (status == 0 && !*options->command && !(options->pid && options->port))
        status = 2;
    if (status)
        fprintf(stderr, usage, argv[0]);
    return status;
}
