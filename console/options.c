/* SPDX-License-Identifier: MIT */
/* Reads a command line by a command's table of options: getopt_long behind the table. */
#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzers/report/report.h"
#include "complain.h"
#include "duration.h"
#include "help.h"
#include "nearest.h"

#define OPTIONS_MAX 32
/* getopt's values: above every letter, so that a row is found by its index. */
#define VALUE_HELP 0x1000
#define VALUE_ROW 0x2000

struct getopt_tables {
    struct option longs[OPTIONS_MAX + 2];
    char letters[2 * OPTIONS_MAX + 8];
};

static void build_tables(const struct command *command, struct getopt_tables *tables)
{
    char *letter = tables->letters;
    size_t i = 0;
    if (command->takes_program)
        *letter++ = '+'; /* stop at the first operand: what follows is the program's */
    *letter++ = ':';
    for (; command->options[i].name && i < OPTIONS_MAX; i++) {
        const struct option_row *row = &command->options[i];
        tables->longs[i] = (struct option){
            .name = row->name, .has_arg = row->value ? 1 : 0, .val = VALUE_ROW + (int)i};
        if (row->letter)
            *letter++ = row->letter;
        if (row->letter && row->value)
            *letter++ = ':';
    }
    tables->longs[i] = (struct option){.name = "help", .val = VALUE_HELP};
    tables->longs[i + 1] = (struct option){0};
    *letter++ = 'h';
    *letter = '\0';
}

static const struct option_row *find_row(const struct command *command, int value)
{
    if (value >= VALUE_ROW)
        return &command->options[value - VALUE_ROW];
    for (const struct option_row *row = command->options; row->name; row++)
        if (row->letter && row->letter == value)
            return row;
    return NULL;
}

static const char *set_choice(const struct option_row *row, const char *text, unsigned *field)
{
    static char why[256];
    size_t used = (size_t)snprintf(why, sizeof why, "the choices are");
    for (unsigned i = 0; row->choices[i]; i++) {
        if (strcmp(row->choices[i], text) == 0) {
            *field = i;
            return NULL;
        }
        if (used < sizeof why)
            used += (size_t)snprintf(why + used, sizeof why - used, "%s %s", i ? "," : "",
                                     row->choices[i]);
    }
    return why;
}

static const char *set_format(const char *text, const struct report_format **field)
{
    static char why[256];
    *field = report_format_find(text);
    if (*field)
        return NULL;
    size_t used = (size_t)snprintf(why, sizeof why, "the formats are");
    for (const struct report_format *format = report_formats; format->name; format++)
        if (used < sizeof why)
            used += (size_t)snprintf(why + used, sizeof why - used, "%s %s",
                                     format == report_formats ? "" : ",", format->name);
    return why;
}

static const char *set_duration(const struct option_row *row, const char *text, uint64_t *field)
{
    static char why[128];
    char least[32], most[32], step[32];
    const char *error = duration_parse(text, field);
    if (error || row->most == 0)
        return error;
    if (*field >= row->least && *field <= row->most && *field % row->step == 0)
        return NULL;
    snprintf(why, sizeof why, "it must lie between %s and %s, in steps of %s",
             duration_write(least, sizeof least, row->least),
             duration_write(most, sizeof most, row->most),
             duration_write(step, sizeof step, row->step));
    return why;
}

static const char *set_pid(const char *text, uint32_t *field)
{
    uint64_t number;
    if (count_parse(text, &number) || number == 0 || number > INT32_MAX)
        return "not a process id";
    *field = (uint32_t)number;
    return NULL;
}

/* NULL, or why the value cannot be used. */
static const char *set_field(const struct option_row *row, const char *text, void *settings)
{
    void *field = (char *)settings + row->offset;
    switch (row->kind) {
    case OPTION_FLAG:
        *(bool *)field = true;
        return NULL;
    case OPTION_NO_FLAG:
        *(bool *)field = false;
        return NULL;
    case OPTION_FILE:
        *(const char **)field = text;
        return *text ? NULL : "an empty file name";
    case OPTION_DURATION:
        return set_duration(row, text, field);
    case OPTION_COUNT:
        return count_parse(text, field);
    case OPTION_PERCENT:
        return percent_parse(text, field);
    case OPTION_PID:
        return set_pid(text, field);
    case OPTION_CHOICE:
        return set_choice(row, text, field);
    case OPTION_FORMAT:
        return set_format(text, field);
    }
    return "an option of no known kind";
}

static void complain_unknown(const struct command *command, const char *argument, int letter)
{
    if (letter > 0 && letter < VALUE_HELP) {
        complain("unknown option '-%c': see 'loopscope %s --help'", letter, command->name);
        return;
    }
    char name[64];
    snprintf(name, sizeof name, "%.*s", (int)strcspn(argument + 2, "="), argument + 2);
    struct nearest nearest = nearest_to(name);
    for (const struct option_row *row = command->options; row->name; row++)
        nearest_offer(&nearest, row->name);
    nearest_offer(&nearest, "help");
    if (nearest.name)
        complain("unknown option '--%s': did you mean '--%s'?", name, nearest.name);
    else
        complain("unknown option '--%s': see 'loopscope %s --help'", name, command->name);
}

/* getopt's complaint about the argument it has just read, in our words. */
static void complain_misused(const struct command *command, char **argv, int outcome)
{
    const struct option_row *row = optopt ? find_row(command, optopt) : NULL;
    if (outcome == ':' && row)
        complain("option '--%s' needs a value: --%s %s", row->name, row->name, row->value);
    else if (row || optopt == VALUE_HELP)
        complain("option '--%s' takes no value: see 'loopscope %s --help'",
                 row ? row->name : "help", command->name);
    else
        complain_unknown(command, argv[optind - 1], optopt);
}

/* True while the command may go on. */
static bool take_option(const struct command *command, int outcome, char **argv, void *settings,
                        int *status)
{
    *status = STATUS_WRONG;
    if (outcome == '?' || outcome == ':') {
        complain_misused(command, argv, outcome);
        return false;
    }
    if (outcome == VALUE_HELP || outcome == 'h') {
        help_command(command);
        *status = STATUS_FINE;
        return false;
    }
    const struct option_row *row = find_row(command, outcome);
    const char *why = row ? set_field(row, optarg, settings) : "unknown";
    if (!why)
        return true;
    complain("invalid --%s '%s': %s", row ? row->name : "", optarg ? optarg : "", why);
    return false;
}

bool options_parse(const struct command *command, int argc, char **argv, void *settings,
                   struct operands *operands, int *status)
{
    struct getopt_tables tables;
    int outcome;
    build_tables(command, &tables);
    opterr = 0;
    optind = 0; /* glibc: begin anew, also with another optstring */
    while ((outcome = getopt_long(argc, argv, tables.letters, tables.longs, NULL)) != -1)
        if (!take_option(command, outcome, argv, settings, status))
            return false;
    operands->count = argc - optind;
    operands->values = argv + optind;
    operands->follow_dashes = optind > 1 && strcmp(argv[optind - 1], "--") == 0;
    return true;
}
