/* SPDX-License-Identifier: MIT */
/* loopscope snapshot: writes what the flight recorder of a process still holds into a trace file,
 * also when the process is dead. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "analyzers/source/live.h"
#include "command.h"
#include "complain.h"
#include "duration.h"
#include "find_process.h"
#include "observation.h"
#include "options.h"

struct settings {
    const char *path;
};

static const struct option_row options[] = {
    {.name = "output",
     .letter = 'o',
     .value = "FILE",
     .title = "The trace file to write (needed)",
     .kind = OPTION_FILE,
     .offset = offsetof(struct settings, path)},
    {0},
};

static int take_everything(struct source *source, struct observation *observation)
{
    int taken;
    live_finish(source);
    do
        taken = observation_take(observation, source, 4096);
    while (taken == 4096);
    return taken;
}

static int take_snapshot(const struct segment_entry *entry, const char *path)
{
    struct source *source;
    struct observation observation;
    struct trace_stats stats = {0};
    char why[256] = "";
    struct live_options live = {.only_path = entry->path, .want_past = true, .want_symbols = true};
    int error = live_open(&live, &source, why, sizeof why);
    if (error < 0)
        return complain("cannot read what process %u left: %s", entry->pid,
                        why[0] ? why : strerror(-error));
    int status = STATUS_WRONG;
    if (observation_init(&observation, false, path)) {
        int taken = take_everything(source, &observation);
        if (taken < 0)
            complain("cannot read what process %u left: %s", entry->pid,
                     source->error[0] ? source->error : strerror(-taken));
        if (observation_close_trace(&observation, &stats) && taken >= 0)
            status = STATUS_FINE;
        observation_free(&observation);
    }
    source->ops->close(source);
    if (status == STATUS_FINE)
        fprintf(stderr, "loopscope: wrote %" PRIu64 " records of process %u\n", stats.records,
                entry->pid);
    return status;
}

static int run(int argc, char **argv)
{
    struct settings settings = {0};
    struct operands operands;
    struct segment_entry entry;
    uint64_t pid;
    int status;
    if (!options_parse(&command_snapshot, argc, argv, &settings, &operands, &status))
        return status;
    if (operands.count != 1)
        return complain(operands.count ? "more than one process given: snapshot takes one"
                                       : "no process given: loopscope snapshot PID -o FILE");
    if (!settings.path)
        return complain("no trace file given: loopscope snapshot PID -o FILE");
    if (count_parse(operands.values[0], &pid) || pid == 0 || pid > INT32_MAX)
        return complain("invalid process '%s': not a process id", operands.values[0]);
    if (!find_process_segment((uint32_t)pid, &entry))
        return STATUS_WRONG;
    return take_snapshot(&entry, settings.path);
}

const struct command command_snapshot = {
    .name = "snapshot",
    .title = "Write what the flight recorder of a process still holds into a trace file",
    .usage = "PID -o FILE",
    .options = options,
    .run = run,
};
