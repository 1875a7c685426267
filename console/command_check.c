/* SPDX-License-Identifier: MIT */
/* loopscope check: judges a trace file, or a program it runs, by limits; for continuous
 * integration. */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "complain.h"
#include "options.h"
#include "executable.h"
#include "program_run.h"
#include "reporting.h"

#define LIMITS_MAX 16
#define NOT_GIVEN UINT64_MAX
#define OPTIONS_AFTER_LIMITS 8

struct settings {
    uint64_t values[LIMITS_MAX]; /* by the index in limits[] */
    const char *path;
    struct program_options program;
};

static const struct option_row other_options[] = {
    {.name = "output",
     .letter = 'o',
     .value = "FILE",
     .title = "Write the verdicts to FILE; - is the standard output",
     .kind = OPTION_FILE,
     .offset = offsetof(struct settings, path)},
    LAUNCH_OPTIONS(struct settings, program.launch),
    {0},
};
_Static_assert(sizeof other_options / sizeof other_options[0] <= OPTIONS_AFTER_LIMITS,
               "the table of options has room for these");

/* Filled before main: a row for each limit, then the others. */
static struct option_row options[LIMITS_MAX + OPTIONS_AFTER_LIMITS];

__attribute__((constructor)) static void fill_options(void)
{
    static const struct {
        enum option_kind kind;
        const char *value;
    } units[] = {
        [LIMIT_DURATION] = {OPTION_DURATION, "DUR"},
        [LIMIT_COUNT] = {OPTION_COUNT, "N"},
        [LIMIT_PERCENT] = {OPTION_PERCENT, "PERCENT"},
    };
    size_t i = 0;
    for (; limits[i].name && i < LIMITS_MAX; i++)
        options[i] = (struct option_row){
            .name = limits[i].name,
            .value = units[limits[i].unit].value,
            .title = limits[i].title,
            .kind = units[limits[i].unit].kind,
            .offset = offsetof(struct settings, values) + i * sizeof(uint64_t),
        };
    memcpy(&options[i], other_options, sizeof other_options);
}

static bool has_limit(const struct settings *settings)
{
    for (size_t i = 0; limits[i].name && i < LIMITS_MAX; i++)
        if (settings->values[i] != NOT_GIVEN)
            return true;
    return false;
}

/* One line a limit. True when all hold. */
static bool print_verdicts(FILE *out, const struct session *session,
                           const struct settings *settings)
{
    char line[512];
    bool all_hold = true;
    for (size_t i = 0; limits[i].name && i < LIMITS_MAX; i++) {
        if (settings->values[i] == NOT_GIVEN)
            continue;
        bool holds = limit_check(session, &limits[i], settings->values[i], line, sizeof line);
        fprintf(out, "%s  %s\n", holds ? "ok    " : "BROKEN", line);
        all_hold = all_hold && holds;
    }
    return all_hold;
}

static int judge(const struct settings *settings, const struct session *session,
                 struct output_file *file, const char *notice)
{
    if (!report_saw_loop(session)) {
        output_file_discard(file);
        return complain("nothing was measured: no event loop was seen%s%s", notice ? "; " : "",
                        notice ? notice : "");
    }
    bool all_hold = print_verdicts(file->stream, session, settings);
    if (notice)
        fprintf(file->stream, "note    %s\n", notice);
    int error = output_file_commit(file);
    if (error < 0)
        return complain("cannot write the verdicts: %s", strerror(-error));
    return all_hold ? STATUS_FINE : STATUS_LIMIT_BROKEN;
}

static int check_file(const struct settings *settings, const char *path,
                      struct observation *observation, struct output_file *file)
{
    struct source *source = observation_open_file(observation, path);
    if (!source) {
        output_file_discard(file);
        return STATUS_WRONG;
    }
    int status = judge(settings, observation->session, file, trace_damage(source));
    source->ops->close(source);
    return status;
}

/* A broken limit speaks first; otherwise the program's own end is passed on. */
static int check_program(const struct settings *settings, char **argv,
                         struct observation *observation, struct output_file *file)
{
    struct watch watch;
    int status = program_run(&settings->program, argv, observation, &watch);
    if (status) {
        output_file_discard(file);
        return status;
    }
    status = judge(settings, observation->session, file, program_run_notice(observation));
    return status ? status : watch_pass_on_end(&watch);
}

static int check(const struct settings *settings, const struct operands *operands)
{
    struct observation observation;
    struct output_file file;
    char path[PATH_MAX];
    bool is_program = operands->follow_dashes;
    if (is_program && !executable_require(path, sizeof path, operands->values[0]))
        return STATUS_WRONG;
    int error = output_file_open(&file, settings->path, is_program ? stderr : stdout);
    if (error)
        return complain("cannot write '%s': %s", settings->path, strerror(-error));
    if (!observation_init(&observation, true, NULL)) {
        output_file_discard(&file);
        return STATUS_WRONG;
    }
    int status;
    if (is_program)
        status = check_program(settings, operands->values, &observation, &file);
    else
        status = check_file(settings, operands->values[0], &observation, &file);
    observation_free(&observation);
    return status;
}

static int run(int argc, char **argv)
{
    struct settings settings = {.program.launch = LAUNCH_DEFAULTS};
    struct operands operands;
    int status;
    memset(settings.values, 0xff, sizeof settings.values); /* NOT_GIVEN */
    if (!options_parse(&command_check, argc, argv, &settings, &operands, &status))
        return status;
    if (operands.count == 0)
        return complain("nothing to check: loopscope check FILE --max-stall 50ms");
    if (operands.count > 1 && !operands.follow_dashes)
        return complain("more than one trace file given: a program goes after --");
    if (!operands.follow_dashes && !launch_is_default(&settings.program.launch))
        return complain(
            "--stall, --block, --no-follow and --no-js-names are for a program, not for "
            "a trace file: they were settled when it was recorded");
    if (!has_limit(&settings))
        return complain("no limit given: for example --max-stall 50ms");
    return check(&settings, &operands);
}

const struct command command_check = {
    .name = "check",
    .title = "Check a trace file, or a program, against limits",
    .usage = "FILE --LIMIT VALUE ...\n--LIMIT VALUE ... [options] -- PROG [ARG ...]",
    .options = options,
    .run = run,
};
