/* SPDX-License-Identifier: MIT */
/* --help of the program and of each command, from the tables. */
#include "help.h"

#include <string.h>

#define TITLE_COLUMN 26 /* where the titles of options begin */

int help_option_name(FILE *out, const struct option_row *row)
{
    int width = row->letter ? fprintf(out, "-%c, ", row->letter) : fprintf(out, "    ");
    width += fprintf(out, "--%s", row->name);
    if (row->value)
        width += fprintf(out, " %s", row->value);
    return width;
}

static void print_option(const struct option_row *row)
{
    int width = printf("  ") + help_option_name(stdout, row);
    if (width >= TITLE_COLUMN - 1) {
        printf("\n");
        width = 0;
    }
    printf("%*s%s\n", TITLE_COLUMN - width, "", row->title);
}

static void print_usage(const struct command *command)
{
    const char *line = command->usage;
    for (const char *label = "Usage:"; line; label = "      ") {
        const char *end = strchr(line, '\n');
        int length = end ? (int)(end - line) : (int)strlen(line);
        printf("%s loopscope %s %.*s\n", label, command->name, length, line);
        line = end ? end + 1 : NULL;
    }
}

void help_command(const struct command *command)
{
    static const struct option_row help = {
        .name = "help", .letter = 'h', .title = "Show this help"};
    print_usage(command);
    printf("\n%s.\n\nOptions:\n", command->title);
    for (const struct option_row *row = command->options; row->name; row++)
        print_option(row);
    print_option(&help);
    printf("\nMore: man loopscope-%s\n", command->name);
}

void help_program(void)
{
    printf("Usage: loopscope COMMAND [options] ...\n\n"
           "Says why an event loop is late, what blocked it and which line to change.\n\n"
           "Commands:\n");
    for (const struct command *const *command = commands; *command; command++)
        printf("  %-10s %s\n", (*command)->name, (*command)->title);
    printf("\nOptions:\n"
           "  -h, --help     Show this help; 'loopscope COMMAND --help' shows a command's\n"
           "  -V, --version  Show the version\n"
           "\nBegin with: loopscope run -- PROG ARGS\n");
}
