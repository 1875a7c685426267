/* SPDX-License-Identifier: MIT */
/* What a command of `loopscope` is: a name, what it does, its options as a table, and a function.
 * Parsing, --help, the manual pages and the bash completion all come from these tables. */
#ifndef LSC_COMMAND_H
#define LSC_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum option_kind {
    OPTION_FLAG,     /* field: bool */
    OPTION_NO_FLAG,  /* field: bool, set to false */
    OPTION_FILE,     /* field: const char * */
    OPTION_DURATION, /* field: uint64_t, nanoseconds */
    OPTION_COUNT,    /* field: uint64_t */
    OPTION_PERCENT,  /* field: uint64_t, hundredths of a percent */
    OPTION_PID,      /* field: uint32_t */
    OPTION_CHOICE,   /* field: unsigned, index into `choices` */
    OPTION_FORMAT,   /* field: const struct report_format * */
};

/* One option. To add one: append a row to the command's table; help, manual page and completion
 * follow, and a test fails until the manual's template has been built again. */
struct option_row {
    const char *name;  /* long form without the dashes; NULL ends a table */
    char letter;       /* short form, or 0 */
    const char *value; /* what help calls its value; NULL for flags */
    const char *title; /* for help: one sentence without its full stop */
    enum option_kind kind;
    size_t offset;              /* of its field in the command's settings */
    const char *const *choices; /* OPTION_CHOICE: NULL-terminated */
    uint64_t least, most, step; /* OPTION_DURATION: what is allowed; most 0: anything */
};

struct command {
    const char *name;
    const char *title; /* one line, an imperative without its full stop */
    /* What follows the name on the command line, one way of using it a line. */
    const char *usage;
    /* Its options end at the first operand, which is a program with options of its own. */
    bool takes_program;
    const struct option_row *options;
    int (*run)(int argc, char **argv); /* argv[0] is the command's name; returns the exit status */
};

/* To add a command: write command_<name>.c and man/loopscope-<name>.1.in, list both in
 * CMakeLists.txt, declare its row here, and append it to the table in commands.c. */
extern const struct command command_run, command_record, command_report, command_ps,
    command_snapshot, command_check, command_doctor, command_top;

/* All commands in the order of help; NULL ends it. */
extern const struct command *const commands[];
const struct command *command_find(const char *name);

#endif
