/* SPDX-License-Identifier: MIT */
/* The manual pages, made from their templates and the tables of commands and detectors at build
 * time (mdoc(7)).
 */
#include "manual.h"

#include <ctype.h>
#include <string.h>

#include "analyzers/detect/detect.h"
#include "command.h"
#include "complain.h"

/* Text as mdoc wants it: backslashes doubled, every dash a minus that can be searched and copied.
 */
static void print_escaped(FILE *out, const char *text)
{
    if (*text == '.' || *text == '\'')
        fputs("\\&", out);
    for (; *text; text++) {
        if (*text == '\\')
            fputs("\\e", out);
        else if (*text == '-')
            fputs("\\-", out);
        else
            fputc(*text, out);
    }
}

static void print_flags(FILE *out, const struct option_row *row)
{
    if (row->letter)
        fprintf(out, "Fl %c , ", row->letter);
    fprintf(out, "Fl \\-%s", row->name);
    if (row->value)
        fprintf(out, " Ar %s", row->value);
}

/* The words of a usage line: upper case ones are arguments, brackets and dashes stay. */
static void print_usage_line(FILE *out, const char *name, const char *line, size_t length)
{
    fprintf(out, ".Nm loopscope %s\n", name);
    for (const char *at = line, *end = line + length; at < end;) {
        size_t word = strcspn(at, " \n");
        fputs(isupper((unsigned char)*at) ? ".Ar " : ".No ", out);
        for (size_t i = 0; i < word; i++)
            fprintf(out, at[i] == '-' ? "\\-" : "%c", at[i]);
        fputc('\n', out);
        at += word + (at + word < end);
    }
}

static void print_synopsis(FILE *out, const struct command *command)
{
    for (const char *line = command->usage; line;) {
        const char *end = strchr(line, '\n');
        print_usage_line(out, command->name, line, end ? (size_t)(end - line) : strlen(line));
        line = end ? end + 1 : NULL;
    }
}

static void print_options(FILE *out, const struct command *command)
{
    fputs(".Bl -tag -width Ds\n", out);
    for (const struct option_row *row = command->options; row->name; row++) {
        fputs(".It ", out);
        print_flags(out, row);
        fputc('\n', out);
        print_escaped(out, row->title);
        fputs(".\n", out);
    }
    fputs(".It Fl h , Fl \\-help\nShow a summary of the options.\n.El\n", out);
}

static void print_commands(FILE *out)
{
    fputs(".Bl -tag -width Ds\n", out);
    for (const struct command *const *command = commands; *command; command++) {
        fprintf(out, ".It Cm %s\n", (*command)->name);
        print_escaped(out, (*command)->title);
        fprintf(out, ":\n.Xr loopscope-%s 1 .\n", (*command)->name);
    }
    fputs(".El\n", out);
}

static void print_detectors(FILE *out)
{
    fputs(".Bl -tag -width Ds\n", out);
    for (size_t i = 0; i < DETECTOR_COUNT; i++) {
        fprintf(out, ".It Cm %s\n", detectors[i]->id);
        print_escaped(out, detectors[i]->title);
        fputs("; from\n", out);
        print_escaped(out, detectors[i]->reads);
        fputs(".\n", out);
    }
    fputs(".El\n", out);
}

int manual_expand(const char *name, FILE *in, FILE *out)
{
    char line[512];
    const struct command *command = command_find(name);
    if (!command && *name)
        return complain("unknown command '%s': there is no manual page for it", name);
    while (fgets(line, sizeof line, in)) {
        if (command && strcmp(line, "@SYNOPSIS@\n") == 0)
            print_synopsis(out, command);
        else if (command && strcmp(line, "@OPTIONS@\n") == 0)
            print_options(out, command);
        else if (strcmp(line, "@COMMANDS@\n") == 0)
            print_commands(out);
        else if (strcmp(line, "@DETECTORS@\n") == 0)
            print_detectors(out);
        else if (*line == '@')
            return complain("unknown placeholder in the manual page: %s", line);
        else
            fputs(line, out);
    }
    return STATUS_FINE;
}
