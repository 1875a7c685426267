/* SPDX-License-Identifier: MIT */
/* loopscope record: writes what a program's event loops do into a trace file. */
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analyzers/source/text.h"
#include "command.h"
#include "complain.h"
#include "duration.h"
#include "find_process.h"
#include "options.h"
#include "executable.h"
#include "program_run.h"

struct settings {
    const char *path;
    uint32_t pid;
    struct program_options program;
};

static const struct option_row options[] = {
    {.name = "output",
     .letter = 'o',
     .value = "FILE",
     .title = "The trace file to write (needed)",
     .kind = OPTION_FILE,
     .offset = offsetof(struct settings, path)},
    {.name = "pid",
     .letter = 'p',
     .value = "PID",
     .title = "Record a process that runs under the probe already",
     .kind = OPTION_PID,
     .offset = offsetof(struct settings, pid)},
    {.name = "duration",
     .value = "DUR",
     .title = "Stop recording after it; the program runs on",
     .kind = OPTION_DURATION,
     .offset = offsetof(struct settings, program.duration_ns)},
    LAUNCH_OPTIONS(struct settings, program.launch),
    {0},
};

/* One line on stderr about what is in the file. */
static void print_closing(const struct observation *observation, const struct trace_stats *stats,
                          const char *path)
{
    char size[32];
    bytes_write(size, sizeof size, stats->file_bytes);
    fprintf(stderr, "loopscope: recorded %" PRIu64 " records, lost %" PRIu64, stats->records,
            observation->lost);
    if (stats->records)
        fprintf(stderr, ", %.2f bytes each", (double)stats->file_bytes / (double)stats->records);
    char clean[PATH_MAX];
    text_clean(clean, sizeof clean, path, strlen(path));
    fprintf(stderr, ", in '%s' (%s)\n", clean, size);
}

static bool finish(struct observation *observation)
{
    struct trace_stats stats = {0};
    const char *path = observation->trace_path;
    bool is_whole = observation_close_trace(observation, &stats);
    if (is_whole)
        print_closing(observation, &stats, path);
    return is_whole;
}

static int record_program(struct settings *settings, char **argv)
{
    char path[PATH_MAX];
    struct observation observation;
    struct watch watch;
    if (!executable_require(path, sizeof path, argv[0]) ||
        !observation_init(&observation, false, settings->path))
        return STATUS_WRONG;
    int status = program_run(&settings->program, argv, &observation, &watch);
    bool has_run = status == 0;
    if (has_run)
        finish(&observation);
    observation_free(&observation);
    return has_run ? watch_pass_on_end(&watch) : status;
}

static int record_process(struct settings *settings)
{
    struct source *source;
    struct observation observation;
    struct watch watch = {.duration_ns = settings->program.duration_ns,
                          .shows_progress = settings->program.shows_progress};
    char why[256];
    if (!find_process_under_probe(settings->pid))
        return STATUS_WRONG;
    int error = watch_init(&watch);
    if (error < 0)
        return complain("cannot hold signals back: %s", strerror(-error));
    struct live_options live = {.pid = settings->pid, .want_symbols = true};
    if (live_open(&live, &source, why, sizeof why) < 0)
        return complain("cannot observe process %u: %s", settings->pid, why);
    int status = STATUS_WRONG;
    if (observation_init(&observation, false, settings->path)) {
        error = watch_until_end(&watch, source, &observation);
        if (finish(&observation) && error == 0)
            status = STATUS_FINE;
        observation_free(&observation);
    }
    source->ops->close(source);
    watch_close(&watch);
    return status;
}

static int run(int argc, char **argv)
{
    struct settings settings = {.program.launch = LAUNCH_DEFAULTS};
    struct operands operands;
    int status;
    if (!options_parse(&command_record, argc, argv, &settings, &operands, &status))
        return status;
    if (!settings.path)
        return complain("no trace file given: loopscope record -o FILE -- PROG ARGS");
    if (settings.pid && operands.count)
        return complain("both --pid and a program given: record one of them");
    if (!settings.pid && operands.count == 0)
        return complain("nothing to record: give a program, or a process with --pid");
    const char *term = getenv("TERM");
    settings.program.shows_progress =
        isatty(STDERR_FILENO) && settings.pid && term && strcmp(term, "dumb") != 0;
    return settings.pid ? record_process(&settings) : record_program(&settings, operands.values);
}

const struct command command_record = {
    .name = "record",
    .title = "Record what a program's event loops do into a trace file",
    .usage = "-o FILE [options] [--] PROG [ARG ...]\n-o FILE [options] -p PID",
    .takes_program = true,
    .options = options,
    .run = run,
};
