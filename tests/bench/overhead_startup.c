/* SPDX-License-Identifier: MIT */
/* What a preload adds to the start and end of a program: it is run again and again, once for each
 * arm in turn, there and back again. Time from fork to the end, and CPU time of the process. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "slices_options.h"

struct start {
    double wall_us;
    double cpu_us;
};

static _Noreturn void become(char *const command[], char *const environment[], int core)
{
    for (size_t i = 0; environment[i]; i++)
        putenv(environment[i]);
    int null = open("/dev/null", O_RDWR);
    if (null >= 0) {
        dup2(null, 1);
        dup2(null, 2);
    }
    server_pin(core);
    execvp(command[0], command);
    _exit(127);
}

static double us_of(const struct timeval *time)
{
    return (double)time->tv_sec * 1e6 + (double)time->tv_usec;
}

/* 0, or -errno; a program that fails cannot be measured. */
static int start_once(const struct bench_options *options, size_t arm, struct start *out)
{
    struct rusage usage;
    int status;
    uint64_t before = load_clock_ns();
    pid_t pid = fork();
    if (pid < 0)
        return -errno;
    if (pid == 0)
        become(options->command, options->arms[arm].environment, options->server_core);
    if (wait4(pid, &status, 0, &usage) < 0)
        return -errno;
    out->wall_us = (double)(load_clock_ns() - before) / 1000;
    out->cpu_us = us_of(&usage.ru_utime) + us_of(&usage.ru_stime);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -ECHILD;
}

static int run_all(const struct bench_options *options, struct start *starts)
{
    size_t count = options->arm_count, dropped = 4;
    struct start ignored;
    for (size_t sweep = 0; sweep < options->plan.sweeps + dropped; sweep++) {
        for (size_t i = 0; i < count; i++) {
            size_t arm = sweep_arm(sweep, i, count);
            struct start *out =
                sweep < dropped ? &ignored : &starts[(sweep - dropped) * count + arm];
            int error = start_once(options, arm, out);
            if (error) {
                fprintf(stderr, "bench: %s: %s\n", options->command[0], strerror(-error));
                return 2;
            }
        }
    }
    return 0;
}

static double figure(const struct start *start, int which)
{
    return which == 0 ? start->wall_us : start->cpu_us;
}

static void print_arm(const struct bench_options *options, const struct start *starts, size_t arm,
                      double *values)
{
    static const char *const titles[] = {"time", "CPU"};
    size_t sweeps = options->plan.sweeps, count = options->arm_count;
    printf("  %-10s", options->arms[arm].name);
    for (int which = 0; which < 2; which++) {
        for (size_t i = 0; i < sweeps; i++)
            values[i] = figure(&starts[i * count + arm], which);
        struct spread own = spread_of(values, sweeps);
        for (size_t i = 0; i < sweeps; i++)
            values[i] = figure(&starts[i * count + arm], which) - figure(&starts[i * count], which);
        struct spread more = spread_of(values, sweeps);
        printf("  %s %8.0f us (%.0f … %.0f), more than the first: %+7.0f us ±%.0f", titles[which],
               own.median, own.low, own.high, more.median, more.error);
    }
    printf("  n %zu\n", sweeps);
}

int main(int argc, char **argv)
{
    static struct bench_options options;
    int status = bench_options_parse(&options, argc, argv);
    if (status)
        return status;
    size_t sweeps = options.plan.sweeps;
    struct start *starts = calloc(sweeps * ARMS_MAX, sizeof *starts);
    double *values = calloc(sweeps, sizeof *values);
    if (!starts || !values || options.arm_count == 0) {
        fprintf(stderr, "bench: no arm, or no memory\n");
        status = 2;
    }
    if (status == 0)
        status = run_all(&options, starts);
    for (size_t arm = 0; arm < options.arm_count && status == 0; arm++)
        print_arm(&options, starts, arm, values);
    free(values);
    free(starts);
    return status;
}
