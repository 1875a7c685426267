/* SPDX-License-Identifier: MIT */
/* The table of commands, in the order of help. */
#include "command.h"

#include <string.h>

const struct command *const commands[] = {
    &command_run,    &command_top,    &command_record,
    &command_report, &command_ps,     &command_snapshot,
    &command_check,  &command_doctor, NULL,
};

const struct command *command_find(const char *name)
{
    for (const struct command *const *command = commands; *command; command++)
        if (strcmp((*command)->name, name) == 0)
            return *command;
    return NULL;
}
