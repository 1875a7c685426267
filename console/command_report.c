/* SPDX-License-Identifier: MIT */
/* loopscope report: judges a trace file. */
#include <stdio.h>
#include <string.h>

#include "analyzers/trace/trace.h"
#include "command.h"
#include "complain.h"
#include "observation.h"
#include "options.h"
#include "reporting.h"

struct settings {
    struct reporting reporting;
};

static const struct option_row options[] = {
    REPORTING_OPTIONS(struct settings, reporting),
    {0},
};

static int report_file(const struct settings *settings, const char *path,
                       struct observation *observation)
{
    struct output_file file;
    const char *damage = NULL;
    struct source *source = observation_open_file(observation, path);
    if (!source)
        return STATUS_WRONG;
    damage = trace_damage(source);
    if (damage && session_count(observation->session) == 0) {
        source->ops->close(source);
        return complain("nothing can be read from '%s': %s", path, damage);
    }
    bool is_written =
        reporting_open(&settings->reporting, &file, stdout) &&
        reporting_write(&settings->reporting, &file, observation->session, damage, NULL);
    source->ops->close(source);
    return is_written ? STATUS_FINE : STATUS_WRONG;
}

static int run(int argc, char **argv)
{
    struct settings settings = {0};
    struct operands operands;
    struct observation observation;
    int status;
    if (!options_parse(&command_report, argc, argv, &settings, &operands, &status))
        return status;
    if (operands.count != 1)
        return complain(operands.count ? "more than one trace file given: report takes one"
                                       : "no trace file given: loopscope report FILE");
    if (!observation_init(&observation, true, NULL))
        return STATUS_WRONG;
    status = report_file(&settings, operands.values[0], &observation);
    observation_free(&observation);
    return status;
}

const struct command command_report = {
    .name = "report",
    .title = "Report what made the event loops of a trace file late",
    .usage = "[options] FILE",
    .options = options,
    .run = run,
};
