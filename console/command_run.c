/* SPDX-License-Identifier: MIT */
/* loopscope run: runs a program under the probe and reports what made its event loop late. */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "complain.h"
#include "empty_advice.h"
#include "options.h"
#include "executable.h"
#include "program_run.h"
#include "reporting.h"

struct settings {
    struct reporting reporting;
    struct program_options program;
    const char *trace;
};

static const struct option_row options[] = {
    REPORTING_OPTIONS(struct settings, reporting),
    {.name = "trace",
     .value = "FILE",
     .title = "Also write a trace file, as 'record' does",
     .kind = OPTION_FILE,
     .offset = offsetof(struct settings, trace)},
    LAUNCH_OPTIONS(struct settings, program.launch),
    {0},
};

static int run_observed(const struct settings *settings, struct operands *operands,
                        const char *path, struct output_file *file)
{
    struct observation observation;
    struct watch watch;
    if (!observation_init(&observation, true, settings->trace)) {
        output_file_discard(file);
        return STATUS_WRONG;
    }
    int status = program_run(&settings->program, operands->values, &observation, &watch);
    bool has_run = status == 0;
    if (has_run) {
        const char *advice = empty_advice(path, observation.process_count > 0);
        reporting_write(&settings->reporting, file, observation.session,
                        program_run_notice(&observation), advice);
        observation_close_trace(&observation, NULL);
    } else {
        output_file_discard(file);
    }
    observation_free(&observation);
    return has_run ? watch_pass_on_end(&watch) : status;
}

static int run(int argc, char **argv)
{
    struct settings settings = {.program.launch = LAUNCH_DEFAULTS};
    struct operands operands;
    struct output_file file;
    char path[PATH_MAX];
    int status;
    if (!options_parse(&command_run, argc, argv, &settings, &operands, &status))
        return status;
    if (operands.count == 0)
        return complain("no program given: loopscope run [options] [--] PROG ARGS");
    if (!executable_require(path, sizeof path, operands.values[0]) ||
        !reporting_open(&settings.reporting, &file, stderr))
        return STATUS_WRONG;
    return run_observed(&settings, &operands, path, &file);
}

const struct command command_run = {
    .name = "run",
    .title = "Run a program under the probe and report what made its event loop late",
    .usage = "[options] [--] PROG [ARG ...]",
    .takes_program = true,
    .options = options,
    .run = run,
};
