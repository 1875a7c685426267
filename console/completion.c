/* SPDX-License-Identifier: MIT */
/* The bash completion script, made from the tables of commands at build time. */
#include "manual.h"

#include "analyzers/report/report.h"
#include "command.h"
#include "complain.h"

static const char script_head[] =
    "# bash completion for loopscope; made from its tables of commands and options.\n"
    "_loopscope() {\n"
    "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}\n"
    "    local command=${COMP_WORDS[1]} options= i\n"
    "    COMPREPLY=()\n";

/* After the program's name its own completion takes over, where bash-completion is loaded. */
static const char script_program[] =
    "    case $command in\n"
    "    %s)\n"
    "        for ((i = 2; i < COMP_CWORD; i++)); do\n"
    "            case ${COMP_WORDS[i]} in\n"
    "            --) ((i++)); break ;;\n"
    "            -*) [[ \" $values \" == *\" ${COMP_WORDS[i]} \"* ]] && ((i++)) ;;\n"
    "            *) break ;;\n"
    "            esac\n"
    "        done\n"
    "        if ((i < COMP_CWORD)); then\n"
    "            declare -F _command_offset >/dev/null && _command_offset $i\n"
    "            return\n"
    "        fi\n"
    "        if [[ $word != -* || $before == -- ]]; then\n"
    "            mapfile -t COMPREPLY < <(compgen -c -- \"$word\")\n"
    "            return\n"
    "        fi ;;\n"
    "    esac\n";

static const char script_tail[] =
    "    if [[ $word == -* ]]; then\n"
    "        mapfile -t COMPREPLY < <(compgen -W \"$options --help\" -- \"$word\")\n"
    "    else\n"
    "        mapfile -t COMPREPLY < <(compgen -f -- \"$word\")\n"
    "    fi\n"
    "}\n"
    "complete -o filenames -F _loopscope loopscope\n";

static void print_commands(FILE *out)
{
    fputs("    if ((COMP_CWORD == 1)); then\n        mapfile -t COMPREPLY < <(compgen -W \"", out);
    for (const struct command *const *command = commands; *command; command++)
        fprintf(out, "%s ", (*command)->name);
    fputs("help --help --version\" -- \"$word\")\n        return\n    fi\n", out);
}

/* The words that may follow an option, as a case of `$before`. */
static void print_values(FILE *out, const struct option_row *row)
{
    fprintf(out, "        --%s", row->name);
    if (row->letter)
        fprintf(out, "|-%c", row->letter);
    fputs(")\n            mapfile -t COMPREPLY < <(compgen ", out);
    if (row->kind == OPTION_FILE) {
        fputs("-f", out);
    } else {
        fputs("-W \"", out);
        for (unsigned i = 0; row->kind == OPTION_CHOICE && row->choices[i]; i++)
            fprintf(out, "%s ", row->choices[i]);
        for (unsigned i = 0; row->kind == OPTION_FORMAT && report_formats[i].name; i++)
            fprintf(out, "%s ", report_formats[i].name);
        fputs("\"", out);
    }
    fputs(" -- \"$word\")\n            return ;;\n", out);
}

static void print_options(FILE *out, const struct command *command)
{
    fprintf(out, "    %s)\n        options=\"", command->name);
    for (const struct option_row *row = command->options; row->name; row++)
        fprintf(out, "--%s ", row->name);
    fputs("\"\n        values=\"", out);
    for (const struct option_row *row = command->options; row->name; row++) {
        if (row->value)
            fprintf(out, "--%s ", row->name);
        if (row->value && row->letter)
            fprintf(out, "-%c ", row->letter);
    }
    fputs("\"\n        case $before in\n", out);
    for (const struct option_row *row = command->options; row->name; row++)
        if (row->value)
            print_values(out, row);
    fputs("        esac ;;\n", out);
}

int manual_completion(FILE *out)
{
    char programs[256];
    size_t used = 0;
    programs[0] = '\0';
    for (const struct command *const *command = commands; *command; command++)
        if ((*command)->takes_program && used < sizeof programs)
            used += (size_t)snprintf(programs + used, sizeof programs - used, "%s%s",
                                     used ? "|" : "", (*command)->name);
    fputs(script_head, out);
    print_commands(out);
    fputs("    local values=\n    case $command in\n", out);
    for (const struct command *const *command = commands; *command; command++)
        print_options(out, *command);
    fputs("    esac\n", out);
    fprintf(out, script_program, programs);
    fputs(script_tail, out);
    return STATUS_FINE;
}
