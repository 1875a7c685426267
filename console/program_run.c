/* SPDX-License-Identifier: MIT */
/* Runs a program under the probe and observes it to its end. */
#include "program_run.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "complain.h"
#include "perf_map.h"
#include "probe/core/reader/segment_reader.h"

static int remove_if_dead(const struct segment_entry *entry, void *data)
{
    const uint64_t *run_id = data;
    if (entry->run_id == *run_id && !entry->is_alive)
        unlink(entry->path);
    return 0;
}

void program_remove_segments(const struct launch *launch)
{
    uint64_t run_id = launch->run_id;
    segment_list(NULL, remove_if_dead, &run_id);
}

void program_remove_map(const struct launch *launch, uint32_t pid, const struct timespec *started)
{
    if (launch->added_perf_maps)
        perf_map_remove(pid, started);
}

static void clean_up(const struct launch *launch, const struct observation *observation,
                     pid_t child, const struct timespec *started)
{
    program_remove_segments(launch);
    program_remove_map(launch, (uint32_t)child, started);
    for (uint32_t i = 0; i < observation->process_count; i++)
        if (!observation->processes[i].still_runs)
            program_remove_map(launch, observation->processes[i].pid, started);
}

static int observe_program(const struct launch *launch, char **argv, struct source *source,
                           struct observation *observation, struct watch *watch)
{
    struct timespec started;
    /* The coarse clock is the one that stamps files. */
    clock_gettime(CLOCK_REALTIME_COARSE, &started);
    watch->child = launch_start(launch, argv, &watch->mask_before);
    if (watch->child < 0)
        return STATUS_WRONG;
    watch_until_end(watch, source, observation); /* has said what went wrong; the program ran */
    clean_up(launch, observation, watch->child, &started);
    return 0;
}

int program_run(const struct program_options *options, char **argv, struct observation *observation,
                struct watch *watch)
{
    struct launch launch;
    struct source *source;
    char why[256] = "";
    *watch = (struct watch){.duration_ns = options->duration_ns,
                            .shows_progress = options->shows_progress};
    struct launch_options launch_options = options->launch;
    launch_options.program = argv[0];
    if (!launch_init(&launch, &launch_options))
        return STATUS_WRONG;
    int error = watch_init(watch);
    if (error == 0) {
        struct live_options live = {
            .run_id = launch.run_id, .want_past = true, .want_symbols = true};
        error = live_open(&live, &source, why, sizeof why);
    }
    int status;
    if (error < 0) {
        status = complain("cannot observe '%s': %s", argv[0], why[0] ? why : strerror(-error));
    } else {
        status = observe_program(&launch, argv, source, observation, watch);
        source->ops->close(source);
    }
    watch_close(watch);
    launch_free(&launch);
    return status;
}

const char *program_run_notice(const struct observation *observation)
{
    static char notice[160];
    unsigned count = observation_still_running(observation);
    if (count == 0)
        return NULL;
    snprintf(notice, sizeof notice,
             count == 1
                 ? "%u process of this run was still running when the program ended; what it did "
                   "afterwards is not covered."
                 : "%u processes of this run were still running when the program ended; what they "
                   "did afterwards is not covered.",
             count);
    return notice;
}
