/* SPDX-License-Identifier: MIT */
/* The manual pages, made from their templates and the tables of commands, detectors, keys
 * and views at build time (mdoc(7)).
 */
#include "manual.h"

#include <ctype.h>
#include <string.h>

#include "analyzers/detect/detect.h"
#include "command.h"
#include "complain.h"
#include "console/top/app/request.h"
#include "console/top/app/view.h"

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

static void print_group(FILE *out, unsigned group)
{
    char keys[REQUEST_KEYS_BYTES];
    fputs(".Bl -tag -width \"F10 q C-c\" -compact\n", out);
    for (unsigned i = 1; i < REQUEST_COUNT; i++) {
        if (requests[i].group != group)
            continue;
        fputs(".It Ic \"\\&", out);
        print_escaped(out, request_keys_text(keys, (enum request)i));
        fputs("\"\n", out);
        print_escaped(out, requests[i].text);
        fputs("\n", out);
    }
    fputs(".El\n", out);
}

static void print_keys(FILE *out)
{
    for (unsigned group = 0; group < GROUP_COUNT; group++) {
        fprintf(out, ".Ss %s\n", request_groups[group]);
        print_group(out, group);
    }
}

/* Each on a line of its own, as mdoc wants them. */
static void print_sentences(FILE *out, const char *text)
{
    char sentence[512];
    while (*text) {
        const char *end = strstr(text, ". ");
        size_t length = end ? (size_t)(end - text) + 1 : strlen(text);
        snprintf(sentence, sizeof(sentence), "%.*s", (int)length, text);
        print_escaped(out, sentence);
        fputc('\n', out);
        text += length + (end != NULL);
    }
}

/* What each screen shows, and its columns. */
static void print_views(FILE *out)
{
    for (const struct view *const *view = views; *view; view++) {
        fprintf(out, ".Ss %s\n", (*view)->title);
        print_sentences(out, (*view)->help);
        if (!(*view)->columns)
            continue;
        fputs(".Bl -tag -width Ds -compact\n", out);
        for (const struct column *column = (*view)->columns; column->id; column++) {
            fputs(".It Sy \"\\&", out);
            print_escaped(out, column->title);
            fprintf(out, "\" Pq Ar %s\n", column->id);
            print_escaped(out, column->help);
            fputc('\n', out);
        }
        fputs(".El\n", out);
    }
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
        else if (strcmp(line, "@KEYS@\n") == 0)
            print_keys(out);
        else if (strcmp(line, "@VIEWS@\n") == 0)
            print_views(out);
        else if (*line == '@')
            return complain("unknown placeholder in the manual page: %s", line);
        else
            fputs(line, out);
    }
    return STATUS_FINE;
}
