/* SPDX-License-Identifier: MIT */
/* The loopscope program: finds the command and runs it. */
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "complain.h"
#include "help.h"
#include "manual.h"
#include "nearest.h"

static int complain_unknown(const char *name)
{
    struct nearest nearest = nearest_to(name);
    for (const struct command *const *command = commands; *command; command++)
        nearest_offer(&nearest, (*command)->name);
    if (nearest.name)
        return complain("unknown command '%s': did you mean '%s'?", name, nearest.name);
    return complain("unknown %s '%s': see 'loopscope --help'", *name == '-' ? "option" : "command",
                    name);
}

static int show_help(const char *name)
{
    const struct command *command = name ? command_find(name) : NULL;
    if (name && !command)
        return complain_unknown(name);
    if (command)
        help_command(command);
    else
        help_program();
    return STATUS_FINE;
}

static int dispatch(int argc, char **argv)
{
    const char *name = argv[1];
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0)
        return show_help(NULL);
    if (strcmp(name, "help") == 0)
        return show_help(argc > 2 ? argv[2] : NULL);
    if (strcmp(name, "--version") == 0 || strcmp(name, "-V") == 0) {
        printf("loopscope %s\n", LOOPSCOPE_VERSION);
        return STATUS_FINE;
    }
    if (strcmp(name, "--print-manual") == 0)
        return manual_expand(argc > 2 ? argv[2] : "", stdin, stdout);
    if (strcmp(name, "--print-completion") == 0)
        return manual_completion(stdout);
    const struct command *command = command_find(name);
    if (!command)
        return complain_unknown(name);
    return command->run(argc - 1, argv + 1);
}

/* A missing standard descriptor would be given to the next file that is opened, which would then
 * receive what is printed. */
static void hold_standard_descriptors(void)
{
    int fd;
    do
        fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd >= 0)
        close(fd);
}

int main(int argc, char **argv)
{
    hold_standard_descriptors();
    setlocale(LC_CTYPE, "");
    if (argc < 2)
        return complain("no command given: see 'loopscope --help'");
    int status = dispatch(argc, argv);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        if (status == STATUS_FINE)
            return complain("cannot write to the standard output: %s", strerror(errno));
    }
    return status;
}
