/* SPDX-License-Identifier: MIT */
/* loopscope doctor: tells whether a program can be observed, or tests the probe on this machine. */
#include <stdio.h>

#include "command.h"
#include "complain.h"
#include "doctor_program.h"
#include "options.h"
#include "selftest_run.h"
#include "surroundings.h"

struct settings {
    bool verbose;
};

static const struct option_row options[] = {
    {.name = "verbose",
     .letter = 'v',
     .title = "Show every hook, also those that work",
     .kind = OPTION_FLAG,
     .offset = offsetof(struct settings, verbose)},
    {0},
};

/* True when nothing stands in the way of observing at all. */
static bool print_surroundings(FILE *out)
{
    static const char *const state_names[] = {
        [SURROUNDING_GOOD] = "ok", [SURROUNDING_LESS] = "less", [SURROUNDING_WRONG] = "FAIL"};
    struct surrounding surrounding;
    bool is_possible = true;
    fprintf(out, "This machine:\n");
    for (unsigned i = 0; surroundings_check(i, &surrounding); i++) {
        fprintf(out, "  %-4s  %-18s  %s\n", state_names[surrounding.state], surrounding.name,
                surrounding.detail);
        is_possible = is_possible && surrounding.state != SURROUNDING_WRONG;
    }
    return is_possible;
}

static int test_probe(bool verbose)
{
    bool is_possible = print_surroundings(stdout);
    printf("\nThe probe's hooks:\n");
    fflush(stdout);
    int status = selftest_run(stdout, verbose);
    return status == STATUS_FINE && !is_possible ? STATUS_LIMIT_BROKEN : status;
}

static int run(int argc, char **argv)
{
    struct settings settings = {0};
    struct operands operands;
    int status;
    if (!options_parse(&command_doctor, argc, argv, &settings, &operands, &status))
        return status;
    if (operands.count)
        return doctor_program(stdout, operands.values[0]);
    return test_probe(settings.verbose);
}

const struct command command_doctor = {
    .name = "doctor",
    .title = "Tell whether and how deep a program can be observed, or test the probe itself",
    .usage = "[options] [PROG [ARG ...]]",
    .takes_program = true,
    .options = options,
    .run = run,
};
